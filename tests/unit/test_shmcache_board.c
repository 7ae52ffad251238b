/* SPDX-License-Identifier: ISC */
#include "shmcache/board.h"

#include "tests/unit/cache_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

TestSuite(board, .init = fixture_setup, .fini = fixture_teardown);

static char text[SHMCACHE_RULES_BYTES];

static int
read_by(enum shmcache_access access, size_t *n_out)
{
	struct shmcache *other = fixture_open(access);
	uint64_t word;
	const int error = shmcache_rules(other, text, n_out, &word);

	shmcache_close(other);
	return error;
}

Test(board, a_new_table_has_no_rules)
{
	uint64_t word;
	size_t n = 1;

	cr_expect(eq(int, shmcache_rules_word(cache, &word), 0));
	cr_expect(eq(u64, word, 0));
	cr_expect(eq(int, read_by(SHMCACHE_PREAD, &n), 0));
	cr_expect(eq(sz, n, 0));
}

Test(board, every_reader_gets_the_text)
{
	static const enum shmcache_access all[] = {
	    SHMCACHE_PREAD, SHMCACHE_READ, SHMCACHE_WRITE, SHMCACHE_LOGIN};
	static char longest[SHMCACHE_RULES_BYTES];

	memset(longest, 'x', sizeof(longest));
	for (size_t bytes = 1; bytes <= sizeof(longest); bytes *= 3) {
		cr_assert(
		    eq(int, shmcache_set_rules(cache, longest, bytes), 0));
		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
			size_t n = 0;

			cr_assert(eq(int, read_by(all[i], &n), 0));
			cr_assert(eq(sz, n, bytes));
			cr_assert(memcmp(text, longest, n) == 0);
		}
	}
	cr_expect(
	    eq(int, shmcache_set_rules(cache, longest, sizeof(longest) + 1),
		SHMCACHE_TOO_MANY));
	cr_expect(
	    eq(int, shmcache_set_rules(cache, longest, sizeof(longest)), 0));
}

Test(board, the_word_differs_after_each_change)
{
	uint64_t before, after;

	cr_assert(eq(int, shmcache_set_rules(cache, "a", 1), 0));
	cr_assert(eq(int, shmcache_rules_word(cache, &before), 0));
	cr_assert(eq(int, shmcache_set_rules(cache, "b", 1), 0));
	cr_assert(eq(int, shmcache_rules_word(cache, &after), 0));
	cr_expect(ne(u64, before, after));
	cr_expect(eq(u64, (uint32_t)after, 1));
	cr_assert(eq(int, shmcache_set_rules(cache, "", 0), 0));
	cr_assert(eq(int, shmcache_rules_word(cache, &after), 0));
	cr_expect(eq(u64, (uint32_t)after, 0));
}

Test(board, a_damaged_text_is_no_text)
{
	size_t n;

	cr_assert(eq(int, shmcache_set_rules(cache, "block", 5), 0));
	for (size_t i = 0; i < 5; i++) {
		uint8_t *byte = cache->map + LAYOUT_RULES_OFFSET +
				sizeof(struct layout_rules) +
				offsetof(struct layout_rules, words) + i;

		*byte ^= 1;
		cr_expect(
		    eq(int, read_by(SHMCACHE_PREAD, &n), SHMCACHE_BAD_RULES));
		*byte ^= 1;
	}
	cr_expect(eq(int, read_by(SHMCACHE_PREAD, &n), 0));
	cache->header->rules |= 0xffffffff;
	cr_expect(eq(int, read_by(SHMCACHE_PREAD, &n), SHMCACHE_BAD_RULES));
}

Test(board, only_a_writer_writes)
{
	struct shmcache *other = fixture_open(SHMCACHE_READ);

	cr_expect(eq(int, shmcache_set_rules(other, "a", 1), -EBADF));
	shmcache_close(other);
}

static atomic_bool is_over;

static void *
write_on(void *arg)
{
	static char lines[2][40000];

	(void)arg;
	memset(lines[0], 'a', sizeof(lines[0]));
	memset(lines[1], 'b', sizeof(lines[1]));
	for (unsigned i = 0; !atomic_load(&is_over); i++)
		shmcache_set_rules(
		    cache, lines[i & 1], sizeof(lines[0]) - (i & 1) * 777);
	return NULL;
}

Test(board, a_reader_never_gets_a_mixture)
{
	struct shmcache *other = fixture_open(SHMCACHE_PREAD);
	pthread_t writer;
	unsigned n_read = 0;

	cr_assert(eq(int, pthread_create(&writer, NULL, write_on, NULL), 0));
	while (n_read < 300) {
		uint64_t word;
		size_t n;
		const int error = shmcache_rules(other, text, &n, &word);

		cr_assert(error == 0 || error == -EAGAIN, "%d", error);
		if (error != 0 || n == 0)
			continue;
		n_read++;
		for (size_t i = 1; i < n; i++)
			cr_assert(text[i] == text[0]);
		cr_assert(eq(sz, n, text[0] == 'a' ? 40000 : 39223));
	}
	atomic_store(&is_over, true);
	pthread_join(writer, NULL);
	shmcache_close(other);
}
