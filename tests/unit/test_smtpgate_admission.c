/* SPDX-License-Identifier: ISC */
/* admission: who is served while the places run out. */
#include "smtpgate/listener/admission.h"

#include <criterion/criterion.h>

static const struct conf_smtpgate conf = {
    .max_connections = 500,
    .max_connections_per_client = 50,
};

/* The counts are those of others. */
static enum admission
decide(uint32_t n_busy, uint32_t n_client, uint32_t n_wider, bool has_right)
{
	const struct scoreboard_tally tally = {
	    n_busy + 1, n_client + 1, n_wider + 1};

	return admission_decide(&conf, &tally, has_right);
}

Test(smtpgate_admission, an_empty_listener_serves_the_limit_of_a_client)
{
	cr_expect_eq(decide(49, 49, 49, false), ADMISSION_GRANTED);
	cr_expect_eq(decide(50, 50, 50, false), ADMISSION_TOO_MANY_OF_CLIENT);
	cr_expect_eq(decide(50, 50, 50, true), ADMISSION_TOO_MANY_OF_CLIENT);
}

Test(smtpgate_admission, the_last_tenth_is_for_clients_with_a_right)
{
	cr_expect_eq(decide(449, 0, 0, false), ADMISSION_GRANTED);
	cr_expect_eq(decide(450, 0, 0, false), ADMISSION_TOO_MANY);
	cr_expect_eq(decide(450, 49, 49, true), ADMISSION_GRANTED);
	cr_expect_eq(decide(499, 0, 0, true), ADMISSION_GRANTED);
	cr_expect_eq(decide(500, 0, 0, true), ADMISSION_TOO_MANY);
}

/* Clients that take what they can get, in turn. */
static uint32_t
taken_by(uint32_t n_clients)
{
	uint32_t round, i, n_busy = 0, held[1000] = {0};

	for (round = 0; round < 50; round++)
		for (i = 0; i < n_clients; i++)
			if (decide(n_busy, held[i], held[i], false) ==
			    ADMISSION_GRANTED) {
				held[i]++;
				n_busy++;
			}
	return n_busy;
}

Test(smtpgate_admission, ten_clients_do_not_take_all_places)
{
	cr_expect_lt(taken_by(10), 330, "%u", taken_by(10));
}

Test(smtpgate_admission, a_hundred_clients_leave_places_for_others)
{
	cr_expect_lt(taken_by(100), 440, "%u", taken_by(100));
}

Test(smtpgate_admission, a_new_client_is_served_while_there_are_common_places)
{
	uint32_t n;

	for (n = 0; n < 450; n++)
		cr_expect_eq(decide(n, 0, 0, false), ADMISSION_GRANTED);
}

Test(smtpgate_admission, a_wider_network_has_twice_the_limit)
{
	cr_expect_eq(decide(99, 9, 99, false), ADMISSION_GRANTED);
	cr_expect_eq(decide(100, 0, 100, false), ADMISSION_TOO_MANY_OF_CLIENT);
	cr_expect_eq(decide(100, 0, 100, true), ADMISSION_GRANTED);
}

Test(smtpgate_admission, a_limit_as_large_as_all_places_is_none)
{
	const struct conf_smtpgate one = {
	    .max_connections = 5, .max_connections_per_client = 50};
	const struct scoreboard_tally five = {5, 5, 5}, six = {6, 6, 6};

	cr_expect_eq(admission_decide(&one, &five, false), ADMISSION_GRANTED);
	cr_expect_eq(admission_decide(&one, &six, false), ADMISSION_TOO_MANY);
}

Test(smtpgate_admission, a_single_place_is_for_every_client)
{
	const struct conf_smtpgate one = {
	    .max_connections = 1, .max_connections_per_client = 1};
	const struct scoreboard_tally tally = {1, 1, 1};

	cr_expect_eq(admission_decide(&one, &tally, false), ADMISSION_GRANTED);
}

static void
expect_networks(const char *text, const char *client, const char *wider)
{
	struct admission_networks networks;
	char buffer[ADDR_TEXT_BYTES];
	struct addr addr;

	cr_assert_eq(addr_parse(text, &addr), 0);
	admission_networks(
	    &addr, &(struct client_rules){.ipv6_prefix = 64}, &networks);
	cr_expect_str_eq(addr_format(&networks.client, buffer), client);
	cr_expect_str_eq(addr_format(&networks.wider, buffer), wider);
}

Test(smtpgate_admission, a_client_is_counted_in_two_networks)
{
	expect_networks("203.0.113.9", "203.0.113.9", "203.0.113.0");
	expect_networks("2001:db8:1:2:3::4", "2001:db8:1:2::", "2001:db8:1::");
}

Test(smtpgate_admission, patience_shrinks_when_half_of_the_places_are_taken)
{
	cr_expect_not(admission_is_crowded(&conf, 225));
	cr_expect(admission_is_crowded(&conf, 226));
}
