/* SPDX-License-Identifier: ISC */
/*
 * sender - which user an envelope sender belongs to (bind_sender).
 *
 * CONCEPT.  A right that comes from a login is good only for envelope senders
 * of that user.  These are USER@DOMAIN for each local domain, the user's name
 * if it is an address itself, and what a file says: lines of an address, or
 * "@domain" for all in it, and the users who may send as it.  So a neighbour
 * behind the same address gains nothing by another user's grant, unless the
 * neighbour names that user.  The header From: is not looked at.
 *
 * On failure: denies.
 *
 * CAVEATS.  A sender is a claim.  A client behind the same address that knows
 * a user's name can send as that user while the user's grant lasts.
 */
#ifndef DECISION_SENDER_H
#define DECISION_SENDER_H

#include "decision/path.h"
#include "decision/right.h"

/*
 * Take the right away if it is not one for this sender.
 * The table is asked again, for the grant of each user to whom the sender
 * belongs; the right then is that user's, whatever other users hold grants at
 * this address.  With a null sender (a notification, a read receipt) a login
 * has a right for one recipient, and a grant has none.
 * right: of right_ask(), for the same client.
 */
void sender_bind(const struct site *site, const struct addr *client,
    const struct path *sender, struct right *right);

/*
 * Read a line of the file.  line: cut into its words.
 * Returns 0, or -EINVAL.
 */
int sender_parse_line(char *line, char **address_out, char **users_out);

#endif
