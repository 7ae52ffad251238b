/* SPDX-License-Identifier: ISC */
/*
 * failure - sentences on standard error, and exit statuses.
 */
#ifndef POPAUTHCTL_FAILURE_H
#define POPAUTHCTL_FAILURE_H

#include "popauthctl/command.h"

/* Exit statuses besides those of sysexits.h. */
enum failure_exit {
	EXIT_YES = 0, /* done; check: may relay */
	EXIT_NO = 1,  /* refused, or no such grant; check: may not relay */
};

/* Print "popauthctl: ABOUT: SENTENCE". */
void failure_report(const char *about, const char *sentence);

/* Report an error of the table.  Returns the exit status. */
int failure_of_table(const struct call *call, int error);

/* error: of a function of print.h, or 0.  Returns status after success. */
int failure_of_print(int error, int status);

/* The exit status for an error of shmcache.h; 0 for SHMCACHE_OK. */
int failure_exit_status(int error);

#endif
