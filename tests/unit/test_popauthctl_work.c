/* SPDX-License-Identifier: ISC */
/*
 * work: what the commands find in a real table, under a clock of the test's.
 * A table must belong to root or popauth, so most of this needs root.
 */
#include "popauthctl/work.h"
#include "shmcache/cache.h"
#include "shmcache/record.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static char dir[] = "/tmp/test_popauthctl_work.XXXXXX";
static char table[100], config[100];
static struct shmcache *cache;
static uint32_t now_s = 1000000;

static uint32_t
test_clock(void)
{
	return now_s;
}

static void
make_dir(void)
{
	cr_assert_not_null(mkdtemp(dir));
	snprintf(table, sizeof(table), "%s/grants", dir);
	snprintf(config, sizeof(config), "%s/conf", dir);
}

static void
remove_dir(void)
{
	shmcache_close(cache);
	unlink(table);
	unlink(config);
	rmdir(dir);
}

TestSuite(popauthctl_work, .init = make_dir, .fini = remove_dir);

static void
make_table(void)
{
	const struct shmcache_params params = {
	    .window_s = 900,
	    .ipv6_prefix = 64,
	};

	if (geteuid() != 0)
		cr_skip_test("only root may own a table");
	cr_assert_eq(shmcache_create(table, &params, 10, 0, 0, 0600), 0);
	cr_assert_eq(shmcache_open(table, SHMCACHE_WRITE, &cache), 0);
	cache->clock_s = test_clock;
}

static void
grant(const char *text, const char *user)
{
	struct addr addr;

	cr_assert_eq(addr_parse(text, &addr), 0);
	cr_assert_eq(shmcache_grant(cache, &addr, user), 0);
}

static void
write_config(const char *text)
{
	FILE *file = fopen(config, "we");

	cr_assert_not_null(file);
	cr_assert_geq(fputs(text, file), 0);
	cr_assert_eq(fclose(file), 0);
}

/* ---- which table -------------------------------------------------------- */

static struct work_place place;
static struct conf_error error;

static void
expect_place(const char *path, uint32_t sweep_every_s)
{
	cr_expect_str_eq(place.table, path);
	cr_expect_eq(place.conf.popauthd.sweep_every_s, sweep_every_s);
	work_place_free(&place);
}

Test(popauthctl_work, without_any_file_the_built_in_path_is_meant)
{
	cr_assert_eq(work_find(NULL, NULL, config, &place, &error), 0);
	expect_place(SHMCACHE_DEFAULT_PATH, 5);
}

Test(popauthctl_work, the_default_configuration_names_the_table)
{
	write_config("[table]\npath = /run/x\n[popauthd]\nsweep_every = 7s\n");

	cr_assert_eq(work_find(NULL, NULL, config, &place, &error), 0);
	expect_place("/run/x", 7);
}

Test(popauthctl_work, a_given_configuration_comes_before_the_default_one)
{
	write_config("[table]\npath = /run/x\n");

	cr_assert_eq(work_find(NULL, config, "/", &place, &error), 0);
	expect_place("/run/x", 5);
}

Test(popauthctl_work, a_given_table_comes_before_any_configuration)
{
	write_config("[table]\npath = /run/x\n[popauthd]\nsweep_every = 7s\n");

	cr_assert_eq(work_find("/a", config, "/", &place, &error), 0);
	expect_place("/a", 7);
	cr_assert_eq(work_find("/a", NULL, config, &place, &error), 0);
	expect_place("/a", 7);
}

Test(popauthctl_work, a_broken_default_configuration_does_not_matter_to_t)
{
	write_config("nonsense\n");

	cr_assert_eq(work_find("/a", NULL, config, &place, &error), 0);
	expect_place("/a", 5);
}

Test(popauthctl_work, a_broken_configuration_is_an_error_else)
{
	write_config("nonsense\n");

	cr_expect_eq(work_find(NULL, NULL, config, &place, &error), -EINVAL);
	cr_expect_not_null(strstr(error.text, "conf:1: "));
	cr_expect_eq(work_find("/a", config, "/x", &place, &error), -EINVAL);
	cr_expect_eq(
	    work_find("/a", "/nonexistent", config, &place, &error), -ENOENT);
}

/* ---- status ------------------------------------------------------------- */

Test(popauthctl_work, a_table_never_swept_has_no_living_reaper)
{
	struct work_status status;

	make_table();

	cr_assert_eq(work_status(cache, 5, &status), 0);
	cr_expect_not(status.is_reaper_alive);
	cr_expect_eq(status.sweep_every_s, 5);
	cr_expect_eq(status.table.window_s, 900);
}

Test(popauthctl_work, the_reaper_is_alive_for_three_sweeps_and_no_longer)
{
	struct work_status status;

	make_table();
	cr_assert_eq(shmcache_sweep(cache, NULL), 0);

	now_s += 15;
	cr_assert_eq(work_status(cache, 5, &status), 0);
	cr_expect(status.is_reaper_alive);
	now_s += 1;
	cr_assert_eq(work_status(cache, 5, &status), 0);
	cr_expect_not(status.is_reaper_alive);
	cr_expect_eq(status.table.heartbeat_age_s, 16);
}

Test(popauthctl_work, a_foreign_clock_is_passed_on)
{
	struct work_status status;
	struct work_list list;

	make_table();
	cr_assert_eq(shmcache_sweep(cache, NULL), 0);
	now_s -= 100;

	cr_expect_eq(work_status(cache, 5, &status), SHMCACHE_FOREIGN_CLOCK);
	cr_expect_eq(work_list(cache, &list), SHMCACHE_FOREIGN_CLOCK);
}

/* ---- list --------------------------------------------------------------- */

static void
expect_entry(const struct work_list *list, size_t i, const char *addr,
    const char *user, uint32_t age_s)
{
	char text[ADDR_TEXT_BYTES];

	cr_assert_lt(i, list->n);
	cr_expect_str_eq(addr_format(&list->entries[i].addr, text), addr);
	cr_expect_eq(list->entries[i].has_user, user != NULL);
	cr_expect_str_eq(list->entries[i].user, user != NULL ? user : "");
	cr_expect_eq(list->entries[i].age_s, age_s);
	cr_expect_eq(list->entries[i].left_s, 900 - age_s);
}

Test(popauthctl_work, an_empty_table_lists_nobody)
{
	struct work_list list;

	make_table();

	cr_assert_eq(work_list(cache, &list), 0);
	cr_expect_eq(list.n, (size_t)0);
	work_list_free(&list);
}

Test(popauthctl_work, logins_are_listed_once_each_the_youngest_first)
{
	struct work_list list;

	make_table();
	grant("192.0.2.1", "joe");
	now_s += 10;
	grant("192.0.2.9", "ann");
	grant("192.0.2.2", "eve");
	now_s += 20;
	grant("2001:db8::77", "bob");

	cr_assert_eq(work_list(cache, &list), 0);
	cr_assert_eq(list.n, (size_t)4);
	cr_expect_eq(list.ipv6_prefix, 64);
	expect_entry(&list, 0, "2001:db8::", "bob", 0);
	expect_entry(&list, 1, "192.0.2.2", "eve", 20);
	expect_entry(&list, 2, "192.0.2.9", "ann", 20);
	expect_entry(&list, 3, "192.0.2.1", "joe", 30);
	work_list_free(&list);
}

Test(popauthctl_work, users_of_one_address_are_all_listed)
{
	struct work_list list;

	make_table();
	grant("192.0.2.1", "joe");
	now_s += 10;
	grant("192.0.2.1", "ann");

	cr_assert_eq(work_list(cache, &list), 0);
	cr_assert_eq(list.n, (size_t)2);
	expect_entry(&list, 0, "192.0.2.1", "ann", 0);
	expect_entry(&list, 1, "192.0.2.1", "joe", 10);
	work_list_free(&list);
}

Test(popauthctl_work, an_address_without_user_is_listed_as_itself)
{
	struct work_list list;

	make_table();
	grant("192.0.2.1", NULL);

	cr_assert_eq(work_list(cache, &list), 0);
	cr_assert_eq(list.n, (size_t)1);
	expect_entry(&list, 0, "192.0.2.1", NULL, 0);
	work_list_free(&list);
}

Test(popauthctl_work, an_address_granted_alone_is_listed_beside_its_users)
{
	struct work_list list;

	make_table();
	grant("192.0.2.1", "joe");
	grant("192.0.2.0", "ann");
	now_s += 10;
	grant("192.0.2.1", NULL);

	cr_assert_eq(work_list(cache, &list), 0);
	cr_assert_eq(list.n, (size_t)3);
	expect_entry(&list, 0, "192.0.2.1", NULL, 0);
	expect_entry(&list, 1, "192.0.2.0", "ann", 10);
	expect_entry(&list, 2, "192.0.2.1", "joe", 10);
	work_list_free(&list);
}

/* Write the address's key without any user's, as when his was forced out. */
static void
grant_address_key(const char *text)
{
	enum record_outcome outcome;
	struct cache_now now;
	struct copy copy;
	struct addr addr;
	struct key key;

	cr_assert_eq(addr_parse(text, &addr), 0);
	cr_assert_eq(cache_now(cache, &now), 0);
	key_of_address(&key, &now.rules, &addr);
	cr_assert_eq(
	    record_key(cache, &now, &key, NULL, SLOT_LIVE, &copy, &outcome), 0);
}

Test(popauthctl_work, an_address_without_its_users_is_listed_as_itself)
{
	struct work_list list;

	make_table();
	grant_address_key("192.0.2.1");

	cr_assert_eq(work_list(cache, &list), 0);
	cr_assert_eq(list.n, (size_t)1);
	expect_entry(&list, 0, "192.0.2.1", NULL, 0);
	work_list_free(&list);
}

Test(popauthctl_work, an_address_that_outlives_its_users_is_listed_too)
{
	struct work_list list;

	make_table();
	grant("192.0.2.1", "joe");
	now_s += 1;
	grant_address_key("192.0.2.1");
	cr_assert_eq(work_list(cache, &list), 0);
	cr_expect_eq(list.n, (size_t)1, "a login may span two seconds");
	work_list_free(&list);

	now_s += 1;
	grant_address_key("192.0.2.1");
	cr_assert_eq(work_list(cache, &list), 0);
	cr_assert_eq(list.n, (size_t)2);
	expect_entry(&list, 0, "192.0.2.1", NULL, 0);
	expect_entry(&list, 1, "192.0.2.1", "joe", 2);
	work_list_free(&list);
}

Test(popauthctl_work, more_entries_than_the_first_room_are_all_kept)
{
	struct work_list list;
	char text[40];
	unsigned i;

	make_table();
	for (i = 0; i < 150; i++) {
		snprintf(text, sizeof(text), "192.0.2.%u", i);
		grant(text, "joe");
	}

	cr_assert_eq(work_list(cache, &list), 0);
	cr_assert_eq(list.n, (size_t)150);
	expect_entry(&list, 149, "192.0.2.149", "joe", 0);
	work_list_free(&list);
}

/* ---- exit status -------------------------------------------------------- */

Test(popauthctl_work, every_error_has_its_exit_status)
{
	static const struct {
		int error, status;
	} table_of[] = {
	    {SHMCACHE_OK, 0},
	    {SHMCACHE_NO_GRANT, 1},
	    {SHMCACHE_NEVER, 1},
	    {SHMCACHE_BAD_USER, EX_USAGE},
	    {SHMCACHE_REVOKED, EX_TEMPFAIL},
	    {SHMCACHE_BUSY, EX_TEMPFAIL},
	    {SHMCACHE_FOREIGN_CLOCK, EX_UNAVAILABLE},
	    {SHMCACHE_BAD_OWNER, EX_UNAVAILABLE},
	    {SHMCACHE_BAD_MODE, EX_UNAVAILABLE},
	    {SHMCACHE_BAD_MAGIC, EX_UNAVAILABLE},
	    {SHMCACHE_BAD_LAYOUT, EX_UNAVAILABLE},
	    {SHMCACHE_BAD_SIZE, EX_UNAVAILABLE},
	    {SHMCACHE_OTHER_BOOT, EX_UNAVAILABLE},
	    {SHMCACHE_TOO_MANY, EX_CONFIG},
	    {-ENOENT, EX_NOINPUT},
	    {-ENOTDIR, EX_NOINPUT},
	    {-EACCES, EX_NOPERM},
	    {-EPERM, EX_NOPERM},
	    {-EROFS, EX_NOPERM},
	    {-ENOMEM, EX_OSERR},
	    {-EMFILE, EX_OSERR},
	    {-EBADF, EX_SOFTWARE},
	    {-ELOOP, EX_UNAVAILABLE},
	    {-EIO, EX_UNAVAILABLE},
	};
	size_t i;

	for (i = 0; i < sizeof(table_of) / sizeof(table_of[0]); i++)
		cr_expect_eq(work_exit_status(table_of[i].error),
		    table_of[i].status, "%d", table_of[i].error);
}
