/* SPDX-License-Identifier: ISC */
/*
 * log - the module's lines, as pam_syslog(3) writes them but without waiting.
 *
 * CONCEPT.  pam_syslog(3) waits for a log daemon that does not read, and with
 * it the login.  These lines look the same, "pam_popauth(SERVICE:HOOK): EVENT
 * ...", have the facility authpriv, and go by a socket that is closed again
 * (common/logsocket.h).  A line that cannot be sent at once is lost.  The table
 * counts such lines for all logins, because the module keeps nothing; the next
 * line that is sent has lost=N at its end.
 */
#ifndef POPAUTH_PAM_LOG_H
#define POPAUTH_PAM_LOG_H

#include "common/logline.h"
#include "shmcache/shmcache.h"

#include <security/pam_modules.h>

/*
 * Log one line.
 * hook: "auth", "account" or "session".
 * priority: of syslog(3), without the facility.
 * cache: the table, open for writing; NULL: a line that is lost is not counted.
 * Blocks: never.
 */
void log_line(pam_handle_t *pamh, const char *hook, int priority,
    const struct logline *line, struct shmcache *cache);

#endif
