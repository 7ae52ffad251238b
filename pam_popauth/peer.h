/* SPDX-License-Identifier: ISC */
/*
 * peer - the client's address.
 *
 * CONCEPT.  POP servers give a module the client's address in different ways.
 * Dovecot and Courier set PAM_RHOST.  Servers that inetd starts have the client
 * on fd 0.  A daemon that forks has one connected inet socket among its
 * descriptors.  If a service calls PAM for other programs (saslauthd), the
 * client is on fd 0 of the program that asked.  A TLS wrapper that starts the
 * server (stunnel) puts the client into the environment.  The sources of from=
 * are tried in the order of enum peer_source, and the first address is taken.
 *
 * TIME.  A client may reset its connection during the password check, and then
 * getpeername(2) fails.  So the address is taken at authentication, if the
 * module is in that stack too, and remembered until pam_end(3).
 *
 * TRUST.  PAM_RHOST counts only as a numeric address.  A name is never
 * resolved: the attacker controls reverse DNS.  Another process is trusted only
 * if the administrator listed its executable: see asker.h.  The environment is
 * that of the program that started the server, and no client of it can change
 * it; it is read only if from= has env.
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

/* One clause for each source, and the manual page. */
#define PEER_WHY_BYTES 512

/* Look for the client, and replace the result of an earlier call. */
void peer_remember(pam_handle_t *pamh, const struct arguments *arguments);

/*
 * The client's address: the remembered one, if the arguments allow its source;
 * else look for it now.
 * why: when the source is PEER_UNKNOWN, a sentence for the log.
 */
struct peer peer_find(pam_handle_t *pamh, const struct arguments *arguments,
    char why[PEER_WHY_BYTES]);

#endif
