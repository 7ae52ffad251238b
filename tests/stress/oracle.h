/* SPDX-License-Identifier: ISC */
/*
 * oracle - the grants that must be found in the table, and those that must not.
 *
 * CONCEPT.  Each pair (address, user) has one owner among the workers, and only
 * the owner grants and revokes it, so its history is a sequence.  Users of
 * different owners share addresses, so an address's key has many writers.  The
 * owner notes each operation before and after it.  A worker that looks a key up
 * reads these notes before and after, and judges only if they have not changed.
 *
 * Only its owner writes a pair's state (the parent, after the owner was
 * killed), with the clock readings around the operation:
 *
 *   NEVER                     must not be found
 *   BUSY                      an operation is under way: anything goes
 *   GRANTED began, ended      stamped at `began` = `ended`: must be found while
 *                             the window has not passed since, and not later
 *   REVOKED                   must not be found
 *   MAYBE   ended             a killed operation: may be found until the
 *                             window has passed since `ended`
 *
 * An address has an owner too.  Only the owner revokes it as a whole (a wipe),
 * while others log in there.  A wipe's state is REVOKED began, ended, where
 * `began` is the clock reading of its tombstone, or MAYBE ended when it was
 * killed.  A grant stamped up to `began` must not be found, whenever its login
 * ended.  A wipe says nothing about grants stamped after `ended`.
 */
#ifndef STRESS_ORACLE_H
#define STRESS_ORACLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define ORACLE_USERS 4 /* of an address */

enum oracle_state {
	ORACLE_NEVER = 0,
	ORACLE_BUSY,
	ORACLE_GRANTED,
	ORACLE_REVOKED,
	ORACLE_MAYBE,
};

struct oracle_pair {
	_Atomic uint64_t change; /* odd while the rest is being written */
	_Atomic uint32_t state;
	_Atomic uint32_t began_s;
	_Atomic uint32_t ended_s;
};

struct oracle_view {
	uint64_t change;
	enum oracle_state state;
	uint32_t began_s, ended_s;
};

enum oracle_answer {
	ORACLE_ANYTHING = 0,
	ORACLE_MUST,
	ORACLE_MUST_NOT,
};

void oracle_set(struct oracle_pair *pair, enum oracle_state state,
    uint32_t began_s, uint32_t ended_s);

/* A stable copy; false when the owner is writing. */
bool oracle_read(struct oracle_pair *pair, struct oracle_view *view_out);

/* Whether the pair is still as it was viewed. */
bool oracle_unchanged(struct oracle_pair *pair, const struct oracle_view *view);

/* The same, limited by the last wipe of the pair's address. */
enum oracle_answer oracle_judge_wiped(const struct oracle_view *pair,
    const struct oracle_view *wipe, uint32_t before_s, uint32_t after_s,
    uint32_t window_s);

/* The right answer of a look-up between clock readings before_s and after_s. */
enum oracle_answer oracle_judge(const struct oracle_view *view,
    uint32_t before_s, uint32_t after_s, uint32_t window_s);

#endif
