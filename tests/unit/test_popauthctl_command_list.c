/* SPDX-License-Identifier: ISC */
/*
 * command_list: what it finds in a real table, under a clock of the test's, and
 * what it prints.
 */
#include "shmcache/cache.h"
#include "shmcache/record.h"
#include "tests/unit/owner_fixture.h"
#include "tests/unit/print_fixture.h"

#include <unistd.h>

static char dir[] = "/tmp/test_popauthctl_list.XXXXXX";
static char table[100];
static struct shmcache *cache;
static uint32_t now_s = 1000000;

static uint32_t
test_clock(void)
{
	return now_s;
}

static void
setup(void)
{
	open_text();
	cr_assert_not_null(mkdtemp(dir));
	snprintf(table, sizeof(table), "%s/grants", dir);
}

static void
teardown(void)
{
	close_text();
	shmcache_close(cache);
	unlink(table);
	rmdir(dir);
}

static void
make_table(void)
{
	const struct shmcache_params params = {
	    .window_s = 900,
	    .ipv6_prefix = 64,
	};

	cr_assert_eq(
	    shmcache_create(table, &params, 10, geteuid(), getegid(), 0600), 0);
	cr_assert_eq(shmcache_open(table, SHMCACHE_WRITE, &cache), 0);
	cache->clock_s = test_clock;
}

static void
grant(const char *at, const char *user)
{
	struct addr a;

	cr_assert_eq(addr_parse(at, &a), 0);
	cr_assert_eq(shmcache_grant(cache, &a, user), 0);
}

TestSuite(popauthctl_command_list, .init = setup, .fini = teardown);

/* ---- collect ------------------------------------------------------------ */

static void
expect_entry(const struct command_grants *list, size_t i, const char *at,
    const char *user, uint32_t age_s)
{
	char shown[ADDR_TEXT_BYTES];

	cr_assert_lt(i, list->n);
	cr_expect_str_eq(addr_format(&list->entries[i].addr, shown), at);
	cr_expect_eq(list->entries[i].has_user, user != NULL);
	cr_expect_str_eq(list->entries[i].user, user != NULL ? user : "");
	cr_expect_eq(list->entries[i].age_s, age_s);
	cr_expect_eq(list->entries[i].left_s, 900 - age_s);
}

Test(popauthctl_command_list, an_empty_table_lists_nobody)
{
	struct command_grants list;

	make_table();

	cr_assert_eq(command_list_collect(cache, &list), 0);
	cr_expect_eq(list.n, (size_t)0);
	command_list_free(&list);
}

Test(popauthctl_command_list, logins_are_listed_once_each_the_youngest_first)
{
	struct command_grants list;

	make_table();
	grant("192.0.2.1", "joe");
	now_s += 10;
	grant("192.0.2.9", "ann");
	grant("192.0.2.2", "eve");
	now_s += 20;
	grant("2001:db8::77", "bob");

	cr_assert_eq(command_list_collect(cache, &list), 0);
	cr_assert_eq(list.n, (size_t)4);
	cr_expect_eq(list.ipv6_prefix, 64);
	expect_entry(&list, 0, "2001:db8::", "bob", 0);
	expect_entry(&list, 1, "192.0.2.2", "eve", 20);
	expect_entry(&list, 2, "192.0.2.9", "ann", 20);
	expect_entry(&list, 3, "192.0.2.1", "joe", 30);
	command_list_free(&list);
}

Test(popauthctl_command_list, users_of_one_address_are_all_listed)
{
	struct command_grants list;

	make_table();
	grant("192.0.2.1", "joe");
	now_s += 10;
	grant("192.0.2.1", "ann");

	cr_assert_eq(command_list_collect(cache, &list), 0);
	cr_assert_eq(list.n, (size_t)2);
	expect_entry(&list, 0, "192.0.2.1", "ann", 0);
	expect_entry(&list, 1, "192.0.2.1", "joe", 10);
	command_list_free(&list);
}

Test(popauthctl_command_list, an_address_without_user_is_listed_as_itself)
{
	struct command_grants list;

	make_table();
	grant("192.0.2.1", NULL);

	cr_assert_eq(command_list_collect(cache, &list), 0);
	cr_assert_eq(list.n, (size_t)1);
	expect_entry(&list, 0, "192.0.2.1", NULL, 0);
	command_list_free(&list);
}

Test(popauthctl_command_list,
    an_address_granted_alone_is_listed_beside_its_users)
{
	struct command_grants list;

	make_table();
	grant("192.0.2.1", "joe");
	grant("192.0.2.0", "ann");
	now_s += 10;
	grant("192.0.2.1", NULL);

	cr_assert_eq(command_list_collect(cache, &list), 0);
	cr_assert_eq(list.n, (size_t)3);
	expect_entry(&list, 0, "192.0.2.1", NULL, 0);
	expect_entry(&list, 1, "192.0.2.0", "ann", 10);
	expect_entry(&list, 2, "192.0.2.1", "joe", 10);
	command_list_free(&list);
}

/* Write the address's key without any user's, as when his was forced out. */
static void
grant_address_key(const char *at)
{
	enum record_outcome outcome;
	struct cache_now now;
	struct copy copy;
	struct addr a;
	struct key key;

	cr_assert_eq(addr_parse(at, &a), 0);
	cr_assert_eq(cache_now(cache, &now), 0);
	key_of_address(&key, &now.rules, &a);
	cr_assert_eq(
	    record_key(cache, &now, &key, NULL, SLOT_LIVE, &copy, &outcome), 0);
}

Test(popauthctl_command_list, an_address_without_its_users_is_listed_as_itself)
{
	struct command_grants list;

	make_table();
	grant_address_key("192.0.2.1");

	cr_assert_eq(command_list_collect(cache, &list), 0);
	cr_assert_eq(list.n, (size_t)1);
	expect_entry(&list, 0, "192.0.2.1", NULL, 0);
	command_list_free(&list);
}

Test(popauthctl_command_list, an_address_that_outlives_its_users_is_listed_too)
{
	struct command_grants list;

	make_table();
	grant("192.0.2.1", "joe");
	now_s += 1;
	grant_address_key("192.0.2.1");
	cr_assert_eq(command_list_collect(cache, &list), 0);
	cr_expect_eq(list.n, (size_t)1, "a login may span two seconds");
	command_list_free(&list);

	now_s += 1;
	grant_address_key("192.0.2.1");
	cr_assert_eq(command_list_collect(cache, &list), 0);
	cr_assert_eq(list.n, (size_t)2);
	expect_entry(&list, 0, "192.0.2.1", NULL, 0);
	expect_entry(&list, 1, "192.0.2.1", "joe", 2);
	command_list_free(&list);
}

Test(popauthctl_command_list, more_entries_than_the_first_room_are_all_kept)
{
	struct command_grants list;
	char at[40];
	unsigned i;

	make_table();
	for (i = 0; i < 150; i++) {
		snprintf(at, sizeof(at), "192.0.2.%u", i);
		grant(at, "joe");
	}

	cr_assert_eq(command_list_collect(cache, &list), 0);
	cr_assert_eq(list.n, (size_t)150);
	expect_entry(&list, 149, "192.0.2.149", "joe", 0);
	command_list_free(&list);
}

Test(popauthctl_command_list, a_foreign_clock_is_an_error)
{
	struct command_grants list;

	make_table();
	cr_assert_eq(shmcache_sweep(cache, NULL), 0);
	now_s -= 100;

	cr_expect_eq(
	    command_list_collect(cache, &list), SHMCACHE_FOREIGN_CLOCK);
}

/* ---- print -------------------------------------------------------------- */

static const struct shmcache_entry joe = {
    .addr = {{[10] = 0xff, 0xff, 192, 0, 2, 1}},
    .has_user = true,
    .user = "joe",
    .age_s = 3,
    .left_s = 897,
};

Test(popauthctl_command_list, an_empty_list_has_its_headings)
{
	const struct command_grants list = {.entries = NULL};

	cr_assert_eq(command_list_print(&to, &list), 0);
	cr_expect_str_eq(text, "ADDRESS  USER        AGE       LEFT\n");
}

Test(popauthctl_command_list, columns_are_as_wide_as_their_widest)
{
	struct shmcache_entry entries[2] = {joe, joe};
	const struct command_grants list = {
	    .entries = entries, .n = 2, .ipv6_prefix = 64};

	entries[1].addr = addr("2001:db8:0:1::");
	entries[1].has_user = false;
	entries[1].user[0] = '\0';
	entries[1].age_s = 61;

	cr_assert_eq(command_list_print(&to, &list), 0);
	cr_expect_str_eq(text,
	    "ADDRESS            USER        AGE       LEFT\n"
	    "192.0.2.1          joe          3s     14m57s\n"
	    "2001:db8:0:1::/64  -          1m1s     14m57s\n");
}

Test(popauthctl_command_list, a_prefix_of_128_bits_is_an_address)
{
	struct shmcache_entry entry = joe;
	const struct command_grants list = {
	    .entries = &entry, .n = 1, .ipv6_prefix = 128};

	entry.addr = addr("2001:db8::1");

	cr_assert_eq(command_list_print(&to, &list), 0);
	cr_expect_not_null(strstr(text, "\n2001:db8::1  joe"));
}

Test(popauthctl_command_list, an_address_that_is_kept_whole_is_no_network)
{
	struct shmcache_entry entry = joe;
	const struct command_grants list = {
	    .entries = &entry, .n = 1, .ipv6_prefix = 64};

	entry.addr = addr("64:ff9b::c000:201");

	cr_assert_eq(command_list_print(&to, &list), 0);
	cr_expect_not_null(strstr(text, "\n64:ff9b::c000:201  joe"));
}

Test(popauthctl_command_list, a_hostile_name_cannot_move_the_cursor)
{
	struct shmcache_entry entry = joe;
	const struct command_grants list = {
	    .entries = &entry, .n = 1, .ipv6_prefix = 64};

	strcpy(entry.user, "\x1b[2J a\n\xff");

	cr_assert_eq(command_list_print(&to, &list), 0);
	cr_expect_not_null(strstr(text, "  \\x1b[2J\\x20a\\x0a\\xff  "));
}

Test(popauthctl_command_list, a_list_as_json_names_all_fields)
{
	struct shmcache_entry entries[2] = {joe, joe};
	const struct command_grants list = {
	    .entries = entries, .n = 2, .ipv6_prefix = 64};
	json_t *json, *grants, *second;

	entries[1].addr = addr("2001:db8::");
	entries[1].has_user = false;
	to.is_json = true;

	cr_assert_eq(command_list_print(&to, &list), 0);
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

Test(popauthctl_command_list, an_empty_list_as_json_is_an_empty_array)
{
	const struct command_grants list = {.entries = NULL};
	json_t *json;

	to.is_json = true;
	cr_assert_eq(command_list_print(&to, &list), 0);
	json = printed();
	cr_expect(json_is_array(json_object_get(json, "grants")));
	json_decref(json);
}
