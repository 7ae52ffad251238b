/* SPDX-License-Identifier: ISC */
/*
 * Some files are opened at their first use.  The gate opens them before: the
 * time zone (log lines have local time) and the log's socket (report_init()).
 */
#include "smtpgate/sandbox/sandbox.h"

#include "common/privilege.h"
#include "common/report.h"
#include "smtpgate/gate.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

/* with_unix_sockets[], without_unix_sockets[] */
#include "sandbox_filter.h"

/* Sanitizers make system calls that the filter does not allow. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

static bool
has_unix_socket(const struct conf *conf)
{
	return conf->smtpgate.backend.addr.ss_family == AF_UNIX ||
	       conf->smtpgate.backend_relay.addr.ss_family == AF_UNIX ||
	       conf->smtpgate.auth.kind != CONF_AUTH_NONE;
}

/* The kernel reads a filter only, but its type cannot say so. */
#define PROGRAM(calls)                                                         \
	{                                                                      \
		.len = sizeof(calls) / sizeof((calls)[0]),                     \
		.filter = (struct sock_filter *)(uintptr_t)(calls),            \
	}

static int
filter_calls(bool has_unix_sockets)
{
	static const struct sock_fprog with = PROGRAM(with_unix_sockets),
				       without = PROGRAM(without_unix_sockets);

	if (IS_SANITIZED)
		return 0;
	/* EINVAL: a kernel without it, which is the administrator's choice. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
		has_unix_sockets ? &with : &without) != 0 &&
	    errno != EINVAL)
		return -errno;
	return 0;
}

int
sandbox_enter(const struct conf *conf)
{
	int error;

	tzset();
	if (chdir("/") != 0)
		return -errno;
	report_from_root();
	error = geteuid() == 0 ? privilege_drop(GATE_USER, SANDBOX_JAIL)
			       : privilege_lock();
	if (error != 0)
		return error;
	/* Give start-up memory back: there may be 1,000 gates. */
	(void)malloc_trim(0);
	return filter_calls(has_unix_socket(conf));
}
