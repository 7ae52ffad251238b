/* SPDX-License-Identifier: ISC */
/* pamcontrol: every word of pam.d(5) has its place. */
#include "pamcheck/pamcontrol.h"

#include <criterion/criterion.h>
#include <security/_pam_types.h>
#include <stdio.h>

/* The values of pam.d(5), in the order of _pam_types.h. */
static const char *const values[] = {"success", "open_err", "symbol_err",
    "service_err", "system_err", "buf_err", "perm_denied", "auth_err",
    "cred_insufficient", "authinfo_unavail", "user_unknown", "maxtries",
    "new_authtok_reqd", "acct_expired", "session_err", "cred_unavail",
    "cred_expired", "cred_err", "no_module_data", "conv_err", "authtok_err",
    "authtok_recover_err", "authtok_lock_busy", "authtok_disable_aging",
    "try_again", "ignore", "abort", "authtok_expired", "module_unknown",
    "bad_item", "conv_again", "incomplete"};

Test(pamcheck_pamcontrol, each_value_sets_its_own_action_alone)
{
	int actions[PAMCONTROL_RETURNS], value, other;
	char text[64];

	cr_assert_eq(
	    sizeof(values) / sizeof(values[0]), (size_t)PAMCONTROL_RETURNS);
	for (value = 0; value < PAMCONTROL_RETURNS; value++) {
		snprintf(text, sizeof(text), "%s=done", values[value]);
		cr_expect(pamcontrol_parse(text, actions), "%s", text);
		for (other = 0; other < PAMCONTROL_RETURNS; other++)
			cr_expect_eq(actions[other],
			    other == value ? PAMCONTROL_DONE : PAMCONTROL_BAD,
			    "%s, %s", text, values[other]);
	}
}

Test(pamcheck_pamcontrol, each_action_has_its_word)
{
	static const struct {
		const char *text;
		int action;
	} words[] = {
	    {"default=ignore", PAMCONTROL_IGNORE},
	    {"default=ok", PAMCONTROL_OK},
	    {"default=done", PAMCONTROL_DONE},
	    {"default=bad", PAMCONTROL_BAD},
	    {"default=die", PAMCONTROL_DIE},
	    {"default=reset", PAMCONTROL_RESET},
	    {"default=12", 12},
	};
	int actions[PAMCONTROL_RETURNS];
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		cr_expect(pamcontrol_parse(words[i].text, actions), "%s",
		    words[i].text);
		cr_expect_eq(
		    actions[PAM_ABORT], words[i].action, "%s", words[i].text);
	}
}

Test(pamcheck_pamcontrol, a_control_that_libpam_cannot_read_is_bad)
{
	static const char *const texts[] = {
	    "require", "success", "success=", "success=fine", "succes=ok"};
	int actions[PAMCONTROL_RETURNS];
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_expect_not(pamcontrol_parse(texts[i], actions));
		cr_expect_eq(actions[PAM_SUCCESS], PAMCONTROL_BAD);
	}
}
