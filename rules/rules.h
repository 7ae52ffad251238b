/* SPDX-License-Identifier: ISC */
/*
 * rules - what the administrator decided by hand: blocks and permits.
 *
 * CONCEPT.  A block takes every right from a user or a network.  A permit lets
 * a network relay without a login: from some senders or any, to some domains or
 * any, until a time.  Rules are lines of text.  The same text is in the file
 * that outlives a reboot (rulefile.h) and in the table of grants, where module
 * and gate read it (shmcache.h).
 *
 *   block user=joe until=0 at=1796000000 by=root note=his password was stolen
 *   block net=192.0.2.0/24 until=1796086400 at=1796000000 by=anna note=
 *   permit net=192.0.2.7/32 until=1803776000 sender=scan@example.org
 *       to=example.org at=1796000000 by=anna note=the scanner      (one line)
 *
 * Times are seconds since 1970; until=0 has no end.  A value has %20 for a blank,
 * and likewise for "%" and control characters; `note` is the rest of the line.
 *
 * CONCURRENCY.  Pure functions; a struct rules is for one thread.
 *
 * On failure: a text with one bad line is refused as a whole, because the line
 * may have been a block.  The caller denies.
 */
#ifndef POPAUTH_RULES_H
#define POPAUTH_RULES_H

#include "common/cidr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The longest text of all rules, without a final NUL. */
#define RULES_TEXT_BYTES 65520u

/* The longest value of a line, its final NUL counted. */
#define RULES_VALUE_BYTES 512u

enum rule_kind {
	RULE_BLOCK = 0,
	RULE_PERMIT,
};

/* The texts are never NULL. */
struct rule {
	enum rule_kind kind;
	bool is_for_user; /* a block of user; else of net */
	const char *user;
	struct cidr net;
	int64_t until_s;     /* 0: no end */
	const char *senders; /* of a permit: "a@b,c@d", "" for any */
	const char *domains; /* of a permit: "example.org,...", "" for any */
	int64_t at_s;        /* when, and by which user it was made */
	const char *by;
	const char *note;
};

struct rules {
	struct rule *items; /* [n], in the order of the text */
	size_t n;
	char *text; /* the items point into it */
};

/*
 * Read rules.
 * text: n_bytes long; copied.  rules_out: for rules_free(); empty on failure.
 * line_out: the number of the bad line, from 1; NULL: not wanted.
 * Returns 0, -EINVAL or -ENOMEM.
 */
int rules_parse(const char *text, size_t n_bytes, struct rules *rules_out,
    size_t *line_out);

/* Accepts empty rules (zeros). */
void rules_free(struct rules *rules);

/* Write the rule as a line with its line feed. */
void rule_write(const struct rule *rule, FILE *out);

/* Whether a value can be stored: 1 to RULES_VALUE_BYTES - 1 bytes, no control
 * characters. */
bool rule_value_is_good(const char *value);

/* Whether its time is over. */
bool rule_has_ended(const struct rule *rule, int64_t now_s);

/*
 * The first block in force of this user or this address, or NULL.
 * user: NULL or "": none is known.  Names compare without ASCII case.
 * addr: NULL: unknown.
 */
const struct rule *rules_find_block(const struct rules *rules,
    const struct addr *addr, const char *user, int64_t now_s);

/*
 * A permit in force for this address.
 * after: the one before it; NULL: from the first on.
 * Returns NULL when there is no other.
 */
const struct rule *rules_next_permit(const struct rules *rules,
    const struct rule *after, const struct addr *addr, int64_t now_s);

/* Whether a list "a,b" has the item, without ASCII case.  An item that begins
 * with "." stands for each longer name that ends with it. */
bool rule_list_has(const char *list, const char *item);

#endif
