/* SPDX-License-Identifier: ISC */
/*
 * fuzz - what a harness is.
 *
 * CONCEPT.  A harness is tests/fuzz/NAME.c: it defines LLVMFuzzerTestOneInput(),
 * and LLVMFuzzerInitialize() if it has something to prepare; the Makefile finds
 * it by its place.  Its inputs are the files in tests/fuzz/corpus/NAME.  It is
 * linked with all of our code, into two programs: with libFuzzer, which makes
 * new inputs (make fuzz); and with replay.c, which runs the inputs of the
 * corpus, under gcc's ASan and UBSan (make replay, part of make check).
 *
 * Nothing waits in one, and the same input does the same again: where the code
 * speaks to somebody else, lib/wire.h is his socket, and the clock.
 *
 * What a harness finds ends the process: a sanitizer's report, abort(), or a
 * time-out.  An input that did so once goes into the corpus with its cure.
 */
#ifndef POPAUTH_TESTS_FUZZ_H
#define POPAUTH_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Called once; may be left out. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* An input that is used up from its beginning. */
struct fuzz_feed {
	const uint8_t *at;
	size_t n;
};

/* The next n_bytes (1 to 8) as a number, the lowest first; zeros at the end. */
static inline uint64_t
fuzz_take(struct fuzz_feed *feed, unsigned n_bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < n_bytes && feed->n > 0; i++) {
		value |= (uint64_t)*feed->at++ << 8 * i;
		feed->n--;
	}
	return value;
}

#endif
