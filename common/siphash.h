/* SPDX-License-Identifier: ISC */
/*
 * siphash - a keyed hash whose values a client cannot choose.
 *
 * CONCEPT.  Clients choose their addresses; with an unkeyed hash a client could
 * fill a bucket on purpose.  SipHash-1-3 (as in Rust's and Python's tables)
 * places keys.  SipHash-2-4 with 128 bits of output replaces user names that
 * are too long to be stored.  Each table has a new random key.
 *
 * Source: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF",
 * INDOCRYPT 2012; the 128-bit output is the authors' later addition.  Checked
 * against the vectors of the paper and of the authors' reference.
 */
#ifndef POPAUTH_SIPHASH_H
#define POPAUTH_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* 64 bits of n_rounds-per-word, n_final-at-the-end SipHash. */
uint64_t siphash(const uint64_t key[2], const void *data, size_t len,
    unsigned n_rounds, unsigned n_final);

/* SipHash-1-3. */
uint64_t siphash13(const uint64_t key[2], const void *data, size_t len);

/* The same of 17 and of 48 bytes, which are the lengths of our keys, given as
 * the numbers that little-endian loads make of them. */
uint64_t siphash13_17(
    const uint64_t key[2], uint64_t word0, uint64_t word1, uint8_t last);
uint64_t siphash13_48(const uint64_t key[2], const uint64_t words[6]);

/* SipHash-2-4-128. */
void siphash24_128(
    const uint64_t key[2], const void *data, size_t len, uint64_t hash_out[2]);

#endif
