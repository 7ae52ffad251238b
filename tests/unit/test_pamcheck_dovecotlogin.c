/* SPDX-License-Identifier: ISC */
/* dovecotlogin: which passdb does a login meet? */
#include "tests/unit/dovecot_fixture.h"

TestSuite(pamcheck_dovecotlogin, .init = setup, .fini = end_dovecot);

#define SQL "passdb {\n driver = sql\n"
#define PAM "passdb {\n driver = pam\n"
#define CONTINUE_OK " result_success = continue-ok\n"
#define RETURN_FAIL " result_failure = return-fail\n"
#define SKIP " skip = unauthenticated\n"

Test(pamcheck_dovecotlogin, a_passdb_that_accepts_ends_the_login)
{
	read_dovecot(SQL "}\n" PAM "}\n");
	cr_expect(dovecotlogin_accepts(&dovecot, 0));
	cr_expect(dovecotlogin_accepts(&dovecot, 1));
	cr_expect_eq(dovecotlogin_next_pam(&dovecot, 0), DOVECOTLOGIN_NONE);
}

Test(pamcheck_dovecotlogin, continue_ok_leads_to_the_next)
{
	read_dovecot(SQL CONTINUE_OK "}\n" PAM SKIP "}\n");
	cr_expect(dovecotlogin_asks(&dovecot, 1));
	cr_expect_not(dovecotlogin_accepts(&dovecot, 1));
	cr_expect_eq(dovecotlogin_next_pam(&dovecot, 0), (size_t)1);
	read_dovecot(SQL CONTINUE_OK "}\n" SQL "}\n" PAM SKIP "}\n");
	cr_expect_eq(dovecotlogin_next_pam(&dovecot, 0), DOVECOTLOGIN_NONE);
	read_dovecot(
	    SQL CONTINUE_OK "}\n" PAM " skip = authenticated\n}\n" PAM "}\n");
	cr_expect_eq(dovecotlogin_next_pam(&dovecot, 0), (size_t)2);
}

Test(pamcheck_dovecotlogin, a_forgotten_skip_lets_others_accept)
{
	read_dovecot(SQL CONTINUE_OK "}\n" PAM "}\n");
	cr_expect(dovecotlogin_accepts(&dovecot, 1));
	read_dovecot(SQL CONTINUE_OK RETURN_FAIL "}\n" PAM "}\n");
	cr_expect_not(dovecotlogin_accepts(&dovecot, 1));
	cr_expect(dovecotlogin_may_accept(&dovecot, 1));
	read_dovecot(SQL CONTINUE_OK RETURN_FAIL
	    " result_internalfail = return-fail\n}\n" PAM "}\n");
	cr_expect_not(dovecotlogin_may_accept(&dovecot, 1));
}

Test(pamcheck_dovecotlogin, a_passdb_may_never_be_asked)
{
	read_dovecot(SQL "}\n" PAM SKIP "}\n");
	cr_expect_not(dovecotlogin_asks(&dovecot, 1));
	read_dovecot(SQL " result_success = continue\n}\n" PAM SKIP "}\n");
	cr_expect_not(dovecotlogin_asks(&dovecot, 1));
	read_dovecot(SQL RETURN_FAIL "}\n" PAM "}\n");
	cr_expect_not(dovecotlogin_asks(&dovecot, 1));
	read_dovecot(SQL " deny = yes\n}\n" PAM "}\n");
	cr_expect_not(dovecotlogin_asks(&dovecot, 0));
	cr_expect(dovecotlogin_asks(&dovecot, 1));
}

Test(pamcheck_dovecotlogin, the_service_may_follow_the_protocol)
{
	static const struct {
		const char *args, *service;
	} rows[] = {{"%s", "imap"}, {"*", "imap"}, {"%Ls", "imap"},
	    {"mail-%{service}", "mail-imap"}, {"pop", "pop"},
	    {"%{if;%s;eq;pop3;pop3;dovecot}", "dovecot"},
	    {"%{if;%s;~;^(pop3|imap)$;%s;dovecot}", "imap"},
	    {"%{if;%s;ne;pop3;a-%s;b}", "a-imap"}};
	char text[200], *service;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(
		    text, sizeof(text), PAM " args = %s\n}\n", rows[i].args);
		read_dovecot(text);
		service = dovecotlogin_service(&dovecot.passdbs[0], "imap");
		cr_assert_not_null(service);
		cr_expect_str_eq(service, rows[i].service);
		cr_expect_eq(dovecotlogin_varies(&dovecot.passdbs[0]),
		    strchr(rows[i].args, '%') != NULL ||
			rows[i].args[0] == '*');
		cr_expect_eq(
		    dovecotlogin_find(&dovecot, service, "imap"), (size_t)0);
		free(service);
	}
	read_dovecot(PAM " args = %d\n}\n");
	cr_expect_null(dovecotlogin_service(&dovecot.passdbs[0], "imap"));
	read_dovecot(PAM " args = %{if;%d;eq;a;b;c}\n}\n");
	cr_expect_null(dovecotlogin_service(&dovecot.passdbs[0], "imap"));
	read_dovecot(PAM " args = %{if;%s;lt;a;b}\n}\n");
	cr_expect_null(dovecotlogin_service(&dovecot.passdbs[0], "imap"));
}
