/* SPDX-License-Identifier: ISC */
/*
 * peer - where the client is.
 *
 * CONCEPT.  POP servers tell a module the client's address in different ways:
 * Dovecot and Courier set PAM_RHOST; servers that inetd started have the client
 * on fd 0.  If a client resets its connection early, getpeername(2) works at
 * authentication and fails at the account check; so authentication remembers
 * the peer of fd 0 for the hooks to come.
 *
 * TRUST.  PAM_RHOST counts when it is a numeric address.  A name is never
 * resolved: reverse DNS belongs to the attacker.
 */
#ifndef POPAUTH_PAM_PEER_H
#define POPAUTH_PAM_PEER_H

#include "common/addr.h"

#include <security/pam_modules.h>

enum peer_source {
	PEER_UNKNOWN = 0,
	PEER_RHOST,      /* PAM_RHOST */
	PEER_REMEMBERED, /* fd 0 at authentication */
	PEER_STDIN,      /* fd 0 now */
};

/* Keep the peer of fd 0, if there is one, until pam_end(3). */
void peer_remember(pam_handle_t *pamh);

/*
 * Find the client's address.
 * rhost_out: PAM_RHOST as it is, NULL when unset, for a log line.
 * Returns where it was found; PEER_UNKNOWN: nowhere (addr_out not written).
 */
enum peer_source peer_find(
    pam_handle_t *pamh, struct addr *addr_out, const char **rhost_out);

/* A word for a log line. */
const char *peer_source_name(enum peer_source source);

#endif
