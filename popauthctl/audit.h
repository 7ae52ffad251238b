/* SPDX-License-Identifier: ISC */
/*
 * audit - the log line about a change of the table by hand.
 *
 * CONCEPT.  A login's grant has a line by the module; one line for each grant
 * and revocation by popauthctl shows who else changed the table:
 *
 *   grant client=203.0.113.9 user=joe from=popauthctl by=admin
 *
 * TRUST.  by= is the caller's user name, and for root SUDO_USER if it is set.
 * Only root can forge it, who can forge the whole line.
 */
#ifndef POPAUTHCTL_AUDIT_H
#define POPAUTHCTL_AUDIT_H

#include "common/addr.h"

/*
 * Log a change that was made.
 * event: "grant" or "revoke".  user: NULL when the address alone was changed.
 * Blocks: in the name service; never for the log daemon.
 */
void audit(const char *event, const struct addr *addr, const char *user);

/*
 * Log a change of the rules.
 * event: "block", "unblock", "permit" or "unpermit".  who: a user or a network.
 * until: when it ends, or NULL.  note: or "".
 */
void audit_rule(const char *event, const char *key, const char *who,
    const char *until, const char *note);

/* The caller's user name, as in by=. */
#define AUDIT_CALLER_BYTES 24
const char *audit_caller(char number[AUDIT_CALLER_BYTES]);

#endif
