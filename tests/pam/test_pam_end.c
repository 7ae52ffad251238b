/* SPDX-License-Identifier: ISC */
/*
 * Which call of the server records a login of the account line, and that a login
 * which is refused in the end is not recorded.
 */
#include "tests/pam/fixture.h"

#include <sys/wait.h>
#include <unistd.h>

TestSuite(pam_end, .init = fixture_setup, .fini = fixture_teardown);

#define PERMIT                                                                 \
	"auth required pam_permit.so\n"                                        \
	"account required pam_permit.so\n"

#define GRANT(hook)                                                            \
	"info grant client=" CLIENT " user=joe service=pop3 hook=" hook        \
	" from=rhost\n"

static void
assert_nothing(void)
{
	cr_assert(eq(sz, count_grants(), 0));
	assert_logged("");
}

/* ---- pam_end ------------------------------------------------------------- */

Test(pam_end, the_account_line_records_when_the_server_ends_pam)
{
	pam_handle_t *pamh = start(PERMIT "account optional %M", CLIENT);

	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	assert_nothing();
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(is_granted(CLIENT, "joe"));
	assert_logged(GRANT("account"));
}

/* libpam-ldapd and libpam-krb5 have such a line in common-account. */
Test(pam_end, a_line_before_that_refuses_and_goes_on_grants_nothing)
{
	pam_handle_t *pamh =
	    start("auth required pam_permit.so\n"
		  "account required pam_permit.so\n"
		  "account required pam_debug.so acct=acct_expired\n"
		  "account optional %M",
		CLIENT);

	cr_assert(eq(int, login(pamh), PAM_ACCT_EXPIRED));
	assert_nothing();
}

Test(pam_end, a_line_behind_that_refuses_grants_nothing)
{
	pam_handle_t *pamh = start("auth required pam_permit.so\n"
				   "account required pam_permit.so\n"
				   "account optional %M\n"
				   "account required pam_deny.so",
	    CLIENT);

	cr_assert(ne(int, login(pamh), PAM_SUCCESS));
	assert_nothing();
}

Test(pam_end, a_session_that_is_refused_grants_nothing)
{
	pam_handle_t *pamh = start(PERMIT "account optional %M\n"
					  "session required pam_deny.so",
	    CLIENT);

	cr_assert(ne(int, login(pamh), PAM_SUCCESS));
	assert_nothing();
}

Test(pam_end, a_refused_login_without_an_address_is_not_logged)
{
	pam_handle_t *pamh = start("account required pam_deny.so\n"
				   "account optional %M",
	    "client.example.org");

	no_stdin();
	cr_assert(ne(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_PERM_DENIED);
	assert_nothing();
}

Test(pam_end, a_server_that_never_ends_pam_grants_nothing)
{
	const pid_t child = fork();

	cr_assert(ge(int, child, 0));
	if (child == 0) {
		pam_acct_mgmt(start(PERMIT "account optional %M", CLIENT), 0);
		_exit(0);
	}
	cr_assert(eq(int, waitpid(child, NULL, 0), child));
	assert_nothing();
}

Test(pam_end, a_child_that_ends_its_copy_silently_leaves_it_to_the_parent)
{
	pam_handle_t *pamh = start(PERMIT "account optional %M", CLIENT);
	pid_t child;

	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	child = fork();
	cr_assert(ge(int, child, 0));
	if (child == 0) {
		pam_end(pamh, PAM_SUCCESS | PAM_DATA_SILENT);
		_exit(logged_is("") ? 0 : 1);
	}
	cr_assert(eq(int, waitpid(child, NULL, 0), child));
	assert_nothing();
	pam_end(pamh, PAM_SUCCESS);
	assert_logged(GRANT("account"));
}

/* ---- calls before it ----------------------------------------------------- */

Test(pam_end, an_opened_session_records_before_it)
{
	pam_handle_t *pamh = start(PERMIT "account optional %M\n"
					  "session optional %M",
	    CLIENT);

	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	assert_nothing();
	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	assert_logged(GRANT("account"));
	pam_end(pamh, PAM_SESSION_ERR);
	cr_assert(is_granted(CLIENT, "joe"));
	assert_logged(GRANT("account"));
}

/* UW's ipop3d ends PAM when the user logs out, and is not root then. */
Test(pam_end, setcred_behind_account_records_before_it)
{
	pam_handle_t *pamh =
	    start("auth optional %M\n" PERMIT "account optional %M", CLIENT);

	cr_assert(eq(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	assert_nothing();
	cr_assert(eq(int, pam_setcred(pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS));
	assert_logged(GRANT("account"));
	pam_end(pamh, PAM_SUCCESS);
	assert_logged(GRANT("account"));
}

Test(pam_end, setcred_that_deletes_records_nothing)
{
	pam_handle_t *pamh =
	    start("auth optional %M\n" PERMIT "account optional %M", CLIENT);

	cr_assert(eq(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_setcred(pamh, PAM_DELETE_CRED), PAM_SUCCESS));
	pam_end(pamh, PAM_ABORT);
	assert_nothing();
}

/* solid-pop3d and mailutils end PAM with success when they refuse, too. */
#define SETCRED                                                                \
	"auth optional %M\n"                                                   \
	"auth required pam_permit.so\n"                                        \
	"account required pam_debug.so acct=acct_expired\n"                    \
	"account optional %M setcred"

Test(pam_end, with_the_option_setcred_the_end_of_pam_records_nothing)
{
	pam_handle_t *pamh = start(SETCRED, CLIENT);

	cr_assert(eq(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_ACCT_EXPIRED));
	pam_end(pamh, PAM_SUCCESS);
	assert_nothing();
}

Test(pam_end, with_the_option_setcred_that_call_records)
{
	pam_handle_t *pamh = start(
	    "auth optional %M\n" PERMIT "account optional %M setcred", CLIENT);

	cr_assert(eq(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_setcred(pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(is_granted(CLIENT, "joe"));
	assert_logged(GRANT("account"));
}

Test(pam_end, the_option_setcred_without_an_auth_line_is_reported)
{
	pam_handle_t *pamh =
	    start(PERMIT "account optional %M setcred", CLIENT);

	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(eq(sz, count_grants(), 0));
	assert_logged("warning no-grant client=" CLIENT
		      " user=joe service=pop3 hook=account from=unknown "
		      "reason=\"setcred requires an auth line of the "
		      "module\"\n");
}

Test(pam_end, strict_records_in_the_account_line)
{
	pam_handle_t *pamh = start(PERMIT "account required %M strict", CLIENT);

	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	assert_logged(GRANT("account"));
	pam_end(pamh, PAM_SUCCESS);
	assert_logged(GRANT("account"));
}

/* ---- several logins on one handle ---------------------------------------- */

Test(pam_end, of_two_logins_on_one_handle_the_one_that_ends_is_recorded)
{
	pam_handle_t *pamh =
	    start("auth optional %M\n" PERMIT "account optional %M", CLIENT);

	cr_assert(eq(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_set_item(pamh, PAM_RHOST, CLIENT2), PAM_SUCCESS));
	cr_assert(eq(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(not(is_granted(CLIENT, NULL)));
	cr_assert(is_granted(CLIENT2, "joe"));
}

Test(pam_end, a_login_that_begins_drops_the_one_before)
{
	pam_handle_t *pamh =
	    start("auth optional %M\n" PERMIT "account optional %M", CLIENT);

	cr_assert(eq(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	assert_nothing();
}

Test(pam_end, of_two_users_on_one_handle_the_one_that_ends_is_recorded)
{
	pam_handle_t *pamh = start(PERMIT "account optional %M", CLIENT);

	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_set_item(pamh, PAM_USER, "mary"), PAM_SUCCESS));
	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(not(is_granted(CLIENT, "joe")));
	cr_assert(is_granted(CLIENT, "mary"));
}
