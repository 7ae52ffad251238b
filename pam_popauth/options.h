/* SPDX-License-Identifier: ISC */
/*
 * options - the module's arguments in a PAM service file.
 *
 * An argument that is unknown or badly formed is logged by name and changes
 * nothing: a typo must not lock users out, nor open anything.
 */
#ifndef POPAUTH_PAM_OPTIONS_H
#define POPAUTH_PAM_OPTIONS_H

#include <security/pam_modules.h>
#include <stdbool.h>

struct options {
	const char *table; /* table=PATH, absolute; /run/popauth/grants */
	bool strict;       /* strict: no login without its grant recorded */
	bool debug;        /* debug: say what was not done, and why */
};

void options_parse(
    struct options *options, pam_handle_t *pamh, int argc, const char **argv);

#endif
