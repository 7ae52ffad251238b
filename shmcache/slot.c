/* SPDX-License-Identifier: ISC */
/*
 * The slot protocol.
 *
 * A slot is a control word {version | mark | state | tag | stamp} and eight
 * payload words {version | data}.  All are changed by compare-and-swap only.
 *
 *                slot_claim                   slot_publish
 *   (v, FREE) ----------------> (v+1, CLAIMED) ---------> (v+1, LIVE t) --+
 *     ^  ^                        |    ^                   |  |  ^    slot_restamp,
 *     |  |   slot_free            |    |    slot_claim     |  |  +----slot_mark
 *     |  +------------------------+    +-------------------+  |
 *     |                               (expired, or to make    |
 *     |          slot_free (evict)     room)                  |
 *     +-------------------------------------------------------+
 *
 * REVOKED T is LIVE for everything but a look-up: the tombstone of a key, by
 * which a login that was under way when the key was revoked learns of it.
 *
 *   arrow    who                   needs           if the process dies after
 *   claim    insert                free, expired,  a claim stays; whoever
 *                                  stale, oldest   meets it late frees it
 *   fill     the claim's owner     claim is there  the same
 *   publish  the claim's owner     claim is there  the grant stands
 *   restamp  refresh, raise,       exact word      the new stamp stands
 *            lower, revoke
 *   mark     revoke                exact word      the next login ends it
 *   touch    who_note              exact word      the word is another one
 *   free     sweep, merge, revoke, exact word      the slot is free
 *            the claim's owner
 *
 * Invariants
 *  1  A version is claimed once: a claim takes the next one by an exact CAS of
 *     the control word, and nothing else raises it.
 *  2  While (v, LIVE) stands, payload words of version v hold v's key.  They
 *     are written only under (v, CLAIMED), which is over before LIVE begins.
 *     A writer that slept through the end of its claim stores nothing: it
 *     re-reads the control word between reading a payload word and the CAS of
 *     that word [R8], so its CAS can only succeed on a word that no later
 *     claim has written; and a later claim finds that word changed, by its own
 *     CAS [C1], and writes it again before it publishes.
 *  3  (v, LIVE) is seen => v's payload is seen: the publishing CAS [C2] is a
 *     full barrier behind the payload's CASes, and readers load the control
 *     word with acquire [A1] before the payload [R1].
 *  4  So a reader that has (v, LIVE) and eight words that all carry v and the
 *     key it looks for has seen a grant of that key; a mixture shows as words
 *     of different versions.  Payload versions have 16 bits: a false match
 *     needs the slot to be recycled an exact multiple of 65,536 times between
 *     two loads of one reader, and by the same key.
 *     An exact control word comes back only within one second of the clock,
 *     because claims, grants and tombstones carry a stamp: after 2^18 - 1
 *     claims of one slot in it, which no login is fast enough for; or after
 *     sixteen steps of the mark, which takes a revocation that is overtaken, in
 *     the second that it marked the address in, by another one that died after
 *     its mark, and by an exact number of logins (seven, fifteen ...) of
 *     different users at that address.  What it then lowers, the next login
 *     restores.  (v, FREE) has no stamp and needs none: it is free.
 *  5  A stamp goes forwards, but for one arrow: revoking one of several users
 *     lowers an address to the youngest of the others (revoke.c).
 *
 * Time.  A control word is loaded before the clock is read, so that no stamp
 * that a reader sees can be ahead of its clock; ages are signed, so that a
 * clock reading that became old (the process slept) sees young stamps as
 * young.
 *
 * Not promised: fairness.  A writer that always loses gives up (SHMCACHE_BUSY);
 * to lose a race, somebody else must have won one.
 */
#include "shmcache/slot.h"

#include "common/word.h"

bool
slot_claim(
    uint64_t *control, uint64_t seen, uint32_t now_s, uint64_t *claim_out)
{
	uint64_t version = (control_version(seen) + 1) & LAYOUT_VERSION_MASK;

	if (version == 0)
		version = 1; /* 0 is no version: see who.c */
	*claim_out = control_make(version, SLOT_CLAIMED, 0, now_s);
	/* [C5] full barrier: the claim is seen before what its owner looks at
	 * next; pairs with the tombstone's [C2] and [C3], see revoke.c */
	return word_cas(control, seen, *claim_out);
}

bool
slot_fill(const uint64_t *control, uint64_t claim,
    uint64_t payload[LAYOUT_LINE_WORDS], const uint64_t data[LAYOUT_LINE_WORDS],
    unsigned n)
{
	for (unsigned i = 0; i < n;) {
		/* [A4] before the claim is seen again */
		const uint64_t word = word_load_acquire(&payload[i]);

		if (word_load(control) != claim) /* [R8] behind the word */
			return false;
		/* [C1] under the claim */
		if (word_cas(&payload[i], word,
			payload_make(control_version(claim), data[i])))
			i++;
	}
	return true;
}

bool
slot_publish(uint64_t *control, uint64_t claim, enum slot_state state,
    unsigned tag, uint32_t stamp_s, uint64_t *now_out)
{
	*now_out = control_make(control_version(claim), state, tag, stamp_s);
	return word_cas(control, claim, *now_out); /* [C2] behind the payload */
}

/* Odd marks stand; the bits count on, so that no word of before comes back
 * while somebody compares with it. */
bool
slot_is_marked(uint64_t control)
{
	return control_mark(control) % 2 != 0;
}

bool
slot_mark(uint64_t *control, uint64_t seen, uint64_t *marked_out)
{
	*marked_out = slot_is_marked(seen)
			  ? seen
			  : control_with_mark(seen, control_mark(seen) + 1);
	/* [C6] before the users are counted */
	return word_cas(control, seen, *marked_out);
}

bool
slot_touch(uint64_t *control, uint64_t seen)
{
	/* [C6] behind HINT */
	return word_cas(
	    control, seen, control_with_mark(seen, control_mark(seen) + 2));
}

bool
slot_restamp(uint64_t *control, uint64_t seen, enum slot_state state,
    uint32_t stamp_s, uint64_t *now_out)
{
	const unsigned mark =
	    control_mark(seen) + (slot_is_marked(seen) ? 1u : 0u);

	*now_out = control_with_mark(control_make(control_version(seen), state,
					 control_tag(seen), stamp_s),
	    mark);
	/* [C3] before others are looked for */
	return word_cas(control, seen, *now_out);
}

bool
slot_free(uint64_t *control, uint64_t seen)
{
	/* [C7] of exactly this word */
	return word_cas(control, seen,
	    control_make(control_version(seen), SLOT_FREE, 0, 0));
}

bool
slot_put_word(uint64_t *word, uint64_t seen, uint64_t data)
{
	/* [C8] under the slot's version */
	return word_cas(
	    word, seen, (seen & ~LAYOUT_DATA_MASK) | (data & LAYOUT_DATA_MASK));
}
