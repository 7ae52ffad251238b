/* SPDX-License-Identifier: ISC */
/* options: mistakes that the values of the options show. */
#include "smtpgate/check/options.h"

#include "tests/unit/conf_fixture.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(smtpgate_options, .init = make_file, .fini = remove_file);

static struct findings findings;

#define BACKEND                                                                \
	"[smtpgate]\nbackend = 127.0.0.1:26\nlocal_domains = a.example\n"
#define SMTP (1U << CONF_SERVICE_SMTP)
#define ALL (SMTP | 1U << CONF_SERVICE_SUBMISSION)

/* Check a configuration with a backend and these lines of [smtpgate]. */
static size_t
check(const char *lines, unsigned found)
{
	static char text[1024];
	const struct services services = {.found = found};

	snprintf(text, sizeof(text), BACKEND "%s", lines);
	assert_good(text);
	findings_free(&findings);
	findings = (struct findings){.config = "/etc/x.conf", .conf = &conf};
	options_check(&conf, &services, &findings);
	return findings.n;
}

static void
expect_finding(const char *lines, unsigned found, enum finding_level level,
    const char *option, const char *what)
{
	cr_assert_eq(check(lines, found), 1, "%s: %zu findings: %s", lines,
	    findings.n, findings.n > 1 ? findings.items[1].what : "");
	cr_expect_eq(findings.items[0].level, level, "%s", lines);
	cr_expect_str_eq(findings.items[0].option, option);
	cr_expect_not_null(strstr(findings.items[0].what, what),
	    "'%s' has no '%s'", findings.items[0].what, what);
	cr_expect(findings.items[0].cure[0] != '\0');
}

static void
expect_none(const char *lines)
{
	cr_expect_eq(check(lines, SMTP), 0, "%s: %s", lines,
	    findings.n > 0 ? findings.items[0].what : "");
}

#define NO_TLS "[smtp]\ntls = none\n"

Test(smtpgate_options, a_network_of_the_whole_internet_is_a_mistake)
{
	static const char *const lines[] = {"0.0.0.0/0", "::/0", "0.0.0.0/1",
	    "128.0.0.0/1", "2000::/3", "::ffff:0:0/96"};
	char text[100];
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), "relay_networks = %s\n" NO_TLS,
		    lines[i]);
		expect_finding(text, SMTP, FINDING_MISTAKE,
		    "[smtpgate] relay_networks",
		    "the gate relays for all of it");
	}
}

Test(smtpgate_options, a_network_larger_than_any_site_is_a_warning)
{
	expect_finding("relay_networks = 64.0.0.0/6\n" NO_TLS, SMTP,
	    FINDING_WARNING, "[smtpgate] relay_networks", "larger than any");
	expect_finding("auth_plain_networks = 2400::/12\n" NO_TLS, SMTP,
	    FINDING_WARNING, "[smtpgate] auth_plain_networks",
	    "passwords cross it without TLS");
	expect_none(
	    "relay_networks = 10.0.0.0/8, fc00::/7, 2001::/16\n" NO_TLS);
}

Test(smtpgate_options, a_service_without_a_certificate_is_reported)
{
	expect_finding("", SMTP, FINDING_WARNING, "[smtp] tls",
	    "no client is offered STARTTLS");
	expect_finding("[smtp]\ntls = required\n", SMTP, FINDING_MISTAKE,
	    "[smtp] tls", "the service must speak TLS");
	expect_none(NO_TLS);
	expect_none("tls_certificates = /a.pem\n");
}

Test(smtpgate_options, auth_needs_tls_and_a_checker)
{
	expect_finding("auth = pam\n" NO_TLS "offer_auth = yes\n", SMTP,
	    FINDING_WARNING, "[smtp] offer_auth", "there is no TLS");
	expect_finding(NO_TLS "offer_auth = yes\n", SMTP, FINDING_WARNING,
	    "[smtp] offer_auth", "no program checks passwords");
	expect_finding("auth = pam\n" NO_TLS, SMTP, FINDING_WARNING,
	    "[smtpgate] auth", "no service offers AUTH");
	expect_none("auth = pam\nauth_plain_networks = 192.0.2.0/24\n" NO_TLS
		    "offer_auth = yes\n");
	expect_none("auth = pam\ntls_certificates = /a.pem\n"
		    "[smtp]\noffer_auth = yes\n");
}

Test(smtpgate_options, an_address_is_listened_on_once)
{
	expect_finding(NO_TLS "listen = 0.0.0.0:25, 192.0.2.1:25\n", SMTP,
	    FINDING_MISTAKE, "[smtp] listen",
	    "192.0.2.1:25 is taken by 0.0.0.0:25 of [smtp]");
	expect_finding(NO_TLS "listen = [::]:25\n[submission]\ntls = none\n"
			      "offer_auth = no\nlisten = [2001:db8::1]:25\n",
	    ALL, FINDING_MISTAKE, "[submission] listen",
	    "[2001:db8::1]:25 is taken by [::]:25 of [smtp]");
	expect_none(NO_TLS "listen = 0.0.0.0:25, [::]:25\n");
	expect_none(NO_TLS "listen = 192.0.2.1:25, 192.0.2.2:25, 0.0.0.0:27, "
			   "[2001:db8::1]:25\n");
}

Test(smtpgate_options, a_backend_that_is_the_gate_itself_is_a_mistake)
{
	expect_finding(NO_TLS "listen = [::]:26\n", SMTP, FINDING_MISTAKE,
	    "[smtpgate] backend",
	    "127.0.0.1:26 is the gate itself ([smtp] listen)");
	expect_none(NO_TLS "listen = 192.0.2.1:26\n");
}

Test(smtpgate_options, an_enabled_listener_needs_an_address)
{
	const struct services services = {.found = SMTP, .has_listener = true};

	cr_assert_eq(check(NO_TLS, SMTP), 0);
	options_check(&conf, &services, &findings);
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].option, "[smtp] listen");
	cr_expect_eq(findings.items[0].level, FINDING_MISTAKE);
}

Test(smtpgate_options, without_local_domains_no_mail_comes_in)
{
	assert_good("[smtpgate]\nbackend = 127.0.0.1:26\n" NO_TLS);
	findings = (struct findings){.config = "/etc/x.conf", .conf = &conf};
	options_check(&conf, &(struct services){.found = SMTP}, &findings);
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].option, "[smtpgate] local_domains");
}
