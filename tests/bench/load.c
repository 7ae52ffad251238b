/* SPDX-License-Identifier: ISC */
/*
 * The Zipf draws follow J. Gray et al., "Quickly Generating Billion-Record
 * Synthetic Databases", SIGMOD 1994, section 3.2.  The popular clients are
 * scattered by a factor that is prime to n (n has no factor above 5).
 */
#include "tests/bench/load.h"

#include <math.h>

#define ZIPF_EXPONENT 0.99
#define SCATTER UINT64_C(7368787)

const char *const load_keys_name[LOAD_KEYS_MAX] = {
    [LOAD_UNIFORM] = "uniform",
    [LOAD_ZIPF] = "zipf",
};

const char *const load_op_name[LOAD_OPS_MAX] = {
    [LOAD_HIT] = "hit",
    [LOAD_MISS] = "miss",
    [LOAD_INSERT] = "insert",
    [LOAD_REFRESH] = "refresh",
    [LOAD_MIXED] = "95/5",
};

/* splitmix64, public domain. */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static double
next_unit(uint64_t *state)
{
	return (double)(next_random(state) >> 11) * 0x1p-53;
}

static double
zeta(uint32_t n)
{
	double sum = 0;

	for (uint32_t i = 1; i <= n; i++)
		sum += pow(1.0 / i, ZIPF_EXPONENT);
	return sum;
}

static void
draw_zipf(uint32_t *draws, uint32_t n)
{
	const double zeta_n = zeta(n);
	const double alpha = 1 / (1 - ZIPF_EXPONENT);
	const double eta =
	    (1 - pow(2.0 / n, 1 - ZIPF_EXPONENT)) / (1 - zeta(2) / zeta_n);
	uint64_t state = n;

	for (uint32_t i = 0; i < LOAD_DRAWS; i++) {
		const double u = next_unit(&state);
		uint64_t rank;

		if (u * zeta_n < 1)
			rank = 0;
		else if (u * zeta_n < 1 + pow(0.5, ZIPF_EXPONENT))
			rank = 1;
		else
			rank = (uint64_t)(n * pow(eta * u - eta + 1, alpha));
		draws[i] = (uint32_t)(rank * SCATTER % n);
	}
}

static void
draw_uniform(uint32_t *draws, uint32_t n)
{
	uint64_t state = ~(uint64_t)n;

	for (uint32_t i = 0; i < LOAD_DRAWS; i++)
		draws[i] = (uint32_t)((next_random(&state) >> 32) * n >> 32);
}

void
load_draw(uint32_t *draws, enum load_keys keys, uint32_t n)
{
	switch (keys) {
	case LOAD_UNIFORM:
		draw_uniform(draws, n);
		break;
	case LOAD_ZIPF:
		draw_zipf(draws, n);
		break;
	case LOAD_KEYS_MAX:
		break;
	}
}
