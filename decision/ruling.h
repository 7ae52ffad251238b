/* SPDX-License-Identifier: ISC */
/*
 * ruling - what the administrator's rules make of a right.
 *
 * CONCEPT.  A block takes every right away, also in a running session.  A
 * permit gives a client without a right one for some senders and domains.
 * Without a table there are no rules: what needs no table (SMTP AUTH, listed
 * networks) then goes on.
 *
 * On failure: RIGHT_UNKNOWN, because a block may be among rules that cannot be
 * read.
 */
#ifndef DECISION_RULING_H
#define DECISION_RULING_H

#include "decision/path.h"
#include "decision/right.h"
#include "decision/site.h"

/*
 * Change the right as the rules say.
 * client: NULL: unknown.  user: who is asked about; NULL: the user of the right.
 * sender: NULL: any; then only a permit for all senders
 * counts.
 * may_permit: at MAIL; later a right can only be lost.
 * Blocks: never.
 */
void ruling_apply(const struct site *site, const struct addr *client,
    const char *user, const struct path *sender, bool may_permit,
    struct right *right);

/*
 * Whether a permit in force lets the client send from the sender to the
 * recipient (NULL: any).  After ruling_apply().
 */
bool ruling_permits(const struct site *site, const struct addr *client,
    const struct path *sender, const struct path *recipient);

#endif
