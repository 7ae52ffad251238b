/* SPDX-License-Identifier: ISC */
/* smtpgate-auth: what a PAM stack may say and do, and what becomes of it. */
#include "tests/pam/auth_fixture.h"

#include "shmcache/shmcache.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(smtpgate_auth_stack, .init = auth_setup, .fini = auth_teardown,
    .timeout = 60);

/* ---- right and wrong ---------------------------------------------------- */

Test(smtpgate_auth_stack, the_right_password_is_ok_and_tells_the_user)
{
	auth_service_of_joe();
	auth_start();
	cr_expect_eq(auth_ask("joe", "secret"), ANSWER_OK);
	cr_expect_str_eq(auth_answer.user, "joe");
	auth_assert_logged("auth client=" AUTH_CLIENT " session=" AUTH_SESSION
			   " user=joe tls=no result=ok ");
}

Test(smtpgate_auth_stack, the_wrong_password_is_denied_and_not_logged)
{
	auth_service_of_joe();
	auth_start();
	cr_expect_eq(auth_ask("joe", "Xsecret"), ANSWER_DENIED);
	auth_assert_logged("user=joe tls=no result=denied stage=auth "
			   "msg=\"Authentication failure\"");
	cr_expect_null(strstr(auth_read("log"), "Xsecret"));
}

Test(smtpgate_auth_stack, the_stack_is_told_who_asks_from_where)
{
	auth_service_of_joe();
	auth_start();
	cr_expect_eq(auth_ask("joe", "secret"), ANSWER_OK);
	cr_expect_str_eq(
	    auth_read("asked"), "joe " AUTH_CLIENT " smtpgate auth\n");
}

Test(smtpgate_auth_stack, each_code_of_the_stack_has_its_answer)
{
	static const struct {
		const char *auth, *account;
		enum answer_kind kind;
	} rows[] = {
	    {"success", "success", ANSWER_OK},
	    {"auth_err", "success", ANSWER_DENIED},
	    {"user_unknown", "success", ANSWER_DENIED},
	    {"perm_denied", "success", ANSWER_DENIED},
	    {"cred_insufficient", "success", ANSWER_DENIED},
	    {"success", "acct_expired", ANSWER_DENIED},
	    {"success", "new_authtok_reqd", ANSWER_DENIED},
	    {"success", "perm_denied", ANSWER_DENIED},
	    {"success", "user_unknown", ANSWER_DENIED},
	    {"authinfo_unavail", "success", ANSWER_UNAVAILABLE},
	    {"system_err", "success", ANSWER_UNAVAILABLE},
	    {"service_err", "success", ANSWER_UNAVAILABLE},
	    {"success", "authinfo_unavail", ANSWER_UNAVAILABLE},
	    {"maxtries", "success", ANSWER_TOO_MANY},
	};
	size_t i;

	auth_start();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		auth_write("smtpgate", 0644,
		    "auth required pam_debug.so auth=%s\n"
		    "account required pam_debug.so acct=%s\n",
		    rows[i].auth, rows[i].account);
		cr_expect_eq(auth_ask("joe", "secret"), rows[i].kind,
		    "%s, %s: %d", rows[i].auth, rows[i].account,
		    auth_answer.kind);
		if (rows[i].kind != ANSWER_DENIED)
			continue;
		cr_expect_geq(auth_spent_ms, AUTH_DELAY_MS, "%s, %s: %ld ms",
		    rows[i].auth, rows[i].account, (long)auth_spent_ms);
		cr_expect_lt(auth_spent_ms, AUTH_DELAY_MS + AUTH_NOISE_MS,
		    "%s, %s: %ld ms", rows[i].auth, rows[i].account,
		    (long)auth_spent_ms);
	}
}

Test(smtpgate_auth_stack, a_slow_denial_waits_for_the_next_delay)
{
	auth_service("auth required pam_exec.so quiet /bin/sleep 0.4\n"
		     "auth required pam_deny.so\n");
	auth_start();
	cr_expect_eq(auth_ask("joe", "secret"), ANSWER_DENIED);
	cr_expect_geq(
	    auth_spent_ms, 2 * AUTH_DELAY_MS, "%ld ms", (long)auth_spent_ms);
}

Test(smtpgate_auth_stack, the_name_that_the_stack_has_for_the_user_counts)
{
	auth_service("auth required pam_ftp.so users=boss,joe\n"
		     "account required pam_permit.so\n");
	auth_start();
	cr_expect_eq(auth_ask("joe", "secret"), ANSWER_OK);
	cr_expect_str_eq(auth_answer.user, "boss");
	auth_assert_logged("user=joe tls=no result=ok as=boss");
}

Test(smtpgate_auth_stack,
    a_name_of_the_stack_s_that_cannot_be_one_is_unavailable)
{
	auth_service("auth required pam_ftp.so users=../etc,joe\n"
		     "account required pam_permit.so\n");
	auth_start();
	cr_expect_eq(auth_ask("joe", "secret"), ANSWER_UNAVAILABLE);
	auth_assert_logged("find the module that changes PAM_USER");
}

Test(smtpgate_auth_stack, a_login_makes_no_grant_even_if_the_module_is_there)
{
	const struct shmcache_params params = {
	    .window_s = 900, .ipv6_prefix = 64};
	struct shmcache *cache = NULL;
	struct shmcache_grant grant;
	struct addr addr;

	cr_assert_eq(shmcache_create(auth_path("grants"), &params, 10,
			 geteuid(), getegid(), 0600),
	    0);
	auth_write("smtpgate", 0644,
	    "auth required pam_permit.so\n"
	    "account required pam_permit.so\n"
	    "account optional %s table=%s\n",
	    getenv("POPAUTH_MODULE"), auth_path("grants"));
	auth_start();
	cr_expect_eq(auth_ask("joe", "secret"), ANSWER_OK);
	cr_assert_eq(addr_parse(AUTH_CLIENT, &addr), 0);
	cr_assert_eq(
	    shmcache_open(auth_path("grants"), SHMCACHE_READ, &cache), 0);
	cr_expect_eq(
	    shmcache_lookup(cache, &addr, NULL, &grant), SHMCACHE_NO_GRANT);
	shmcache_close(cache);
}

/* ---- a stack that is not as it should be -------------------------------- */

Test(smtpgate_auth_stack, without_its_service_file_it_is_unavailable)
{
	/* Although "other" would let everybody in. */
	auth_start();
	cr_expect_eq(auth_ask("joe", "secret"), ANSWER_UNAVAILABLE);
	auth_assert_logged(
	    "stage=service msg=\"there is no /etc/pam.d/smtpgate");
}

Test(smtpgate_auth_stack, without_one_of_its_modules_it_is_unavailable)
{
	auth_service("auth required pam_that_is_not_there.so\n"
		     "account required pam_permit.so\n");
	auth_start();
	cr_expect_eq(auth_ask("joe", "secret"), ANSWER_UNAVAILABLE);
}

Test(smtpgate_auth_stack, a_stack_that_asks_twice_denies_and_says_why)
{
	auth_service_of_joe();
	auth_service("auth required pam_exec.so expose_authtok quiet %s/joe\n"
		     "auth required pam_ftp.so users=joe\n"
		     "account required pam_permit.so\n",
	    auth_dir);
	auth_start();
	cr_expect_eq(auth_ask("joe", "secret"), ANSWER_DENIED);
	auth_assert_logged("the stack asks for more than a password");
}

Test(smtpgate_auth_stack, what_a_stack_says_is_ignored)
{
	auth_service("auth optional pam_echo.so hello\n"
		     "auth required pam_permit.so\n"
		     "account required pam_permit.so\n");
	auth_start();
	cr_expect_eq(auth_ask("joe", "secret"), ANSWER_OK);
}

Test(smtpgate_auth_stack,
    a_stack_that_leaves_a_process_behind_does_not_wait_for_it)
{
	auth_write("joe", 0755,
	    "#!/bin/sh\nsleep 60 & echo $! >%s/forked\nexit 0\n", auth_dir);
	auth_service("auth required pam_exec.so quiet %s/joe\n"
		     "account required pam_permit.so\n",
	    auth_dir);
	auth_start();
	cr_expect_eq(auth_ask("joe", "secret"), ANSWER_OK);
	cr_expect_lt(auth_spent_ms, AUTH_TIMEOUT_MS);
	cr_expect_eq(kill(atoi(auth_read("forked")), SIGKILL), 0);
}

/* ---- a stack that hangs ------------------------------------------------- */

/* Connections on which the stack hangs, from clients 10.0.0.1, .2, ... */
static int hanging[16];

static void
hang(unsigned n)
{
	char client[32];
	unsigned i;

	auth_write("hang", 0644, "\n");
	for (i = 0; i < n; i++) {
		snprintf(client, sizeof(client), "10.0.0.%u", i + 1);
		hanging[i] = auth_dial();
		auth_send_request(hanging[i], client, "joe", "secret");
	}
	auth_wait_until(auth_n_lines("hanging") == n);
}

Test(smtpgate_auth_stack, a_stack_that_hangs_is_killed_with_what_it_started)
{
	pid_t pid;

	auth_service_of_joe();
	auth_start();
	hang(1);
	pid = atoi(auth_read("hanging"));
	cr_assert_not(auth_is_gone(pid));
	cr_expect_not(
	    auth_hear(hanging[0], &auth_answer), "the end, and no answer");
	auth_wait_until(auth_is_gone(pid));
	auth_assert_logged("the PAM stack did not answer in time");
}

Test(smtpgate_auth_stack, while_one_hangs_others_are_served)
{
	auth_service_of_joe();
	auth_start();
	hang(4);
	unlink(auth_path("hang"));
	cr_expect_eq(auth_ask("joe", "secret"), ANSWER_OK);
	cr_expect_lt(
	    auth_spent_ms, AUTH_TIMEOUT_MS, "%ld ms", (long)auth_spent_ms);
}

Test(smtpgate_auth_stack, a_stack_that_hung_is_no_failure_of_the_user_s)
{
	auth_rules.attend.limits.per_user = 1;
	auth_service_of_joe();
	auth_start();
	hang(1);
	cr_expect_not(auth_hear(hanging[0], &auth_answer));
	unlink(auth_path("hang"));
	auth_wait_until(auth_ask_from("10.0.0.1", "joe", "secret") &&
			auth_answer.kind == ANSWER_OK);
}

Test(smtpgate_auth_stack, when_all_hang_the_next_is_told_busy)
{
	auth_service_of_joe();
	auth_start();
	hang(8);
	cr_expect(auth_hear(auth_dial(), &auth_answer));
	cr_expect_eq(auth_answer.kind, ANSWER_BUSY);
	/* And served again when they are killed. */
	unlink(auth_path("hang"));
	cr_expect_not(auth_hear(hanging[7], &auth_answer));
	auth_wait_until(auth_hear(auth_dial(), &auth_answer) &&
			auth_answer.kind == ANSWER_READY);
}

Test(smtpgate_auth_stack, one_client_has_a_quarter_of_all)
{
	int own[2], i;

	auth_service_of_joe();
	auth_start();
	auth_write("hang", 0644, "\n");
	for (i = 0; i < 2; i++) {
		own[i] = auth_dial();
		auth_send_request(own[i], AUTH_CLIENT, "joe", "secret");
	}
	auth_wait_until(auth_n_lines("hanging") == 2);
	unlink(auth_path("hang"));
	cr_expect_eq(auth_ask("mary", "secret"), ANSWER_BUSY);
	cr_assert(auth_ask_from("203.0.113.10", "mary", "secret"));
	cr_expect_eq(auth_answer.kind, ANSWER_OK);
}

Test(smtpgate_auth_stack, a_child_that_crashes_is_told_and_harms_nobody)
{
	char path[64], command[128];

	auth_service_of_joe();
	auth_start();
	hang(1);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
	    auth_server_pid, auth_server_pid);
	snprintf(command, sizeof(command), "kill -ABRT $(cat %s)", path);
	cr_assert_eq(system(command), 0);
	cr_expect_not(auth_hear(hanging[0], &auth_answer));
	auth_assert_logged(
	    "signal=6 msg=\"a module of the PAM stack crashed or ");
	unlink(auth_path("hang"));
	cr_expect_eq(auth_ask("joe", "secret"), ANSWER_OK);
}
