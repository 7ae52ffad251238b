/* SPDX-License-Identifier: ISC */
/* command_check: the answer, as text and as JSON. */
#include "tests/unit/print_fixture.h"

TestSuite(popauthctl_command_check, .init = open_text, .fini = close_text);

Test(popauthctl_command_check, a_check_says_yes_and_who)
{
	const struct addr a = addr("192.0.2.1");
	struct right right = {.kind = RIGHT_GRANT,
	    .grant = {.age_s = 3,
		.left_s = 897,
		.who = SHMCACHE_WHO_ONE,
		.user = "joe"}};

	cr_assert_eq(command_check_print(&to, &a, NULL, &right), 0);
	right.grant.who = SHMCACHE_WHO_MANY;
	cr_assert_eq(command_check_print(&to, &a, NULL, &right), 0);
	right.grant.who = SHMCACHE_WHO_UNKNOWN;
	cr_assert_eq(command_check_print(&to, &a, NULL, &right), 0);
	cr_assert_eq(command_check_print(&to, &a, "joe", &right), 0);
	cr_expect_str_eq(text,
	    "192.0.2.1: may relay; login 3s ago, 14m57s left, user joe\n"
	    "192.0.2.1: may relay; login 3s ago, 14m57s left, several users\n"
	    "192.0.2.1: may relay; login 3s ago, 14m57s left, user unknown\n"
	    "192.0.2.1, user joe: may relay; login 3s ago, 14m57s left\n");
}

Test(popauthctl_command_check, a_check_says_no_why_and_what_to_do)
{
	static const struct {
		struct right right;
		const char *said;
	} rows[] = {
	    {{.kind = RIGHT_NONE, .lack = REASON_NO_LOGIN},
		"may not relay; no login within the window\n  look for a "
		"grant"},
	    {{.kind = RIGHT_NONE, .lack = REASON_WINDOW_OVER, .ago_s = 75},
		"may not relay; the window of the last login is over (1m15s "
		"ago)\n"},
	    {{.kind = RIGHT_NONE, .lack = REASON_REVOKED, .ago_s = 5},
		"may not relay; the grant was revoked (5s ago)\n"},
	    {{.kind = RIGHT_NONE, .lack = REASON_NEVER_GRANTED},
		"may not relay; this address is never granted, because "
		"many clients may share it\n  see PROXIES in popauth(7)"},
	};
	const struct addr a = addr("192.0.2.1");
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rewind(to.out);
		cr_assert_eq(
		    command_check_print(&to, &a, "joe", &rows[i].right), 0);
		cr_expect_not_null(
		    strstr(text, rows[i].said), "%s: %s", rows[i].said, text);
	}
}

Test(popauthctl_command_check, a_check_knows_permits_and_blocks)
{
	const struct right permit = {.kind = RIGHT_PERMIT};
	const struct right block = {.kind = RIGHT_BLOCKED};
	const struct addr a = addr("192.0.2.1");

	cr_assert_eq(command_check_print(&to, &a, NULL, &permit), 0);
	cr_assert_eq(command_check_print(&to, &a, NULL, &block), 0);
	cr_expect_str_eq(text,
	    "192.0.2.1: may relay; popauthctl rules has its permit\n"
	    "192.0.2.1: may not relay; a rule of the administrator blocks the "
	    "user or the address\n  see popauthctl rules\n");
}

Test(popauthctl_command_check, a_check_as_json_has_the_reason_too)
{
	const struct right right = {
	    .kind = RIGHT_NONE, .lack = REASON_REVOKED, .ago_s = 5};
	const struct addr a = addr("192.0.2.1");
	json_t *json;

	to.is_json = true;
	cr_assert_eq(command_check_print(&to, &a, NULL, &right), 0);
	json = printed();
	cr_expect_str_eq(
	    json_string_value(json_object_get(json, "reason")), "revoked");
	cr_expect_str_eq(json_string_value(json_object_get(json, "sentence")),
	    "the grant was revoked");
	cr_expect_str_eq(json_string_value(json_object_get(json, "cure")),
	    "the next login grants again");
	cr_expect_eq(number(json, "ago_s"), 5);
	json_decref(json);
}

Test(popauthctl_command_check, a_check_as_json_answers_in_may_relay)
{
	const struct addr a = addr("192.0.2.1");
	const struct right right = {.kind = RIGHT_GRANT,
	    .grant = {.age_s = 3,
		.left_s = 897,
		.who = SHMCACHE_WHO_ONE,
		.user = "joe"}};
	json_t *json;

	to.is_json = true;
	cr_assert_eq(command_check_print(&to, &a, NULL, &right), 0);
	json = printed();
	cr_expect(json_is_true(json_object_get(json, "may_relay")));
	cr_expect_eq(number(json, "age_s"), 3);
	cr_expect_eq(number(json, "left_s"), 897);
	cr_expect_str_eq(
	    json_string_value(json_object_get(json, "who")), "one");
	cr_expect_str_eq(
	    json_string_value(json_object_get(json, "granted_user")), "joe");
	json_decref(json);
}

Test(popauthctl_command_check, a_check_of_a_listed_network_says_yes_and_why)
{
	const struct addr a = addr("198.51.100.10");

	cr_assert_eq(command_check_print_listed(&to, &a), 0);
	cr_expect_str_eq(
	    text, "198.51.100.10: may relay; relay_networks lists it\n");
}

Test(popauthctl_command_check,
    a_check_of_a_listed_network_as_json_says_via_network)
{
	const struct addr a = addr("198.51.100.10");
	json_t *json;

	to.is_json = true;
	cr_assert_eq(command_check_print_listed(&to, &a), 0);
	json = printed();
	cr_expect(json_is_true(json_object_get(json, "may_relay")));
	cr_expect(json_is_null(json_object_get(json, "user")));
	cr_expect_str_eq(
	    json_string_value(json_object_get(json, "via")), "network");
	json_decref(json);
}

Test(popauthctl_command_check, a_check_without_grant_as_json_says_false)
{
	const struct right right = {.kind = RIGHT_NONE};
	const struct addr a = addr("192.0.2.1");
	json_t *json;

	to.is_json = true;
	cr_assert_eq(command_check_print(&to, &a, NULL, &right), 0);
	json = printed();
	cr_expect(json_is_false(json_object_get(json, "may_relay")));
	cr_expect_str_eq(
	    json_string_value(json_object_get(json, "reason")), "no-login");
	cr_expect_null(json_object_get(json, "ago_s"));
	cr_expect_null(json_object_get(json, "left_s"));
	json_decref(json);
}

Test(popauthctl_command_check, each_kind_of_user_has_its_word_in_json)
{
	static const struct {
		enum shmcache_who who;
		const char *word;
	} words[] = {
	    {SHMCACHE_WHO_UNKNOWN, "unknown"},
	    {SHMCACHE_WHO_ONE, "one"},
	    {SHMCACHE_WHO_MANY, "many"},
	};
	const struct addr a = addr("192.0.2.1");
	json_t *json;
	size_t i;

	to.is_json = true;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const struct right right = {
		    .kind = RIGHT_GRANT, .grant.who = words[i].who};

		rewind(to.out);
		cr_assert_eq(command_check_print(&to, &a, NULL, &right), 0);
		json = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
		cr_expect_str_eq(
		    json_string_value(json_object_get(json, "who")),
		    words[i].word);
		json_decref(json);
	}
}
