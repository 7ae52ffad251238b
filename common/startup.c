/* SPDX-License-Identifier: ISC */
#include "common/startup.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"stderr", no_argument, NULL, 'e'},
    {"test", no_argument, NULL, 't'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static int
misused(const char *version, const char *what, const char *word)
{
	/* The version begins with the program's name. */
	int len = (int)strcspn(version, " ");

	fprintf(stderr, "%.*s: %s %s; see %.*s --help\n", len, version, what,
	    word, len, version);
	return EX_USAGE;
}

int
startup_parse(int argc, char **argv, const char *usage, const char *version,
    struct startup *startup)
{
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":c:ehtV", long_options, NULL)) !=
	       -1) {
		switch (c) {
		case 'c':
			startup->conf_path = optarg;
			break;
		case 'e':
			startup->to_stderr = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return EX_OK;
		case 't':
			startup->is_check = true;
			break;
		case 'V':
			puts(version);
			return EX_OK;
		case ':':
			return misused(version, "a value is missing after",
			    argv[optind - 1]);
		default:
			return misused(
			    version, "unknown option", argv[optind - 1]);
		}
	}
	if (optind != argc)
		return misused(version, "unexpected operand", argv[optind]);
	return STARTUP_GO_ON;
}
