/* SPDX-License-Identifier: ISC */
/* command_status: text for people, fields for programs. */
#include "tests/unit/print_fixture.h"

#include <errno.h>

TestSuite(popauthctl_command_status, .init = open_text, .fini = close_text);

static const struct shmcache_status status = {
    .window_s = 900,
    .ipv6_prefix = 64,
    .n_whole = 2,
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
};

Test(popauthctl_command_status, status_shows_everything)
{
	cr_assert_eq(command_status_print(&to, "/run/x", &status, 5), 0);
	cr_expect_str_eq(text,
	    "table:         /run/x\n"
	    "window:        15m\n"
	    "ipv6 prefix:   /64\n"
	    "kept whole:    2 networks and the built-in ones\n"
	    "never granted: 1 network and the built-in ones\n"
	    "reaper:        alive, last sweep 2s ago (every 5s)\n"
	    "may relay now: 1 address, 2 logins\n"
	    "room:          3 of 65536 slots live (0%), 4 expired, 5 being "
	    "written\n"
	    "granted:       6 new, 7 renewed\n"
	    "refused:       11 from never-granted networks\n"
	    "ended:         8 evicted, 9 forced out while live\n"
	    "reclaimed:     10 left by processes that died\n");
}

Test(popauthctl_command_status, a_silent_reaper_is_reported_with_the_remedy)
{
	struct shmcache_status silent = status;

	silent.heartbeat_age_s = (uint64_t)1 << 40;

	cr_assert_eq(command_status_print(&to, "/run/x", &silent, 5), 0);
	cr_expect_not_null(strstr(text,
	    "reaper:        silent, last sweep 49710d6h28m15s ago (every 5s); "
	    "restart popauthd\n"));
}

Test(popauthctl_command_status, a_reaper_that_never_swept_is_reported)
{
	struct shmcache_status fresh = status;

	fresh.has_heartbeat = false;

	cr_assert_eq(command_status_print(&to, "/run/x", &fresh, 5), 0);
	cr_expect_not_null(strstr(text, "never swept; start popauthd\n"));
}

Test(popauthctl_command_status, status_as_json_names_all_fields)
{
	json_t *json, *slots, *reaper, *counters;

	to.is_json = true;
	cr_assert_eq(command_status_print(&to, "/run/x", &status, 5), 0);
	json = printed();
	slots = json_object_get(json, "slots");
	reaper = json_object_get(json, "reaper");
	counters = json_object_get(json, "counters");

	cr_expect_str_eq(
	    json_string_value(json_object_get(json, "table")), "/run/x");
	cr_expect_eq(number(json, "window_s"), 900);
	cr_expect_eq(number(json, "ipv6_prefix"), 64);
	cr_expect_eq(number(json, "whole_networks"), 2);
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

Test(popauthctl_command_status, a_sweep_that_never_was_is_null_in_json)
{
	struct shmcache_status fresh = status;
	json_t *json, *reaper;

	fresh.has_heartbeat = false;
	to.is_json = true;
	cr_assert_eq(command_status_print(&to, "/run/x", &fresh, 5), 0);
	json = printed();
	reaper = json_object_get(json, "reaper");

	cr_expect(json_is_false(json_object_get(reaper, "alive")));
	cr_expect(json_is_null(json_object_get(reaper, "last_sweep_s")));
	json_decref(json);
}

Test(popauthctl_command_status, a_table_that_could_not_grow_is_reported)
{
	struct shmcache_status full = status;

	full.room_error = -ENOSPC;
	cr_assert_eq(command_status_print(&to, "/t", &full, 5), 0);
	cr_expect_not_null(strstr(text,
	    "\nnot grown:     no room for the table on its file system\n"));
}

Test(popauthctl_command_status, the_reaper_is_alive_for_three_sweeps)
{
	struct shmcache_status swept = status;

	swept.heartbeat_age_s = 15;
	cr_assert_eq(command_status_print(&to, "/t", &swept, 5), 0);
	cr_expect_not_null(strstr(text, "reaper:        alive"));
	swept.heartbeat_age_s = 16;
	cr_assert_eq(command_status_print(&to, "/t", &swept, 5), 0);
	cr_expect_not_null(strstr(text, "reaper:        silent"));
}
