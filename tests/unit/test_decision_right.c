/* SPDX-License-Identifier: ISC */
/* right: gained at MAIL, lost at RCPT. */
#include "decision/right.h"

#include "tests/unit/cache_fixture.h"

TestSuite(decision_right, .init = fixture_setup, .fini = fixture_teardown);

static struct conf conf;
static struct site site;
static struct addr from;
static const struct addr *client;
static struct right right;
static const char *login = "";

static void
come_from(const char *text)
{
	from = address(text);
	client = &from;
	site_init(&site, &conf, cache, NULL);
}

static enum right_kind
ask(void)
{
	right_ask(&site, client, login, &right);
	return right.kind;
}

static enum right_kind
recheck(void)
{
	right_recheck(&site, client, &right);
	return right.kind;
}

Test(decision_right, nobody_has_one)
{
	come_from("203.0.113.9");
	cr_expect_eq(ask(), RIGHT_NONE);
	cr_expect_not(right_kind_may_relay(right.kind));
	cr_expect_null(right_user(&right));
}

Test(decision_right, a_grant_is_one_and_names_its_user)
{
	come_from("203.0.113.9");
	grant("203.0.113.9", "joe");
	fixture_now_s += 5;
	cr_assert_eq(ask(), RIGHT_GRANT);
	cr_expect(right_kind_may_relay(right.kind));
	cr_expect_str_eq(right_user(&right), "joe");
	cr_expect_eq(right.grant.age_s, 5);
}

Test(decision_right, two_users_are_not_named)
{
	come_from("203.0.113.9");
	grant("203.0.113.9", "joe");
	grant("203.0.113.9", "mary");
	cr_assert_eq(ask(), RIGHT_GRANT);
	cr_expect_null(right_user(&right));
}

Test(decision_right, a_grant_past_its_window_is_none)
{
	come_from("203.0.113.9");
	grant("203.0.113.9", "joe");
	fixture_now_s += FIXTURE_WINDOW_S - 1;
	cr_expect_eq(ask(), RIGHT_GRANT);
	fixture_now_s += 1;
	cr_expect_eq(ask(), RIGHT_NONE);
}

Test(decision_right, a_listed_network_needs_no_table)
{
	struct cidr net;

	come_from("203.0.113.9");
	site.table = NULL;
	cr_assert_eq(cidr_parse("203.0.113.0/24", &net), 0);
	conf.smtpgate.relay_networks.items = &net;
	conf.smtpgate.relay_networks.n = 1;
	cr_expect_eq(ask(), RIGHT_NETWORK);
	cr_expect(right_kind_may_relay(right.kind));
	cr_expect_eq(recheck(), RIGHT_NETWORK);
}

Test(decision_right, all_of_ipv6_lists_no_ipv4_client)
{
	struct cidr all;

	come_from("203.0.113.9");
	cr_assert_eq(cidr_parse("::/0", &all), 0);
	conf.smtpgate.relay_networks.items = &all;
	conf.smtpgate.relay_networks.n = 1;
	cr_expect_eq(ask(), RIGHT_NONE);
}

Test(decision_right, without_a_table_it_cannot_be_told)
{
	come_from("203.0.113.9");
	site.table = NULL;
	site.table_error = -ENOENT;
	cr_expect_eq(ask(), RIGHT_UNKNOWN);
	cr_expect_not(right_kind_may_relay(right.kind));
	cr_expect_eq(right.error, -ENOENT);
	cr_expect_eq(recheck(), RIGHT_UNKNOWN);
}

Test(decision_right, an_unknown_client_has_none_whatever_is_listed)
{
	struct cidr all;

	come_from("203.0.113.9");
	grant("203.0.113.9", "joe");
	cr_assert_eq(cidr_parse("0.0.0.0/0", &all), 0);
	conf.smtpgate.relay_networks.items = &all;
	conf.smtpgate.relay_networks.n = 1;
	client = NULL;
	cr_expect_eq(ask(), RIGHT_NONE);
}

Test(decision_right, a_grant_that_ends_is_lost)
{
	come_from("203.0.113.9");
	grant("203.0.113.9", "joe");
	ask();
	cr_expect_eq(recheck(), RIGHT_GRANT);
	fixture_now_s += FIXTURE_WINDOW_S;
	cr_expect_eq(recheck(), RIGHT_NONE);
}

Test(decision_right, what_was_not_there_at_mail_is_not_gained_later)
{
	come_from("203.0.113.9");
	ask();
	grant("203.0.113.9", "joe");
	cr_expect_eq(recheck(), RIGHT_NONE);
	cr_expect_eq(ask(), RIGHT_GRANT);
}

Test(decision_right, what_was_lost_is_not_gained_again)
{
	come_from("203.0.113.9");
	grant("203.0.113.9", "joe");
	ask();
	fixture_now_s += FIXTURE_WINDOW_S;
	recheck();
	grant("203.0.113.9", "joe");
	cr_expect_eq(recheck(), RIGHT_NONE);
}

Test(decision_right, a_second_user_does_not_take_it_away)
{
	come_from("203.0.113.9");
	grant("203.0.113.9", "joe");
	ask();
	grant("203.0.113.9", "mary");
	cr_expect_eq(recheck(), RIGHT_GRANT);
	cr_expect_str_eq(right_user(&right), "joe");
}

Test(decision_right, the_grant_of_another_user_does_not_save_it)
{
	struct addr joes = address("203.0.113.9");
	size_t n_others;

	come_from("203.0.113.9");
	grant("203.0.113.9", "joe");
	ask();
	grant("203.0.113.9", "mary");
	cr_assert_eq(shmcache_revoke(cache, &joes, "joe", &n_others), 0);
	cr_expect_eq(recheck(), RIGHT_NONE);
	cr_expect_eq(ask(), RIGHT_GRANT);
}

Test(decision_right, a_name_too_long_to_ask_for_holds_by_its_address)
{
	come_from("203.0.113.9");
	grant("203.0.113.9", "somebody-with-a-name-of-more-than-31-bytes");
	cr_assert_eq(ask(), RIGHT_GRANT);
	grant("203.0.113.9", "mary");
	cr_expect_eq(recheck(), RIGHT_GRANT);
}

Test(decision_right, a_table_that_is_cut_short_denies)
{
	come_from("203.0.113.9");
	grant("203.0.113.9", "joe");
	site.table = fixture_open(SHMCACHE_PREAD);
	cr_assert_eq(ask(), RIGHT_GRANT);
	cr_assert_eq(truncate(fixture_path, 64), 0);
	cr_expect_eq(recheck(), RIGHT_UNKNOWN);
	cr_expect_not(right_kind_may_relay(right.kind));
	shmcache_close(site.table);
}

Test(decision_right, a_login_is_one_whatever_else_there_is)
{
	come_from("203.0.113.9");
	grant("203.0.113.9", "mary");
	login = "joe";
	cr_assert_eq(ask(), RIGHT_AUTH);
	cr_expect(right_kind_may_relay(right.kind));
	cr_expect_str_eq(right_user(&right), "joe");
	fixture_now_s += FIXTURE_WINDOW_S;
	cr_expect_eq(recheck(), RIGHT_AUTH);
}

Test(decision_right, a_login_needs_no_table_and_no_address)
{
	client = NULL;
	site_init(&site, &conf, NULL, NULL);
	login = "joe";
	cr_expect_eq(ask(), RIGHT_AUTH);
}

Test(decision_right, asked_by_name_only_that_users_grant_counts)
{
	come_from("203.0.113.9");
	grant("203.0.113.9", "joe");
	grant("203.0.113.9", "mary");
	right_ask_user(&site, client, "joe", &right);
	cr_assert_eq(right.kind, RIGHT_GRANT);
	cr_expect_str_eq(right_user(&right), "joe");
	right_ask_user(&site, client, "zoe", &right);
	cr_expect_eq(right.kind, RIGHT_NONE);
	right_ask_user(&site, NULL, "joe", &right);
	cr_expect_eq(right.kind, RIGHT_NONE);
}
