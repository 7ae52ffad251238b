/* SPDX-License-Identifier: ISC */
/* print: what people and programs read. */
#include "popauthctl/print.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static char *text;
static size_t text_len;
static struct print to;

static void
open_text(void)
{
	to.out = open_memstream(&text, &text_len);
	cr_assert_not_null(to.out);
	to.is_json = false;
}

static void
close_text(void)
{
	fclose(to.out);
	free(text);
}

TestSuite(popauthctl_print, .init = open_text, .fini = close_text);

static struct addr
addr(const char *from)
{
	struct addr parsed;

	cr_assert_eq(addr_parse(from, &parsed), 0);
	return parsed;
}

/* The object that was printed; the whole of it must be JSON. */
static json_t *
printed(void)
{
	json_error_t error;
	json_t *json = json_loads(text, 0, &error);

	cr_assert_not_null(json, "%s: %s", error.text, text);
	cr_assert(json_is_object(json));
	return json;
}

static json_int_t
number(const json_t *json, const char *key)
{
	const json_t *value = json_object_get(json, key);

	cr_assert(json_is_integer(value), "%s", key);
	return json_integer_value(value);
}

static const struct shmcache_entry joe = {
    .addr = {{[10] = 0xff, 0xff, 192, 0, 2, 1}},
    .has_user = true,
    .user = "joe",
    .age_s = 3,
    .left_s = 897,
};

static const struct work_status status = {
    .table =
	{
	    .window_s = 900,
	    .ipv6_prefix = 64,
	    .n_never = 1,
	    .n_slots = 65536,
	    .n_live = 3,
	    .n_live_addrs = 1,
	    .n_expired = 4,
	    .n_claimed = 5,
	    .heartbeat_age_s = 2,
	    .has_heartbeat = true,
	    .grants = 6,
	    .refreshes = 7,
	    .evictions = 8,
	    .forced = 9,
	    .reclaimed = 10,
	    .refused = 11,
	},
    .sweep_every_s = 5,
    .is_reaper_alive = true,
};

/* ---- list --------------------------------------------------------------- */

Test(popauthctl_print, an_empty_list_has_its_headings)
{
	const struct work_list list = {.entries = NULL};

	cr_assert_eq(print_list(&to, &list), 0);
	cr_expect_str_eq(text, "ADDRESS  USER        AGE       LEFT\n");
}

Test(popauthctl_print, columns_are_as_wide_as_their_widest)
{
	struct shmcache_entry entries[2] = {joe, joe};
	const struct work_list list = {entries, 2, 64};

	entries[1].addr = addr("2001:db8:0:1::");
	entries[1].has_user = false;
	entries[1].user[0] = '\0';
	entries[1].age_s = 61;

	cr_assert_eq(print_list(&to, &list), 0);
	cr_expect_str_eq(text,
	    "ADDRESS            USER        AGE       LEFT\n"
	    "192.0.2.1          joe          3s     14m57s\n"
	    "2001:db8:0:1::/64  -          1m1s     14m57s\n");
}

Test(popauthctl_print, a_prefix_of_128_bits_is_an_address)
{
	struct shmcache_entry entry = joe;
	const struct work_list list = {&entry, 1, 128};

	entry.addr = addr("2001:db8::1");

	cr_assert_eq(print_list(&to, &list), 0);
	cr_expect_not_null(strstr(text, "\n2001:db8::1  joe"));
}

Test(popauthctl_print, an_address_that_is_kept_whole_is_no_network)
{
	struct shmcache_entry entry = joe;
	const struct work_list list = {&entry, 1, 64};

	entry.addr = addr("64:ff9b::c000:201");

	cr_assert_eq(print_list(&to, &list), 0);
	cr_expect_not_null(strstr(text, "\n64:ff9b::c000:201  joe"));
}

Test(popauthctl_print, a_hostile_name_cannot_move_the_cursor)
{
	struct shmcache_entry entry = joe;
	const struct work_list list = {&entry, 1, 64};

	strcpy(entry.user, "\x1b[2J a\n\xff");

	cr_assert_eq(print_list(&to, &list), 0);
	cr_expect_not_null(strstr(text, "  \\x1b[2J\\x20a\\x0a\\xff  "));
}

Test(popauthctl_print, a_list_as_json_names_all_fields)
{
	struct shmcache_entry entries[2] = {joe, joe};
	const struct work_list list = {entries, 2, 64};
	json_t *json, *grants, *second;

	entries[1].addr = addr("2001:db8::");
	entries[1].has_user = false;
	to.is_json = true;

	cr_assert_eq(print_list(&to, &list), 0);
	json = printed();
	grants = json_object_get(json, "grants");
	cr_assert_eq(json_array_size(grants), (size_t)2);
	second = json_array_get(grants, 1);
	cr_expect_str_eq(json_string_value(json_object_get(second, "address")),
	    "2001:db8::/64");
	cr_expect(json_is_null(json_object_get(second, "user")));
	cr_expect_eq(number(json_array_get(grants, 0), "age_s"), 3);
	cr_expect_eq(number(json_array_get(grants, 0), "left_s"), 897);
	cr_expect_str_eq(json_string_value(json_object_get(
			     json_array_get(grants, 0), "user")),
	    "joe");
	json_decref(json);
}

Test(popauthctl_print, an_empty_list_as_json_is_an_empty_array)
{
	const struct work_list list = {.entries = NULL};
	json_t *json;

	to.is_json = true;
	cr_assert_eq(print_list(&to, &list), 0);
	json = printed();
	cr_expect(json_is_array(json_object_get(json, "grants")));
	json_decref(json);
}

Test(popauthctl_print, a_name_that_is_no_utf8_is_still_json)
{
	const struct addr a = addr("192.0.2.1");
	json_t *json;

	to.is_json = true;
	cr_assert_eq(print_granted(&to, &a, "j\xf6rg"), 0);
	json = printed();
	cr_expect_str_eq(
	    json_string_value(json_object_get(json, "user")), "j\\xf6rg");
	json_decref(json);
}

/* ---- status ------------------------------------------------------------- */

Test(popauthctl_print, status_shows_everything)
{
	cr_assert_eq(print_status(&to, "/run/x", &status), 0);
	cr_expect_str_eq(text,
	    "table:         /run/x\n"
	    "window:        15m\n"
	    "ipv6 prefix:   /64\n"
	    "never granted: 1 network, and the built-in ones\n"
	    "reaper:        alive, swept 2s ago (every 5s)\n"
	    "may relay now: 1 address, 2 logins\n"
	    "room:          3 of 65536 slots live (0%), 4 expired, 5 being "
	    "written\n"
	    "granted:       6 anew, 7 renewed\n"
	    "refused:       11 from never-granted networks\n"
	    "ended:         8 evicted, 9 forced out while live\n"
	    "reclaimed:     10 after writers that died\n");
}

Test(popauthctl_print, a_silent_reaper_is_told_with_the_remedy)
{
	struct work_status silent = status;

	silent.is_reaper_alive = false;
	silent.table.heartbeat_age_s = (uint64_t)1 << 40;

	cr_assert_eq(print_status(&to, "/run/x", &silent), 0);
	cr_expect_not_null(strstr(text,
	    "reaper:        silent, swept 49710d6h28m15s ago (every 5s); "
	    "restart popauthd\n"));
}

Test(popauthctl_print, a_reaper_that_never_swept_is_told)
{
	struct work_status fresh = status;

	fresh.is_reaper_alive = false;
	fresh.table.has_heartbeat = false;

	cr_assert_eq(print_status(&to, "/run/x", &fresh), 0);
	cr_expect_not_null(strstr(text, "has never swept; start popauthd\n"));
}

Test(popauthctl_print, status_as_json_names_all_fields)
{
	json_t *json, *slots, *reaper, *counters;

	to.is_json = true;
	cr_assert_eq(print_status(&to, "/run/x", &status), 0);
	json = printed();
	slots = json_object_get(json, "slots");
	reaper = json_object_get(json, "reaper");
	counters = json_object_get(json, "counters");

	cr_expect_str_eq(
	    json_string_value(json_object_get(json, "table")), "/run/x");
	cr_expect_eq(number(json, "window_s"), 900);
	cr_expect_eq(number(json, "ipv6_prefix"), 64);
	cr_expect_eq(number(json, "never_grant_networks"), 1);
	cr_expect_eq(number(slots, "total"), 65536);
	cr_expect_eq(number(slots, "live"), 3);
	cr_expect_eq(number(slots, "live_addresses"), 1);
	cr_expect_eq(number(slots, "expired"), 4);
	cr_expect_eq(number(slots, "claimed"), 5);
	cr_expect(json_is_true(json_object_get(reaper, "alive")));
	cr_expect_eq(number(reaper, "last_sweep_s"), 2);
	cr_expect_eq(number(reaper, "sweep_every_s"), 5);
	cr_expect_eq(number(counters, "grants"), 6);
	cr_expect_eq(number(counters, "refreshes"), 7);
	cr_expect_eq(number(counters, "evictions"), 8);
	cr_expect_eq(number(counters, "forced"), 9);
	cr_expect_eq(number(counters, "reclaimed"), 10);
	cr_expect_eq(number(counters, "refused"), 11);
	cr_expect_eq(number(counters, "ungrown"), 0);
	json_decref(json);
}

Test(popauthctl_print, a_sweep_that_never_was_is_null_in_json)
{
	struct work_status fresh = status;
	json_t *json, *reaper;

	fresh.is_reaper_alive = false;
	fresh.table.has_heartbeat = false;
	to.is_json = true;
	cr_assert_eq(print_status(&to, "/run/x", &fresh), 0);
	json = printed();
	reaper = json_object_get(json, "reaper");

	cr_expect(json_is_false(json_object_get(reaper, "alive")));
	cr_expect(json_is_null(json_object_get(reaper, "last_sweep_s")));
	json_decref(json);
}

Test(popauthctl_print, a_table_that_could_not_grow_is_told)
{
	struct work_status full = status;

	full.table.ungrown = 12;
	cr_assert_eq(print_status(&to, "/t", &full), 0);
	cr_expect_not_null(strstr(text,
	    "\nnot grown:     12 times, for want of room; see table-full in "
	    "popauth(7)\n"));
}

/* ---- grant, revoke, check ----------------------------------------------- */

Test(popauthctl_print, a_grant_is_confirmed)
{
	const struct addr a = addr("192.0.2.1");

	cr_assert_eq(print_granted(&to, &a, NULL), 0);
	cr_assert_eq(print_granted(&to, &a, "joe"), 0);
	cr_expect_str_eq(
	    text, "granted: 192.0.2.1\ngranted: 192.0.2.1, user joe\n");
}

Test(popauthctl_print, a_revocation_tells_who_keeps_the_address_open)
{
	const struct addr a = addr("192.0.2.1");

	cr_assert_eq(print_revoked(&to, &a, NULL, 0), 0);
	cr_assert_eq(print_revoked(&to, &a, "joe", 1), 0);
	cr_assert_eq(print_revoked(&to, &a, "joe", 2), 0);
	cr_expect_str_eq(text,
	    "revoked: 192.0.2.1\n"
	    "revoked: 192.0.2.1, user joe; 1 other user keeps the address "
	    "open\n"
	    "revoked: 192.0.2.1, user joe; 2 other users keep the address "
	    "open\n");
}

Test(popauthctl_print, a_revocation_as_json_counts_the_others)
{
	const struct addr a = addr("192.0.2.1");
	json_t *json;

	to.is_json = true;
	cr_assert_eq(print_revoked(&to, &a, "joe", 2), 0);
	json = printed();
	cr_expect(json_is_true(json_object_get(json, "revoked")));
	cr_expect_eq(number(json, "other_users"), 2);
	json_decref(json);
}

Test(popauthctl_print, a_check_says_yes_and_who)
{
	const struct addr a = addr("192.0.2.1");
	struct shmcache_grant grant = {
	    .age_s = 3,
	    .left_s = 897,
	    .who = SHMCACHE_WHO_ONE,
	    .user = "joe",
	};

	cr_assert_eq(print_check(&to, &a, NULL, &grant), 0);
	grant.who = SHMCACHE_WHO_MANY;
	cr_assert_eq(print_check(&to, &a, NULL, &grant), 0);
	grant.who = SHMCACHE_WHO_UNKNOWN;
	cr_assert_eq(print_check(&to, &a, NULL, &grant), 0);
	cr_assert_eq(print_check(&to, &a, "joe", &grant), 0);
	cr_expect_str_eq(text,
	    "192.0.2.1: may relay; login 3s ago, 14m57s left, user joe\n"
	    "192.0.2.1: may relay; login 3s ago, 14m57s left, several users\n"
	    "192.0.2.1: may relay; login 3s ago, 14m57s left, user unknown\n"
	    "192.0.2.1, user joe: may relay; login 3s ago, 14m57s left\n");
}

Test(popauthctl_print, a_check_says_no)
{
	const struct addr a = addr("192.0.2.1");

	cr_assert_eq(print_check(&to, &a, "joe", NULL), 0);
	cr_expect_str_eq(text,
	    "192.0.2.1, user joe: may not relay; no login within the "
	    "window\n");
}

Test(popauthctl_print, a_check_as_json_answers_in_may_relay)
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
	cr_assert_eq(print_check(&to, &a, NULL, &grant), 0);
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

Test(popauthctl_print, a_check_of_a_listed_network_says_yes_and_why)
{
	const struct addr a = addr("198.51.100.10");

	cr_assert_eq(print_check_listed(&to, &a), 0);
	cr_expect_str_eq(text,
	    "198.51.100.10: may relay; relay_networks lists it, login or "
	    "not\n");
}

Test(popauthctl_print, a_check_of_a_listed_network_as_json_says_via_network)
{
	const struct addr a = addr("198.51.100.10");
	json_t *json;

	to.is_json = true;
	cr_assert_eq(print_check_listed(&to, &a), 0);
	json = printed();
	cr_expect(json_is_true(json_object_get(json, "may_relay")));
	cr_expect(json_is_null(json_object_get(json, "user")));
	cr_expect_str_eq(
	    json_string_value(json_object_get(json, "via")), "network");
	json_decref(json);
}

Test(popauthctl_print, a_check_without_grant_as_json_says_false)
{
	const struct addr a = addr("192.0.2.1");
	json_t *json;

	to.is_json = true;
	cr_assert_eq(print_check(&to, &a, NULL, NULL), 0);
	json = printed();
	cr_expect(json_is_false(json_object_get(json, "may_relay")));
	cr_expect_null(json_object_get(json, "left_s"));
	json_decref(json);
}

Test(popauthctl_print, a_full_disk_is_an_error)
{
	const struct addr a = addr("192.0.2.1");
	struct print full = {.out = fopen("/dev/full", "we")};

	cr_assert_not_null(full.out);
	cr_expect_eq(print_granted(&full, &a, NULL), -ENOSPC);
	clearerr(full.out);
	full.is_json = true;
	cr_expect_eq(print_granted(&full, &a, NULL), -ENOSPC);
	fclose(full.out);
}
