/* SPDX-License-Identifier: ISC */
/*
 * admission - whether a listener serves one more client.
 *
 * CONCEPT.  The last tenth of max_connections is for clients that hold a right:
 * a grant, or a listed network.  Every other client shares the rest:
 *
 *   - one client (an IPv4 address, an IPv6 network of ipv6_prefix) has at most
 *     max_connections_per_client places;
 *   - when more than half of the places are taken, that limit shrinks with the
 *     number of free places, down to 1, so that many clients cannot take all;
 *   - a wider network (/24, /48) has at most twice that limit.
 *
 * With max_connections_per_client as large as max_connections there is no limit
 * per client, and the second and third rule do not apply.
 *
 * CONCURRENCY.  Pure functions.
 */
#ifndef SMTPGATE_LISTENER_ADMISSION_H
#define SMTPGATE_LISTENER_ADMISSION_H

#include "config/conf.h"
#include "smtpgate/listener/scoreboard.h"

#include <stdbool.h>

enum admission {
	ADMISSION_GRANTED = 0,
	ADMISSION_TOO_MANY,
	ADMISSION_TOO_MANY_OF_CLIENT,
};

/* The networks that a client is counted in. */
struct admission_networks {
	struct addr client;
	struct addr wider;
	unsigned wider_bits; /* of the 16-byte form */
};

/* rules: which addresses are one client. */
void admission_networks(const struct addr *client,
    const struct client_rules *rules, struct admission_networks *networks_out);

/*
 * Decide.  tally: with this client.
 * On failure: denies (an error of the table is no right).
 */
enum admission admission_decide(const struct conf_smtpgate *conf,
    const struct scoreboard_tally *tally, bool has_right);

/* Whether so many places are taken that patience shrinks (wire/crowd.h). */
bool admission_is_crowded(const struct conf_smtpgate *conf, uint32_t n_busy);

#endif
