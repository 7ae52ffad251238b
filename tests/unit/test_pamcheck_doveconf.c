/* SPDX-License-Identifier: ISC */
/* doveconf: a program's output and its errors; plays run the real one. */
#include "pamcheck/doveconf.h"
#include "pamcheck/dovecot.h"
#include "tests/unit/pamcheck_fixture.h"

#include <errno.h>

static char program[256];

static void
begin(void)
{
	setup();
	path_of("doveconf", program);
}

static void
put_program(const char *text)
{
	put("doveconf", text);
	cr_assert_eq(chmod(program, 0755), 0);
}

TestSuite(pamcheck_doveconf, .init = begin, .fini = teardown);

Test(pamcheck_doveconf, its_output_can_be_read)
{
	char line[64];
	FILE *output;
	char *why;

	put_program("#!/bin/sh\necho options $*\necho warning >&2\n");
	cr_assert_eq(doveconf_run(program, &output, &why), 0);
	cr_expect_null(why);
	cr_assert_not_null(fgets(line, sizeof(line), output));
	cr_expect_str_eq(line, "options -n\n");
	fclose(output);
}

Test(pamcheck_doveconf, its_last_error_is_the_reason)
{
	FILE *output;
	char *why;

	put_program("#!/bin/sh\necho first >&2\n"
		    "echo doveconf: Fatal: Unknown setting: args >&2\n"
		    "exit 89\n");
	cr_assert_eq(doveconf_run(program, &output, &why), 0);
	cr_assert_not_null(why);
	cr_expect_str_eq(why, "Unknown setting: args");
	free(why);
	fclose(output);
}

Test(pamcheck_doveconf, a_program_that_is_not_there_is_an_error)
{
	FILE *output;
	char *why;

	cr_expect_eq(doveconf_run("/nowhere/doveconf", &output, &why), -ENOENT);
}

Test(pamcheck_doveconf, what_it_resolves_has_the_places_of_the_files)
{
	struct dovecot dovecot;

	put("etc/dovecot/dovecot.conf",
	    "\npassdb {\n  driver = pam\n  args = $x\n}\n");
	put_program("#!/bin/sh\necho '# 2.3.19.1 (9b53102964): x'\n"
		    "echo 'passdb {\n args = mailpop\n driver = pam\n}'\n"
		    "echo 'service auth {\n unix_listener /x {\n }\n}'\n"
		    "echo 'protocols = pop3'\n");
	cr_assert_eq(dovecot_read(root, program, "pop3", &dovecot), 0);
	cr_assert_eq(dovecot.n, (size_t)1);
	cr_expect_str_eq(dovecot.passdbs[0].service, "mailpop");
	cr_expect_not_null(strstr(dovecot.passdbs[0].place, "dovecot.conf:2"));
	cr_expect_not(dovecot.is_2_4);
	cr_expect(dovecot.serves_smtp);
	cr_expect_not(dovecot_serves(&dovecot, "imap"));
	dovecot_free(&dovecot);
	put_program("#!/bin/sh\necho '# 2.4.1-4 (7d8c0e5759): x'\n"
		    "echo 'passdb other {\n driver = sql\n}'\n"
		    "echo 'passdb pam {\n}'\n");
	cr_assert_eq(dovecot_read(root, program, "pop3", &dovecot), 0);
	cr_assert_eq(dovecot.n, (size_t)2);
	cr_expect(dovecot.is_2_4);
	cr_expect_str_eq(dovecot.passdbs[1].place, "doveconf -n");
	dovecot_free(&dovecot);
}
