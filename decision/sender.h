/* SPDX-License-Identifier: ISC */
/*
 * sender - whose an envelope sender is (bind_sender).
 *
 * CONCEPT.  A right that comes from a login is good only for that user's own
 * envelope senders: USER@DOMAIN for each local domain, the address that the
 * user's name is itself, and what a file says: lines of an address, or
 * "@domain" for all in it, and the users who may send as it.  So a neighbour
 * behind the same address gains nothing by somebody's grant, unless it names
 * that somebody.  The header From: is not looked at.
 *
 * CONCURRENCY.  No state.
 *
 * On failure: denies.
 *
 * CAVEATS.  A sender is a claim.  Who knows the name of a user behind the same
 * address can send as him, as long as his grant lives.
 */
#ifndef DECISION_SENDER_H
#define DECISION_SENDER_H

#include "decision/path.h"
#include "decision/right.h"
#include "smtpgate/gate.h"

/*
 * Take the right away when it is not one for this sender.
 * A grant is asked for anew, as one of the users that the sender belongs to;
 * it is then that user's, whoever else holds one at this address.  A null
 * sender (a notification, a read receipt) has a login's right for one
 * recipient, and no grant's.
 */
void sender_bind(
    const struct gate *gate, const struct path *sender, struct right *right);

/*
 * Read a line of the file.  line: cut into its words.
 * Returns 0, or -EINVAL.
 */
int sender_parse_line(char *line, char **address_out, char **users_out);

#endif
