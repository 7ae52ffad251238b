/* SPDX-License-Identifier: ISC */
#include "common/siphash.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <endian.h>
#include <string.h>

/* The key of all published vectors: bytes 00 01 ... 0f. */
static const uint64_t key[2] = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};

static void
fill(unsigned char *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		data[i] = (unsigned char)i;
}

Test(siphash, two_four_gives_the_vector_of_the_paper)
{
	unsigned char data[15];

	fill(data, sizeof(data));
	cr_assert(eq(u64, siphash(key, data, sizeof(data), 2, 4),
	    0xa129ca6149be45e5u)); /* appendix A of the paper */
}

Test(siphash, two_four_of_nothing_gives_the_reference_vector)
{
	cr_assert(eq(u64, siphash(key, "", 0, 2, 4), 0x726fdb47dd0e0e31u));
}

Test(siphash, one_three_is_the_same_with_fewer_rounds)
{
	unsigned char data[17];

	fill(data, sizeof(data));
	cr_assert(eq(u64, siphash13(key, data, sizeof(data)),
	    siphash(key, data, sizeof(data), 1, 3)));
	cr_assert(ne(u64, siphash13(key, data, sizeof(data)),
	    siphash(key, data, sizeof(data), 2, 4)));
}

Test(siphash, one_three_gives_the_vector_of_other_implementations)
{
	/* As Rust's and Python's tests have it for no bytes and for one. */
	const unsigned char zero = 0;

	cr_assert(eq(u64, siphash13(key, "", 0), 0xabac0158050fc4dcu));
	cr_assert(eq(u64, siphash13(key, &zero, 1), 0xc9f49bf37d57ca93u));
}

Test(siphash, long_output_gives_the_reference_vector)
{
	uint64_t hash[2];

	siphash24_128(key, "", 0, hash);
	/* bytes a3 81 7f 04 ba 25 a8 e6 6d f6 72 14 c7 55 02 93 */
	cr_assert(eq(u64, hash[0], 0xe6a825ba047f81a3u));
	cr_assert(eq(u64, hash[1], 0x930255c71472f66du));
}

Test(siphash, another_key_gives_another_hash)
{
	const uint64_t other[2] = {key[0] ^ 1, key[1]};

	cr_assert(
	    ne(u64, siphash13(key, "joe", 3), siphash13(other, "joe", 3)));
}

Test(siphash, keys_hash_alike_as_bytes_and_as_words)
{
	unsigned char data[48];
	uint64_t words[6];

	fill(data, sizeof(data));
	for (unsigned i = 0; i < 6; i++) {
		memcpy(&words[i], data + 8 * i, sizeof(words[i]));
		words[i] = le64toh(words[i]);
	}
	cr_assert(eq(u64, siphash13_17(key, words[0], words[1], data[16]),
	    siphash13(key, data, 17)));
	cr_assert(eq(u64, siphash13_48(key, words), siphash13(key, data, 48)));
}
