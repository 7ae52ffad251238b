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
static struct conf_error error;

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
expect_place(const char *path, uint32_t sweep_every_s)
{
	cr_expect_str_eq(place.table, path);
	cr_expect_eq(place.conf.popauthd.sweep_every_s, sweep_every_s);
	place_free(&place);
}

Test(popauthctl_place, without_any_file_the_built_in_path_is_used)
{
	cr_assert_eq(place_find(NULL, NULL, config, &place, &error), 0);
	expect_place(SHMCACHE_DEFAULT_PATH, 5);
}

Test(popauthctl_place, the_default_configuration_names_the_table)
{
	write_config("[table]\npath = /run/x\n[popauthd]\nsweep_every = 7s\n");

	cr_assert_eq(place_find(NULL, NULL, config, &place, &error), 0);
	expect_place("/run/x", 7);
}

Test(popauthctl_place, a_given_configuration_comes_before_the_default_one)
{
	write_config("[table]\npath = /run/x\n");

	cr_assert_eq(place_find(NULL, config, "/", &place, &error), 0);
	expect_place("/run/x", 5);
}

Test(popauthctl_place, a_given_table_comes_before_any_configuration)
{
	write_config("[table]\npath = /run/x\n[popauthd]\nsweep_every = 7s\n");

	cr_assert_eq(place_find("/a", config, "/", &place, &error), 0);
	expect_place("/a", 7);
	cr_assert_eq(place_find("/a", NULL, config, &place, &error), 0);
	expect_place("/a", 7);
}

Test(popauthctl_place, a_broken_default_configuration_does_not_matter_to_t)
{
	write_config("nonsense\n");

	cr_assert_eq(place_find("/a", NULL, config, &place, &error), 0);
	expect_place("/a", 5);
}

Test(popauthctl_place, any_other_broken_configuration_is_an_error)
{
	write_config("nonsense\n");

	cr_expect_eq(place_find(NULL, NULL, config, &place, &error), -EINVAL);
	cr_expect_not_null(strstr(error.text, ":1: "));
	cr_expect_eq(place_find("/a", config, "/x", &place, &error), -EINVAL);
	cr_expect_eq(
	    place_find("/a", "/nonexistent", config, &place, &error), -ENOENT);
}
