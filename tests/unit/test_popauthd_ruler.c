/* SPDX-License-Identifier: ISC */
/* ruler: what the file says is what the table says. */
#include "popauthd/ruler.h"

#include "tests/unit/cache_fixture.h"

#include <sys/stat.h>

#define JOE "block user=joe until=0 note=\n"
#define ANN "block user=ann until=0 note=\n"

static char dir[] = "/tmp/ruler.XXXXXX";
static char path[64];
static struct ruler ruler;

static void
setup(void)
{
	fixture_setup();
	cr_assert(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/rules", dir);
}

static void
teardown(void)
{
	remove(path);
	remove(dir);
	fixture_teardown();
}

TestSuite(ruler, .init = setup, .fini = teardown);

static void
write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	cr_assert(file != NULL);
	fputs(text, file);
	fclose(file);
}

static bool
in_force_is(const char *text)
{
	static char copy[SHMCACHE_RULES_BYTES];
	uint64_t word;
	size_t n;

	return shmcache_rules(cache, copy, &n, &word) == 0 &&
	       n == strlen(text) && memcmp(copy, text, n) == 0;
}

Test(ruler, a_file_gets_into_the_table)
{
	ruler_refresh(&ruler, cache, path);
	cr_expect(in_force_is(""));
	write_file(JOE);
	ruler_refresh(&ruler, cache, path);
	cr_expect(in_force_is(JOE));
	write_file(JOE ANN);
	ruler_refresh(&ruler, cache, path);
	cr_expect(in_force_is(JOE ANN));
	cr_assert(eq(int, remove(path), 0));
	ruler_refresh(&ruler, cache, path);
	cr_expect(in_force_is(""));
}

Test(ruler, the_same_text_is_not_written_again)
{
	uint64_t before, after;

	write_file(JOE);
	ruler_refresh(&ruler, cache, path);
	cr_assert(eq(int, shmcache_rules_word(cache, &before), 0));
	ruler_refresh(&ruler, cache, path);
	cr_assert(eq(int, shmcache_rules_word(cache, &after), 0));
	cr_expect(eq(u64, before, after));
}

Test(ruler, a_damaged_copy_is_repaired)
{
	write_file(JOE);
	ruler_refresh(&ruler, cache, path);
	cache->header->rules += 1;
	cr_expect(not(in_force_is(JOE)));
	ruler_refresh(&ruler, cache, path);
	cr_expect(in_force_is(JOE));
}

Test(ruler, a_file_that_cannot_be_read_leaves_the_rules_in_force)
{
	write_file(JOE);
	ruler_refresh(&ruler, cache, path);
	write_file(JOE "blok user=ann until=0 note=\n");
	ruler_refresh(&ruler, cache, path);
	cr_expect(in_force_is(JOE));
	cr_expect(eq(sz, ruler.line, 2));
	remove(path);
	cr_assert(eq(int, mkdir(path, 0700), 0));
	ruler_refresh(&ruler, cache, path);
	cr_expect(in_force_is(JOE));
	cr_expect(eq(int, ruler.error, -EINVAL));
}

Test(ruler, a_new_table_gets_the_text_or_one_that_no_reader_accepts)
{
	char *text;
	size_t n;

	ruler_first(path, &text, &n);
	cr_expect(eq(sz, n, 0));
	free(text);
	write_file(JOE);
	ruler_first(path, &text, &n);
	cr_expect(eq(sz, n, strlen(JOE)));
	free(text);
	write_file("nonsense");
	ruler_first(path, &text, &n);
	cr_assert(text != NULL);
	cr_expect(eq(sz, n, strlen("unreadable\n")));
	free(text);
}
