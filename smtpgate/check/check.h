/* SPDX-License-Identifier: ISC */
/*
 * check - smtpgate -t: report what is wrong before a client comes.
 */
#ifndef SMTPGATE_CHECK_CHECK_H
#define SMTPGATE_CHECK_CHECK_H

#include <stdbool.h>
#include <stdio.h>

struct check {
	const char *config; /* path of the configuration */
	int service;        /* enum conf_service_number; -1: all that listen */
	bool is_offline;    /* connect to no server */
	bool is_json;
};

/*
 * Check all that the gate needs before its first client.  Each mistake and each
 * warning is one line on err, and the result one line on out; or both are one
 * JSON object on out.
 * If started as root, the process becomes the gate's user for good.
 * Returns 0: all is fine; 1: the gate works in part; EX_CONFIG: it does not
 * start, serves no client, or relays for strangers.
 */
int check_run(const struct check *check, FILE *out, FILE *err);

#endif
