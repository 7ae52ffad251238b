/* SPDX-License-Identifier: ISC */
/*
 * startup - the common options of the daemons: -c FILE, -e, -t, -h and -V, each
 * with a long name.
 *
 * CONCURRENCY.  Once, at the start: getopt(3) has state.
 */
#ifndef POPAUTH_STARTUP_H
#define POPAUTH_STARTUP_H

#include <stdbool.h>

struct startup {
	const char *conf_path; /* -c, or the default */
	bool to_stderr;        /* -e: log there as well */
	bool is_check;         /* -t: check the configuration and end */
};

/* Returned by startup_parse(): the program has to run. */
#define STARTUP_GO_ON (-1)

/*
 * Read the command line.  Print the text of -h or -V, or after a mistake one
 * sentence.
 * usage: the whole text, with its final line feed; version: of -V, without, and
 * the program's name first.
 * startup: conf_path is the default.
 * Returns STARTUP_GO_ON, or a sysexits(3) code to end with.
 */
int startup_parse(int argc, char **argv, const char *usage, const char *version,
    struct startup *startup);

#endif
