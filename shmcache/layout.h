/* SPDX-License-Identifier: ISC */
/*
 * layout - where each byte of the table's file is, and which operations touch
 * its words.
 *
 *   0        header, one page: words below
 *   4096     never-grant list, bank 0 and bank 1
 *   32768    text of the administrator's rules, bank 0 and bank 1
 *   163840   segment 0:  2^k control lines, then 2^k * 8 payload lines
 *            segment 1:  as many buckets as all before it together, likewise
 *            segment 2:  ...
 *
 * A bucket is 8 slots.  Its control words share one cache line, so that a miss
 * touches one line a bucket; the payload of a slot is a line of its own.
 *
 *   control word  { version:18 | mark:4 | state:2 | tag:8 | stamp:32 }
 *   payload word  { version:16 | data:48 } x 8    48 bytes of data a slot:
 *                   16 address, 1 kind, 31 user name (an address's key: two
 *                   words, see who.h, and three unused ones)
 *
 * All words have the machine's byte order: the file never leaves the machine.
 * Any change here needs a new LAYOUT_VERSION.
 */
#ifndef POPAUTH_SHMCACHE_LAYOUT_H
#define POPAUTH_SHMCACHE_LAYOUT_H

#include "shmcache/shmcache.h"

#include <stddef.h>
#include <stdint.h>

#define LAYOUT_MAGIC 0x31485455414f5050u /* "PPOAUTH1" in memory */
#define LAYOUT_VERSION 5u

#define LAYOUT_LINE_BYTES 64u
#define LAYOUT_LINE_WORDS 8u
#define LAYOUT_SLOTS 8u /* of a bucket */
#define LAYOUT_BUCKET_BYTES (LAYOUT_LINE_BYTES * (1u + LAYOUT_SLOTS))
#define LAYOUT_RULES_OFFSET 32768u
#define LAYOUT_HEADER_BYTES 163840u /* all before the segments */

#define LAYOUT_BUCKETS_LOG2_MIN 7u
#define LAYOUT_BUCKETS_LOG2_MAX 21u
#define LAYOUT_LEVEL_MAX 14u

/* A network: see network.h. */
#define LAYOUT_NETWORK_WORDS 3u

/* Addresses whose refused logins are logged in turn. */
#define LAYOUT_REPORTED 16u

struct layout_never {
	uint64_t n;
	uint64_t words[SHMCACHE_NEVER_MAX][LAYOUT_NETWORK_WORDS];
};

struct layout_whole {
	uint64_t words[CLIENT_WHOLE_MAX][LAYOUT_NETWORK_WORDS];
};

/* A text, padded with zeros; check: siphash13 of it, by the table's key. */
struct layout_rules {
	uint64_t check;
	uint64_t spare;
	uint64_t words[SHMCACHE_RULES_BYTES / 8];
};

struct layout_header {
	/* written before the file has its name, never changed */
	uint64_t magic;
	uint64_t version;    /* LAYOUT_VERSION */
	uint64_t boot_id[2]; /* /proc/sys/kernel/random/boot_id */
	uint64_t hash_key[2];
	uint64_t buckets_log2; /* k: of segment 0 */
	uint64_t spare0;

	/* changed by popauthd, by CAS */
	uint64_t geometry;  /* see geometry.h */
	uint64_t allocated; /* the highest level whose segment is allocated */
	uint64_t heartbeat; /* { 1:1 | stamp:32 }, 0 before the first sweep */
	uint64_t params;    /* { generation:16 | n_whole:8 | ipv6 prefix:8 |
			       window_s:32 }; bank generation & 1 of `whole` */
	uint64_t never_gen; /* bank never_gen & 1 is in force */
	uint64_t wanted;    /* counts calls for room; a futex */
	uint64_t served;    /* the last call that popauthd has answered */
	uint64_t slots_max; /* the table gets no larger */

	/* counters, on a line of their own */
	uint64_t grants;
	uint64_t refreshes;
	uint64_t evictions;
	uint64_t forced;
	uint64_t reclaimed;
	uint64_t refused;
	uint64_t forced_at; /* { 1:1 | stamp:32 } of the last forced one */
	uint64_t ungrown;   /* times the table could not grow */

	uint64_t full; /* why it could not, the last time: see room.c */
	uint64_t lost; /* log lines of logins; 0 in a table of before */
	struct layout_whole whole[2]; /* see whole.h */
	/* { address's hash:32 | stamp:32 } of the last line about a refused
	 * login; 0 in a table of before */
	uint64_t reported[LAYOUT_REPORTED];
	uint64_t rules; /* { generation:32 | bytes:32 }; bank generation & 1 is
			   in force: see board.h */
	uint64_t spare3[373];
	struct layout_never never[2];
};

_Static_assert(offsetof(struct layout_header, geometry) == 64, "line 1");
_Static_assert(offsetof(struct layout_header, grants) == 128, "line 2");
_Static_assert(offsetof(struct layout_header, never) == 4096, "page 1");
_Static_assert(sizeof(struct layout_header) <= LAYOUT_RULES_OFFSET, "fits");
_Static_assert(LAYOUT_RULES_OFFSET + 2 * sizeof(struct layout_rules) ==
		   LAYOUT_HEADER_BYTES,
    "two banks");

/* ---- buckets and bytes ------------------------------------------------- */

/* Buckets of all levels up to this one. */
static inline uint64_t
layout_n_buckets(unsigned buckets_log2, unsigned level)
{
	return (uint64_t)1 << (buckets_log2 + level);
}

/* Size of a file whose segments reach up to this level. */
static inline uint64_t
layout_file_bytes(unsigned buckets_log2, unsigned level)
{
	return LAYOUT_HEADER_BYTES +
	       layout_n_buckets(buckets_log2, level) * LAYOUT_BUCKET_BYTES;
}

/*
 * A bucket's place.  Segment 0 has the buckets below 2^k; each further one
 * those whose highest bit is the same, so it starts where that bit says.
 */
struct layout_place {
	uint64_t control; /* byte offsets in the file */
	uint64_t payload; /* of slot 0; the next slot is a line further */
};

static inline struct layout_place
layout_place(unsigned buckets_log2, uint64_t bucket)
{
	/* Buckets of the segment: bucket's highest bit, or 2^k. */
	const uint64_t n = (uint64_t)1
			   << (63 - __builtin_clzll(
					bucket | (uint64_t)1 << buckets_log2));
	const uint64_t first = bucket & n;
	const uint64_t start =
	    LAYOUT_HEADER_BYTES + first * LAYOUT_BUCKET_BYTES;
	const uint64_t index = bucket - first;

	return (struct layout_place){
	    .control = start + index * LAYOUT_LINE_BYTES,
	    .payload = start + n * LAYOUT_LINE_BYTES +
		       index * LAYOUT_SLOTS * LAYOUT_LINE_BYTES,
	};
}

/*
 * ---- words: which operation touches which word, and in which order ----
 *
 * Every word of the file that another process may change is touched by the
 * operations of common/word.h only.  Each line that calls one carries a label
 * and a reason.  The letter is the operation: A word_load_acquire, R word_load,
 * C word_cas, N word_add.  The number is the use, listed here with the order
 * that it needs; tests/atomics compares the lines with this list.
 *
 *   [A1]   word_load_acquire  control: before the clock, the payload, and the
 *                             places above it
 *   [A2]   word_load_acquire  geometry: before the buckets that it names
 *   [A3]   word_load_acquire  heartbeat, params: before the clock
 *   [A4]   word_load_acquire  payload: before control is read again; HINT
 *                             before MIXED (who.h)
 *   [A5]   word_load_acquire  allocated: after geometry, before the segment
 *   [A6]   word_load_acquire  never_gen, params and rules, their banks: a bank is
 *                             read between two readings of its word
 *   [A7]   word_load_acquire  wanted: before the table's load is estimated
 *   [A8]   word_load_acquire  forced_at, heartbeat: no older than what was read
 *                             before
 *   [R1]   word_load          payload: after A1; its version proves its owner
 *   [R2]   word_load          control: to choose a slot; the claim compares it
 *   [R3]   word_load          counters, slots_max, full, reported: nothing
 *                             depends on them
 *   [R4]   word_load          level_max: the handle's own, never too high
 *   [R5]   word_load          params, slots_max, never_gen, rules, a bank: by
 *                             their one writer
 *   [R6]   word_load          wanted, served: a missed call is made again
 *   [R7]   word_load          never_gen, params: after the bank's A6
 *   [R8]   word_load          control: after the payload's A4, so that word was
 *                             not written by a later claim
 *   [C1]   word_cas           payload: after R8; before the publishing C2
 *   [C2]   word_cas           control, publish: after the payload
 *   [C3]   word_cas           control, restamp: before the scan that follows
 *   [C4]   word_cas           geometry: OPEN is visible before it is dated
 *   [C5]   word_cas           control, claim: before the scan that follows
 *   [C6]   word_cas           control, mark and touch: after HINT; before the
 *                             users are counted
 *   [C7]   word_cas           control, free: nothing follows
 *   [C8]   word_cas           HINT, MIXED: MIXED before HINT (who.h)
 *   [C9]   word_cas           allocated: after fallocate(2)
 *   [C10]  word_cas           other words of the header: after the data that
 *                             they refer to (a bank before its word)
 *   [C11]  word_cas           level_max: after the file's size was read
 *   [N1]   word_add           counters: nothing depends on them
 *   [N2]   word_add           wanted: futex(2) orders what follows
 */

/* Stress tests narrow the versions, which then wrap around in milliseconds. */
#ifndef SHMCACHE_VERSION_BITS
#define SHMCACHE_VERSION_BITS 18u
#endif
#define LAYOUT_VERSION_MASK (((uint64_t)1 << SHMCACHE_VERSION_BITS) - 1u)
#define LAYOUT_DATA_MASK (((uint64_t)1 << 48) - 1u)

enum slot_state {
	SLOT_FREE = 0,
	SLOT_CLAIMED, /* stamp: since when */
	SLOT_LIVE,    /* stamp: the last login */
	SLOT_REVOKED, /* a tombstone; stamp: when */
};

/* The bits of a control word that depend on the key: state and tag. */
#define CONTROL_KEY_MASK ((uint64_t)0x3ff << 32)

static inline uint64_t
control_make(
    uint64_t version, enum slot_state state, unsigned tag, uint32_t stamp)
{
	return (version & LAYOUT_VERSION_MASK) << 46 | (uint64_t)state << 40 |
	       (uint64_t)tag << 32 | stamp;
}

static inline uint64_t
control_version(uint64_t control)
{
	return control >> 46;
}

static inline unsigned
control_mark(uint64_t control)
{
	return (unsigned)(control >> 42) & 15u;
}

static inline uint64_t
control_with_mark(uint64_t control, unsigned mark)
{
	return (control & ~((uint64_t)15 << 42)) | (uint64_t)(mark & 15u) << 42;
}

static inline enum slot_state
control_state(uint64_t control)
{
	return (enum slot_state)(control >> 40 & 3u);
}

static inline unsigned
control_tag(uint64_t control)
{
	return (unsigned)(control >> 32) & 0xffu;
}

static inline uint32_t
control_stamp(uint64_t control)
{
	return (uint32_t)control;
}

/* LIVE or REVOKED: the slot has a key. */
static inline bool
control_has_key(uint64_t control)
{
	return control_state(control) >= SLOT_LIVE;
}

static inline bool
control_is_live(uint64_t control)
{
	return control_state(control) == SLOT_LIVE;
}

/* A payload word of the claim with this version. */
static inline uint64_t
payload_make(uint64_t version, uint64_t data)
{
	return version << 48 | (data & LAYOUT_DATA_MASK);
}

static inline bool
payload_is_of(uint64_t word, uint64_t version)
{
	return (word ^ version << 48) >> 48 == 0;
}

/* In heartbeat and forced_at: the stamp is set. */
#define STAMP_VALID ((uint64_t)1 << 32)

#endif
