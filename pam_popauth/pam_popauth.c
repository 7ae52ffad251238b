/* SPDX-License-Identifier: ISC */
/*
 * pam_popauth - the hooks that a POP server's PAM stack calls.
 *
 * Which of them fire differs by server, so account and session both record:
 * most POP servers never open a session.  None of them ever decides a login:
 *
 *   hook           does                    returns
 *   authenticate   remembers the peer      PAM_IGNORE
 *   setcred        nothing                 PAM_IGNORE
 *   acct_mgmt      records                 PAM_IGNORE
 *   open_session   records                 PAM_SUCCESS
 *   close_session  nothing                 PAM_SUCCESS
 *
 * PAM_IGNORE from account, because with "account sufficient" a success would
 * skip the checks that follow.  PAM_SUCCESS from session, because a stack in
 * which every module says PAM_IGNORE fails, and the server then refuses the
 * login.  Nothing is recorded at setcred: some servers call it before the
 * account check, and an expired user would be granted.
 *
 * With the option strict, a login that could not be recorded fails:
 * PAM_PERM_DENIED from account, PAM_SESSION_ERR from session.
 *
 * The module is loaded and unloaded with every login, inside another program:
 * it keeps no state but what pam_set_data(3) holds, starts no thread or
 * process, and touches neither umask, signals, nor syslog's settings.
 */
#include "pam_popauth/login.h"
#include "pam_popauth/options.h"
#include "pam_popauth/peer.h"

#include <security/pam_modules.h>
#include <stddef.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct options options;

	(void)flags;
	options_parse(&options, pamh, argc, argv);
	login_begin(pamh);
	if (options.bad != NULL)
		options_log_bad(&options, pamh);
	else
		peer_remember(pamh, &options);
	return PAM_IGNORE;
}

EXPORT int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_IGNORE;
}

EXPORT int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct options options;

	(void)flags;
	options_parse(&options, pamh, argc, argv);
	if (!login_record(pamh, &options, "account") && options.strict)
		return PAM_PERM_DENIED;
	return PAM_IGNORE;
}

EXPORT int
pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct options options;

	(void)flags;
	options_parse(&options, pamh, argc, argv);
	if (!login_record(pamh, &options, "session") && options.strict)
		return PAM_SESSION_ERR;
	return PAM_SUCCESS;
}

EXPORT int
pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}
