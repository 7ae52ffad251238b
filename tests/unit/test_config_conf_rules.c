/* SPDX-License-Identifier: ISC */
/* conf_rules: what one option requires of another. */
#include "tests/unit/conf_fixture.h"

TestSuite(config_conf_rules, .init = make_file, .fini = remove_file);

/* Networks 10.0.0.0/24, 10.0.1.0/24 ... as lines of one list. */
static size_t
put_networks(char *text, size_t size, const char *name, unsigned n)
{
	size_t len = (size_t)snprintf(text, size, "%s =\n", name);
	unsigned i;

	for (i = 0; i < n; i++)
		len += (size_t)snprintf(
		    text + len, size - len, " 10.0.%u.0/24\n", i);
	return len;
}

Test(config_conf_rules, networks_that_are_never_granted_fit_the_table_together)
{
	static char text[16384];
	size_t len;

	strcpy(text, "[table]\n");
	len = strlen(text);
	len += put_networks(text + len, sizeof(text) - len, "never_grant", 200);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "[smtpgate]\n");
	put_networks(text + len, sizeof(text) - len, "proxy_from", 50);
	assert_good(text);

	put_networks(text + len, sizeof(text) - len, "proxy_from", 51);
	assert_bad(text, 204, "more than 250 networks together");
}

Test(config_conf_rules, a_relaying_backend_alone_is_refused)
{
	assert_bad("[smtpgate]\n\nbackend_relay = unix:/run/x\n\n", 3,
	    "backend_relay without backend");
}

Test(config_conf_rules, a_backend_that_is_asked_for_domains_does_not_relay)
{
	assert_bad("[smtpgate]\nbackend = 127.0.0.1:25\n"
		   "local_domains = backend\n",
	    3, "local_domains = backend needs a backend_relay");
	assert_bad("[smtpgate]\nbackend = 127.0.0.1:25\n"
		   "backend_relay = 127.0.0.1:25\n"
		   "local_domains = backend\n",
	    4, "local_domains = backend needs a backend_relay");
	assert_good("[smtpgate]\nbackend = 127.0.0.1:25\n"
		    "backend_relay = 127.0.0.1:26\n"
		    "local_domains = backend\n");
	assert_good("[smtpgate]\nbackend = 127.0.0.1:25\n"
		    "local_domains = backend backend.example\n");
}

#define ASKING                                                                 \
	"[smtpgate]\nbackend = 127.0.0.1:25\n"                                 \
	"backend_relay = 127.0.0.1:26\n"                                       \
	"local_domains = backend\n"

Test(config_conf_rules, senders_are_bound_to_domains_with_names_or_to_a_map)
{
	assert_bad(ASKING "bind_sender = yes\n", 5,
	    "bind_sender needs local_domains with names, or a sender_map");
	assert_good(ASKING "bind_sender = yes\nsender_map = /senders\n");
	assert_good("[smtpgate]\nlocal_domains = a.example\n"
		    "bind_sender = yes\n");
}

Test(config_conf_rules, a_pam_stack_may_take_longer_than_a_refusal)
{
	assert_bad("[smtpgate-auth]\ntimeout = 2s\n", 2,
	    "[smtpgate-auth] timeout must be more than delay");
	assert_bad("[smtpgate-auth]\ndelay = 5s\ntimeout = 5s\n", 3,
	    "timeout must be more than delay");
	assert_good("[smtpgate-auth]\ntimeout = 3s\n");
}

/* ---- what a gate lacks, and what -t of all programs says ---------------- */

static void
collect(const char *sentence, void *arg)
{
	FILE *out = arg;

	fprintf(out, "%s\n", sentence);
}

/* The text must be exactly that of conf_warn(). */
static void
expect_warnings(const char *expected)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	conf_warn("FILE", &conf, collect, out);
	fclose(out);
	cr_expect_str_eq(text, expected);
	free(text);
}

Test(config_conf_rules, a_gate_lacks_a_backend_and_certificates)
{
	const unsigned smtp = 1U << CONF_SERVICE_SMTP;
	const unsigned submission = 1U << CONF_SERVICE_SUBMISSION;
	const unsigned submissions = 1U << CONF_SERVICE_SUBMISSIONS;

	assert_good("");
	cr_expect_not_null(strstr(conf_gate_lacks(&conf, smtp), "no backend"));
	assert_good("[smtpgate]\nbackend = 127.0.0.1:25\n");
	cr_expect_null(conf_gate_lacks(&conf, smtp));
	cr_expect_not_null(
	    strstr(conf_gate_lacks(&conf, submission), "no certificate"));
	cr_expect_not_null(strstr(
	    conf_gate_lacks(&conf, smtp | submissions), "no certificate"));
	assert_good("[smtpgate]\nbackend = 127.0.0.1:25\n"
		    "tls_certificates = /a.pem\n");
	cr_expect_null(conf_gate_lacks(&conf, submission | submissions));
	assert_good("[smtpgate]\nbackend = 127.0.0.1:25\n"
		    "[submission]\ntls = starttls\n");
	cr_expect_null(conf_gate_lacks(&conf, submission));
}

Test(config_conf_rules, each_omission_has_one_warning)
{
	assert_good("");
	expect_warnings(
	    "FILE: no backend; name the mail server in [smtpgate], for example "
	    "backend = 127.0.0.1:10025\n"
	    "FILE: no local_domains; smtpgate accepts no mail from outside\n");
	assert_good("[smtpgate]\nbackend = 127.0.0.1:25\n"
		    "local_domains_file = /domains\n");
	expect_warnings("");
	assert_good("[smtpgate]\nbackend = 127.0.0.1:25\n"
		    "local_domains = a.example\n"
		    "[submission]\nlisten = [::]:587\n");
	expect_warnings(
	    "FILE: a service must speak TLS, but there is no certificate; set "
	    "tls_certificates in [smtpgate], or tls = none for the service\n");
}
