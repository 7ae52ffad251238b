/* SPDX-License-Identifier: ISC */
/*
 * sandbox - restrict the gate before it reads a client.
 *
 * The C library opens some files at their first use.  The gate opens them
 * before: the time zone (syslog(3) writes local time) and the log's socket
 * (report_init()).
 */
#include "smtpgate/sandbox/sandbox.h"

#include "common/privilege.h"
#include "smtpgate/gate.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static const struct sock_filter filter[] = {
#include "sandbox_filter.h"
};

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

static int
filter_calls(void)
{
	const struct sock_fprog program = {
	    .len = sizeof(filter) / sizeof(filter[0]),
	    /* The kernel only reads it. */
	    .filter = (struct sock_filter *)(uintptr_t)filter,
	};

	if (IS_SANITIZED)
		return 0;
	/* EINVAL: a kernel without seccomp, by the administrator's choice. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0 &&
	    errno != EINVAL)
		return -errno;
	return 0;
}

int
sandbox_enter(const struct conf *conf)
{
	bool is_root = geteuid() == 0;
	int error;

	tzset();
	if (chdir("/") != 0)
		return -errno;
	error = is_root ? privilege_drop(GATE_USER, SANDBOX_JAIL)
			: privilege_lock();
	if (error != 0)
		return error;
	/* "/" is the empty directory now. */
	if (is_root && !has_unix_socket(conf) && chdir("/") != 0)
		return -errno;
	/* Give start-up memory back: there may be 1,000 gates. */
	(void)malloc_trim(0);
	return filter_calls();
}
