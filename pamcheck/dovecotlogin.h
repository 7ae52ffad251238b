/* SPDX-License-Identifier: ISC */
/*
 * dovecotlogin - which passdbs does a login meet, and which of them records it?
 *
 * CONCEPT.  Dovecot asks one passdb after the other.  Each answer ends the login
 * or goes on, accepted or not.  Passdbs for master users and those with users
 * that may not log in are passed over: they accept no user.
 *
 * Source: Dovecot 2.3, src/auth/auth-request.c.
 */
#ifndef PAMCHECK_DOVECOTLOGIN_H
#define PAMCHECK_DOVECOTLOGIN_H

#include "pamcheck/dovecot.h"

/* No such passdb. */
#define DOVECOTLOGIN_NONE ((size_t)-1)

/* Whether the passdb asks PAM about users. */
bool dovecotlogin_is_pam(const struct dovecot_passdb *passdb);

/* Whether some login comes to passdb i. */
bool dovecotlogin_asks(const struct dovecot *dovecot, size_t i);

/* Whether passdb i accepts a login that no passdb before it accepted. */
bool dovecotlogin_accepts(const struct dovecot *dovecot, size_t i);

/* The same, also while a passdb before it cannot reach its database. */
bool dovecotlogin_may_accept(const struct dovecot *dovecot, size_t i);

/* The PAM passdb that comes to a login that passdb i accepted, or NONE. */
size_t dovecotlogin_next_pam(const struct dovecot *dovecot, size_t i);

/* The first PAM passdb with this service for logins by protocol, or NONE. */
size_t dovecotlogin_find(
    const struct dovecot *dovecot, const char *service, const char *protocol);

/*
 * The PAM service that the passdb asks for logins by this protocol, for
 * free(3).
 * Returns NULL if the name has an unknown variable, or without memory.
 */
char *dovecotlogin_service(
    const struct dovecot_passdb *passdb, const char *protocol);

/* Whether the name of the service depends on the protocol. */
bool dovecotlogin_varies(const struct dovecot_passdb *passdb);

#endif
