/* SPDX-License-Identifier: ISC */
/*
 * attend - one request, from READY to its answer, in a child of its own.
 *
 *   NEW --counted--> ASKING --the stack has answered--> SETTLED
 *    |                 |                                   |
 *    +-----------------+------ the child has ended --------+--> NEW (parent)
 *
 * CONCEPT.  A child shares its place with the parent and the other children.
 * The parent reads there how far a child got that hung or crashed; the other
 * children count how many of them serve one client.
 *
 * CONCURRENCY.  The child writes its own place; after its end the parent writes
 * it.  All processes read it.
 *
 * TIME.  All times are of clock_mono_ms().
 */
#ifndef SMTPGATE_AUTH_ATTEND_H
#define SMTPGATE_AUTH_ATTEND_H

#include "smtpgate-auth/failures.h"
#include "smtpgate-auth/request.h"

#include <stddef.h>
#include <stdint.h>

enum attend_state {
	ATTEND_NEW = 0, /* nothing was counted */
	ATTEND_ASKING,  /* counted; no failure if the child dies now */
	ATTEND_SETTLED, /* the count stays as it is */
};

struct attend_place {
	uint64_t state;                  /* of enum attend_state */
	uint64_t client;                 /* the attempt's client; 0: none */
	struct failures_attempt attempt; /* from ATTEND_ASKING on */
};

struct attend_rules {
	const char *confdir;   /* of PAM; NULL: the system's */
	int64_t delay_ms;      /* no refusal is sent before */
	int64_t timeout_ms;    /* then the parent kills; > delay_ms */
	uint32_t max_requests; /* at once; one client gets a quarter */
	struct failures_limits limits;
};

/* All places, and which of them is this child's. */
struct attend_places {
	struct attend_place *all;
	size_t n;
	size_t own;
};

/*
 * Serve the request of one connection.
 * fd: a SOCK_SEQPACKET socket; begin_ms: when it was accepted.
 * Blocks: until the answer is sent; the stack may hang.
 */
void attend(int fd, int64_t begin_ms, const struct attend_rules *rules,
    struct failures *failures, const struct attend_places *places);

/* Send an answer; a failure is ignored.  Blocks: never. */
void attend_answer(int fd, const struct answer *answer);

/* Whether the stack was asked and has not yet answered. */
bool attend_is_asking(const struct attend_place *place);

/* For the parent: make the place of a child that has ended NEW again. */
void attend_clear(struct attend_place *place, struct failures *failures);

#endif
