/* SPDX-License-Identifier: ISC */
#include "pamcheck/pamadvice.h"

#include "pamcheck/pamrun.h"

#include <errno.h>
#include <security/_pam_types.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Like "required", but a refusal ends the stack.  So does a password that must
 * be changed first. */
#define ENDING_PAIRS                                                           \
	"success=ok new_authtok_reqd=done ignore=ignore default=die"
#define ENDING "[" ENDING_PAIRS "]"

#define COMMON_ACCOUNT "/etc/pam.d/common-account"
#define OUR_LINE "account optional " PAMFILE_OURS

/* The stack of the file with a possible change. */
struct trial {
	struct pamrun_stack stack;
	struct pamfile_line ours;
	struct pamfile_line changed[PAMRUN_LINES_MAX]; /* texts not owned */
	bool is_changed[PAMRUN_LINES_MAX];
};

/* ---- trials ------------------------------------------------------------- */

/* A line that simply accepts or refuses. */
static bool
is_plain(const struct pamfile *file, const struct pamfile_line *line)
{
	return pamfile_is_own(file, line) && line->level == 0 &&
	       line->kind == PAMFILE_MODULE &&
	       line->actions[PAM_SUCCESS] == PAMCONTROL_OK &&
	       (line->actions[PAM_ACCT_EXPIRED] == PAMCONTROL_BAD ||
		   line->actions[PAM_ACCT_EXPIRED] == PAMCONTROL_DIE);
}

/*
 * Make the account stack with our module after line `after` of the file, and
 * nowhere else.  make_end: its plain lines before our module end the stack.
 */
static int
make_trial(const struct pamfile *file, unsigned after, bool make_end,
    struct trial *trial)
{
	const struct pamfile_line *line;
	bool is_in = false;
	size_t i, n = 0;

	memset(trial->is_changed, 0, sizeof(trial->is_changed));
	for (i = 0; i <= file->n; i++) {
		line = i < file->n ? &file->lines[i] : NULL;
		if (line != NULL &&
		    (line->type != PAMFILE_ACCOUNT || pamfile_is_ours(line)))
			continue;
		if (n + 2 > PAMRUN_LINES_MAX)
			return -E2BIG;
		if (!is_in && (line == NULL || line->from_line > after)) {
			trial->stack.lines[n++] = &trial->ours;
			is_in = true;
		}
		if (line == NULL)
			break;
		if (make_end && !is_in && is_plain(file, line)) {
			trial->changed[n] = *line;
			pamcontrol_parse(
			    ENDING_PAIRS, trial->changed[n].actions);
			trial->is_changed[n] = true;
			line = &trial->changed[n];
		}
		trial->stack.lines[n++] = line;
	}
	trial->stack.n = n;
	return 0;
}

static int
is_trial_right(const struct trial *trial, bool *is_right_out)
{
	struct pamrun_view view;
	int error = pamrun_explore(&trial->stack, &view);

	*is_right_out = view.can_pass && view.is_recorded &&
			view.refused_by == PAMRUN_NONE &&
			view.decided_by == PAMRUN_NONE;
	return error;
}

/* ---- edits -------------------------------------------------------------- */

/* fmt: of the text; NULL for PAMEDIT_REMOVE. */
static int __attribute__((format(printf, 5, 6)))
add_edit(struct pamadvice *advice, enum pamedit_kind kind, const char *path,
    unsigned line_no, const char *fmt, ...)
{
	struct pamedit *grown, *edit;
	va_list ap;
	int length = 0;

	grown = reallocarray(advice->edits, advice->n + 1, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	advice->edits = grown;
	edit = &grown[advice->n++];
	*edit = (struct pamedit){kind, strdup(path), line_no, NULL};
	va_start(ap, fmt);
	if (fmt != NULL)
		length = vasprintf(&edit->text, fmt, ap);
	va_end(ap);
	if (length < 0)
		edit->text = NULL;
	return edit->path != NULL && length >= 0 ? 0 : -ENOMEM;
}

/* From the end of the file; at the same line, additions first. */
static int
by_place(const void *left, const void *right)
{
	const struct pamedit *a = left, *b = right;

	if (a->line_no != b->line_no)
		return a->line_no < b->line_no ? 1 : -1;
	return (int)a->kind - (int)b->kind;
}

static void
sort_edits(struct pamadvice *advice)
{
	if (advice->n > 0)
		qsort(advice->edits, advice->n, sizeof(advice->edits[0]),
		    by_place);
}

/* The arguments that our line has in the file, or else args. */
static const char *
our_args(const struct pamfile *file, const char *args)
{
	size_t i;

	for (i = 0; i < file->n; i++)
		if (pamfile_is_ours(&file->lines[i]) &&
		    file->lines[i].args[0] != '\0')
			return file->lines[i].args;
	return args;
}

static int
add_our_line(const struct pamfile *file, unsigned after, const char *before,
    const char *args, struct pamadvice *advice)
{
	return add_edit(advice, PAMEDIT_ADD, file->path, after,
	    "%s" OUR_LINE "%s%s", before, args[0] != '\0' ? " " : "", args);
}

static int
add_ending(const struct pamfile_line *line, struct pamadvice *advice)
{
	return add_edit(advice, PAMEDIT_REPLACE, line->path, line->line_no,
	    "account " ENDING " %s%s%s", line->module,
	    line->args[0] != '\0' ? " " : "", line->args);
}

/* Remove our account lines from the file and its includes. */
static int
remove_our_lines(const struct pamfile *file, struct pamadvice *advice)
{
	size_t i;
	int error = 0;

	for (i = 0; i < file->n && error == 0; i++)
		if (file->lines[i].type == PAMFILE_ACCOUNT &&
		    pamfile_is_ours(&file->lines[i]))
			error = add_edit(advice, PAMEDIT_REMOVE,
			    file->lines[i].path, file->lines[i].line_no, NULL);
	return error;
}

static int
write_edits(const struct pamfile *file, const struct trial *trial,
    unsigned after, struct pamadvice *advice)
{
	size_t i;
	int error = remove_our_lines(file, advice);

	for (i = 0; i < trial->stack.n && error == 0; i++)
		if (trial->is_changed[i])
			error = add_ending(&trial->changed[i], advice);
	if (error == 0)
		error = add_our_line(file, after, "", trial->ours.args, advice);
	sort_edits(advice);
	return error;
}

/* ---- a service with account lines --------------------------------------- */

/* The last line before line `below` that adds to the stack. */
static unsigned
place_before(const struct pamfile *file, unsigned below)
{
	unsigned best = 0;
	size_t i;

	for (i = 0; i < file->n; i++)
		if (file->lines[i].type == PAMFILE_ACCOUNT &&
		    !pamfile_is_ours(&file->lines[i]) &&
		    file->lines[i].from_end < below &&
		    file->lines[i].from_end > best)
			best = file->lines[i].from_end;
	return best;
}

static int
try_places(const struct pamfile *file, bool make_end, struct trial *trial,
    struct pamadvice *advice)
{
	unsigned after = place_before(file, file->n_own_lines + 1);
	bool is_right;
	int error;

	for (; after > 0; after = place_before(file, after)) {
		error = make_trial(file, after, make_end, trial);
		if (error == 0)
			error = is_trial_right(trial, &is_right);
		if (error != 0)
			return error;
		if (is_right)
			return write_edits(file, trial, after, advice);
	}
	return 0;
}

/* ---- a service without -------------------------------------------------- */

/* libpam uses "other" for a missing stack; our line alone would refuse all. */
static int
add_account_lines(const char *root, const struct pamfile *file,
    const char *args, struct pamadvice *advice)
{
	int error = remove_our_lines(file, advice);

	if (error == 0)
		error = add_our_line(file, file->n_own_lines,
		    pamfile_exists(root, COMMON_ACCOUNT)
			? "@include common-account\n"
			: "account " ENDING " pam_unix.so\n",
		    args, advice);
	sort_edits(advice);
	return error;
}

static int
create_file(const char *root, const char *service, const char *args,
    struct pamadvice *advice)
{
	const bool is_common = pamfile_exists(root, COMMON_ACCOUNT);
	char *path;
	int error;

	if (asprintf(&path, "%s/etc/pam.d/%s", root, service) < 0)
		return -ENOMEM;
	error =
	    add_edit(advice, PAMEDIT_CREATE, path, 0, "%s" OUR_LINE "%s%s\n%s",
		is_common ? "@include common-auth\n@include common-account\n"
			  : "auth required pam_unix.so\n"
			    "account " ENDING " pam_unix.so\n",
		args[0] != '\0' ? " " : "", args,
		is_common ? "@include common-session"
			  : "session required pam_unix.so");
	free(path);
	return error;
}

int
pamadvice_find(const char *root, const char *service,
    const struct pamfile *file, const char *args, struct pamadvice *advice_out)
{
	struct trial *trial = calloc(1, sizeof(*trial));
	int error;

	*advice_out = (struct pamadvice){.edits = NULL};
	if (trial == NULL)
		return -ENOMEM;
	args = our_args(file, args);
	trial->ours.type = PAMFILE_ACCOUNT;
	trial->ours.module = (char[]){PAMFILE_OURS};
	trial->ours.args = strdup(args);
	pamcontrol_parse("optional", trial->ours.actions);

	if (trial->ours.args == NULL)
		error = -ENOMEM;
	else if (file->path == NULL)
		error = create_file(root, service, args, advice_out);
	else if (place_before(file, file->n_own_lines + 1) == 0)
		error = add_account_lines(root, file, args, advice_out);
	else
		error = try_places(file, false, trial, advice_out);
	if (error == 0 && advice_out->n == 0)
		error = try_places(file, true, trial, advice_out);
	free(trial->ours.args);
	free(trial);
	if (error != 0)
		pamadvice_free(advice_out);
	return error;
}

void
pamadvice_free(struct pamadvice *advice)
{
	size_t i;

	for (i = 0; i < advice->n; i++) {
		free(advice->edits[i].path);
		free(advice->edits[i].text);
	}
	free(advice->edits);
	*advice = (struct pamadvice){.edits = NULL};
}
