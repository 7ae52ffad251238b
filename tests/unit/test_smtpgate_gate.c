/* SPDX-License-Identifier: ISC */
/* gate: the configuration and what it names. */
#include "smtpgate/gate.h"

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
	error = gate_configure(&gate, path, &mistake);
	unlink(path);
	return error;
}

Test(smtpgate_gate, the_host_name_is_given_or_the_machines)
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

Test(smtpgate_gate, a_backend_is_required)
{
	cr_assert_lt(configure("[smtpgate]\nhostname = a.example\n"), 0);
	cr_expect_not_null(strstr(mistake.text, "no backend"));
	conf_free(&gate.conf);
}

Test(smtpgate_gate, a_missing_file_is_told)
{
	cr_assert_lt(gate_configure(&gate, "/nonexistent", &mistake), 0);
	cr_expect_not_null(strstr(mistake.text, "/nonexistent"));
}

Test(smtpgate_gate, a_file_that_is_named_must_be_there)
{
	cr_assert_eq(configure("[smtpgate]\nbackend = 127.0.0.1:25\n"
			       "sender_map = /nonexistent/senders\n"),
	    0);
	cr_expect_eq(gate_open(&gate, 0, false, NULL, &mistake), -ENOENT);
	cr_expect_not_null(strstr(mistake.text, "/nonexistent/senders"));
	cr_expect_not_null(strstr(mistake.text, path));
	gate_close(&gate);
}

Test(smtpgate_gate, a_table_that_is_missing_is_no_failure)
{
	cr_assert_eq(configure("[table]\npath = /nonexistent/table\n"
			       "[smtpgate]\nbackend = 127.0.0.1:25\n"),
	    0);
	cr_assert_eq(
	    gate_open(&gate, 1U << CONF_SERVICE_SMTP, false, NULL, &mistake),
	    0);
	cr_expect_null(gate.site.table);
	cr_expect_eq(gate.site.table_error, -ENOENT);
	gate_close(&gate);
}

Test(smtpgate_gate, a_service_that_must_speak_tls_needs_a_certificate)
{
	cr_assert_eq(configure("[smtpgate]\nbackend = 127.0.0.1:25\n"), 0);
	cr_expect_eq(gate_open(&gate, 1U << CONF_SERVICE_SUBMISSIONS, false,
			 NULL, &mistake),
	    -EINVAL);
	cr_expect_not_null(strstr(mistake.text, "no certificate"));
	gate_close(&gate);
}

Test(smtpgate_gate, a_gate_of_zeros_can_be_closed)
{
	struct gate zeros = {0};

	gate_close(&zeros);
}
