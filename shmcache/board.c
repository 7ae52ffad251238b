/* SPDX-License-Identifier: ISC */
/*
 * Readers copy a bank by pread(2), also those that have a mapping: the text is
 * read rarely, and one way is enough.
 */
#include "shmcache/board.h"

#include "common/siphash.h"
#include "common/word.h"
#include "shmcache/cache.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Only a person or a program changes rules, and each change is written to the
 * disk first.  So many changes during one copy do not happen. */
#define TRIES 4

static uint64_t
offset_of_bank(uint64_t word)
{
	return LAYOUT_RULES_OFFSET +
	       (word >> 32 & 1) * sizeof(struct layout_rules);
}

static uint64_t
check_of(const uint64_t hash_key[2], const struct layout_rules *bank, size_t n)
{
	return siphash13(hash_key, bank->words, n);
}

static void
fill(struct layout_rules *bank, const uint64_t hash_key[2], const char *text,
    size_t n)
{
	memset(bank, 0, sizeof(*bank));
	if (n > 0)
		memcpy(bank->words, text, n);
	bank->check = check_of(hash_key, bank, n);
}

int
board_create(int fd, const uint64_t hash_key[2], const char *text, size_t n,
    uint64_t *word_out)
{
	struct layout_rules bank;
	ssize_t done;

	fill(&bank, hash_key, text, n);
	*word_out = n;
	done = pwrite(fd, &bank, sizeof(bank), (off_t)offset_of_bank(n));
	if (done == -1)
		return -errno;
	return (size_t)done == sizeof(bank) ? 0 : -EIO;
}

int
shmcache_rules_word(struct shmcache *cache, uint64_t *word_out)
{
	if (cache->header == NULL)
		return cache_fetch(cache, word_out, sizeof(*word_out),
		    offsetof(struct layout_header, rules));
	/* [A6] before its bank */
	*word_out = word_load_acquire(&cache->header->rules);
	return 0;
}

int
shmcache_rules(struct shmcache *cache, char text_out[SHMCACHE_RULES_BYTES],
    size_t *n_out, uint64_t *word_out)
{
	struct layout_rules bank;
	uint64_t word, again;
	int error;

	if ((error = shmcache_rules_word(cache, &word)) != 0)
		return error;
	for (unsigned tries = 0; tries < TRIES; tries++) {
		const size_t n = (uint32_t)word;

		if (n > SHMCACHE_RULES_BYTES)
			return SHMCACHE_BAD_RULES;
		error = cache_fetch(
		    cache, &bank, sizeof(bank), offset_of_bank(word));
		if (error == 0)
			error = shmcache_rules_word(cache, &again);
		if (error != 0)
			return error;
		if (again == word) {
			if (bank.check != check_of(cache->hash_key, &bank, n))
				return SHMCACHE_BAD_RULES;
			memcpy(text_out, bank.words, n);
			*n_out = n;
			*word_out = word;
			return 0;
		}
		word = again;
	}
	return -EAGAIN;
}

static void
put(uint64_t *word, uint64_t value)
{
	/* [R5] [C10] the holder of the lock alone writes it */
	while (!word_cas(word, word_load(word), value))
		;
}

int
shmcache_set_rules(struct shmcache *cache, const char *text, size_t n)
{
	struct layout_rules bank, *to;
	uint64_t word;

	if (!cache_is_writable(cache))
		return -EBADF;
	if (n > SHMCACHE_RULES_BYTES)
		return SHMCACHE_TOO_MANY;
	/* [R5] the holder of the lock alone writes it */
	word = word_load(&cache->header->rules);
	word = ((word >> 32) + 1) << 32 | n;
	to = (void *)(cache->map + offset_of_bank(word));
	fill(&bank, cache->hash_key, text, n);
	for (size_t i = 0; i < SHMCACHE_RULES_BYTES / 8; i++)
		put(&to->words[i], bank.words[i]);
	put(&to->check, bank.check);
	put(&cache->header->rules, word); /* full barrier after the bank */
	return 0;
}
