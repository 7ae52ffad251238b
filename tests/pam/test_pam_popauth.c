/* SPDX-License-Identifier: ISC */
/*
 * The hooks under the real libpam: who records, who does not, what each of
 * them returns, and what that does to their stacks.
 */
#include "tests/pam/fixture.h"

#include <dlfcn.h>
#include <security/pam_modules.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(pam_popauth, .init = fixture_setup, .fini = fixture_teardown);

#define PERMIT                                                                 \
	"auth required pam_permit.so\n"                                        \
	"account required pam_permit.so\n"

#define GRANT(hook)                                                            \
	"info grant client=" CLIENT " user=joe service=pop3 hook=" hook        \
	" from=rhost\n"

/* ---- who records, who does not ------------------------------------------- */

Test(pam_popauth, account_records_after_the_line_that_accepts)
{
	pam_handle_t *pamh = start(PERMIT "account optional %M", CLIENT);

	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(is_granted(CLIENT, "joe"));
	cr_assert(is_granted(CLIENT, NULL));
	assert_logged(GRANT("account"));
}

/* The table of the test may not grow. */
Test(pam_popauth, a_grant_that_another_one_made_room_for_has_the_reason)
{
	pam_handle_t *pamh = start(PERMIT "account optional %M", CLIENT);
	struct shmcache *cache;

	cr_assert(
	    eq(int, shmcache_open(fixture_table, SHMCACHE_WRITE, &cache), 0));
	for (unsigned i = 0; i < 4000; i++) {
		const struct addr addr = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
		    0xff, 198, 18, (uint8_t)(i >> 8), (uint8_t)i}};

		cr_assert(eq(int, shmcache_grant(cache, &addr, "ann"), 0));
	}
	shmcache_close(cache);
	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(is_granted(CLIENT, "joe"));
	assert_logged("warning grant client=" CLIENT
		      " user=joe service=pop3 hook=account from=rhost"
		      " room=\"the table has as many logins as it may; raise "
		      "[table] max_logins and reload popauthd\"\n");
}

Test(pam_popauth, session_records_alone_in_its_stack)
{
	pam_handle_t *pamh = start("session optional %M", CLIENT);

	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_close_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(is_granted(CLIENT, "joe"));
	assert_logged(GRANT("session"));
}

Test(pam_popauth, all_hooks_together_make_one_grant_and_one_line)
{
	pam_handle_t *pamh =
	    start("auth optional %M\n" PERMIT "account optional %M\n"
		  "session optional %M",
		CLIENT);

	cr_assert(eq(int, login(pamh), PAM_SUCCESS));
	cr_assert(eq(sz, count_grants(), 1));
	assert_logged(GRANT("account"));
}

Test(pam_popauth, the_line_in_a_stack_twice_makes_one_grant_and_one_line)
{
	pam_handle_t *pamh =
	    start(PERMIT "account optional %M\naccount optional %M", CLIENT);

	cr_assert(eq(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	assert_logged(GRANT("account"));
}

Test(pam_popauth, authentication_and_setcred_grant_nothing)
{
	pam_handle_t *pamh = start("auth optional %M\n" PERMIT, CLIENT);

	cr_assert(eq(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_setcred(pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(eq(sz, count_grants(), 0));
	assert_logged("");
}

/* Dovecot with setcred=yes, and a user whose account has expired. */
Test(pam_popauth, setcred_before_a_refused_account_grants_nothing)
{
	pam_handle_t *pamh = start("auth optional %M\n"
				   "auth required pam_permit.so\n"
				   "account requisite pam_deny.so\n"
				   "account optional %M\n"
				   "session optional %M",
	    CLIENT);

	cr_assert(eq(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	cr_assert(eq(int, pam_setcred(pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS));
	cr_assert(ne(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(eq(sz, count_grants(), 0));
	assert_logged("");
}

Test(pam_popauth, a_wrong_password_grants_nothing)
{
	pam_handle_t *pamh = start("auth optional %M\n"
				   "auth requisite pam_deny.so\n"
				   "account required pam_permit.so\n"
				   "account optional %M\n"
				   "session optional %M",
	    CLIENT);

	cr_assert(ne(int, login(pamh), PAM_SUCCESS));
	cr_assert(eq(sz, count_grants(), 0));
	assert_logged("");
}

Test(pam_popauth, without_a_user_nothing_is_granted)
{
	pam_handle_t *pamh = start("session optional %M", CLIENT);

	cr_assert(eq(int, pam_set_item(pamh, PAM_USER, NULL), PAM_SUCCESS));
	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(eq(sz, count_grants(), 0));
	assert_logged(
	    "warning no-grant client=" CLIENT " service=pop3 hook=session "
	    "from=unknown reason=\"PAM_USER is unset\"\n");
}

Test(pam_popauth, a_user_of_300_bytes_is_not_granted)
{
	char user[301];
	pam_handle_t *pamh = start("session optional %M", CLIENT);

	memset(user, 'a', 300);
	user[300] = '\0';
	cr_assert(eq(int, pam_set_item(pamh, PAM_USER, user), PAM_SUCCESS));
	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(eq(sz, count_grants(), 0));
	cr_assert(logged_has("aaa...\" service=pop3 hook=session from=rhost "
			     "reason=\"the user name is empty or longer than "
			     "255 bytes\"\n"));
}

/* ---- stacks that would break others -------------------------------------- */

Test(pam_popauth, account_sufficient_does_not_skip_the_checks_after_it)
{
	pam_handle_t *pamh = start(
	    "account sufficient %M\naccount required pam_deny.so", CLIENT);

	cr_assert(ne(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
}

Test(pam_popauth, auth_sufficient_lets_no_user_in)
{
	pam_handle_t *pamh =
	    start("auth sufficient %M\nauth required pam_deny.so", CLIENT);

	cr_assert(ne(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
}

/* As the only line of its stack it permits nothing. */
Test(pam_popauth, auth_alone_lets_no_user_in)
{
	pam_handle_t *pamh = start("auth required %M", CLIENT);

	cr_assert(ne(int, pam_authenticate(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
}

Test(pam_popauth, required_lines_everywhere_do_not_refuse_a_login)
{
	pam_handle_t *pamh =
	    start("auth required %M\n" PERMIT "account required %M\n"
		  "session required %M",
		CLIENT);

	cr_assert(eq(int, login(pamh), PAM_SUCCESS));
	assert_logged(GRANT("account"));
}

Test(pam_popauth, session_required_alone_without_a_table_refuses_no_user)
{
	pam_handle_t *pamh = start("session required %M", CLIENT);

	unlink(fixture_table);
	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
}

/* The package was removed, and its line stays. */
Test(pam_popauth, a_session_line_without_its_module_needs_another_line)
{
	pam_handle_t *pamh =
	    start("session optional /nonexistent/pam_popauth.so", CLIENT);

	cr_assert(ne(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SESSION_ERR);
	pamh = start("session required pam_permit.so\n"
		     "session optional /nonexistent/pam_popauth.so",
	    CLIENT);
	cr_assert(eq(int, pam_open_session(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
}

/* Debian's common-account, with its jump over the line that dies. */
Test(pam_popauth, an_include_that_dies_keeps_a_refused_account_out)
{
	pam_handle_t *pamh =
	    start("account [success=1 default=ignore] pam_deny.so\n"
		  "account requisite pam_deny.so\n"
		  "account required pam_permit.so\n"
		  "account optional %M",
		CLIENT);

	cr_assert(ne(int, pam_acct_mgmt(pamh, 0), PAM_SUCCESS));
	pam_end(pamh, PAM_SUCCESS);
	cr_assert(eq(sz, count_grants(), 0));
}

/* ---- the return value of each hook, asked directly ----------------------- */

typedef int hook(pam_handle_t *, int, int, const char **);

/* Calls it as libpam would, without a table or with one. */
static int
call_hook(const char *name, const char *option)
{
	void *module = dlopen(getenv("POPAUTH_MODULE"), RTLD_NOW);
	char table[80];
	const char *argv[] = {table, option};
	pam_handle_t *pamh = start("session optional %M", CLIENT);
	union {
		void *symbol;
		hook *call;
	} found;
	int result;

	snprintf(table, sizeof(table), "table=%s", fixture_table);
	cr_assert(ne(ptr, module, NULL), "%s", dlerror());
	found.symbol = dlsym(module, name);
	cr_assert(ne(ptr, found.symbol, NULL), "%s", name);
	result = found.call(pamh, 0, option == NULL ? 1 : 2, argv);
	pam_end(pamh, PAM_SUCCESS);
	dlclose(module);
	return result;
}

Test(pam_popauth, each_hook_returns_what_its_table_says)
{
	cr_assert(eq(int, call_hook("pam_sm_authenticate", NULL), PAM_IGNORE));
	cr_assert(eq(int, call_hook("pam_sm_setcred", NULL), PAM_IGNORE));
	cr_assert(eq(int, call_hook("pam_sm_acct_mgmt", NULL), PAM_IGNORE));
	cr_assert(eq(int, call_hook("pam_sm_open_session", NULL), PAM_SUCCESS));
	cr_assert(
	    eq(int, call_hook("pam_sm_close_session", NULL), PAM_SUCCESS));
}

Test(pam_popauth, each_hook_returns_the_same_without_a_table)
{
	unlink(fixture_table);
	cr_assert(eq(int, call_hook("pam_sm_authenticate", NULL), PAM_IGNORE));
	cr_assert(eq(int, call_hook("pam_sm_setcred", NULL), PAM_IGNORE));
	cr_assert(eq(int, call_hook("pam_sm_acct_mgmt", NULL), PAM_IGNORE));
	cr_assert(eq(int, call_hook("pam_sm_open_session", NULL), PAM_SUCCESS));
	cr_assert(
	    eq(int, call_hook("pam_sm_close_session", NULL), PAM_SUCCESS));
}

Test(pam_popauth, under_strict_the_recording_hooks_return_their_refusal)
{
	unlink(fixture_table);
	cr_assert(
	    eq(int, call_hook("pam_sm_authenticate", "strict"), PAM_IGNORE));
	cr_assert(eq(int, call_hook("pam_sm_setcred", "strict"), PAM_IGNORE));
	cr_assert(
	    eq(int, call_hook("pam_sm_acct_mgmt", "strict"), PAM_PERM_DENIED));
	cr_assert(eq(
	    int, call_hook("pam_sm_open_session", "strict"), PAM_SESSION_ERR));
	cr_assert(
	    eq(int, call_hook("pam_sm_close_session", "strict"), PAM_SUCCESS));
}

Test(pam_popauth, the_module_exports_its_hooks_and_nothing_else)
{
	char command[256];
	char line[256];
	unsigned n = 0;
	FILE *symbols;

	snprintf(command, sizeof(command), "nm -D --defined-only %s",
	    getenv("POPAUTH_MODULE"));
	symbols = popen(command, "r");
	cr_assert(ne(ptr, symbols, NULL));
	while (fgets(line, sizeof(line), symbols) != NULL) {
		cr_assert(
		    ne(ptr, strstr(line, " T pam_sm_"), NULL), "%s", line);
		n++;
	}
	pclose(symbols);
	cr_assert(eq(uint, n, 5));
}
