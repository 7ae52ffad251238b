/* SPDX-License-Identifier: ISC */
#include "pam_popauth/log.h"

#include "common/logsocket.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <syslog.h>

/* Service and hook before a line. */
#define PREFIX_MAX_BYTES 128

/*
 * A program that plays a login defines this function and exports it, to get the
 * lines in place of the log daemon (pamcheck/pamtest.c, tests/pam).  It returns
 * whether it took the line.
 */
extern bool pam_popauth_log(const pam_handle_t *pamh, int priority,
    const char *line) __attribute__((weak, visibility("default")));

static const char *
service_of(pam_handle_t *pamh)
{
	const void *service = NULL;

	if (pam_get_item(pamh, PAM_SERVICE, &service) != PAM_SUCCESS ||
	    service == NULL)
		return "<unknown>"; /* as libpam */
	return service;
}

void
log_line(pam_handle_t *pamh, const char *hook, int priority,
    const struct logline *line, struct shmcache *cache)
{
	struct logsocket socket = LOGSOCKET_CLOSED(_PATH_LOG);
	char text[PREFIX_MAX_BYTES + LOGLINE_BYTES];
	struct logsocket_line record = {
	    .priority = LOG_AUTHPRIV | priority,
	    .ident = program_invocation_short_name,
	    .text = text,
	};

	if (pam_popauth_log != NULL &&
	    pam_popauth_log(pamh, priority, line->text))
		return;
	snprintf(text, sizeof(text), "pam_popauth(%.64s:%s): %s",
	    service_of(pamh), hook, line->text);
	if (cache != NULL)
		record.n_lost = shmcache_take_lost(cache);
	if (logsocket_send(&socket, &record) != 0 && cache != NULL)
		shmcache_add_lost(cache, record.n_lost + 1);
	logsocket_close(&socket);
}
