/* SPDX-License-Identifier: ISC */
/*
 * failures - how many logins failed this hour: of a client, and of a user at
 * a client.
 *
 * CONCEPT.  An attempt is counted before PAM is asked, and taken back when it
 * was none: so a thousand at once cannot pass a limit of ten.  A client is
 * what the table of grants takes for one (an IPv4 address, an IPv6 prefix).
 *
 * LIFETIME.  failures_new() in the parent, before it forks; the counts are
 * shared by all its children and end with it.  An hour's counts end with the
 * hour.
 *
 * CONCURRENCY.  begin and take_back in any processes at once; lock-free, and
 * a process may die anywhere.
 *
 * TRUST.  The counts are worth nothing but a refusal: nobody gains a right by
 * them.
 *
 * TIME.  hour: any clock's hours; only equality matters.
 */
#ifndef SMTPGATE_AUTH_FAILURES_H
#define SMTPGATE_AUTH_FAILURES_H

#include "common/addr.h"

#include <stdbool.h>
#include <stdint.h>

struct failures;

struct failures_limits {
	uint32_t per_client; /* in an hour; 1 to 65534 */
	uint32_t per_user;   /* of one user at one client */
};

/* One attempt that was counted. */
struct failures_attempt {
	uint64_t client, user; /* what is counted, by its hash */
	uint16_t hour;
};

/*
 * Make the counters, all zero.
 * ipv6_prefix: bits of an IPv6 address that are one client.
 * Returns 0 or a negative errno.
 */
int failures_new(unsigned ipv6_prefix, struct failures **failures_out);

/* Unmap them in this process.  NULL is fine. */
void failures_free(struct failures *failures);

/*
 * Say what an attempt is counted under.
 * client: all zero for one that is unknown; user: request_user_is_clean().
 */
void failures_name(const struct failures *failures, const struct addr *client,
    const char *user, uint32_t hour, struct failures_attempt *attempt_out);

/*
 * Count it, unless a limit is reached.
 * Returns whether it was counted; if not, PAM is not to be asked.
 * On failure: denies.
 */
bool failures_begin(struct failures *failures,
    const struct failures_limits *limits,
    const struct failures_attempt *attempt);

/* It was no failure: count it no longer. */
void failures_take_back(
    struct failures *failures, const struct failures_attempt *attempt);

#endif
