/* SPDX-License-Identifier: ISC */
/*
 * options - popauthctl's command line.
 */
#ifndef POPAUTHCTL_OPTIONS_H
#define POPAUTHCTL_OPTIONS_H

#include "common/addr.h"

#include <stdbool.h>
#include <stddef.h>

enum options_command {
	OPTIONS_STATUS = 0,
	OPTIONS_LIST,
	OPTIONS_GRANT,
	OPTIONS_REVOKE,
	OPTIONS_CHECK,
	OPTIONS_CONFIG,
	OPTIONS_PAM_CHECK,
	OPTIONS_PAM_TEST, /* pam-check --test */
};

enum options_result {
	OPTIONS_RUN = 0, /* do the command */
	OPTIONS_HELP,    /* -h */
	OPTIONS_VERSION, /* -V */
	OPTIONS_WRONG,   /* a mistake, told in why */
};

/* The texts point into argv. */
struct options {
	enum options_command command;
	const char *table;  /* -t, or NULL */
	const char *config; /* -c, or NULL */
	bool is_json;
	struct addr addr;      /* grant, revoke, check, pam-check --test */
	const char *user;      /* or NULL */
	const char *root;      /* pam-check --root, or "" */
	char *const *services; /* [n_services]: pam-check; with --test one */
	size_t n_services;
};

#define OPTIONS_WHY_BYTES 256

/*
 * Read the command line.
 * options_out: set on OPTIONS_RUN.  why: a sentence on OPTIONS_WRONG.
 * Not for two threads: getopt(3) keeps its place in globals.
 */
enum options_result options_parse(int argc, char *const argv[],
    struct options *options_out, char why[OPTIONS_WHY_BYTES]);

#endif
