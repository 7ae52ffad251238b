/* SPDX-License-Identifier: ISC */
/*
 * pam_popauth - the hooks that a POP server's PAM stack calls.
 *
 * Servers call different hooks, and most never open a session.  No hook decides a
 * login:
 *
 *   hook           does                    returns
 *   authenticate   remembers the peer      PAM_IGNORE
 *   setcred        records a noted login   PAM_IGNORE
 *   acct_mgmt      notes the login         PAM_IGNORE
 *   open_session   records                 PAM_SUCCESS
 *   close_session  nothing                 PAM_SUCCESS
 *   pam_end(3)     records a noted login   -
 *
 * account returns PAM_IGNORE, because with "account sufficient" a success would
 * skip the checks that follow.  session returns PAM_SUCCESS, because a stack in
 * which every module returns PAM_IGNORE fails, and the server then refuses the
 * login.  setcred records nothing before account: Dovecot calls it first, and an
 * expired user would be granted.
 *
 * With the option strict, a login that could not be recorded fails:
 * PAM_PERM_DENIED from account, PAM_SESSION_ERR from session.  account then
 * records at once, because pam_end(3) cannot refuse.
 *
 * The module is loaded and unloaded with every login, inside another program.
 * Its only state is in pam_set_data(3).  It starts no thread or process, and
 * does not change umask, signals or syslog's settings.  Nothing in it waits for
 * another process.
 */
#include "common/logline.h"
#include "pam_popauth/arguments.h"
#include "pam_popauth/log.h"
#include "pam_popauth/login.h"
#include "pam_popauth/peer.h"

#include <security/pam_modules.h>
#include <stddef.h>
#include <syslog.h>

#define EXPORT __attribute__((visibility("default")))

/* What pam_setcred(3) may do other than begin a login. */
#define OTHER_CRED (PAM_DELETE_CRED | PAM_REINITIALIZE_CRED | PAM_REFRESH_CRED)

/* The caller of arguments_parse(). */
struct call {
	pam_handle_t *pamh;
	const char *hook;
};

static void
log_argument(const struct call *call, const char *event, const char *arg,
    const char *why)
{
	struct logline line;

	logline_init(&line, event);
	logline_add(&line, "option", arg);
	logline_add_sentence(&line, "reason", why);
	log_line(call->pamh, call->hook, LOG_WARNING, &line, NULL);
}

static void
log_unknown(const char *arg, void *context)
{
	log_argument(context, "option-ignored", arg, ARGUMENTS_UNKNOWN_WHY);
}

static void
read_arguments(struct arguments *arguments_out, pam_handle_t *pamh,
    const char *hook, int argc, const char **argv)
{
	struct call call = {.pamh = pamh, .hook = hook};

	arguments_parse(arguments_out, argc, argv, log_unknown, &call);
}

EXPORT int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	const struct call call = {.pamh = pamh, .hook = "auth"};
	struct arguments arguments;

	(void)flags;
	read_arguments(&arguments, pamh, call.hook, argc, argv);
	login_begin(pamh);
	if (arguments.bad != NULL)
		log_argument(
		    &call, "option-refused", arguments.bad, arguments.bad_why);
	else
		peer_remember(pamh, &arguments);
	return PAM_IGNORE;
}

EXPORT int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)argc;
	(void)argv;
	if (((unsigned)flags & OTHER_CRED) == 0)
		login_accept(pamh);
	return PAM_IGNORE;
}

EXPORT int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct arguments arguments;

	(void)flags;
	read_arguments(&arguments, pamh, "account", argc, argv);
	if (!login_record(pamh, &arguments, "account", arguments.strict) &&
	    arguments.strict)
		return PAM_PERM_DENIED;
	return PAM_IGNORE;
}

EXPORT int
pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct arguments arguments;

	(void)flags;
	read_arguments(&arguments, pamh, "session", argc, argv);
	if (!login_record(pamh, &arguments, "session", true) &&
	    arguments.strict)
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
