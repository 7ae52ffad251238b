/* SPDX-License-Identifier: ISC */
/* place: which table and which configuration a command uses. */
#include "popauthctl/place.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char config[] = "/tmp/test_popauthctl_place.XXXXXX";
static struct place place;
static unsigned n_mistakes;

static void
make_name(void)
{
	int fd = mkstemp(config);

	cr_assert_geq(fd, 0);
	close(fd);
	unlink(config);
}

static void
remove_config(void)
{
	unlink(config);
}

TestSuite(popauthctl_place, .init = make_name, .fini = remove_config);

static void
write_config(const char *text)
{
	FILE *file = fopen(config, "we");

	cr_assert_not_null(file);
	cr_assert_geq(fputs(text, file), 0);
	cr_assert_eq(fclose(file), 0);
}

static void
count_mistake(const char *sentence, void *arg)
{
	(void)arg;
	cr_expect_not_null(strstr(sentence, config), "%s", sentence);
	n_mistakes++;
}

static int
find(const char *table, const char *given, const char *default_config)
{
	n_mistakes = 0;
	return place_find(
	    table, given, default_config, count_mistake, NULL, &place);
}

static void
expect_place(const char *path, uint32_t sweep_every_s)
{
	cr_expect_str_eq(place.table, path);
	cr_expect_eq(place.conf.popauthd.sweep_every_s, sweep_every_s);
	place_free(&place);
}

Test(popauthctl_place, without_any_file_the_built_in_path_is_used)
{
	cr_assert_eq(find(NULL, NULL, config), 0);
	expect_place(SHMCACHE_DEFAULT_PATH, 5);
}

Test(popauthctl_place, the_default_configuration_names_the_table)
{
	write_config("[table]\npath = /run/x\n[popauthd]\nsweep_every = 7s\n");

	cr_assert_eq(find(NULL, NULL, config), 0);
	expect_place("/run/x", 7);
}

Test(popauthctl_place, a_given_configuration_comes_before_the_default_one)
{
	write_config("[table]\npath = /run/x\n");

	cr_assert_eq(find(NULL, config, "/"), 0);
	expect_place("/run/x", 5);
}

Test(popauthctl_place, a_given_table_comes_before_any_configuration)
{
	write_config("[table]\npath = /run/x\n[popauthd]\nsweep_every = 7s\n");

	cr_assert_eq(find("/a", config, "/"), 0);
	expect_place("/a", 7);
	cr_assert_eq(find("/a", NULL, config), 0);
	expect_place("/a", 7);
}

Test(popauthctl_place, a_broken_default_configuration_does_not_matter_to_t)
{
	write_config("nonsense\n");

	cr_assert_eq(find("/a", NULL, config), 0);
	expect_place("/a", 5);
}

Test(popauthctl_place, any_other_mistake_is_reported_and_the_rest_is_used)
{
	write_config("nonsense\n[table]\npath = /run/x\nwindow = 1y\n");

	cr_expect_eq(find(NULL, NULL, config), -EINVAL);
	cr_expect_eq(n_mistakes, 2);
	expect_place("/run/x", 5);
	cr_expect_eq(find("/a", config, "/x"), -EINVAL);
	cr_expect_eq(n_mistakes, 2);
	expect_place("/a", 5);
}

Test(popauthctl_place, a_given_configuration_must_be_there)
{
	cr_expect_eq(find("/a", config, "/x"), -ENOENT);
	cr_expect_eq(n_mistakes, 1);
	expect_place("/a", 5);
}
