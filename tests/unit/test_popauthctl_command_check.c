/* SPDX-License-Identifier: ISC */
/* command_check: the answer, as text and as JSON. */
#include "tests/unit/print_fixture.h"

TestSuite(popauthctl_command_check, .init = open_text, .fini = close_text);

Test(popauthctl_command_check, a_check_says_yes_and_who)
{
	const struct addr a = addr("192.0.2.1");
	struct shmcache_grant grant = {
	    .age_s = 3,
	    .left_s = 897,
	    .who = SHMCACHE_WHO_ONE,
	    .user = "joe",
	};

	cr_assert_eq(command_check_print(&to, &a, NULL, &grant), 0);
	grant.who = SHMCACHE_WHO_MANY;
	cr_assert_eq(command_check_print(&to, &a, NULL, &grant), 0);
	grant.who = SHMCACHE_WHO_UNKNOWN;
	cr_assert_eq(command_check_print(&to, &a, NULL, &grant), 0);
	cr_assert_eq(command_check_print(&to, &a, "joe", &grant), 0);
	cr_expect_str_eq(text,
	    "192.0.2.1: may relay; login 3s ago, 14m57s left, user joe\n"
	    "192.0.2.1: may relay; login 3s ago, 14m57s left, several users\n"
	    "192.0.2.1: may relay; login 3s ago, 14m57s left, user unknown\n"
	    "192.0.2.1, user joe: may relay; login 3s ago, 14m57s left\n");
}

Test(popauthctl_command_check, a_check_says_no)
{
	const struct addr a = addr("192.0.2.1");

	cr_assert_eq(command_check_print(&to, &a, "joe", NULL), 0);
	cr_expect_str_eq(text,
	    "192.0.2.1, user joe: may not relay; no login within the "
	    "window\n");
}

Test(popauthctl_command_check, a_check_says_that_an_address_is_never_granted)
{
	const struct addr a = addr("127.0.0.1");
	json_t *json;

	cr_assert_eq(command_check_print_never(&to, &a, "joe"), 0);
	cr_expect_str_eq(text,
	    "127.0.0.1, user joe: may not relay; this address is never "
	    "granted, because many clients may share it; see PROXIES in "
	    "popauth(7)\n");
	close_text();
	open_text();
	to.is_json = true;
	cr_assert_eq(command_check_print_never(&to, &a, NULL), 0);
	json = printed();
	cr_expect(json_is_false(json_object_get(json, "may_relay")));
	cr_expect(json_is_true(json_object_get(json, "never_granted")));
	json_decref(json);
}

Test(popauthctl_command_check, a_check_as_json_answers_in_may_relay)
{
	const struct addr a = addr("192.0.2.1");
	const struct shmcache_grant grant = {
	    .age_s = 3,
	    .left_s = 897,
	    .who = SHMCACHE_WHO_ONE,
	    .user = "joe",
	};
	json_t *json;

	to.is_json = true;
	cr_assert_eq(command_check_print(&to, &a, NULL, &grant), 0);
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
	const struct addr a = addr("192.0.2.1");
	json_t *json;

	to.is_json = true;
	cr_assert_eq(command_check_print(&to, &a, NULL, NULL), 0);
	json = printed();
	cr_expect(json_is_false(json_object_get(json, "may_relay")));
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
		const struct shmcache_grant grant = {.who = words[i].who};

		rewind(to.out);
		cr_assert_eq(command_check_print(&to, &a, NULL, &grant), 0);
		json = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
		cr_expect_str_eq(
		    json_string_value(json_object_get(json, "who")),
		    words[i].word);
		json_decref(json);
	}
}
