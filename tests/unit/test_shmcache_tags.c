/* SPDX-License-Identifier: ISC */
#include "shmcache/tags.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

static _Alignas(64) uint64_t controls[LAYOUT_SLOTS];

static void
fill(unsigned short state[3])
{
	for (unsigned i = 0; i < LAYOUT_SLOTS; i++)
		controls[i] = (uint64_t)nrand48(state) << 33 ^
			      (uint64_t)nrand48(state) << 16 ^
			      (uint64_t)nrand48(state);
}

Test(tags, the_portable_form_finds_what_is_there_and_nothing_else)
{
	const uint64_t key = control_make(7, SLOT_LIVE, 0x5a, 1234);
	const uint64_t wanted = key & CONTROL_KEY_MASK;

	controls[0] = key;
	controls[3] = control_make(9, SLOT_LIVE, 0x5a, 99);
	controls[4] = control_make(7, SLOT_LIVE, 0x5b, 1234);
	controls[6] = control_make(7, SLOT_REVOKED, 0x5a, 1234);
	cr_assert(eq(
	    uint, tags_match_portable(controls, CONTROL_KEY_MASK, wanted), 9));
}

Test(tags, both_forms_agree)
{
	unsigned short state[3] = {1, 2, 3};
	unsigned n_found = 0;

	for (unsigned i = 0; i < 200000; i++) {
		/* Few bits, so that some are equal. */
		const uint64_t mask = (uint64_t)7 << (32 + i % 24);

		fill(state);
		const uint64_t wanted = controls[i % LAYOUT_SLOTS] & mask;
		const unsigned found = tags_match(controls, mask, wanted);

		cr_assert(eq(
		    uint, found, tags_match_portable(controls, mask, wanted)));
		n_found += (unsigned)__builtin_popcount(found);
	}
	cr_assert(gt(uint, n_found, 300000));
}
