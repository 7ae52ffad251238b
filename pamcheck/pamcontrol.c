/* SPDX-License-Identifier: ISC */
#include "pamcheck/pamcontrol.h"

#include <ctype.h>
#include <security/_pam_types.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

_Static_assert(_PAM_RETURN_VALUES == PAMCONTROL_RETURNS,
    "this file was written for other return values of libpam");

/* The words of pam.d(5), in the order of _pam_types.h. */
static const char *const return_names[PAMCONTROL_RETURNS + 1] = {
    [PAM_SUCCESS] = "success",
    [PAM_OPEN_ERR] = "open_err",
    [PAM_SYMBOL_ERR] = "symbol_err",
    [PAM_SERVICE_ERR] = "service_err",
    [PAM_SYSTEM_ERR] = "system_err",
    [PAM_BUF_ERR] = "buf_err",
    [PAM_PERM_DENIED] = "perm_denied",
    [PAM_AUTH_ERR] = "auth_err",
    [PAM_CRED_INSUFFICIENT] = "cred_insufficient",
    [PAM_AUTHINFO_UNAVAIL] = "authinfo_unavail",
    [PAM_USER_UNKNOWN] = "user_unknown",
    [PAM_MAXTRIES] = "maxtries",
    [PAM_NEW_AUTHTOK_REQD] = "new_authtok_reqd",
    [PAM_ACCT_EXPIRED] = "acct_expired",
    [PAM_SESSION_ERR] = "session_err",
    [PAM_CRED_UNAVAIL] = "cred_unavail",
    [PAM_CRED_EXPIRED] = "cred_expired",
    [PAM_CRED_ERR] = "cred_err",
    [PAM_NO_MODULE_DATA] = "no_module_data",
    [PAM_CONV_ERR] = "conv_err",
    [PAM_AUTHTOK_ERR] = "authtok_err",
    [PAM_AUTHTOK_RECOVERY_ERR] = "authtok_recover_err",
    [PAM_AUTHTOK_LOCK_BUSY] = "authtok_lock_busy",
    [PAM_AUTHTOK_DISABLE_AGING] = "authtok_disable_aging",
    [PAM_TRY_AGAIN] = "try_again",
    [PAM_IGNORE] = "ignore",
    [PAM_ABORT] = "abort",
    [PAM_AUTHTOK_EXPIRED] = "authtok_expired",
    [PAM_MODULE_UNKNOWN] = "module_unknown",
    [PAM_BAD_ITEM] = "bad_item",
    [PAM_CONV_AGAIN] = "conv_again",
    [PAM_INCOMPLETE] = "incomplete",
    [PAMCONTROL_RETURNS] = "default",
};

/* By -action. */
static const char *const action_names[-PAMCONTROL_UNSET] = {
    [-PAMCONTROL_IGNORE] = "ignore",
    [-PAMCONTROL_OK] = "ok",
    [-PAMCONTROL_DONE] = "done",
    [-PAMCONTROL_BAD] = "bad",
    [-PAMCONTROL_DIE] = "die",
    [-PAMCONTROL_RESET] = "reset",
};

static const struct {
	const char *name;
	int success, new_authtok_reqd, ignore, other;
} keywords[] = {
    {"required", PAMCONTROL_OK, PAMCONTROL_OK, PAMCONTROL_IGNORE,
	PAMCONTROL_BAD},
    {"requisite", PAMCONTROL_OK, PAMCONTROL_OK, PAMCONTROL_IGNORE,
	PAMCONTROL_DIE},
    {"optional", PAMCONTROL_OK, PAMCONTROL_OK, PAMCONTROL_IGNORE,
	PAMCONTROL_IGNORE},
    {"sufficient", PAMCONTROL_DONE, PAMCONTROL_DONE, PAMCONTROL_IGNORE,
	PAMCONTROL_IGNORE},
};

static void
set_unset(int actions[PAMCONTROL_RETURNS], int action)
{
	int i;

	for (i = 0; i < PAMCONTROL_RETURNS; i++)
		if (actions[i] == PAMCONTROL_UNSET)
			actions[i] = action;
}

static const char *
skip_blank(const char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

/* Take the first name that the text begins with, as libpam does; -1: none. */
static int
take_name(const char **text, const char *const names[], size_t n)
{
	size_t i, len;

	for (i = 0; i < n; i++) {
		len = strlen(names[i]);
		if (strncmp(*text, names[i], len) == 0) {
			*text += len;
			return (int)i;
		}
	}
	return -1;
}

static bool
take_action(const char **text, int *action_out)
{
	int action = take_name(text, action_names, -PAMCONTROL_UNSET);

	if (action >= 0) {
		*action_out = -action;
		return true;
	}
	for (action = 0; isdigit((unsigned char)**text); (*text)++)
		if (action < 1000)
			action = action * 10 + (**text - '0');
	*action_out = action;
	return action > 0;
}

/* value=action value=action ... */
static bool
parse_pairs(const char *text, int actions[PAMCONTROL_RETURNS])
{
	int value, action;

	for (text = skip_blank(text); *text != '\0'; text = skip_blank(text)) {
		value = take_name(&text, return_names, PAMCONTROL_RETURNS + 1);
		if (value < 0)
			return false;
		text = skip_blank(text);
		if (*text != '=')
			return false;
		text = skip_blank(text + 1);
		if (!take_action(&text, &action))
			return false;
		if (value == PAMCONTROL_RETURNS)
			set_unset(actions, action);
		else
			actions[value] = action;
	}
	return true;
}

bool
pamcontrol_parse(const char *text, int actions_out[PAMCONTROL_RETURNS])
{
	bool is_read = true;
	size_t i;

	for (i = 0; i < PAMCONTROL_RETURNS; i++)
		actions_out[i] = PAMCONTROL_UNSET;
	for (i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (strcasecmp(text, keywords[i].name) == 0) {
			actions_out[PAM_SUCCESS] = keywords[i].success;
			actions_out[PAM_NEW_AUTHTOK_REQD] =
			    keywords[i].new_authtok_reqd;
			actions_out[PAM_IGNORE] = keywords[i].ignore;
			set_unset(actions_out, keywords[i].other);
			return true;
		}
	if (!parse_pairs(text, actions_out)) {
		for (i = 0; i < PAMCONTROL_RETURNS; i++)
			actions_out[i] = PAMCONTROL_BAD;
		is_read = false;
	}
	set_unset(actions_out, PAMCONTROL_BAD);
	return is_read;
}
