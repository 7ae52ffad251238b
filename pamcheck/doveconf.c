/* SPDX-License-Identifier: ISC */
/*
 * Both streams are files in memory, so that no pipe can fill up.
 */
#include "pamcheck/doveconf.h"

#include <errno.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define FATAL "doveconf: Fatal: "

/* Run the program to its end.  Returns 0, or a negative errno. */
static int
run(const char *program, int out, int err, int *status_out)
{
	char *argv[] = {(char *)(uintptr_t)program, (char[]){"-n"}, NULL};
	char *envp[] = {(char[]){"PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
	    (char[]){"LC_ALL=C"}, NULL};
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int error;

	error = posix_spawn_file_actions_init(&actions);
	if (error != 0)
		return -error;
	error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(
		    &actions, err, STDERR_FILENO);
	if (error == 0)
		error = posix_spawn(&pid, program, &actions, NULL, argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	if (error != 0)
		return -error;
	while (waitpid(pid, status_out, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* The last line, which has the reason. */
static char *
last_line(FILE *file)
{
	char *line = NULL, *last = NULL, *text;
	size_t size = 0;

	rewind(file);
	while (getline(&line, &size, file) != -1) {
		line[strcspn(line, "\n")] = '\0';
		text = line;
		if (strncmp(text, FATAL, strlen(FATAL)) == 0)
			text += strlen(FATAL);
		free(last);
		last = strdup(text);
	}
	free(line);
	return last != NULL ? last : strdup("doveconf failed");
}

int
doveconf_run(const char *program, FILE **output_out, char **why_out)
{
	int out = memfd_create("doveconf", MFD_CLOEXEC);
	int err = memfd_create("doveconf", MFD_CLOEXEC);
	FILE *output = out >= 0 ? fdopen(out, "r") : NULL;
	FILE *errors = err >= 0 ? fdopen(err, "r") : NULL;
	int status = 0, error;

	*why_out = NULL;
	error = output != NULL && errors != NULL
		    ? run(program, out, err, &status)
		    : -errno;
	if (error == 0 && status != 0) {
		*why_out = last_line(errors);
		error = *why_out != NULL ? 0 : -ENOMEM;
	}
	if (errors != NULL)
		fclose(errors);
	if (error == 0) {
		rewind(output);
		*output_out = output;
	} else if (output != NULL) {
		fclose(output);
	}
	return error;
}
