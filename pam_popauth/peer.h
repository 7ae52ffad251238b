/* SPDX-License-Identifier: ISC */
/*
 * peer - where the client is.
 *
 * CONCEPT.  POP servers tell a module the client's address in different ways:
 * Dovecot and Courier set PAM_RHOST; servers that inetd started have the client
 * on fd 0; a daemon that forks has one connected inet socket among its
 * descriptors; and where a service does PAM for others (saslauthd), the client
 * is on fd 0 of the process that asked.  They are tried in this order, those
 * alone that from= has; the first that gives an address is believed.
 *
 * TIME.  A client may reset its connection while its password is checked, and
 * then getpeername(2) fails; so the address is taken at authentication, where
 * the module is in that stack too, and remembered until pam_end(3).
 *
 * TRUST.  PAM_RHOST counts when it is a numeric address.  A name is never
 * resolved: reverse DNS belongs to the attacker.  Another process is believed
 * when its executable is one that the administrator listed: see asker.h.
 */
#ifndef POPAUTH_PAM_PEER_H
#define POPAUTH_PAM_PEER_H

#include "common/addr.h"
#include "pam_popauth/arguments.h"

#include <security/pam_modules.h>

struct peer {
	enum peer_source source; /* PEER_UNKNOWN: addr is not set */
	struct addr addr;
};

/* One clause for each of the sources, and where to read on. */
#define PEER_WHY_BYTES 512

/* Look for the client, and keep the result in the place of an earlier one. */
void peer_remember(pam_handle_t *pamh, const struct arguments *arguments);

/*
 * The client's address: what was remembered, if the arguments allow its
 * source; else look for it now.
 * why: when the source is PEER_UNKNOWN, a sentence for the log.
 */
struct peer peer_find(pam_handle_t *pamh, const struct arguments *arguments,
    char why[PEER_WHY_BYTES]);

#endif
