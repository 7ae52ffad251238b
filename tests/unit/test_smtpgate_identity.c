/* SPDX-License-Identifier: ISC */
/* identity: XCLIENT and Received:, byte by byte. */
#include "smtpgate/backend/identity.h"

#include "smtpgate/syntax/ehlo.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define ALL                                                                    \
	(EHLO_XCLIENT_NAME | EHLO_XCLIENT_ADDR | EHLO_XCLIENT_PORT |           \
	    EHLO_XCLIENT_PROTO | EHLO_XCLIENT_HELO)

#define GATES_OWN                                                              \
	(EHLO_XCLIENT_REVERSE_NAME | EHLO_XCLIENT_DESTADDR |                   \
	    EHLO_XCLIENT_DESTPORT)

/* Sun, 22 Nov 2026 16:15:56 +0000 */
#define NOW 1795364156

static struct client client;
static struct identity identity;

static struct client
client_at(const char *text, uint16_t port)
{
	struct client known = {.is_known = true, .port = port};

	cr_assert_eq(addr_parse(text, &known.addr), 0);
	addr_format(&known.addr, known.text);
	return known;
}

static bool is_tls;

static void
set(const char *address, const char *helo, bool is_esmtp, struct right right)
{
	client = (struct client){.text = "unknown"};
	if (address != NULL)
		client = client_at(address, 4711);
	identity_set(&identity, &client, helo, is_esmtp, is_tls, &right);
}

static struct right
grant_of(const char *user)
{
	struct right right = {.kind = RIGHT_GRANT};

	right.grant.who = SHMCACHE_WHO_ONE;
	right.grant.age_s = 42;
	snprintf(right.grant.user, sizeof(right.grant.user), "%s", user);
	return right;
}

static const struct right none = {.kind = RIGHT_NONE};

static const char *
xclient(unsigned attributes)
{
	static char line[IDENTITY_XCLIENT_BYTES];

	return identity_xclient(&identity, attributes, line);
}

static const char *
received(void)
{
	static char header[IDENTITY_RECEIVED_BYTES];

	cr_assert_eq(
	    identity_received(&identity, "gate", NOW, header), strlen(header));
	return header;
}

Test(smtpgate_identity, xclient_tells_ipv4)
{
	set("203.0.113.9", "laptop.example", true, none);
	cr_expect_str_eq(xclient(ALL),
	    "XCLIENT NAME=[UNAVAILABLE] ADDR=203.0.113.9 PORT=4711 PROTO=ESMTP "
	    "HELO=laptop.example");
}

Test(smtpgate_identity, xclient_tells_ipv6_with_its_prefix)
{
	set("2001:db8::9", "x", false, none);
	cr_expect_str_eq(xclient(ALL),
	    "XCLIENT NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::9 PORT=4711 "
	    "PROTO=SMTP HELO=x");
}

Test(smtpgate_identity, a_mapped_address_is_told_as_ipv4)
{
	set("::ffff:203.0.113.9", "x", false, none);
	cr_expect_str_eq(
	    xclient(EHLO_XCLIENT_ADDR), "XCLIENT ADDR=203.0.113.9");
}

Test(smtpgate_identity, an_unknown_client_is_unavailable)
{
	set(NULL, "x", true, none);
	cr_expect_str_eq(xclient(ALL),
	    "XCLIENT NAME=[UNAVAILABLE] ADDR=[UNAVAILABLE] PORT=[UNAVAILABLE] "
	    "PROTO=ESMTP HELO=x");
}

Test(smtpgate_identity, only_attributes_the_backend_takes_are_sent)
{
	set("203.0.113.9", "x", true, none);
	cr_expect_str_eq(xclient(EHLO_XCLIENT_ADDR | EHLO_XCLIENT_HELO),
	    "XCLIENT ADDR=203.0.113.9 HELO=x");
}

Test(smtpgate_identity, values_are_xtext)
{
	set("203.0.113.9", "a b+c=d\x7f", true, none);
	cr_expect_str_eq(
	    xclient(EHLO_XCLIENT_HELO), "XCLIENT HELO=a+20b+2Bc+3Dd+7F");
}

Test(smtpgate_identity, the_longest_helo_fits_encoded)
{
	char helo[IDENTITY_HELO_BYTES];

	memset(helo, '+', sizeof(helo) - 1);
	helo[sizeof(helo) - 1] = '\0';
	set("2001:db8:1111:2222:3333:4444:5555:6666", helo, true, none);
	cr_expect(strlen(xclient(ALL)) < IDENTITY_XCLIENT_BYTES - 1);
	cr_expect_eq((int)strlen(strstr(xclient(ALL), "HELO=")),
	    5 + 3 * (IDENTITY_HELO_BYTES - 1));
}

Test(smtpgate_identity, received_names_a_stranger)
{
	set("203.0.113.9", "laptop.example", true, none);
	cr_expect_str_eq(received(),
	    "Received: from laptop.example ([203.0.113.9])\r\n"
	    "\tby gate with ESMTP;\r\n"
	    "\tSun, 22 Nov 2026 16:15:56 +0000\r\n");
}

Test(smtpgate_identity, received_names_the_grant_without_an_a_for_auth)
{
	set("2001:db8::9", "x", true, grant_of("joe"));
	cr_expect_str_eq(received(),
	    "Received: from x ([IPv6:2001:db8::9])\r\n"
	    "\tby gate with ESMTP\r\n"
	    "\t(relayed for a POP login of joe, 42 s ago);\r\n"
	    "\tSun, 22 Nov 2026 16:15:56 +0000\r\n");
}

Test(smtpgate_identity, received_names_a_network_and_an_unknown_client)
{
	struct right network = {.kind = RIGHT_NETWORK};

	set(NULL, "x", false, network);
	cr_expect_str_eq(received(), "Received: from x (unknown)\r\n"
				     "\tby gate with SMTP\r\n"
				     "\t(relayed for a listed network);\r\n"
				     "\tSun, 22 Nov 2026 16:15:56 +0000\r\n");
}

Test(smtpgate_identity, a_user_name_cannot_leave_its_comment)
{
	set("203.0.113.9", "x", true, grant_of("a)(\\\"\r\nb c"));
	cr_expect_not_null(
	    strstr(received(), "login of a??????b?c, 42 s ago)"));
}

Test(smtpgate_identity, an_uncertain_user_is_not_named)
{
	struct right right = grant_of("joe");

	right.grant.who = SHMCACHE_WHO_MANY;
	set("203.0.113.9", "x", true, right);
	cr_expect_str_eq(identity.user, "");
	cr_expect_not_null(strstr(received(), "of an uncertain user, 42 s"));
}

Test(smtpgate_identity, tls_makes_the_protocol_esmtps)
{
	char header[IDENTITY_RECEIVED_BYTES];

	is_tls = true;
	set("203.0.113.9", "laptop", true, none);
	identity_received(&identity, "gate", 0, header);
	cr_expect_not_null(
	    strstr(header, "by gate with ESMTPS;"), "%s", header);
	set("203.0.113.9", "laptop", false, none);
	identity_received(&identity, "gate", 0, header);
	cr_expect_not_null(strstr(header, "by gate with SMTP;"), "%s", header);
}

Test(smtpgate_identity, another_user_right_or_name_is_another_identity)
{
	struct identity same, other;
	struct right joe = grant_of("joe"), mary = grant_of("mary");

	set("203.0.113.9", "x", true, joe);
	joe.grant.age_s = 43;
	identity_set(&same, &client, "x", true, false, &joe);
	cr_expect(identity_equal(&identity, &same));
	identity_set(&other, &client, "x", true, false, &mary);
	cr_expect_not(identity_equal(&identity, &other));
	identity_set(&other, &client, "x", true, false, &none);
	cr_expect_not(identity_equal(&identity, &other));
	identity_set(&other, &client, "y", true, false, &joe);
	cr_expect_not(identity_equal(&identity, &other));
	identity_set(&other, &client, "x", false, false, &joe);
	cr_expect_not(identity_equal(&identity, &other));
}

static struct right
login_of(const char *user)
{
	return (struct right){.kind = RIGHT_AUTH, .login = user};
}

Test(smtpgate_identity, a_login_is_told_by_xclient_and_a_grant_is_not)
{
	set("203.0.113.9", "x", true, login_of("joe"));
	cr_expect_str_eq(xclient(EHLO_XCLIENT_ADDR | EHLO_XCLIENT_LOGIN),
	    "XCLIENT ADDR=203.0.113.9 LOGIN=joe");
	cr_expect_str_eq(
	    xclient(EHLO_XCLIENT_ADDR), "XCLIENT ADDR=203.0.113.9");
	set("203.0.113.9", "x", true, grant_of("joe"));
	cr_expect_str_eq(xclient(EHLO_XCLIENT_ADDR | EHLO_XCLIENT_LOGIN),
	    "XCLIENT ADDR=203.0.113.9");
}

Test(smtpgate_identity, a_login_is_xtext)
{
	set("203.0.113.9", "x", true, login_of("j+o=e\xc3\xa9 \r\n"));
	cr_expect_str_eq(xclient(EHLO_XCLIENT_LOGIN),
	    "XCLIENT LOGIN=j+2Bo+3De+C3+A9+20+0D+0A");
}

Test(smtpgate_identity, the_longest_names_fit_into_xclient)
{
	char name[256];

	memset(name, '=', 255);
	name[255] = '\0';
	set("2001:db8:1111:2222:3333:4444:5555:6666", name, true,
	    login_of(name));
	client.local = client.addr;
	client.local_port = 65535;
	cr_expect_lt(strlen(xclient(ALL | EHLO_XCLIENT_LOGIN | GATES_OWN)),
	    IDENTITY_XCLIENT_BYTES - 2);
	cr_expect_not_null(
	    strstr(xclient(ALL | EHLO_XCLIENT_LOGIN), "+3D+3D LOGIN=+3D"));
}

Test(smtpgate_identity, received_has_the_keyword_of_a_login)
{
	set("203.0.113.9", "x", true, login_of("joe(x)"));
	cr_expect_not_null(strstr(
	    received(), "with ESMTPA\r\n\t(relayed for a login of joe?x?);"));
	is_tls = true;
	set("203.0.113.9", "x", true, login_of("joe"));
	cr_expect_not_null(strstr(received(), "with ESMTPSA\r\n"));
}

Test(smtpgate_identity, a_login_is_another_identity_than_a_grant_of_the_user)
{
	struct right grant = grant_of("joe"), login = login_of("joe");
	struct identity a, b;

	identity_set(&a, &client, "x", true, false, &grant);
	identity_set(&b, &client, "x", true, false, &login);
	cr_expect_not(identity_equal(&a, &b));
}

Test(smtpgate_identity, a_name_of_another_form_is_given_to_xclient_alone)
{
	char literal[IDENTITY_LITERAL_BYTES];

	set("2001:db8::9", "x (localhost [127.0.0.1])", true, none);
	cr_expect_str_eq(xclient(EHLO_XCLIENT_HELO),
	    "XCLIENT HELO=x+20(localhost+20[127.0.0.1])");
	cr_expect_str_eq(
	    identity_plain_helo(&identity, literal), "[IPv6:2001:db8::9]");
	cr_expect_not_null(strstr(received(),
	    "Received: from [IPv6:2001:db8::9] ([IPv6:2001:db8::9])\r\n"));
	set("203.0.113.9", "client.example:25", true, none);
	cr_expect_str_eq(
	    identity_plain_helo(&identity, literal), "[203.0.113.9]");
	set("203.0.113.9", "my_pc", true, none);
	cr_expect_str_eq(
	    identity_plain_helo(&identity, literal), "[203.0.113.9]");
	set(NULL, "a b", true, none);
	cr_expect_str_eq(identity_plain_helo(&identity, literal), "unknown");
	set("203.0.113.9", "client.example.", true, none);
	cr_expect_str_eq(
	    identity_plain_helo(&identity, literal), "[203.0.113.9]");
	set("203.0.113.9", "client.example", true, none);
	cr_expect_str_eq(
	    identity_plain_helo(&identity, literal), "client.example");
}

Test(smtpgate_identity, no_attribute_keeps_the_gates_own_value)
{
	set("203.0.113.9", "x", true, none);
	cr_assert_eq(addr_parse("192.0.2.25", &client.local), 0);
	client.local_port = 587;
	cr_expect_str_eq(xclient(GATES_OWN),
	    "XCLIENT REVERSE_NAME=[UNAVAILABLE] DESTADDR=192.0.2.25 "
	    "DESTPORT=587");
	cr_assert_eq(addr_parse("2001:db8::25", &client.local), 0);
	cr_expect_str_eq(xclient(EHLO_XCLIENT_DESTADDR),
	    "XCLIENT DESTADDR=IPV6:2001:db8::25");
	set(NULL, "x", true, none);
	cr_expect_str_eq(xclient(GATES_OWN),
	    "XCLIENT REVERSE_NAME=[UNAVAILABLE] DESTADDR=[UNAVAILABLE] "
	    "DESTPORT=[UNAVAILABLE]");
}
