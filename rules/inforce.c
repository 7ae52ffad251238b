/* SPDX-License-Identifier: ISC */
#include "rules/inforce.h"

#include <errno.h>
#include <stdlib.h>

/* A table without rules costs one word. */
static bool
has_rules(uint64_t word)
{
	return (uint32_t)word != 0;
}

static int
read_rules(struct inforce *inforce, struct shmcache *cache)
{
	char *text = malloc(SHMCACHE_RULES_BYTES);
	size_t n;
	int error;

	if (text == NULL)
		return -ENOMEM;
	error = shmcache_rules(cache, text, &n, &inforce->word);
	if (error == 0)
		error = rules_parse(text, n, &inforce->rules, NULL);
	free(text);
	return error == -EINVAL ? SHMCACHE_BAD_RULES : error;
}

int
inforce_refresh(struct inforce *inforce, struct shmcache *cache)
{
	uint64_t word;
	int error;

	if ((error = shmcache_rules_word(cache, &word)) != 0)
		return error;
	if (inforce->is_known && word == inforce->word)
		return 0;
	inforce_free(inforce);
	inforce->word = word;
	if (has_rules(word) && (error = read_rules(inforce, cache)) != 0)
		return error;
	inforce->is_known = true;
	return 0;
}

void
inforce_free(struct inforce *inforce)
{
	rules_free(&inforce->rules);
	inforce->is_known = false;
}
