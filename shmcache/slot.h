/* SPDX-License-Identifier: ISC */
/*
 * slot - the transitions of one slot, each a single compare-and-swap.
 *
 * CONCURRENCY.  Any of these may run beside any other, in any process.  False
 * means that another process was first: nothing was changed, and the caller has
 * to load the word again.  slot.c has the argument.
 */
#ifndef POPAUTH_SHMCACHE_SLOT_H
#define POPAUTH_SHMCACHE_SLOT_H

#include "shmcache/layout.h"

#include <stdbool.h>
#include <stdint.h>

/* An older claim may be freed: its owner is dead, or will notice the loss. */
#define SLOT_CLAIM_TIMEOUT_S 5u

/* (v, anything) -> (v + 1, CLAIMED now).  The claim's control word is what
 * slot_fill() and slot_publish() take. */
bool slot_claim(
    uint64_t *control, uint64_t seen, uint32_t now_s, uint64_t *claim_out);

/* Write n words of payload under a claim; false: the claim was lost. */
bool slot_fill(const uint64_t *control, uint64_t claim,
    uint64_t payload[LAYOUT_LINE_WORDS], const uint64_t data[LAYOUT_LINE_WORDS],
    unsigned n);

/* (v, CLAIMED) -> (v, LIVE or REVOKED stamp).  now_out: the new word. */
bool slot_publish(uint64_t *control, uint64_t claim, enum slot_state state,
    unsigned tag, uint32_t stamp_s, uint64_t *now_out);

/*
 * (v, key) -> (v, the same key, LIVE or REVOKED, another stamp); clears a mark.
 * now_out: the new word.
 */
bool slot_restamp(uint64_t *control, uint64_t seen, enum slot_state state,
    uint32_t stamp_s, uint64_t *now_out);

/*
 * Announce that the stamp may be lowered: a login that renews the key from now
 * on has to change the word, even if its stamp is young enough.
 */
bool slot_mark(uint64_t *control, uint64_t seen, uint64_t *marked_out);

/* Change the word without changing its meaning. */
bool slot_touch(uint64_t *control, uint64_t seen);

/* Whether a mark is set. */
bool slot_is_marked(uint64_t control);

/* (v, anything) -> (v, FREE). */
bool slot_free(uint64_t *control, uint64_t seen);

/* One mutable word of a payload, under the slot's version: seen -> data. */
bool slot_put_word(uint64_t *word, uint64_t seen, uint64_t data);

#endif
