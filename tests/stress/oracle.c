/* SPDX-License-Identifier: ISC */
#include "tests/stress/oracle.h"

void
oracle_set(struct oracle_pair *pair, enum oracle_state state, uint32_t began_s,
    uint32_t ended_s)
{
	const uint64_t change = atomic_load(&pair->change) | 1;

	atomic_store(&pair->change, change);
	atomic_store(&pair->state, state);
	atomic_store(&pair->began_s, began_s);
	atomic_store(&pair->ended_s, ended_s);
	atomic_store(&pair->change, change + 1);
}

bool
oracle_read(struct oracle_pair *pair, struct oracle_view *view_out)
{
	view_out->change = atomic_load(&pair->change);
	if (view_out->change % 2 != 0)
		return false;
	view_out->state = (enum oracle_state)atomic_load(&pair->state);
	view_out->began_s = atomic_load(&pair->began_s);
	view_out->ended_s = atomic_load(&pair->ended_s);
	return oracle_unchanged(pair, view_out);
}

bool
oracle_unchanged(struct oracle_pair *pair, const struct oracle_view *view)
{
	return atomic_load(&pair->change) == view->change;
}

enum oracle_answer
oracle_judge(const struct oracle_view *view, uint32_t before_s,
    uint32_t after_s, uint32_t window_s)
{
	switch (view->state) {
	case ORACLE_NEVER:
	case ORACLE_REVOKED:
		return ORACLE_MUST_NOT;
	case ORACLE_BUSY:
		return ORACLE_ANYTHING;
	case ORACLE_GRANTED:
		if (after_s - view->began_s < window_s)
			return ORACLE_MUST;
		if (before_s - view->ended_s >= window_s)
			return ORACLE_MUST_NOT;
		return ORACLE_ANYTHING;
	case ORACLE_MAYBE:
		if (before_s - view->ended_s >= window_s)
			return ORACLE_MUST_NOT;
		return ORACLE_ANYTHING;
	}
	return ORACLE_ANYTHING;
}

enum oracle_answer
oracle_judge_wiped(const struct oracle_view *pair,
    const struct oracle_view *wipe, uint32_t before_s, uint32_t after_s,
    uint32_t window_s)
{
	const enum oracle_answer alone =
	    oracle_judge(pair, before_s, after_s, window_s);

	if (wipe->state == ORACLE_NEVER || alone == ORACLE_MUST_NOT)
		return alone;
	if (wipe->state == ORACLE_REVOKED && pair->ended_s <= wipe->began_s &&
	    pair->state != ORACLE_BUSY)
		return ORACLE_MUST_NOT;
	if (wipe->state != ORACLE_BUSY && pair->state == ORACLE_GRANTED &&
	    pair->began_s > wipe->ended_s)
		return alone;
	return ORACLE_ANYTHING;
}
