/* SPDX-License-Identifier: ISC */
/*
 * inforce - the rules that the table has, parsed, for one process.
 *
 * CONCEPT.  A process asks before each decision; the text is read and parsed
 * again only after it has changed.  So a rule is in force in running sessions
 * from the next question on.
 *
 * ON FAILURE.  The rules are not known: the caller denies for now.
 */
#ifndef POPAUTH_INFORCE_H
#define POPAUTH_INFORCE_H

#include "rules/rules.h"
#include "shmcache/shmcache.h"

/* Zeros: nothing was read yet. */
struct inforce {
	struct rules rules;
	uint64_t word; /* of the table, for which the rules are */
	bool is_known;
};

/*
 * Bring the rules up to date.
 * Returns 0, or an error of shmcache_rules(), -ENOMEM, or SHMCACHE_BAD_RULES for
 * a text that does not parse; then there are no rules in it.
 * Blocks: never.
 */
int inforce_refresh(struct inforce *inforce, struct shmcache *cache);

void inforce_free(struct inforce *inforce);

#endif
