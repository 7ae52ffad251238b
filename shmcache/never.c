/* SPDX-License-Identifier: ISC */
#include "shmcache/never.h"

#include "common/word.h"
#include "shmcache/network.h"

#define V4(a, b, len)                                                          \
	{                                                                      \
		{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, 0, 0}},      \
		    96 + (len)                                                 \
	}

static const struct cidr builtin[] = {
    V4(0, 0, 8),          /* "this network", unspecified */
    V4(127, 0, 8),        /* loopback */
    V4(169, 254, 16),     /* link-local */
    V4(224, 0, 4),        /* multicast */
    V4(240, 0, 4),        /* reserved, broadcast */
    {{{0}}, 96},          /* ::, ::1, IPv4-compatible */
    {{{0xfe, 0x80}}, 10}, /* link-local */
    {{{0xff}}, 8},        /* multicast */
};

/* A network that makes no sense contains every address. */
static bool
words_contain(
    const uint64_t words[LAYOUT_NETWORK_WORDS], const struct addr *addr)
{
	struct cidr cidr;

	return !network_unpack(words, &cidr) || cidr_contains(&cidr, addr);
}

static size_t
bank_count(const struct layout_never *bank)
{
	/* [A6] before never_gen again */
	const uint64_t n = word_load_acquire(&bank->n);

	return n <= SHMCACHE_NEVER_MAX ? (size_t)n : SHMCACHE_NEVER_MAX;
}

static bool
bank_contains(const struct layout_never *bank, const struct addr *addr)
{
	const size_t n = bank_count(bank);

	for (size_t i = 0; i < n; i++) {
		uint64_t words[LAYOUT_NETWORK_WORDS];

		for (unsigned w = 0; w < LAYOUT_NETWORK_WORDS; w++)
			/* [A6] before never_gen again */
			words[w] = word_load_acquire(&bank->words[i][w]);
		if (words_contain(words, addr))
			return true;
	}
	return false;
}

bool
shmcache_never_grants(const struct addr *addr)
{
	return cidr_list_contains(
	    builtin, sizeof(builtin) / sizeof(builtin[0]), addr);
}

static bool
list_contains(struct shmcache *cache, const struct addr *addr)
{
	const struct layout_header *header = cache->header;

	if (shmcache_never_grants(addr))
		return true;
	for (;;) {
		/* [A6] before its bank */
		const uint64_t gen = word_load_acquire(&header->never_gen);
		const bool contains =
		    bank_contains(&header->never[gen & 1], addr);

		/* [R7] after its bank, which is rewritten only while
		 * never_gen names the other */
		if (word_load(&header->never_gen) == gen)
			return contains;
	}
}

bool
never_contains(struct shmcache *cache, const struct client_rules *rules,
    const struct addr *addr)
{
	struct addr v4;

	return list_contains(cache, addr) ||
	       (client_embedded(addr, rules, &v4) && list_contains(cache, &v4));
}

static void
put(uint64_t *word, uint64_t value)
{
	/* [R5] [C10] popauthd alone writes it */
	while (!word_cas(word, word_load(word), value))
		;
}

void
never_replace(struct layout_header *header, const struct cidr *list, size_t n)
{
	/* [R5] popauthd alone writes it */
	const uint64_t gen = word_load(&header->never_gen);
	struct layout_never *bank = &header->never[(gen + 1) & 1];

	for (size_t i = 0; i < n; i++) {
		uint64_t words[LAYOUT_NETWORK_WORDS];

		network_pack(&list[i], words);
		for (unsigned w = 0; w < LAYOUT_NETWORK_WORDS; w++)
			put(&bank->words[i][w], words[w]);
	}
	put(&bank->n, n);
	put(&header->never_gen, gen + 1); /* full barrier after the bank */
}

bool
never_is(const struct layout_header *header, const struct cidr *list, size_t n)
{
	const struct layout_never *bank =
	    /* [R5] popauthd alone writes it */
	    &header->never[word_load(&header->never_gen) & 1];

	/* [R5] likewise */
	if (word_load(&bank->n) != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint64_t words[LAYOUT_NETWORK_WORDS];

		network_pack(&list[i], words);
		for (unsigned w = 0; w < LAYOUT_NETWORK_WORDS; w++)
			/* [R5] likewise */
			if (word_load(&bank->words[i][w]) != words[w])
				return false;
	}
	return true;
}

size_t
never_count(struct shmcache *cache)
{
	const struct layout_header *header = cache->header;

	/* [A6] before its bank */
	return bank_count(
	    &header->never[word_load_acquire(&header->never_gen) & 1]);
}
