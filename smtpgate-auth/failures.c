/* SPDX-License-Identifier: ISC */
/*
 *   word  { tag:32 | hour:16 | count:16 }     8 words = 1 bucket
 *
 * A key's bucket and tag come from one keyed hash.  A word of another hour, or
 * whose count is 0, is free, except that a success is kept through the next
 * hour.  In a full bucket the smallest count is replaced: a flood of addresses
 * replaces its own counts first.
 *
 *   arrow      who        atomic                      if it dies right after
 *   ---------  ---------  --------------------------  ----------------------
 *   count      begin      CAS (tag, hour, n) -> n+1   one failure too many
 *   take place begin      CAS (old) -> (tag, hour, 1) the same
 *   uncount    take_back  CAS (tag, hour, n) -> n-1   the same
 *   remember   succeed    CAS (old) -> (tag, hour, max) nothing
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

#define SECONDS_AN_HOUR 3600

#define TAG_SHIFT 32
#define HOUR_SHIFT 16
#define COUNT_MAX 0xffffu

/* The wider network, in bits of the 16-byte form: an IPv4 /24; RFC 6177. */
#define WIDER_BITS_V4 120
#define WIDER_BITS_V6 48

/* In place of a count: no flood of failures replaces it. */
#define KNOWN_COUNT COUNT_MAX

struct failures {
	uint64_t hash_key[2];
	struct client_rules rules;
	uint32_t begin_s; /* of the first hour */
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

/* What is lost with a word: its count, or all if a user is known by it. */
static uint64_t
weight_of(uint64_t word, uint16_t hour)
{
	const bool is_known = count_of(word) == KNOWN_COUNT &&
			      is_of_hour(word, (uint16_t)(hour - 1));

	return is_known || is_of_hour(word, hour) ? count_of(word) : 0;
}

/* A free word, or the one of the smallest weight. */
static uint64_t *
find_place(uint64_t *bucket, uint16_t hour, uint64_t *seen_out)
{
	uint64_t seen, least = COUNT_MAX + 1;
	uint64_t *place = NULL;
	unsigned i;

	for (i = 0; i < BUCKET_WORDS && least > 0; i++) {
		seen = word_load(&bucket[i]);
		if (weight_of(seen, hour) >= least)
			continue;
		least = weight_of(seen, hour);
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
failures_new(const struct client_rules *rules, uint32_t now_s,
    struct failures **failures_out)
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
	failures->rules = *rules;
	failures->begin_s = now_s;
	*failures_out = failures;
	return 0;
}

void
failures_free(struct failures *failures)
{
	if (failures != NULL)
		munmap(failures, sizeof(*failures));
}

/* What a hash names: the same bytes never mean two things. */
enum name {
	NAME_CLIENT = 0,
	NAME_USER,
	NAME_WIDER,
	NAME_KNOWN,
};

static uint64_t
hash(const struct failures *failures, enum name name,
    const struct addr *network, const char *user)
{
	uint8_t bytes[1 + sizeof(*network) + REQUEST_USER_MAX_BYTES];
	size_t n = 1 + sizeof(*network);

	bytes[0] = (uint8_t)name;
	memcpy(bytes + 1, network, sizeof(*network));
	for (; *user != '\0' && n < sizeof(bytes); user++)
		bytes[n++] = (uint8_t)ascii_lower(*user);
	return siphash13(failures->hash_key, bytes, n);
}

void
failures_name(const struct failures *failures, const struct addr *client,
    const char *user, uint32_t now_s, struct failures_attempt *attempt_out)
{
	struct addr masked = *client, wider = *client;

	client_mask(&masked, &failures->rules);
	addr_mask(&wider, addr_is_v4(client) ? WIDER_BITS_V4 : WIDER_BITS_V6);
	attempt_out->hour =
	    (uint16_t)((now_s - failures->begin_s) / SECONDS_AN_HOUR);
	attempt_out->client = hash(failures, NAME_CLIENT, &masked, "");
	attempt_out->user = hash(failures, NAME_USER, &masked, user);
	attempt_out->known = hash(failures, NAME_KNOWN, &masked, user);
	attempt_out->wider = hash(failures, NAME_WIDER, &wider, user);
}

/* In this hour, or the one before. */
static bool
is_known(struct failures *failures, const struct failures_attempt *attempt)
{
	uint64_t *bucket = bucket_of(failures, attempt->known), seen;

	return find(bucket, attempt->known, attempt->hour, &seen) != NULL ||
	       find(bucket, attempt->known, (uint16_t)(attempt->hour - 1),
		   &seen) != NULL;
}

bool
failures_begin(struct failures *failures, const struct failures_limits *limits,
    const struct failures_attempt *attempt)
{
	uint64_t n_client = count(failures, attempt->client, attempt->hour);
	uint64_t n_user = count(failures, attempt->user, attempt->hour);
	uint64_t n_wider = count(failures, attempt->wider, attempt->hour);
	bool is_refused = n_user > limits->per_user;

	if (!is_refused && !is_known(failures, attempt))
		is_refused =
		    n_client > limits->per_client ||
		    n_wider > (uint64_t)limits->per_user * FAILURES_WIDER_TIMES;
	if (is_refused)
		failures_take_back(failures, attempt);
	return !is_refused;
}

void
failures_succeed(
    struct failures *failures, const struct failures_attempt *attempt)
{
	uint64_t *bucket = bucket_of(failures, attempt->known), *word;
	uint64_t want = word_of(attempt->known, attempt->hour, KNOWN_COUNT);
	uint64_t seen = 0;

	failures_take_back(failures, attempt);
	do {
		word = find(bucket, attempt->known, attempt->hour, &seen);
		if (word != NULL)
			return;
		word = find_place(bucket, attempt->hour, &seen);
	} while (!word_cas(word, seen, want));
}

void
failures_take_back(
    struct failures *failures, const struct failures_attempt *attempt)
{
	uncount(failures, attempt->client, attempt->hour);
	uncount(failures, attempt->user, attempt->hour);
	uncount(failures, attempt->wider, attempt->hour);
}
