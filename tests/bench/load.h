/* SPDX-License-Identifier: ISC */
/*
 * load - the clients of the operations, and their order.
 *
 * Drawn in advance, so that the drawing is not measured; a million draws, so
 * that a table of a million is really covered.  Every member of a crew begins
 * at another place of the same sequence.
 */
#ifndef POPAUTH_TESTS_BENCH_LOAD_H
#define POPAUTH_TESTS_BENCH_LOAD_H

#include <stdint.h>

#define LOAD_DRAWS (UINT32_C(1) << 20)

enum load_keys {
	LOAD_UNIFORM = 0,
	LOAD_ZIPF, /* exponent 0.99, as in YCSB */
	LOAD_KEYS_MAX,
};

extern const char *const load_keys_name[LOAD_KEYS_MAX];

enum load_op {
	LOAD_HIT = 0,
	LOAD_MISS,
	LOAD_INSERT,
	LOAD_REFRESH,
	LOAD_MIXED, /* 95 look-ups, 5 refreshes */
	LOAD_OPS_MAX,
};

extern const char *const load_op_name[LOAD_OPS_MAX];

/* Fill draws[LOAD_DRAWS] with numbers below n; the same ones every time. */
void load_draw(uint32_t *draws, enum load_keys keys, uint32_t n);

#endif
