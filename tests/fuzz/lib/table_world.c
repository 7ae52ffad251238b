/* SPDX-License-Identifier: ISC */
#include "tests/fuzz/lib/table_world.h"

#include "shmcache/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct table_world world;

void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "table: not so: %s\n", what);
	abort();
}

static uint32_t
fuzz_clock(void)
{
	return world.now_s;
}

/* ---- clients and users --------------------------------------------------- */

static const struct addr addrs[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 18, 0, 1}},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 18, 0, 2}},
    {{0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3}},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}},
};

static const char *const users[] = {
    NULL,
    "ann",
    "joe",
    "a name that is longer than a slot has room for",
};

const struct addr *
addr_of(unsigned choice)
{
	return &addrs[choice % (sizeof(addrs) / sizeof(addrs[0]))];
}

const char *
user_of(unsigned choice)
{
	return users[choice % (sizeof(users) / sizeof(users[0]))];
}

/* ---- the file ------------------------------------------------------------ */

void
put_bytes(uint64_t offset, const void *bytes, size_t n)
{
	must(pwrite(world.fd, bytes, n, (off_t)offset) == (ssize_t)n, "pwrite");
}

void
put_word(uint64_t offset, uint64_t word)
{
	put_bytes(offset, &word, sizeof(word));
}

uint64_t
get_word(uint64_t offset)
{
	uint64_t word = 0;

	return pread(world.fd, &word, sizeof(word), (off_t)offset) ==
		       sizeof(word)
		   ? word
		   : 0;
}

uint64_t
control_offset(uint64_t slot)
{
	return layout_place(SMALL_BUCKETS_LOG2, slot / LAYOUT_SLOTS).control +
	       slot % LAYOUT_SLOTS * sizeof(uint64_t);
}

uint64_t
payload_offset(uint64_t slot, unsigned word)
{
	return layout_place(SMALL_BUCKETS_LOG2, slot / LAYOUT_SLOTS).payload +
	       slot % LAYOUT_SLOTS * LAYOUT_LINE_BYTES +
	       word % LAYOUT_LINE_WORDS * sizeof(uint64_t);
}

/* ---- world.handles ------------------------------------------------------------- */

int
reopen(enum shmcache_access access)
{
	int error;

	shmcache_close(world.handles[access]);
	world.handles[access] = NULL;
	error = shmcache_open(world.path, access, &world.handles[access]);
	must((error == 0) == (world.handles[access] != NULL),
	    "a handle or an error");
	if (error == 0)
		world.handles[access]->clock_s = fuzz_clock;
	return error;
}

void
close_all(bool also_pread)
{
	for (unsigned i = also_pread ? 0 : 1; i < N_ACCESS; i++) {
		shmcache_close(world.handles[i]);
		world.handles[i] = NULL;
	}
}

/* ---- look-ups ------------------------------------------------------------ */

/* The file as it is, for is_in_file(). */
static uint64_t image[FILE_BYTES_MAX / sizeof(uint64_t)];
static size_t image_bytes;

static void
read_image(void)
{
	const ssize_t n = pread(world.fd, image, sizeof(image), 0);

	must(n >= 0, "pread");
	image_bytes = (size_t)n;
}

/* Whether a slot inside the file has a look-up's grant, and its age. */
static bool
is_in_file(struct shmcache *cache, const struct addr *addr, const char *user,
    const struct shmcache_grant *got)
{
	const unsigned k = cache->buckets_log2;
	uint64_t params = image[offsetof(struct layout_header, params) / 8];
	const uint32_t window_s = params_window_s(params);
	struct key_rules rules;
	struct key key;
	unsigned level = 0;

	must(cache_rules_of(cache, &params, &rules) == 0, "the rules");
	if (user == NULL)
		key_of_address(&key, &rules, addr);
	else
		must(key_of_user(&key, &rules, addr, user) == 0, "a name");
	while (level < LAYOUT_LEVEL_MAX &&
	       layout_file_bytes(k, level + 1) <= image_bytes)
		level++;

	const uint64_t n_slots = layout_n_buckets(k, level) * LAYOUT_SLOTS;

	for (uint64_t slot = 0; slot < n_slots; slot++) {
		const struct layout_place place =
		    layout_place(k, slot / LAYOUT_SLOTS);
		const uint64_t i = slot % LAYOUT_SLOTS;
		const uint64_t control = image[place.control / 8 + i];
		const uint32_t age_s = world.now_s - control_stamp(control);

		if (control_is_live(control) && age_s < window_s &&
		    age_s == got->age_s && window_s - age_s == got->left_s &&
		    payload_matches(
			&image[(place.payload + i * LAYOUT_LINE_BYTES) / 8],
			control_version(control), &key))
			return true;
	}
	return false;
}

int
look_up(struct shmcache *cache, unsigned a, unsigned u,
    struct shmcache_grant *grant_out)
{
	memset(grant_out, 0, sizeof(*grant_out));

	const int error =
	    shmcache_lookup(cache, addr_of(a), user_of(u), grant_out);

	if (error != 0)
		return error;
	must(grant_out->left_s > 0, "what is granted has some time left");
	must(memchr(grant_out->user, '\0', SHMCACHE_USER_BYTES) != NULL,
	    "a name ends");
	return 0;
}

int
visit(const struct shmcache_entry *entry, void *arg)
{
	uint64_t *n = arg;

	must(memchr(entry->user, '\0', SHMCACHE_USER_BYTES) != NULL,
	    "a name in a list ends");
	(*n)++;
	return 0;
}

void
sweep_and_grow(struct shmcache *cache, bool called)
{
	struct shmcache_sweep swept = {0};
	bool grown;

	if (shmcache_sweep(cache, &swept) != 0)
		return;
	if (called)
		swept.n_used = (uint64_t)1 << 12; /* as if it were full */
	shmcache_grow(cache, called ? &swept : NULL, &grown);
}

void
configure(struct shmcache *cache, unsigned choice)
{
	const struct cidr never = {.net = addrs[1], .prefix_len = 128};
	const struct cidr whole = {.net = addrs[0], .prefix_len = 128};
	const struct shmcache_params params = {
	    .window_s = WINDOW_S / (1 + choice % 4),
	    .ipv6_prefix = 32 + choice / 4 % 97,
	    .whole = &whole,
	    .n_whole = choice / 512 % 2,
	    .never = &never,
	    .n_never = choice % 2,
	    .n_slots_max = SLOTS_MAX,
	};

	shmcache_configure(cache, &params);
}

/* More logins through one handle than it has windows for. */
static void
use_up_windows(struct shmcache *cache)
{
	struct addr addr = addrs[0];

	for (unsigned i = 0; i < 64 && cache->window_error == 0; i++) {
		addr.bytes[14] = (uint8_t)(i + 1);
		shmcache_grant(cache, &addr, "ann");
	}
}

/* Each operation once, through new world.handles. */
void
do_all(enum kind kind)
{
	const int error = reopen(SHMCACHE_PREAD);
	struct shmcache_status status;
	uint64_t n = 0;

	close_all(false);
	must(reopen(SHMCACHE_READ) == error, "all open the same");
	if (error != 0)
		return;
	read_image();
	for (unsigned i = 0; i < 16; i++) {
		struct shmcache_grant a, b;
		const int by_pread =
		    look_up(world.handles[SHMCACHE_PREAD], i / 4, i, &a);

		must(look_up(world.handles[SHMCACHE_READ], i / 4, i, &b) ==
			 by_pread,
		    "readers by pread and by mapping agree");
		if (by_pread != 0 || kind == KIND_OF_LARGE)
			continue;
		/* They may find different copies of one key. */
		must(is_in_file(world.handles[SHMCACHE_PREAD], addr_of(i / 4),
			 user_of(i), &a),
		    "a grant that pread found is in the file");
		must(is_in_file(world.handles[SHMCACHE_READ], addr_of(i / 4),
			 user_of(i), &b),
		    "a grant that a mapping found is in the file");
	}
	must(reopen(SHMCACHE_LOGIN) == 0, "a login opens the same");
	for (unsigned i = 0; i < 16; i++)
		shmcache_grant(
		    world.handles[SHMCACHE_LOGIN], addr_of(i / 4), user_of(i));
	if (kind == KIND_OF_LARGE) {
		use_up_windows(world.handles[SHMCACHE_LOGIN]);
		return;
	}
	must(reopen(SHMCACHE_WRITE) == 0, "the daemon opens the same");
	shmcache_status(world.handles[SHMCACHE_READ], &status);
	shmcache_list(world.handles[SHMCACHE_READ], visit, &n);
	/* Each name once: revocations look at all slots. */
	for (unsigned i = 0; i < 16; i += 5) {
		size_t n_others;

		shmcache_revoke(world.handles[SHMCACHE_WRITE], addr_of(i / 4),
		    user_of(i), &n_others);
		shmcache_grant(
		    world.handles[SHMCACHE_WRITE], addr_of(i / 4), user_of(i));
	}
	sweep_and_grow(world.handles[SHMCACHE_WRITE], true);
	configure(world.handles[SHMCACHE_WRITE], 1);
	shmcache_status(world.handles[SHMCACHE_WRITE], &status);
}
