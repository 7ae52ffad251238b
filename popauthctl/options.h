/* SPDX-License-Identifier: ISC */
/*
 * options - popauthctl's command line.
 */
#ifndef POPAUTHCTL_OPTIONS_H
#define POPAUTHCTL_OPTIONS_H

#include "common/addr.h"

#include <stdbool.h>
#include <stddef.h>

enum options_result {
	OPTIONS_RUN = 0, /* run the command */
	OPTIONS_HELP,    /* -h */
	OPTIONS_VERSION, /* -V */
	OPTIONS_WRONG,   /* a mistake, explained in why */
};

/* The texts point into argv. */
struct options {
	const struct command *command; /* its row (command.h) */
	const char *table;             /* -t, or NULL */
	const char *config;            /* -c, or NULL */
	bool is_json;
	const char *root; /* --root, or "" */

	const char *period; /* --for, or NULL */
	const char *note;   /* --note, or "" */
	const char *sender; /* --sender, or "" */
	const char *to;     /* --to, or "" */

	/* operands, as the row names them */
	struct addr addr;
	const char *who; /* USER|NETWORK, NETWORK: as written */
	const char *user;      /* or NULL */
	char *const *services; /* [n_services] */
	size_t n_services;
};

#define OPTIONS_WHY_BYTES 256

/*
 * Read the command line.
 * table: of commands, as in command.h.
 * options_out: set on OPTIONS_RUN.  why: a sentence on OPTIONS_WRONG.
 * Not for two threads: getopt(3) has its state in globals.
 */
enum options_result options_parse(const struct command *table, int argc,
    char *const argv[], struct options *options_out,
    char why[OPTIONS_WHY_BYTES]);

#endif
