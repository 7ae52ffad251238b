/* SPDX-License-Identifier: ISC */
/* failures: what may still be asked. */
#include "smtpgate-auth/failures.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of the start; any time. */
#define START_S 1234567
#define HOUR 4711

static struct failures *failures;
static struct failures_limits limits = {.per_client = 100, .per_user = 10};
static struct failures_attempt attempt;

static void
setup(void)
{
	cr_assert_eq(failures_new(&(struct client_rules){.ipv6_prefix = 64},
			 START_S, &failures),
	    0);
}

static void
teardown(void)
{
	failures_free(failures);
}

TestSuite(smtpgate_auth_failures, .init = setup, .fini = teardown);

static bool
begin_in(const char *client, const char *user, uint32_t hour)
{
	struct addr addr;

	cr_assert_eq(addr_parse(client, &addr), 0);
	failures_name(failures, &addr, user, START_S + 3600 * hour, &attempt);
	return failures_begin(failures, &limits, &attempt);
}

static bool
begin(const char *client, const char *user)
{
	return begin_in(client, user, HOUR);
}

/* How many of n are let through. */
static unsigned
begin_n(const char *client, const char *user, unsigned n)
{
	unsigned n_begun = 0;

	while (n-- > 0)
		n_begun += begin(client, user);
	return n_begun;
}

Test(smtpgate_auth_failures, a_user_at_a_client_has_as_many_as_his_limit)
{
	cr_expect_eq(begin_n("203.0.113.9", "joe", 1000), 10);
	cr_expect_eq(begin_n("203.0.113.9", "mary", 1000), 10);
	cr_expect_eq(begin_n("203.0.113.10", "joe", 1000), 10);
}

Test(smtpgate_auth_failures, case_makes_no_other_user)
{
	cr_expect_eq(begin_n("203.0.113.9", "joe", 1000), 10);
	cr_expect_not(begin("203.0.113.9", "JOE"));
}

Test(smtpgate_auth_failures, ten_thousand_guesses_are_as_many_as_the_limit)
{
	char user[32];
	unsigned i, n = 0;

	for (i = 0; i < 10000; i++) {
		snprintf(user, sizeof(user), "user%u", i);
		n += begin("203.0.113.9", user);
	}
	cr_expect_eq(n, 100);
	cr_expect(begin("203.0.113.10", "joe"), "another client is free");
}

Test(smtpgate_auth_failures, an_ipv6_network_is_one_client)
{
	char client[64];
	unsigned i, n = 0;

	for (i = 0; i < 1000; i++) {
		snprintf(client, sizeof(client), "2001:db8:1:2::%x", i);
		n += begin(client, "joe");
	}
	cr_expect_eq(n, 10);
	cr_expect(begin("2001:db8:1:3::1", "joe"));
}

Test(smtpgate_auth_failures, a_user_has_four_limits_in_a_wider_network)
{
	char client[64];
	unsigned i, n = 0, n_v6 = 0;

	for (i = 0; i < 200; i++) {
		snprintf(client, sizeof(client), "203.0.113.%u", i);
		n += begin(client, "joe");
		snprintf(client, sizeof(client), "2001:db8:1:%x::1", i);
		n_v6 += begin(client, "joe");
	}
	cr_expect_eq(n, 40, "%u", n);
	cr_expect_eq(n_v6, 40, "%u", n_v6);
	cr_expect(begin("203.0.113.9", "mary"));
	cr_expect(begin("203.0.112.9", "joe"));
	cr_expect(begin("2001:db8:2::1", "joe"));
}

static void
succeed_in(const char *client, const char *user, uint32_t hour)
{
	cr_assert(begin_in(client, user, hour));
	failures_succeed(failures, &attempt);
}

/* A hundred failures of others at this client, in HOUR. */
static void
fail_at(const char *client)
{
	char user[32];
	unsigned i;

	for (i = 0; i < 100; i++) {
		snprintf(user, sizeof(user), "user%u", i);
		cr_assert(begin(client, user));
	}
	cr_assert_not(begin(client, "another"));
}

Test(smtpgate_auth_failures, others_do_not_lock_out_a_user_who_is_known_there)
{
	succeed_in("203.0.113.9", "joe", HOUR - 1);
	fail_at("203.0.113.9");
	succeed_in("203.0.113.9", "joe", HOUR);
	cr_expect_not(begin("203.0.113.9", "mary"));
	cr_expect_eq(begin_n("203.0.113.9", "Joe", 1000), 10,
	    "but the user's own failures count");
}

Test(smtpgate_auth_failures, a_flood_does_not_replace_a_success)
{
	char client[32];
	unsigned i;

	succeed_in("203.0.113.9", "joe", HOUR - 1);
	for (i = 0; i < 200000; i++) {
		snprintf(client, sizeof(client), "198.%u.%u.%u", 18 + i % 2,
		    i / 2 / 256 % 256, i / 2 % 256);
		begin(client, "mary");
	}
	fail_at("203.0.113.9");
	cr_expect(begin("203.0.113.9", "joe"));
}

Test(smtpgate_auth_failures, a_success_is_forgotten_after_an_hour_or_two)
{
	succeed_in("203.0.113.9", "joe", HOUR - 2);
	fail_at("203.0.113.9");
	cr_expect_not(begin("203.0.113.9", "joe"));
}

Test(smtpgate_auth_failures, a_success_elsewhere_does_not_count)
{
	succeed_in("203.0.113.10", "joe", HOUR);
	fail_at("203.0.113.9");
	cr_expect_not(begin("203.0.113.9", "joe"));
}

Test(smtpgate_auth_failures, what_was_taken_back_is_not_counted)
{
	unsigned i;

	for (i = 0; i < 1000; i++) {
		cr_assert(begin("203.0.113.9", "joe"));
		failures_take_back(failures, &attempt);
	}
	cr_expect_eq(begin_n("203.0.113.9", "joe", 1000), 10);
}

Test(smtpgate_auth_failures, a_refused_attempt_does_not_make_it_longer)
{
	cr_expect_eq(begin_n("203.0.113.9", "joe", 1000), 10);
	failures_take_back(failures, &attempt);
	cr_expect(begin("203.0.113.9", "joe"));
	cr_expect_not(begin("203.0.113.9", "joe"));
}

Test(smtpgate_auth_failures, the_next_hour_begins_anew)
{
	cr_expect_eq(begin_n("203.0.113.9", "joe", 1000), 10);
	cr_expect(begin_in("203.0.113.9", "joe", HOUR + 1));
}

/* Or a test, or an attacker, would have twice the limit around it. */
Test(smtpgate_auth_failures, the_first_hour_lasts_an_hour_from_the_start)
{
	struct failures_attempt first, last, next;
	const struct addr none = {0};

	failures_name(failures, &none, "joe", START_S, &first);
	failures_name(failures, &none, "joe", START_S + 3599, &last);
	failures_name(failures, &none, "joe", START_S + 3600, &next);
	cr_expect_eq(first.hour, last.hour);
	cr_expect_neq(first.hour, next.hour);
}

Test(smtpgate_auth_failures, taken_back_an_hour_later_it_changes_nothing)
{
	struct failures_attempt old;

	cr_assert(begin("203.0.113.9", "joe"));
	old = attempt;
	cr_assert(begin_in("203.0.113.9", "joe", HOUR + 1));
	failures_take_back(failures, &old);
	limits.per_user = 2;
	cr_expect(begin_in("203.0.113.9", "joe", HOUR + 1));
	cr_expect_not(begin_in("203.0.113.9", "joe", HOUR + 1));
}

Test(smtpgate_auth_failures, a_flood_of_clients_does_not_forget_the_worst)
{
	char client[32];
	unsigned i;

	limits.per_user = limits.per_client = 20;
	cr_assert_eq(begin_n("203.0.113.9", "joe", 20), 20);
	/* Twice as many clients as there are places in all. */
	for (i = 0; i < 2 * 65536; i++) {
		snprintf(client, sizeof(client), "10.%u.%u.%u", i >> 16,
		    i >> 8 & 255, i & 255);
		begin(client, client);
	}
	cr_expect_not(begin("203.0.113.9", "joe"));
}

Test(smtpgate_auth_failures, processes_count_together)
{
	const unsigned n_processes = 4;
	unsigned i, n_begun = 0;
	int status;

	limits.per_user = 60;
	for (i = 0; i < n_processes; i++) {
		pid_t pid = fork();

		cr_assert_geq(pid, 0);
		if (pid == 0)
			_exit((int)begin_n("203.0.113.9", "joe", 10000));
	}
	for (i = 0; i < n_processes; i++) {
		cr_assert_gt(wait(&status), 0);
		n_begun += (unsigned)WEXITSTATUS(status);
	}
	cr_expect_eq(n_begun, 60, "%u", n_begun);
}
