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
};

/* ---- trials ------------------------------------------------------------- */

/*
 * Make the account stack with our module after line `after` of the file, and
 * nowhere else.
 */
static int
make_trial(const struct pamfile *file, unsigned after, struct trial *trial)
{
	const struct pamfile_line *line;
	bool is_in = false;
	size_t i, n = 0;

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
		if (line != NULL)
			trial->stack.lines[n++] = line;
	}
	trial->stack.n = n;
	return 0;
}

static int
is_trial_right(const struct trial *trial, bool may_refuse, bool *is_right_out)
{
	struct pamrun_view view;
	int error = pamrun_explore(&trial->stack, &view);

	*is_right_out = view.can_pass && view.is_recorded &&
			view.decided_by == PAMRUN_NONE &&
			(may_refuse || view.refused_by == PAMRUN_NONE);
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

static bool
has_word(const char *words, const char *wanted)
{
	const size_t len = strlen(wanted);
	const char *p = words;

	while ((p = strstr(p, wanted)) != NULL) {
		if ((p == words || p[-1] == ' ') &&
		    (p[len] == '\0' || p[len] == ' '))
			return true;
		p += len;
	}
	return false;
}

/* The arguments that our line has in the file, or else args, for free(3).  A
 * server that needs setcred needs it in both. */
static char *
make_args(const struct pamfile *file, const char *args)
{
	const char *is = args;
	char *made;
	size_t i;

	for (i = file->n; i > 0; i--)
		if (pamfile_is_ours(&file->lines[i - 1]) &&
		    file->lines[i - 1].args[0] != '\0')
			is = file->lines[i - 1].args;
	if (asprintf(&made, "%s%s", is,
		has_word(args, "setcred") && !has_word(is, "setcred")
		    ? " setcred"
		    : "") < 0)
		return NULL;
	return made;
}

static int
add_our_line(const struct pamfile *file, unsigned after, const char *before,
    const char *args, struct pamadvice *advice)
{
	return add_edit(advice, PAMEDIT_ADD, file->path, after,
	    "%s" OUR_LINE "%s%s", before, args[0] != '\0' ? " " : "", args);
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

/* The auth line that the option setcred needs. */
static int
add_auth_line(
    const struct pamfile *file, const char *args, struct pamadvice *advice)
{
	size_t i;

	if (!has_word(args, "setcred"))
		return 0;
	for (i = 0; i < file->n; i++)
		if (file->lines[i].type == PAMFILE_AUTH &&
		    pamfile_is_ours(&file->lines[i]))
			return 0;
	return add_edit(
	    advice, PAMEDIT_ADD, file->path, 0, "auth optional " PAMFILE_OURS);
}

static int
write_edits(const struct pamfile *file, const struct trial *trial,
    unsigned after, struct pamadvice *advice)
{
	int error = remove_our_lines(file, advice);

	if (error == 0)
		error = add_our_line(file, after, "", trial->ours.args, advice);
	if (error == 0)
		error = add_auth_line(file, trial->ours.args, advice);
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

/* The end of the line before the first one of the account stack. */
static unsigned
first_place(const struct pamfile *file)
{
	size_t i;

	for (i = 0; i < file->n; i++)
		if (file->lines[i].type == PAMFILE_ACCOUNT &&
		    !pamfile_is_ours(&file->lines[i]))
			return file->lines[i].from_line - 1;
	return 0;
}

static int
try_place(const struct pamfile *file, unsigned after, bool may_refuse,
    struct trial *trial, struct pamadvice *advice)
{
	bool is_right;
	int error = make_trial(file, after, trial);

	if (error == 0)
		error = is_trial_right(trial, may_refuse, &is_right);
	if (error == 0 && is_right)
		error = write_edits(file, trial, after, advice);
	return error;
}

static int
try_places(const struct pamfile *file, bool may_refuse, struct trial *trial,
    struct pamadvice *advice)
{
	unsigned after = place_before(file, file->n_own_lines + 1);
	int error = 0;

	for (; after > 0 && error == 0 && advice->n == 0;
	     after = place_before(file, after))
		error = try_place(file, after, may_refuse, trial, advice);
	if (error == 0 && advice->n == 0)
		error = try_place(
		    file, first_place(file), may_refuse, trial, advice);
	return error;
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

int
pamadvice_create(const char *root, const char *service, const char *our_args,
    struct pamadvice *advice_out)
{
	const bool is_common = pamfile_exists(root, COMMON_ACCOUNT);
	const bool is_ours = our_args != NULL;
	char *path;
	int error;

	*advice_out = (struct pamadvice){.edits = NULL};
	if (asprintf(&path, "%s/etc/pam.d/%s", root, service) < 0)
		return -ENOMEM;
	error = add_edit(advice_out, PAMEDIT_CREATE, path, 0, "%s%s%s%s%s%s",
	    is_common ? "@include common-auth\n@include common-account\n"
		      : "auth required pam_unix.so\n"
			"account " ENDING " pam_unix.so\n",
	    is_ours ? OUR_LINE : "", is_ours && our_args[0] != '\0' ? " " : "",
	    is_ours ? our_args : "", is_ours ? "\n" : "",
	    is_common ? "@include common-session"
		      : "session required pam_unix.so");
	free(path);
	return error;
}

/* Prepare a trial with our line.  Returns 0 or -ENOMEM. */
static int
new_trial(
    const struct pamfile *file, const char *args, struct trial **trial_out)
{
	static char module[] = PAMFILE_OURS;
	struct trial *trial = calloc(1, sizeof(*trial));

	*trial_out = trial;
	if (trial == NULL)
		return -ENOMEM;
	trial->ours.type = PAMFILE_ACCOUNT;
	trial->ours.module = module;
	trial->ours.args = make_args(file, args);
	pamcontrol_parse("optional", trial->ours.actions);
	return trial->ours.args != NULL ? 0 : -ENOMEM;
}

static void
free_trial(struct trial *trial)
{
	if (trial != NULL)
		free(trial->ours.args);
	free(trial);
}

int
pamadvice_find(const char *root, const char *service,
    const struct pamfile *file, const char *args, struct pamadvice *advice_out)
{
	struct trial *trial = NULL;
	int error;

	*advice_out = (struct pamadvice){.edits = NULL};
	if (file->path == NULL)
		return pamadvice_create(root, service, args, advice_out);
	error = new_trial(file, args, &trial);
	if (error == 0 && place_before(file, file->n_own_lines + 1) == 0)
		error =
		    add_account_lines(root, file, trial->ours.args, advice_out);
	else if (error == 0)
		error = try_places(file, false, trial, advice_out);
	if (error == 0 && advice_out->n == 0 &&
	    !has_word(trial->ours.args, "strict"))
		error = try_places(file, true, trial, advice_out);
	free_trial(trial);
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
