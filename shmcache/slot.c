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
 * REVOKED T is treated as LIVE by everything but a look-up.  It is a key's
 * tombstone: a login that was under way when the key was revoked finds it.
 *
 *   arrow    who                   needs           if the process dies after
 *   claim    insert                free, expired,  the claim stays until a
 *                                  stale, oldest   writer or sweep frees it
 *   fill     the claim's owner     its claim       the same
 *   publish  the claim's owner     its claim       the grant is valid
 *   restamp  refresh, raise,       exact word      the new stamp is valid
 *            lower, revoke
 *   mark     revoke                exact word      the next login clears it
 *   touch    who_note              exact word      the word has changed
 *   free     sweep, merge, revoke, exact word      the slot is free
 *            the claim's owner
 *
 * Invariants
 *  1  A version is claimed once: a claim takes the next one by an exact CAS of
 *     the control word, and nothing else raises it.
 *  2  While the word is (v, LIVE), payload words of version v hold v's key.
 *     They are written only under (v, CLAIMED), which ends before LIVE begins.
 *     A writer that slept through the end of its claim stores nothing: it
 *     reads the control word again between reading a payload word and the CAS
 *     of that word [R8].  So its CAS succeeds only on a word that no later
 *     claim has written.  A later claim's own CAS [C1] finds that word changed,
 *     and writes it again before it publishes.
 *  3  (v, LIVE) is seen => v's payload is seen: the publishing CAS [C2] is a
 *     full barrier after the payload's CASes, and readers load the control
 *     word with acquire [A1] before the payload [R1].
 *  4  So a reader has seen a grant of its key if it has (v, LIVE) and eight
 *     words that all carry v and the key.  A mixture of two keys has words of
 *     different versions.  Payload versions have 16 bits: a false match needs
 *     the slot to be recycled an exact multiple of 65,536 times between two
 *     loads of one reader, and by the same key.
 *  5  An exact control word comes back only within one second of the clock,
 *     because claims, grants and tombstones carry a stamp.  Two cases exist:
 *     (a) 2^18 - 1 claims of one slot within one second.  No login is so fast.
 *     (b) 16 steps of the mark within one second: two revocations of one
 *         address, of which one died after its mark, and 7 or 15 (...) logins
 *         of different users at that address.  What the other one then lowers,
 *         the next login restores.
 *     (v, FREE) has no stamp and needs none: the slot is free.
 *  6  A stamp goes forwards, with one exception: revoking one of several users
 *     lowers an address to the youngest of the others (revoke.c).
 *
 * Time.  A control word is loaded before the clock is read, so no stamp that a
 * reader sees is ahead of its clock.  Ages are signed, so that a process whose
 * clock reading became old (it slept) sees young stamps as young.
 *
 * Not promised: fairness.  A writer that always loses gives up (SHMCACHE_BUSY);
 * each race that it lost was won by another writer.
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
	/* [C5] full barrier: the claim is visible before its owner scans for
	 * tombstones; pairs with the tombstone's [C2] and [C3], see revoke.c */
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

		if (word_load(control) != claim) /* [R8] after the word */
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
	return word_cas(control, claim, *now_out); /* [C2] after the payload */
}

/* An odd mark is set.  The counter never goes back, which prevents ABA on this
 * word. */
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
	/* [C6] after HINT */
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
	/* [C3] before the scan for other copies */
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
