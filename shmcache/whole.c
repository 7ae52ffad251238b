/* SPDX-License-Identifier: ISC */
#include "shmcache/whole.h"

#include "common/word.h"
#include "shmcache/network.h"

static void
put(uint64_t *word, uint64_t value)
{
	/* [R5] [C10] popauthd alone writes it */
	while (!word_cas(word, word_load(word), value))
		;
}

uint64_t
whole_prepare(struct layout_header *header, const struct cidr *list, size_t n)
{
	/* [R5] popauthd alone writes it */
	const uint64_t gen = (word_load(&header->params) >> 48) + 1;
	struct layout_whole *bank = &header->whole[gen & 1];

	for (size_t i = 0; i < n; i++) {
		uint64_t words[LAYOUT_NETWORK_WORDS];

		network_pack(&list[i], words);
		for (unsigned w = 0; w < LAYOUT_NETWORK_WORDS; w++)
			put(&bank->words[i][w], words[w]);
	}
	return gen << 48 | (uint64_t)n << 40;
}

bool
whole_is(const struct layout_header *header, const struct cidr *list, size_t n)
{
	/* [R5] popauthd alone writes it */
	const uint64_t params = word_load(&header->params);
	const struct layout_whole *bank = &header->whole[params >> 48 & 1];

	if ((params >> 40 & 0xff) != n)
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
