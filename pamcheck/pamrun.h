/* SPDX-License-Identifier: ISC */
/*
 * pamrun - simulates a PAM stack: which lines run, and with what result.
 *
 * CONCEPT.  Whether our module is in a right place depends on what every other
 * line does with every answer.  So the stack is simulated.  pamrun_explore()
 * tries all possible answers and keeps what matters here: can a login pass, is
 * it recorded then, is a refused login recorded.  pamrun() does one run with
 * given answers; tests/pam compares its result with that of libpam.
 *
 * Source: Linux-PAM 1.5, libpam/pam_dispatch.c, _pam_dispatch_aux().
 */
#ifndef PAMCHECK_PAMRUN_H
#define PAMCHECK_PAMRUN_H

#include "pamcheck/pamfile.h"

#include <stdbool.h>
#include <stddef.h>

#define PAMRUN_LINES_MAX 100

/* No such line. */
#define PAMRUN_NONE ((size_t)-1)

/* The lines of one type, in the order in which they run. */
struct pamrun_stack {
	const struct pamfile_line *lines[PAMRUN_LINES_MAX];
	size_t n;
};

/*
 * Take the lines of one type.
 * Returns 0, or -E2BIG.
 */
int pamrun_take(const struct pamfile *file, enum pamfile_type type,
    struct pamrun_stack *stack_out);

/*
 * Run the stack once.
 * answers: of each module, by its place in the stack.
 * has_run_out: which modules were called.
 * Returns what libpam would return.
 */
int pamrun(
    const struct pamrun_stack *stack, const int answers[], bool has_run_out[]);

/* A login is recorded when our module runs.  Lines are PAMRUN_NONE if none. */
struct pamrun_view {
	bool can_pass;        /* some login can pass */
	bool can_refuse;      /* some login can be refused */
	bool is_recorded;     /* a login that every module accepts is */
	bool can_be_recorded; /* some login that passes is */

	/* not is_recorded: the line that ended the stack before our module */
	size_t ended_by;
	/* the first line that jumps over our module for some users */
	size_t skipped_by;
	/* the first line that may refuse a login that is recorded */
	size_t refused_by;
	/* our own line, if its answer decides the login or skips lines */
	size_t decided_by;
};

/*
 * Run the stack with all answers.
 * Returns 0, or -ENOMEM.
 */
int pamrun_explore(
    const struct pamrun_stack *stack, struct pamrun_view *view_out);

#endif
