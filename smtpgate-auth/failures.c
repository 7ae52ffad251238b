/* SPDX-License-Identifier: ISC */
/*
 *   word  { tag:32 | hour:16 | count:16 }     8 words = 1 bucket
 *
 * A key's bucket and tag come from one keyed hash.  A word of another hour, or
 * whose count is 0, is free.  In a full bucket the smallest count is replaced:
 * a flood of addresses replaces its own counts first.
 *
 *   arrow      who        atomic                      if it dies right after
 *   ---------  ---------  --------------------------  ----------------------
 *   count      begin      CAS (tag, hour, n) -> n+1   one failure too many
 *   take place begin      CAS (old) -> (tag, hour, 1) the same
 *   uncount    take_back  CAS (tag, hour, n) -> n-1   the same
 *
 * Two processes that take a place for one key at once choose the same word,
 * unless a third changes the bucket in between.  Then the key has two words and
 * only the first counts on: one or two attempts are forgotten.  A count stops
 * at its maximum.  No word orders any other memory.
 */
#include "smtpgate-auth/failures.h"

#include "common/ascii.h"
#include "common/cidr.h"
#include "common/siphash.h"
#include "common/word.h"
#include "smtpgate-auth/request.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#define BUCKET_WORDS 8
#define N_BUCKETS 8192 /* 512 kB, of which only what is used costs memory */

#define TAG_SHIFT 32
#define HOUR_SHIFT 16
#define COUNT_MAX 0xffffu

struct failures {
	uint64_t hash_key[2];
	unsigned ipv6_prefix;
	uint64_t words[N_BUCKETS][BUCKET_WORDS];
};

static uint64_t
word_of(uint64_t hash, uint16_t hour, uint64_t count)
{
	return (hash >> 32) << TAG_SHIFT | (uint64_t)hour << HOUR_SHIFT | count;
}

static uint64_t
count_of(uint64_t word)
{
	return word & COUNT_MAX;
}

static bool
is_of_hour(uint64_t word, uint16_t hour)
{
	return ((word >> HOUR_SHIFT) & 0xffff) == hour && count_of(word) != 0;
}

static uint64_t *
bucket_of(struct failures *failures, uint64_t hash)
{
	return failures->words[hash & (N_BUCKETS - 1)];
}

/* The key's word, or NULL; seen_out: its value. */
static uint64_t *
find(uint64_t *bucket, uint64_t hash, uint16_t hour, uint64_t *seen_out)
{
	unsigned i;

	for (i = 0; i < BUCKET_WORDS; i++) {
		*seen_out = word_load(&bucket[i]);
		if (is_of_hour(*seen_out, hour) &&
		    *seen_out >> TAG_SHIFT == hash >> 32)
			return &bucket[i];
	}
	return NULL;
}

/* A free word, or the one of the smallest count. */
static uint64_t *
find_place(uint64_t *bucket, uint16_t hour, uint64_t *seen_out)
{
	uint64_t seen, least = COUNT_MAX + 1;
	uint64_t *place = NULL;
	unsigned i;

	for (i = 0; i < BUCKET_WORDS && least > 0; i++) {
		seen = word_load(&bucket[i]);
		if (!is_of_hour(seen, hour))
			least = 0;
		else if (count_of(seen) < least)
			least = count_of(seen);
		else
			continue;
		place = &bucket[i];
		*seen_out = seen;
	}
	return place;
}

/* Returns the new count. */
static uint64_t
count(struct failures *failures, uint64_t hash, uint16_t hour)
{
	uint64_t *bucket = bucket_of(failures, hash), *word;
	uint64_t seen = 0, want;

	do {
		word = find(bucket, hash, hour, &seen);
		want = seen + 1;
		if (word == NULL) {
			word = find_place(bucket, hour, &seen);
			want = word_of(hash, hour, 1);
		} else if (count_of(seen) == COUNT_MAX) {
			return COUNT_MAX;
		}
	} while (!word_cas(word, seen, want));
	return count_of(want);
}

static void
uncount(struct failures *failures, uint64_t hash, uint16_t hour)
{
	uint64_t *bucket = bucket_of(failures, hash), *word;
	uint64_t seen = 0;

	do {
		word = find(bucket, hash, hour, &seen);
	} while (word != NULL && !word_cas(word, seen, seen - 1));
}

int
failures_new(unsigned ipv6_prefix, struct failures **failures_out)
{
	struct failures *failures = mmap(NULL, sizeof(*failures),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (failures == MAP_FAILED)
		return -errno;
	if (getrandom(failures->hash_key, sizeof(failures->hash_key), 0) !=
	    (ssize_t)sizeof(failures->hash_key)) {
		failures_free(failures);
		return -EIO;
	}
	failures->ipv6_prefix = ipv6_prefix;
	*failures_out = failures;
	return 0;
}

void
failures_free(struct failures *failures)
{
	if (failures != NULL)
		munmap(failures, sizeof(*failures));
}

void
failures_name(const struct failures *failures, const struct addr *client,
    const char *user, uint32_t hour, struct failures_attempt *attempt_out)
{
	uint8_t bytes[sizeof(*client) + REQUEST_USER_MAX_BYTES];
	struct addr masked = *client;
	size_t n = sizeof(masked);

	addr_mask_client(&masked, failures->ipv6_prefix);
	memcpy(bytes, &masked, sizeof(masked));
	attempt_out->hour = (uint16_t)hour;
	attempt_out->client = siphash13(failures->hash_key, bytes, n);
	for (; *user != '\0' && n < sizeof(bytes); user++)
		bytes[n++] = (uint8_t)ascii_lower(*user);
	attempt_out->user = siphash13(failures->hash_key, bytes, n);
}

bool
failures_begin(struct failures *failures, const struct failures_limits *limits,
    const struct failures_attempt *attempt)
{
	if (count(failures, attempt->client, attempt->hour) >
	    limits->per_client) {
		uncount(failures, attempt->client, attempt->hour);
		return false;
	}
	if (count(failures, attempt->user, attempt->hour) > limits->per_user) {
		failures_take_back(failures, attempt);
		return false;
	}
	return true;
}

void
failures_take_back(
    struct failures *failures, const struct failures_attempt *attempt)
{
	uncount(failures, attempt->client, attempt->hour);
	uncount(failures, attempt->user, attempt->hour);
}
