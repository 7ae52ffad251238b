/* SPDX-License-Identifier: ISC */
/*
 * fuzz - the common part of the harnesses.
 *
 * CONCEPT.  A harness is tests/fuzz/NAME.c: it defines
 * LLVMFuzzerTestOneInput(), and LLVMFuzzerInitialize() if it needs
 * preparation; the Makefile finds it by its place.  Its inputs are the files
 * in tests/fuzz/corpus/NAME.  It is linked with all of our code, into two
 * programs: with libFuzzer, which makes new inputs (make fuzz); and with
 * replay.c, which runs the inputs of the corpus, under gcc's ASan and UBSan
 * (make replay, part of make check).
 *
 * A harness never waits, and the same input gives the same result: lib/wire.h
 * replaces the sockets of the code's peers, and the clock.
 *
 * A finding ends the process: a sanitizer's report, abort(), or a time-out.  An
 * input that found a mistake goes into the corpus together with the cure.
 */
#ifndef POPAUTH_TESTS_FUZZ_H
#define POPAUTH_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Called once; may be left out. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* An input, which is consumed from its beginning. */
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
