/* SPDX-License-Identifier: ISC */
/*
 * pamcontrol - what libpam does with a module's answer: the second word of a
 * line in a PAM service file.
 *
 * Source: pam.d(5); Linux-PAM 1.5, libpam/pam_misc.c, _pam_parse_control().
 */
#ifndef PAMCHECK_PAMCONTROL_H
#define PAMCHECK_PAMCONTROL_H

#include <stdbool.h>

/* PAM_SUCCESS to PAM_INCOMPLETE. */
#define PAMCONTROL_RETURNS 32

/* An action; one above 0 jumps over so many lines. */
enum pamcontrol_action {
	PAMCONTROL_IGNORE = 0,
	PAMCONTROL_OK = -1,
	PAMCONTROL_DONE = -2,
	PAMCONTROL_BAD = -3,
	PAMCONTROL_DIE = -4,
	PAMCONTROL_RESET = -5,
	PAMCONTROL_UNSET = -6, /* never in a result */
};

/*
 * Read a control: "required", or the inside of "[value=action ...]".
 * actions_out: an action for each return value.
 * Returns whether libpam can read it; where it cannot, each answer is bad.
 */
bool pamcontrol_parse(const char *text, int actions_out[PAMCONTROL_RETURNS]);

/*
 * Write the actions as "[value=action ... default=action]".
 * Returns a text for free(3), or NULL without memory.
 */
char *pamcontrol_format(const int actions[PAMCONTROL_RETURNS]);

#endif
