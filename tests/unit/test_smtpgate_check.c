/* SPDX-License-Identifier: ISC */
/* check: what -t tells. */
#include "smtpgate/check/check.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct gate gate;
static struct conf_error mistake;
static char path[] = "/tmp/popauth-check.XXXXXX";

static int
configure(const char *text)
{
	FILE *file = fdopen(mkstemp(path), "w");
	int error;

	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
	error = check_configure(&gate, path, &mistake);
	unlink(path);
	return error;
}

Test(smtpgate_check, the_host_name_is_given_or_the_machines)
{
	char name[256];

	cr_assert_eq(configure("[smtpgate]\nhostname = gate.example.org\n"
			       "backend = 127.0.0.1:25\n"),
	    0);
	cr_expect_str_eq(gate.hostname, "gate.example.org");
	conf_free(&gate.conf);
	strcpy(path + strlen(path) - 6, "XXXXXX");
	cr_assert_eq(gethostname(name, sizeof(name)), 0);
	cr_assert_eq(configure("[smtpgate]\nbackend = 127.0.0.1:25\n"), 0);
	cr_expect_str_eq(gate.hostname, name);
	conf_free(&gate.conf);
}

Test(smtpgate_check, a_backend_is_required)
{
	cr_assert_lt(configure("[smtpgate]\nhostname = a.example\n"), 0);
	cr_expect_not_null(strstr(mistake.text, "no backend"));
	conf_free(&gate.conf);
}

Test(smtpgate_check, a_missing_file_is_told)
{
	cr_assert_lt(check_configure(&gate, "/nonexistent", &mistake), 0);
	cr_expect_not_null(strstr(mistake.text, "/nonexistent"));
}

Test(smtpgate_check, a_backend_that_is_asked_relays_for_nobody)
{
	cr_expect_eq(configure("[smtpgate]\nbackend = 127.0.0.1:25\n"
			       "local_domains = backend\n"),
	    -EINVAL);
	cr_expect_not_null(strstr(mistake.text, "backend_relay"));
	strcpy(path + strlen(path) - 6, "XXXXXX");
	cr_expect_eq(configure("[smtpgate]\nbackend = 127.0.0.1:25\n"
			       "backend_relay = 127.0.0.1:25\n"
			       "local_domains = backend\n"),
	    -EINVAL);
	strcpy(path + strlen(path) - 6, "XXXXXX");
	cr_expect_eq(configure("[smtpgate]\nhostname = a.example\n"
			       "backend = 127.0.0.1:25\n"
			       "backend_relay = 127.0.0.1:26\n"
			       "local_domains = backend\n"),
	    0);
}

Test(smtpgate_check, a_file_that_is_named_must_be_there)
{
	cr_expect_eq(configure("[smtpgate]\nbackend = 127.0.0.1:25\n"
			       "sender_map = /nonexistent/senders\n"),
	    -ENOENT);
	cr_expect_not_null(strstr(mistake.text, "/nonexistent/senders"));
}
