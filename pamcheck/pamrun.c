/* SPDX-License-Identifier: ISC */
/*
 * pamrun - the rules of libpam, and all ways through a stack.
 *
 * A run is a walk over the lines.  It has an impression (undecided, positive,
 * negative) and a status, the return value so far.  Here a status is success or
 * failure only.  So a state of the walk is
 *
 *   next line, impression, success or failure, recorded or not,
 *   the line that refused the login, the line that skipped our module
 *
 * There are few states, so each is visited once, with every answer that its
 * line can give.  Only "reset" looks further back, at the state before a
 * substack.  If a stack has a "reset", these older states are part of the key.
 */
#include "pamcheck/pamrun.h"

#include <errno.h>
#include <security/_pam_types.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* libpam's result when no module gave an answer that counts. */
#define MUST_FAIL PAM_PERM_DENIED

enum impression {
	UNDECIDED = 0,
	POSITIVE,
	NEGATIVE,
};

struct mood {
	enum impression impression;
	int status;
};

struct walk {
	size_t next; /* line */
	unsigned level;
	struct mood mood;
	struct mood before[PAMFILE_DEPTH_MAX + 1]; /* entering each substack */
};

int
pamrun_take(const struct pamfile *file, enum pamfile_type type,
    struct pamrun_stack *stack_out)
{
	size_t i;

	stack_out->n = 0;
	for (i = 0; i < file->n; i++) {
		if (file->lines[i].type != type)
			continue;
		if (stack_out->n == PAMRUN_LINES_MAX)
			return -E2BIG;
		stack_out->lines[stack_out->n++] = &file->lines[i];
	}
	return 0;
}

/* ---- one step ----------------------------------------------------------- */

static void
walk_begin(struct walk *walk)
{
	memset(walk, 0, sizeof(*walk));
	walk->mood.status = MUST_FAIL;
	walk->before[0] = walk->mood;
}

/* The first line after the (sub)stack of line i. */
static size_t
end_of_stack(const struct pamrun_stack *stack, size_t i)
{
	const unsigned level = stack->lines[i]->level;

	while (i + 1 < stack->n && stack->lines[i + 1]->level >= level)
		i++;
	return i + 1;
}

/* Skip n lines; a substack counts as one.  Returns false beyond the end. */
static bool
jump(const struct pamrun_stack *stack, struct walk *walk, size_t i, int n)
{
	const unsigned level = stack->lines[i]->level;

	for (; n > 0 && i + 1 < stack->n && stack->lines[i + 1]->level >= level;
	     n--)
		do
			i++;
		while (i + 1 < stack->n && stack->lines[i + 1]->level > level);
	walk->next = i + 1;
	return n == 0;
}

/* Leave line walk->next, whose module gave this answer. */
static void
step(const struct pamrun_stack *stack, struct walk *walk, int answer)
{
	const size_t i = walk->next;
	const struct pamfile_line *line = stack->lines[i];
	const int action = line->actions[answer];
	struct mood *mood = &walk->mood;

	if (walk->level < line->level)
		walk->before[line->level] = *mood;
	walk->level = line->level;
	walk->next = i + 1;
	if (line->kind == PAMFILE_SUBSTACK)
		return;
	switch (action) {
	case PAMCONTROL_RESET:
		*mood = walk->before[line->level];
		return;
	case PAMCONTROL_OK:
	case PAMCONTROL_DONE:
		if (mood->impression == UNDECIDED ||
		    (mood->impression == POSITIVE &&
			mood->status == PAM_SUCCESS))
			*mood = (struct mood){POSITIVE, answer};
		if (mood->impression == POSITIVE && action == PAMCONTROL_DONE)
			walk->next = end_of_stack(stack, i);
		return;
	case PAMCONTROL_BAD:
	case PAMCONTROL_DIE:
		if (mood->impression != NEGATIVE)
			*mood = (struct mood){NEGATIVE,
			    answer == PAM_IGNORE ? MUST_FAIL : answer};
		if (action == PAMCONTROL_DIE)
			walk->next = end_of_stack(stack, i);
		return;
	case PAMCONTROL_IGNORE:
		return;
	default:
		if (action < 0 || !jump(stack, walk, i, action))
			*mood = (struct mood){NEGATIVE, MUST_FAIL};
		return;
	}
}

static int
walk_result(const struct walk *walk)
{
	if (walk->mood.status == PAM_SUCCESS &&
	    walk->mood.impression != POSITIVE)
		return MUST_FAIL;
	return walk->mood.status;
}

int
pamrun(
    const struct pamrun_stack *stack, const int answers[], bool has_run_out[])
{
	struct walk walk;
	size_t i;

	memset(has_run_out, 0, stack->n * sizeof(has_run_out[0]));
	walk_begin(&walk);
	while (walk.next < stack->n) {
		i = walk.next;
		has_run_out[i] = stack->lines[i]->kind == PAMFILE_MODULE;
		step(stack, &walk,
		    stack->lines[i]->kind == PAMFILE_BROKEN ? MUST_FAIL
							    : answers[i]);
	}
	return walk_result(&walk);
}

/* ---- all ways ----------------------------------------------------------- */

/* A walk with the part of its history that we need. */
struct way {
	uint64_t hash;
	struct walk walk;
	bool is_recorded;
	size_t refused_by;
	size_t skipped_by;
};

struct exploration {
	const struct pamrun_stack *stack;
	bool has_reset;
	struct pamrun_view *view;
	struct way *ways; /* all states so far: a few thousand */
	size_t n, room;
	int error;
};

static bool
is_module(const struct pamfile_line *line, const char *name)
{
	return strcmp(pamfile_module_name(line->module), name) == 0;
}

/* Whether a login is recorded when libpam comes to this line. */
static bool
records(const struct pamfile_line *line)
{
	return pamfile_is_ours(line) && !line->is_missing;
}

/* Our module has no opinion, but libpam needs one for a session. */
static int
our_answer(const struct pamfile_line *line)
{
	return line->type == PAMFILE_SESSION ? PAM_SUCCESS : PAM_IGNORE;
}

/* Answers with the same action need to be tried only once. */
static bool
is_first_of_its_kind(const struct pamfile_line *line, int answer)
{
	int other;

	for (other = 0; other < answer; other++)
		if (line->actions[other] == line->actions[answer] &&
		    other != PAM_SUCCESS)
			return false;
	return true;
}

/* Whether the line may give this answer, the first of its kind. */
static bool
may_answer(const struct pamfile_line *line, int answer)
{
	if (line->kind == PAMFILE_SUBSTACK)
		return answer == PAM_SUCCESS;
	if (line->kind == PAMFILE_BROKEN)
		return answer == MUST_FAIL;
	if (line->is_missing)
		return answer == PAM_MODULE_UNKNOWN;
	if (pamfile_is_ours(line))
		return answer == our_answer(line);
	if (is_module(line, "pam_permit.so"))
		return answer == PAM_SUCCESS;
	if (is_module(line, "pam_deny.so"))
		return answer == PAM_AUTH_ERR;
	if (is_module(line, "pam_warn.so"))
		return answer == PAM_IGNORE;
	return answer != PAM_INCOMPLETE && answer != PAM_CONV_AGAIN &&
	       is_first_of_its_kind(line, answer);
}

/* The state as defined above.  FNV-1a, by Fowler, Noll and Vo. */
static uint64_t
way_hash(const struct exploration *ex, const struct way *way)
{
	const struct walk *walk = &way->walk;
	uint64_t parts[7 + 2 * (PAMFILE_DEPTH_MAX + 1)] = {walk->next,
	    walk->level, walk->mood.impression,
	    walk->mood.status == PAM_SUCCESS, way->is_recorded, way->refused_by,
	    way->skipped_by};
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	size_t i, n = 7;

	for (i = 0; ex->has_reset && i <= walk->level; i++) {
		parts[n++] = walk->before[i].impression;
		parts[n++] = walk->before[i].status == PAM_SUCCESS;
	}
	for (i = 0; i < n; i++)
		hash = (hash ^ parts[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* Add the state, unless there is one like it. */
static void
add_way(struct exploration *ex, const struct way *way)
{
	const uint64_t hash = way_hash(ex, way);
	struct way *grown;
	size_t i;

	for (i = 0; i < ex->n; i++)
		if (ex->ways[i].hash == hash)
			return;
	if (ex->n == ex->room) {
		ex->room = 2 * ex->room + 64;
		grown = reallocarray(ex->ways, ex->room, sizeof(ex->ways[0]));
		if (grown == NULL) {
			ex->error = -ENOMEM;
			return;
		}
		ex->ways = grown;
	}
	ex->ways[ex->n] = *way;
	ex->ways[ex->n++].hash = hash;
}

static void
way_ends(struct exploration *ex, const struct way *way)
{
	struct pamrun_view *view = ex->view;

	if (walk_result(&way->walk) == PAM_SUCCESS) {
		view->can_pass = true;
		if (way->is_recorded)
			view->can_be_recorded = true;
		else if (way->skipped_by < view->skipped_by)
			view->skipped_by = way->skipped_by;
	} else {
		view->can_refuse = true;
		/* PAMRUN_NONE if no module answered: no server gets there */
		if (way->is_recorded && way->refused_by < view->refused_by)
			view->refused_by = way->refused_by;
	}
}

static void
way_goes_on(struct exploration *ex, const struct way *way, int answer)
{
	const size_t i = way->walk.next;
	const struct pamfile_line *line = ex->stack->lines[i];
	struct way next = *way;
	const bool was_good = way->walk.mood.impression == UNDECIDED ||
			      way->walk.mood.status == PAM_SUCCESS;
	size_t skipped;

	step(ex->stack, &next.walk, answer);
	if (records(line)) {
		next.is_recorded = true;
	} else if (was_good && next.walk.mood.impression != UNDECIDED &&
		   next.walk.mood.status != PAM_SUCCESS) {
		next.refused_by = i;
	}
	if (line->actions[answer] > 0)
		for (skipped = i + 1; skipped < next.walk.next; skipped++)
			if (pamfile_is_ours(ex->stack->lines[skipped]))
				next.skipped_by = i;
	add_way(ex, &next);
}

/* The way of a login that every module accepts. */
static void
explore_normal(const struct exploration *ex)
{
	const struct pamrun_stack *stack = ex->stack;
	struct walk walk;
	size_t i;

	walk_begin(&walk);
	while (walk.next < stack->n) {
		const struct pamfile_line *line = stack->lines[walk.next];
		int answer;

		i = walk.next;
		for (answer = PAM_SUCCESS; answer < PAM_INCOMPLETE; answer++)
			if (may_answer(line, answer))
				break;
		if (records(line)) {
			ex->view->is_recorded = true;
			if (line->actions[answer] != PAMCONTROL_IGNORE &&
			    line->type != PAMFILE_SESSION)
				ex->view->decided_by = i;
		}
		step(stack, &walk, answer);
		/* The end of a substack is not the end of the stack. */
		if (!ex->view->is_recorded && walk.next == stack->n &&
		    i + 1 < stack->n && line->actions[answer] <= 0)
			ex->view->ended_by = i;
	}
}

int
pamrun_explore(const struct pamrun_stack *stack, struct pamrun_view *view_out)
{
	struct exploration ex = {
	    .stack = stack,
	    .view = view_out,
	};
	struct way way = {
	    .refused_by = PAMRUN_NONE,
	    .skipped_by = PAMRUN_NONE,
	};
	size_t i;
	int answer;

	*view_out = (struct pamrun_view){
	    .ended_by = PAMRUN_NONE,
	    .skipped_by = PAMRUN_NONE,
	    .refused_by = PAMRUN_NONE,
	    .decided_by = PAMRUN_NONE,
	};
	for (i = 0; i < stack->n; i++)
		for (answer = 0; answer < PAMCONTROL_RETURNS; answer++)
			ex.has_reset |= stack->lines[i]->actions[answer] ==
					PAMCONTROL_RESET;
	explore_normal(&ex);
	walk_begin(&way.walk);
	add_way(&ex, &way);
	for (i = 0; i < ex.n && ex.error == 0; i++) {
		way = ex.ways[i];
		if (way.walk.next >= stack->n) {
			way_ends(&ex, &way);
			continue;
		}
		for (answer = 0; answer < PAMCONTROL_RETURNS; answer++)
			if (may_answer(stack->lines[way.walk.next], answer))
				way_goes_on(&ex, &way, answer);
	}
	free(ex.ways);
	return ex.error;
}
