/* SPDX-License-Identifier: ISC */
/*
 * pamcontrol - the second word of a line in a PAM service file, which says what
 * libpam does with each answer of the module.
 *
 * Source: pam.d(5); Linux-PAM 1.5, libpam/pam_misc.c, _pam_parse_control().
 */
#ifndef PAMCHECK_PAMCONTROL_H
#define PAMCHECK_PAMCONTROL_H

#include <stdbool.h>

/* PAM_SUCCESS to PAM_INCOMPLETE. */
#define PAMCONTROL_RETURNS 32

/* An action; a number above 0 skips so many lines. */
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
 * Returns false if libpam cannot read it; each answer is BAD then.
 */
bool pamcontrol_parse(const char *text, int actions_out[PAMCONTROL_RETURNS]);

#endif
