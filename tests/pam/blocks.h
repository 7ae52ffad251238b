/* SPDX-License-Identifier: ISC */
/*
 * How many blocks of the heap are in use: a count that is exact, where the
 * bytes that mallinfo(3) reports depend on how the free ones lay.
 *
 * blocks.c replaces malloc(3) in the program that it is linked with, and in all
 * that this program loads; not together with a sanitizer, which does the same.
 * Safe in threads.
 */
#ifndef POPAUTH_TESTS_PAM_BLOCKS_H
#define POPAUTH_TESTS_PAM_BLOCKS_H

#include <stddef.h>

size_t blocks_in_use(void);

#endif
