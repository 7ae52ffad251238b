/* SPDX-License-Identifier: ISC */
/* names: rules of Postfix that need the client's host name. */
#include "smtpgate/check/names.h"

#include "config/conf_endpoint.h"

#include <criterion/criterion.h>
#include <string.h>

static struct findings findings = {.config = "/etc/x.conf"};

/* Returns how many rules are found for a backend at this endpoint. */
static size_t
check(const char *endpoint, const char *main_cf, const char *overrides)
{
	char services[] = "smtp       inet  n - y - - smtpd\n"
			  "127.0.0.1:2525 inet n - n - 0 smtpd\n"
			  "gate       unix  n - n - 0 smtpd\n";
	char main_copy[1024], overrides_copy[1024];
	struct names_postfix postfix = {services, overrides_copy, main_copy};
	struct conf_endpoint at;

	snprintf(main_copy, sizeof(main_copy), "%s", main_cf);
	snprintf(overrides_copy, sizeof(overrides_copy), "%s", overrides);
	cr_assert_eq(conf_endpoint_parse(endpoint, &at), 0);
	findings_free(&findings);
	names_check_text(&postfix, "backend", &at, &findings);
	return findings.n;
}

#define RULE "smtpd_client_restrictions = permit_mynetworks, "
#define NAME "reject_unknown_client_hostname"

Test(smtpgate_names, a_rule_of_main_cf_is_found_with_its_parameter)
{
	cr_assert_eq(check("127.0.0.1:2525", "a = b\n" RULE NAME "\n", ""), 1);
	cr_expect_not_null(strstr(findings.items[0].what,
	    "smtpd_client_restrictions has " NAME ", which needs"));
	cr_expect_eq(
	    check("unix:/var/spool/postfix/public/gate", RULE NAME "\n", ""),
	    1);
}

Test(smtpgate_names, a_rule_of_the_listener_counts_in_place_of_main_cfs)
{
	cr_expect_eq(check("127.0.0.1:2525", RULE NAME "\n",
			 "127.0.0.1:2525/inet/smtpd_client_restrictions =\n"),
	    0);
	cr_assert_eq(check("127.0.0.1:2525", "",
			 "127.0.0.1:2525/inet/smtpd_x = {" NAME "}\n"),
	    1);
	cr_expect_not_null(strstr(findings.items[0].what, "smtpd_x has"));
	cr_expect_eq(
	    check("127.0.0.1:2525", "", "gate/unix/smtpd_x = " NAME "\n"), 0);
}

Test(smtpgate_names, another_mail_servers_rules_are_not_asked)
{
	cr_expect_eq(check("127.0.0.1:26", RULE NAME "\n", ""), 0);
	cr_expect_eq(check("unix:/run/exim/gate2", RULE NAME "\n", ""), 0);
}

Test(smtpgate_names, only_the_whole_word_is_the_rule)
{
	cr_expect_eq(check("127.0.0.1:2525", RULE "x" NAME "\n", ""), 0);
	cr_expect_eq(check("127.0.0.1:2525", RULE NAME "_code\n", ""), 0);
	cr_expect_eq(check("127.0.0.1:2525", RULE NAME, ""), 1);
}
