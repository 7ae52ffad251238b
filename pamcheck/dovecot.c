/* SPDX-License-Identifier: ISC */
#include "pamcheck/dovecot.h"

#include "pamcheck/doveconf.h"
#include "pamcheck/dovecotdraft.h"
#include "pamcheck/pamfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLANK " \t\n"
#define CONFIG "/etc/dovecot/dovecot.conf"

/* ---- both sources -------------------------------------------------------- */

static int
read_files(const char *root, const char *protocol, struct dovecot *out)
{
	struct dovecotdraft draft;
	const struct dovecotfile_visitor visitor =
	    dovecotdraft_begin(&draft, out, protocol);

	draft.error = dovecotfile_read(root, CONFIG, &visitor);
	return dovecotdraft_finish(&draft);
}

/* The first line is "# VERSION (...): FILE". */
static bool
is_output_of_2_4(FILE *output)
{
	int major = 0, minor = 0;
	const int n = fscanf(output, "# %d.%d", &major, &minor);

	rewind(output);
	return n == 2 && (major > 2 || minor >= 4);
}

static int
read_output(FILE *output, const char *protocol, struct dovecot *out)
{
	struct dovecotdraft draft;
	struct dovecotfile_visitor visitor;

	out->is_2_4 = is_output_of_2_4(output);
	visitor = dovecotdraft_begin(&draft, out, protocol);
	draft.error = dovecotfile_read_output(output, &visitor);
	return dovecotdraft_finish(&draft);
}

static void
move_text(char **to, char **from)
{
	if (*to == NULL || *from == NULL)
		return;
	free(*to);
	*to = *from;
	*from = NULL;
}

/* Take the places from the files, if they have the same passdbs. */
static void
move_places(struct dovecot *to, struct dovecot *from)
{
	size_t i;

	move_text(&to->worker_place, &from->worker_place);
	move_text(&to->cache_place, &from->cache_place);
	move_text(&to->trusting_place, &from->trusting_place);
	if (to->n != from->n)
		return;
	for (i = 0; i < to->n; i++)
		if (strcmp(to->passdbs[i].driver, from->passdbs[i].driver) != 0)
			return;
	for (i = 0; i < to->n; i++)
		move_text(&to->passdbs[i].place, &from->passdbs[i].place);
}

/* doveconf failed: keep the files, and its reason. */
static void
take_failure(struct dovecot *dovecot, char *why)
{
	char **field = geteuid() != 0 && strstr(why, "ermission denied") != NULL
			   ? &dovecot->unclear
			   : &dovecot->refused;

	free(dovecot->refused);
	dovecot->refused = NULL;
	*field = why;
}

static int
ask_doveconf(
    const char *doveconf, const char *protocol, struct dovecot *dovecot)
{
	struct dovecot resolved = {.is_there = true};
	FILE *output;
	char *why;
	int error = doveconf_run(doveconf, &output, &why);

	if (error != 0)
		return error;
	if (why != NULL) {
		dovecot->is_2_4 = is_output_of_2_4(output);
		take_failure(dovecot, why);
	} else {
		error = read_output(output, protocol, &resolved);
		move_places(&resolved, dovecot);
		dovecot_free(dovecot);
		*dovecot = resolved;
	}
	fclose(output);
	return error;
}

/* A removed package that was not purged leaves its init script. */
static bool
is_gone(const char *root)
{
	return pamfile_exists(root, "/etc/init.d/dovecot") &&
	       !pamfile_exists(root, "/usr/sbin/dovecot");
}

int
dovecot_read(const char *root, const char *doveconf, const char *protocol,
    struct dovecot *dovecot_out)
{
	int error;

	*dovecot_out = (struct dovecot){.is_gone = is_gone(root)};
	if (dovecot_out->is_gone)
		return 0;
	error = read_files(root, protocol, dovecot_out);
	if (error == 0 && doveconf != NULL)
		error = ask_doveconf(doveconf, protocol, dovecot_out);
	if (error != 0)
		dovecot_free(dovecot_out);
	return error;
}

bool
dovecot_serves(const struct dovecot *dovecot, const char *protocol)
{
	const size_t len = strlen(protocol);
	const char *p;

	if (dovecot->protocols == NULL)
		return true;
	for (p = dovecot->protocols; *p != '\0'; p += strcspn(p, BLANK)) {
		p += strspn(p, BLANK);
		if (strcspn(p, BLANK) == len && strncmp(p, protocol, len) == 0)
			return true;
	}
	return false;
}

void
dovecot_free(struct dovecot *dovecot)
{
	size_t i;

	for (i = 0; i < dovecot->n; i++) {
		free(dovecot->passdbs[i].driver);
		free(dovecot->passdbs[i].place);
		free(dovecot->passdbs[i].service);
	}
	free(dovecot->passdbs);
	free(dovecot->protocols);
	free(dovecot->worker_user);
	free(dovecot->worker_groups);
	free(dovecot->worker_place);
	free(dovecot->cache_place);
	free(dovecot->trusting_place);
	free(dovecot->refused);
	free(dovecot->unclear);
	*dovecot = (struct dovecot){.is_gone = false};
}
