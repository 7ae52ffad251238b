/* SPDX-License-Identifier: ISC */
#include "common/startup.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

int
startup_parse(int argc, char **argv, const char *usage, const char *version,
    struct startup *startup)
{
	int c;

	while ((c = getopt(argc, argv, "c:ehtV")) != -1) {
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
		default:
			fputs(usage, stderr);
			return EX_USAGE;
		}
	}
	if (optind != argc) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	return STARTUP_GO_ON;
}
