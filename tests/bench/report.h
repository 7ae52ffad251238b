/* SPDX-License-Identifier: ISC */
/* report - tables for readers: the measurements, and the requirements. */
#ifndef POPAUTH_TESTS_BENCH_REPORT_H
#define POPAUTH_TESTS_BENCH_REPORT_H

#include "tests/bench/growth.h"

#include <stdio.h>

/* All peers at one size, one process, uniform keys. */
void report_peers(FILE *file, unsigned size);

/* The required figures, and whether they are reached. */
void report_wanted(FILE *file);

/* The same of growth. */
void report_growth(FILE *file, const struct growth *growth);

#endif
