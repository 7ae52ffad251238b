/* SPDX-License-Identifier: ISC */
/*
 * pamrun - what libpam makes of a stack: which lines run, and what comes out.
 *
 * CONCEPT.  Whether our module stands in a right place cannot be seen from the
 * line before it: it depends on what every other line does with every answer.
 * So the stack is run on paper.  pamrun() runs it once, with given answers;
 * pamrun_explore() runs it with all answers that there can be, and keeps what
 * matters to us: can a login pass, is it recorded then, is one recorded that
 * is refused.
 *
 * CONCURRENCY.  Pure functions.
 *
 * Source: Linux-PAM 1.5, libpam/pam_dispatch.c, _pam_dispatch_aux(); tests/pam
 * holds pamrun() against the real one.
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
 * answers: what each module returns, by its place in the stack.
 * has_run_out: which modules were called.
 * Returns what libpam would.
 */
int pamrun(
    const struct pamrun_stack *stack, const int answers[], bool has_run_out[]);

struct pamrun_view {
	bool can_pass;    /* somebody may log in at all */
	bool is_recorded; /* when every module is content, our module runs */
	bool can_be_recorded; /* some login that passes is */
	size_t ended_by;      /* not recorded: the line that ended the stack
			      before our module */
	size_t
	    skipped_by; /* the first line that jumps over our module, for whomever
			      it chooses */
	size_t
	    refused_by; /* the first line that may refuse a login that our module
			      records nevertheless */
	size_t decided_by; /* our own line, when its answer decides the login
			      or leaves lines out */
};

/*
 * Run the stack with all answers.
 * is_installed: whether libpam finds our module; where it does not, the line
 * answers "module unknown".
 * Returns 0, or -ENOMEM.
 */
int pamrun_explore(const struct pamrun_stack *stack, bool is_installed,
    struct pamrun_view *view_out);

#endif
