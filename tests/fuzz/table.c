/* SPDX-License-Identifier: ISC */
/*
 * table - for all contents of the table's file, a process that opens it gets an
 * answer or an error: never a crash, a hang, or a grant that is not there.
 *
 * CONCEPT.  The first byte of an input chooses its kind:
 *
 *   FILE    the rest is the file: its size, then its first bytes
 *   SMALL   the rest is a script: edits of a good small table, between
 *           operations on it through handles that are open meanwhile
 *   LARGE   the same for a table so large that a login maps it page by page;
 *           the operations that walk over all slots are left out
 *
 * At the end of each input, the file is opened again in all ways, and each
 * operation is done once: PREAD and READ must give the same answers, and each
 * grant must be in the file.
 *
 * Not covered: a file that is truncated under a mapping.  A process that maps
 * it trusts its owner not to do so (shmcache.h); PREAD handles are open
 * meanwhile.
 */
#include "shmcache/never.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/lib/table_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL_CAPACITY_LOG2 (SMALL_BUCKETS_LOG2 + 3u)
#define LARGE_LEVEL 8u
#define START_S 1000u

/* An input must find the keys in the same places each time. */
#define HASH_KEY_0 UINT64_C(0x0706050403020100)
#define HASH_KEY_1 UINT64_C(0x0f0e0d0c0b0a0908)

/* The good table, and where its keys are. */
static uint8_t *good;
static size_t good_bytes;
static uint64_t used[64];
static unsigned n_used;

/* ---- scripts --------------------------------------------------------------- */

enum step {
	STEP_HEADER = 0, /* edits ... */
	STEP_HEADER_SMALL,
	STEP_GEOMETRY,
	STEP_CONTROL,
	STEP_CONTROL_PARTS,
	STEP_PAYLOAD,
	STEP_DATA,
	STEP_HINT,
	STEP_COPY,
	STEP_CROWD,
	STEP_NEVER,
	STEP_SIZE,
	STEP_CLOCK,
	STEP_OPEN, /* operations ... */
	STEP_LOOKUP,
	STEP_GRANT,
	STEP_REVOKE,
	STEP_SWEEP,
	STEP_LIST,
	STEP_CONFIGURE,
	N_STEPS,
};

/* A slot of the file, or, with the highest bit, one that has a key. */
static uint64_t
take_slot(struct fuzz_feed *feed, enum kind kind)
{
	const uint64_t n = fuzz_take(feed, 2);
	const uint64_t n_slots = layout_n_buckets(SMALL_BUCKETS_LOG2,
				     kind == KIND_OF_LARGE ? LARGE_LEVEL : 1) *
				 LAYOUT_SLOTS;

	return n >= 0x8000 ? used[n % n_used] : n % n_slots;
}

static void
edit_geometry(struct fuzz_feed *feed)
{
	const uint64_t floor = fuzz_take(feed, 1);
	const uint64_t cur = fuzz_take(feed, 1);

	put_word(offsetof(struct layout_header, geometry),
	    floor << 56 | cur << 48 |
		(world.now_s - (uint32_t)fuzz_take(feed, 2)));
}

/* { slot:24 | version:18 } under the version of its entry, see who.h. */
static void
edit_hint(struct fuzz_feed *feed, uint64_t slot, uint64_t version)
{
	const uint64_t named = fuzz_take(feed, 3);

	put_word(payload_offset(slot, 3),
	    payload_make(version, named << 18 | fuzz_take(feed, 3) % 0x40000));
}

static void
edit_control_parts(struct fuzz_feed *feed, uint64_t slot)
{
	const uint64_t seen = get_word(control_offset(slot));
	const uint64_t what = fuzz_take(feed, 1);
	const int16_t ago_s = (int16_t)fuzz_take(feed, 2);

	put_word(control_offset(slot),
	    control_with_mark(
		control_make(control_version(seen) + (what >> 6),
		    (enum slot_state)(what & 3), control_tag(seen),
		    world.now_s - (uint32_t)(int32_t)ago_s),
		(unsigned)what >> 2 & 15));
}

/* One slot's words over another's: duplicates, in right and wrong places. */
static void
copy_slot(uint64_t from, uint64_t to)
{
	put_word(control_offset(to), get_word(control_offset(from)));
	for (unsigned w = 0; w < LAYOUT_LINE_WORDS; w++)
		put_word(
		    payload_offset(to, w), get_word(payload_offset(from, w)));
}

/* One key into those of its sixteen slots at a level that a mask has. */
static void
crowd(struct fuzz_feed *feed, enum kind kind)
{
	const uint64_t hash_key[2] = {HASH_KEY_0, HASH_KEY_1};
	const struct key_rules rules = {hash_key, {.ipv6_prefix = 64}};
	const unsigned who = (unsigned)fuzz_take(feed, 1);
	const unsigned level = (unsigned)fuzz_take(feed, 1) %
			       (kind == KIND_OF_LARGE ? LARGE_LEVEL + 1 : 2);
	const uint64_t mask = fuzz_take(feed, 2);
	const uint32_t ago_s = (uint32_t)fuzz_take(feed, 1);
	struct key key;

	if (who >= 128)
		key_of_address(&key, &rules, addr_of(who >> 2));
	else
		key_of_user(&key, &rules, addr_of(who >> 2), user_of(who));
	for (unsigned i = 0; i < 2 * LAYOUT_SLOTS; i++) {
		const uint64_t slot = key_bucket(&key, i / LAYOUT_SLOTS,
					  SMALL_BUCKETS_LOG2, level) *
					  LAYOUT_SLOTS +
				      i % LAYOUT_SLOTS;

		if ((mask >> i & 1) == 0)
			continue;
		put_word(control_offset(slot),
		    control_make(3, SLOT_LIVE, key.tag, world.now_s - ago_s));
		for (unsigned w = 0; w < LAYOUT_LINE_WORDS; w++)
			put_word(payload_offset(slot, w),
			    payload_make(3, key.data[w]));
	}
}

static void
edit_never(struct fuzz_feed *feed)
{
	const uint64_t bank =
	    offsetof(struct layout_header, never) +
	    fuzz_take(feed, 1) % 2 * sizeof(struct layout_never);
	const uint64_t i = fuzz_take(feed, 1) % SHMCACHE_NEVER_MAX;

	put_word(bank, fuzz_take(feed, 8)); /* n */
	for (unsigned w = 0; w < LAYOUT_NETWORK_WORDS; w++)
		put_word(bank + offsetof(struct layout_never, words) +
			     (i * LAYOUT_NETWORK_WORDS + w) * 8,
		    fuzz_take(feed, 8));
}

static void
edit(enum step step, struct fuzz_feed *feed, enum kind kind)
{
	const uint64_t slot = step >= STEP_CONTROL && step <= STEP_COPY
				  ? take_slot(feed, kind)
				  : 0;
	const uint64_t version =
	    control_version(get_word(control_offset(slot)));
	unsigned word;

	switch (step) {
	case STEP_HEADER:
		word = (unsigned)fuzz_take(feed, 1) % 24;
		put_word(word * 8u, fuzz_take(feed, 8));
		break;
	case STEP_HEADER_SMALL:
		word = (unsigned)fuzz_take(feed, 1) % 24;
		put_word(word * 8u, (uint64_t)(int8_t)fuzz_take(feed, 1));
		break;
	case STEP_GEOMETRY:
		edit_geometry(feed);
		break;
	case STEP_CONTROL:
		put_word(control_offset(slot), fuzz_take(feed, 8));
		break;
	case STEP_CONTROL_PARTS:
		edit_control_parts(feed, slot);
		break;
	case STEP_PAYLOAD:
		word = (unsigned)fuzz_take(feed, 1);
		put_word(payload_offset(slot, word), fuzz_take(feed, 8));
		break;
	case STEP_DATA:
		word = (unsigned)fuzz_take(feed, 1);
		put_word(payload_offset(slot, word),
		    payload_make(version, fuzz_take(feed, 6)));
		break;
	case STEP_HINT:
		edit_hint(feed, slot, version);
		break;
	case STEP_COPY:
		copy_slot(slot, take_slot(feed, kind));
		break;
	case STEP_CROWD:
		crowd(feed, kind);
		break;
	case STEP_NEVER:
		edit_never(feed);
		break;
	case STEP_SIZE:
		close_all(false);
		must(ftruncate(world.fd,
			 (off_t)(fuzz_take(feed, 4) % FILE_BYTES_MAX)) == 0,
		    "ftruncate");
		break;
	case STEP_CLOCK:
		world.now_s += (uint32_t)(int32_t)(int16_t)fuzz_take(feed, 2);
		break;
	case STEP_OPEN:
	case STEP_LOOKUP:
	case STEP_GRANT:
	case STEP_REVOKE:
	case STEP_SWEEP:
	case STEP_LIST:
	case STEP_CONFIGURE:
	case N_STEPS:
		break;
	}
}

static void
operate(enum step step, struct fuzz_feed *feed, enum kind kind)
{
	const unsigned choice = (unsigned)fuzz_take(feed, 1);
	struct shmcache *cache = world.handles[choice % N_ACCESS];
	const unsigned a = choice >> 2, u = choice >> 4;
	struct shmcache_status status;
	struct shmcache_grant got;
	size_t n_others;
	uint64_t n = 0;

	if (step == STEP_OPEN) {
		reopen((enum shmcache_access)(choice % N_ACCESS));
		return;
	}
	if (cache == NULL || (kind == KIND_OF_LARGE && step != STEP_LOOKUP &&
				 step != STEP_GRANT))
		return;
	if (step == STEP_LOOKUP && cache->access != SHMCACHE_LOGIN)
		look_up(cache, a, u, &got);
	else if (step == STEP_GRANT)
		shmcache_grant(cache, addr_of(a), user_of(u));
	else if (step == STEP_REVOKE)
		shmcache_revoke(cache, addr_of(a), user_of(u), &n_others);
	else if (step == STEP_SWEEP && cache->access == SHMCACHE_WRITE)
		sweep_and_grow(cache, a % 2 != 0);
	else if (step == STEP_LIST && cache->access != SHMCACHE_LOGIN) {
		shmcache_list(cache, visit, &n);
		shmcache_status(cache, &status);
	} else if (step == STEP_CONFIGURE)
		configure(cache, a);
}

static void
run_script(struct fuzz_feed *feed, enum kind kind)
{
	put_bytes(0, good, good_bytes);
	must(ftruncate(world.fd, (off_t)good_bytes) == 0, "ftruncate");
	if (kind == KIND_OF_LARGE) {
		must(ftruncate(
			 world.fd, (off_t)layout_file_bytes(
				       SMALL_BUCKETS_LOG2, LARGE_LEVEL)) == 0,
		    "ftruncate");
		put_word(
		    offsetof(struct layout_header, allocated), LARGE_LEVEL);
		put_word(offsetof(struct layout_header, geometry),
		    (uint64_t)LARGE_LEVEL << 48 | GEOMETRY_OPEN);
	}
	for (unsigned i = 0; i < N_ACCESS; i++)
		must(reopen((enum shmcache_access)i) == 0,
		    "the good table opens");
	while (feed->n > 0) {
		const enum step step =
		    (enum step)(fuzz_take(feed, 1) % N_STEPS);

		if (kind == KIND_OF_LARGE && step == STEP_SIZE)
			continue;
		if (step < STEP_OPEN)
			edit(step, feed, kind);
		else
			operate(step, feed, kind);
	}
}

static void
run_file(struct fuzz_feed *feed)
{
	const uint64_t bytes = fuzz_take(feed, 4) % FILE_BYTES_MAX;

	must(ftruncate(world.fd, 0) == 0, "ftruncate");
	put_bytes(0, feed->at, feed->n);
	must(ftruncate(world.fd, (off_t)bytes) == 0, "ftruncate");
}

/* ---- one input --------------------------------------------------------------- */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_feed feed = {.at = data, .n = size};
	const enum kind kind = (enum kind)(fuzz_take(&feed, 1) % 3);

	world.now_s = START_S;
	if (kind == KIND_OF_FILE)
		run_file(&feed);
	else
		run_script(&feed, kind);
	do_all(kind);
	close_all(true);
	return 0;
}

/* ---- the good table ------------------------------------------------------------ */

static uint64_t
file_bytes(void)
{
	struct stat st;

	must(fstat(world.fd, &st) == 0, "fstat");
	return (uint64_t)st.st_size;
}

static void
remove_file(void)
{
	unlink(world.path);
}

/* Grants, a tombstone, and a claim whose owner died. */
static void
fill(struct shmcache *cache)
{
	size_t n_others;

	for (unsigned i = 0; i < 8; i++)
		must(shmcache_grant(cache, addr_of(i / 4), user_of(i)) == 0,
		    "a grant");
	/* The only user at that address, which therefore names joe. */
	must(shmcache_grant(cache, addr_of(2), "ann") == 0, "a grant");
	must(shmcache_revoke(cache, addr_of(1), "joe", &n_others) == 0,
	    "a revocation");
	for (uint64_t slot = 0;
	     slot < (uint64_t)1 << SMALL_CAPACITY_LOG2 && n_used < 64; slot++) {
		if (control_has_key(get_word(control_offset(slot))))
			used[n_used++] = slot;
	}
	must(n_used > 0, "the table has keys");
	put_word(control_offset(used[0] ^ 1),
	    control_make(1, SLOT_CLAIMED, 0, START_S));
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct shmcache_params params = {
	    .window_s = WINDOW_S, .ipv6_prefix = 64, .n_slots_max = SLOTS_MAX};

	(void)argc;
	(void)argv;
	snprintf(world.path, sizeof(world.path), "/dev/shm/popauth-fuzz.%d",
	    (int)getpid());
	must(shmcache_create(world.path, &params, SMALL_CAPACITY_LOG2,
		 geteuid(), getegid(), 0600) == 0,
	    "a table in /dev/shm");
	atexit(remove_file);
	world.fd = open(world.path, O_RDWR | O_CLOEXEC);
	must(world.fd != -1, "open");
	put_word(offsetof(struct layout_header, hash_key), HASH_KEY_0);
	put_word(offsetof(struct layout_header, hash_key) + 8, HASH_KEY_1);
	world.now_s = START_S;
	must(reopen(SHMCACHE_WRITE) == 0, "the table opens");
	fill(world.handles[SHMCACHE_WRITE]);
	close_all(true);

	good_bytes = (size_t)file_bytes();
	good = malloc(good_bytes);
	must(good != NULL &&
		 pread(world.fd, good, good_bytes, 0) == (ssize_t)good_bytes,
	    "pread");
	return 0;
}
