/* SPDX-License-Identifier: ISC */
/*
 * failures - the number of failed logins in this hour, for each client, for
 * each user at a client, and for each user in the wider network (/24, /48).
 *
 * CONCEPT.  An attempt is counted before PAM is asked, and the count is taken
 * back if the attempt was not a failure.  So a thousand attempts at once cannot
 * pass a limit of ten.  A client is the same as in the table of grants: an IPv4
 * address or an IPv6 prefix.
 *
 * A user who logged in at a client in this hour or the one before is known
 * there: only that user's own failures at that client count.  So others behind
 * the same address cannot lock the user out.
 *
 * LIFETIME.  failures_new() in the parent, before it forks; all its children
 * share the counts, which end with the parent.  The counts of an hour end with
 * the hour.
 *
 * CONCURRENCY.  begin and take_back in any processes at the same time;
 * lock-free, and a process may die anywhere.
 *
 * TRUST.  A count can only refuse a login, never permit one.
 *
 * TIME.  now_s: seconds of any clock.  The first hour begins at failures_new(),
 * so that no client can know when a new hour begins.
 */
#ifndef SMTPGATE_AUTH_FAILURES_H
#define SMTPGATE_AUTH_FAILURES_H

#include "common/client.h"

#include <stdbool.h>
#include <stdint.h>

struct failures;

struct failures_limits {
	uint32_t per_client; /* in an hour; 1 to 65534 */
	uint32_t per_user;   /* of one user at one client */
};

/* A user's limit in the wider network, as a multiple of per_user. */
#define FAILURES_WIDER_TIMES 4

/* One attempt that was counted. */
struct failures_attempt {
	uint64_t client, user, wider; /* hashes; all are counted */
	uint64_t known;               /* the hash of a success */
	uint16_t hour;
};

/*
 * Make the counters, all zero.
 * rules: which addresses are one client; copied.
 * Returns 0 or a negative errno.
 */
int failures_new(const struct client_rules *rules, uint32_t now_s,
    struct failures **failures_out);

/* Unmap them in this process.  NULL is accepted. */
void failures_free(struct failures *failures);

/*
 * Make the hashes under which an attempt is counted.
 * client: all zero if unknown; user: request_user_is_clean().
 */
void failures_name(const struct failures *failures, const struct addr *client,
    const char *user, uint32_t now_s, struct failures_attempt *attempt_out);

/*
 * Count it, unless a limit is reached.
 * Returns whether it was counted; if not, do not ask PAM.
 * On failure: denies.
 */
bool failures_begin(struct failures *failures,
    const struct failures_limits *limits,
    const struct failures_attempt *attempt);

/* The attempt succeeded: take the count back, and remember the user. */
void failures_succeed(
    struct failures *failures, const struct failures_attempt *attempt);

/* Take the count back: the attempt was not a failure. */
void failures_take_back(
    struct failures *failures, const struct failures_attempt *attempt);

#endif
