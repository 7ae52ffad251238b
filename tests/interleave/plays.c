/* SPDX-License-Identifier: ISC */
/*
 * The plays: two operations each, and the condition that must hold.
 */
#include "common/word.h"
#include "shmcache/grow.h"
#include "shmcache/record.h"
#include "shmcache/slot.h"
#include "tests/interleave/interleave.h"

#include <string.h>

/* ---- logins and look-ups ------------------------------------------------- */

struct addr
place(unsigned i)
{
	return (struct addr){{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 18,
	    (uint8_t)(i >> 8), (uint8_t)i}};
}

static int
grant(const char *user)
{
	const struct addr addr = place(0);

	return shmcache_grant(cache, &addr, user);
}

static void
end(const char *user)
{
	const struct addr addr = place(0);
	size_t n_others;

	shmcache_revoke(cache, &addr, user, &n_others);
}

static bool
is_granted(const char *user)
{
	const struct addr addr = place(0);
	struct shmcache_grant got;

	return shmcache_lookup(cache, &addr, user, &got) == 0;
}

static const char *
named(void)
{
	static struct shmcache_grant got;
	const struct addr addr = place(0);

	if (shmcache_lookup(cache, &addr, NULL, &got) != 0 ||
	    got.who != SHMCACHE_WHO_ONE)
		return "";
	return got.user;
}

static void
sweep_and_grow(void)
{
	struct shmcache_sweep swept;
	bool grown;

	shmcache_sweep(cache, &swept);
	swept.n_used = 1 << 12; /* as if it were full */
	shmcache_grow(cache, &swept, &grown);
}

void
double_it(void)
{
	struct cache_now now;

	sweep_and_grow();
	cache_now(cache, &now);
	grow_switch(cache, &now, now.geometry);
}

/* ---- operations ---------------------------------------------------------- */

static void
nothing(void)
{
}

static void
ann_is_there(void)
{
	grant("ann");
}

static void
joe_is_there(void)
{
	grant("joe");
}

static void
both_are_there(void)
{
	grant("ann");
	grant("joe");
}

static void
ann_is_there_and_ages(void)
{
	grant("ann");
	now_s += 100;
}

/*
 * Joe logged in some time ago: his grant has ten seconds to live.  At that time
 * the slot of his address's next entry held another key.
 */
static void
joe_is_there_and_old(void)
{
	const struct addr addr = place(0);
	struct cache_now now;
	struct key address;
	uint64_t *control, claim;

	cache_now(cache, &now);
	key_of_address(&address, &now.rules, &addr);
	control = cache_controls(
	    cache, key_bucket(&address, 0, cache->buckets_log2, 0));
	control += key_slot(&address);
	slot_claim(control, 0, now_s, &claim);
	grant("joe");
	slot_free(control, claim);
	now_s += WINDOW_S - 10;
}

/* Ann has not moved since. */
static void
ann_is_in_an_old_level(void)
{
	ann_is_there_and_ages();
	double_it();
	double_it();
}

/*
 * Two writers inserted joe at once, and both died before they merged; the lower
 * copy is the later one.  (A writer scans for copies after its claim, so a
 * single interruption does not lead to this.)
 */
static void
joe_is_there_twice(void)
{
	const struct addr addr = place(0);
	struct cache_now now;
	struct key key;
	uint64_t claim, published, bucket[2];

	cache_now(cache, &now);
	key_of_user(&key, &now.rules, &addr, "joe");
	for (unsigned chain = 0; chain < 2; chain++)
		bucket[chain] = key_bucket(&key, chain, cache->buckets_log2, 0);
	const bool swap = bucket[0] > bucket[1];

	for (unsigned i = 0; i < 2; i++) {
		const uint64_t slot =
		    bucket[swap ? 1 - i : i] * LAYOUT_SLOTS + i;
		uint64_t *control = slot_control(cache, slot);

		slot_claim(control, word_load(control), now_s, &claim);
		slot_fill(control, claim, cache_payload(cache, slot), key.data,
		    KEY_WORDS_USER);
		slot_publish(control, claim, SLOT_LIVE, key.tag,
		    i == 0 ? now_s + 50 : now_s, &published);
	}
}

/* A login that dies after its first or its second key. */
static void
dies_behind(unsigned n_keys, const char *name)
{
	const struct addr addr = place(0);
	enum record_outcome outcome;
	struct key user, address;
	struct cache_now now;
	struct copy copy;

	cache_now(cache, &now);
	key_of_user(&user, &now.rules, &addr, name);
	key_of_address(&address, &now.rules, &addr);
	record_key(cache, &now, &user, &address, SLOT_LIVE, &copy, &outcome);
	if (n_keys > 1)
		record_key(
		    cache, &now, &address, &user, SLOT_LIVE, &copy, &outcome);
}

/* Joe's login stamped its keys, and died before it wrote the hint. */
static void
ann_ages_and_joe_dies(void)
{
	ann_is_there_and_ages();
	dies_behind(2, "joe");
}

static void
joe_logs_in(void)
{
	first_result = grant("joe");
}

static void
ann_is_looked_up(void)
{
	first_result = is_granted("ann") ? 0 : -1;
}

static void
address_is_looked_up(void)
{
	first_result = is_granted(NULL) ? 0 : -1;
}

static void
joe_is_revoked(void)
{
	end("joe");
}

static void
address_is_revoked(void)
{
	end(NULL);
}

static void
reaper_sweeps(void)
{
	sweep_and_grow();
}

/* ---- second operations: they run whole, then check ----------------------- */

static void
then_ann_logs_in(void)
{
	const int error = grant("ann");

	expect(error == 0, "ann's login gives %d", error);
	expect(is_granted("ann"), "ann is lost at once");
	expect(is_granted(NULL), "ann's address is shut at once");
}

static void
then_joe_logs_in_too(void)
{
	expect(grant("joe") == 0, "joe's second login fails");
	expect(is_granted("joe"), "joe is lost at once");
}

static void
then_joe_is_revoked(void)
{
	end("joe");
	expect(!is_granted("joe"), "joe is found after his revocation");
}

static void
then_address_is_revoked(void)
{
	end(NULL);
	expect(!is_granted(NULL), "the address is found after its revocation");
	expect(!is_granted("joe"), "joe is found after the revocation");
}

static void
then_address_is_revoked_and_ann_logs_in(void)
{
	then_address_is_revoked();
	now_s++;
	then_ann_logs_in();
}

static void
then_joe_is_revoked_and_returns(void)
{
	then_joe_is_revoked();
	now_s++;
	then_joe_logs_in_too();
}

static void
then_time_passes(void)
{
	now_s += WINDOW_S + 10;
	sweep_and_grow();
	then_ann_logs_in();
}

/* Old grants are over, and ann logs in for the first time. */
static void
then_joe_ends_and_ann_logs_in(void)
{
	now_s += 20;
	then_ann_logs_in();
}

static void
then_the_table_doubles(void)
{
	double_it();
}

static void
then_the_table_doubles_and_ann_moves(void)
{
	double_it();
	now_s++;
	then_ann_logs_in();
}

/* The table doubles, and some time passes. */
static void
then_the_table_doubles_and_ages(void)
{
	double_it();
	now_s += 100;
}

/* Often enough that a slot's version is half of all versions ahead, if they
 * have four bits. */
static void
then_ann_logs_in_nine_times(void)
{
	for (unsigned i = 0; i < 9; i++)
		then_time_passes();
}

static void
then_the_table_doubles_and_ann_dies(void)
{
	double_it();
	now_s++;
	dies_behind(1, "ann");
}

/* ---- what must hold at the end ------------------------------------------- */

static void
joe_is_out(void)
{
	expect(!is_granted("joe"), "joe is granted after all");
}

static void
all_are_out(void)
{
	joe_is_out();
	expect(!is_granted(NULL), "the address is open after all");
}

static void
ann_is_in(void)
{
	expect(is_granted("ann"), "ann is lost");
	expect(is_granted(NULL), "ann's address is shut");
}

static void
address_is_as_young_as_ann(void)
{
	const struct addr addr = place(0);
	struct shmcache_grant got = {0};

	expect(shmcache_lookup(cache, &addr, NULL, &got) == 0 && got.age_s == 0,
	    "ann logged in now, and her address is %u seconds old", got.age_s);
}

static void
ann_is_in_joe_is_out(void)
{
	ann_is_in();
	joe_is_out();
}

static void
both_are_in(void)
{
	ann_is_in();
	expect(!first_done || is_granted("joe"), "joe is lost");
	expect(!first_done || strcmp(named(), "") == 0, "\"%s\" is named alone",
	    named());
}

static void
joe_is_in_once(void)
{
	struct shmcache_status status;

	expect(is_granted("joe") && is_granted(NULL), "joe is lost");
	shmcache_status(cache, &status);
	expect(!first_done || status.n_live == 2, "%u keys are there, not 2",
	    (unsigned)status.n_live);
}

static void
it_was_not_found(void)
{
	expect(
	    !first_done || first_result != 0, "who never logged in was found");
}

/* A renewal holds for a window from now, whatever happened to the table. */
static void
joe_is_in_until_his_window_ends(void)
{
	now_s += WINDOW_S - 10;
	expect(!first_done || is_granted("joe"), "joe is lost before his time");
}

static void
it_was_found(void)
{
	expect(!first_done || first_result == 0, "it was not found");
}

static void
joe_is_in_for_the_later_window(void)
{
	now_s += 50 + WINDOW_S - 1;
	expect(is_granted("joe"), "joe is lost before his later login is over");
	now_s++;
	expect(!is_granted("joe"), "joe has more than a window");
}

/* ---- the plays ----------------------------------------------------------- */

const struct play plays[] = {
    {"a login that is revoked under way is not granted", nothing, joe_logs_in,
	then_joe_is_revoked, all_are_out, NULL},
    {"a renewal that is revoked under way is not granted", joe_is_there,
	joe_logs_in, then_joe_is_revoked, all_are_out, NULL},
    {"a login at an address that is revoked under way is not granted", nothing,
	joe_logs_in, then_address_is_revoked, all_are_out, NULL},
    {"a renewal at an address that is revoked under way is not granted",
	joe_is_there, joe_logs_in, then_address_is_revoked, all_are_out, NULL},
    {"a login from before a revocation stays out when another comes later",
	nothing, joe_logs_in, then_address_is_revoked_and_ann_logs_in,
	ann_is_in_joe_is_out, NULL},
    {"revoking joe costs ann nothing, who logs in meanwhile", both_are_there,
	joe_is_revoked, then_ann_logs_in, ann_is_in, NULL},
    {"revoking joe costs ann nothing, who is new", joe_is_there, joe_is_revoked,
	then_ann_logs_in, ann_is_in, NULL},
    {"revoking joe costs ann nothing, who was there", both_are_there,
	joe_is_revoked, nothing, ann_is_in, NULL},
    {"two revocations of joe cost ann nothing", both_are_there, joe_is_revoked,
	then_joe_is_revoked, ann_is_in_joe_is_out, NULL},
    {"revoking joe, who died, leaves ann what she renews",
	ann_ages_and_joe_dies, joe_is_revoked, then_ann_logs_in,
	address_is_as_young_as_ann, NULL},
    {"revoking joe costs ann nothing, whose key moves to a new level",
	both_are_there, joe_is_revoked, then_the_table_doubles_and_ann_dies,
	ann_is_in, NULL},
    {"joe returns while he is being revoked", joe_is_there, joe_is_revoked,
	then_joe_is_revoked_and_returns, nothing, NULL},
    {"two logins of one user leave one grant", nothing, joe_logs_in,
	then_joe_logs_in_too, joe_is_in_once, NULL},
    {"two users at one address are both in, and none is named", nothing,
	joe_logs_in, then_ann_logs_in, both_are_in, NULL},
    {"a login that slept for a window harms no user and grants nothing",
	nothing, joe_logs_in, then_time_passes, ann_is_in_joe_is_out, NULL},
    {"a sweep that slept evicts no grant", joe_is_there, reaper_sweeps,
	then_time_passes, ann_is_in, NULL},
    {"a sweep and a login", nothing, reaper_sweeps, then_ann_logs_in, ann_is_in,
	NULL},
    {"a revocation of the address and a later login", both_are_there,
	address_is_revoked, then_address_is_revoked_and_ann_logs_in, ann_is_in,
	NULL},
    {"a login while the table doubles", ann_is_there, joe_logs_in,
	then_the_table_doubles, both_are_in, NULL},
    {"a login while the table doubles and ann moves", ann_is_there, joe_logs_in,
	then_the_table_doubles_and_ann_moves, both_are_in, NULL},
    {"ann is found while the table doubles", ann_is_there_and_ages,
	ann_is_looked_up, then_the_table_doubles, it_was_found, NULL},
    {"ann is found while she moves to a new level", ann_is_there_and_ages,
	ann_is_looked_up, then_the_table_doubles_and_ann_moves, it_was_found,
	NULL},
    {"two copies of a user leave the later grant", joe_is_there_twice,
	joe_logs_in, nothing, joe_is_in_for_the_later_window, NULL},
    {"ann is found while she moves upwards", ann_is_in_an_old_level,
	ann_is_looked_up, then_ann_logs_in, it_was_found, NULL},
    {"ann's address is found while it moves upwards", ann_is_in_an_old_level,
	address_is_looked_up, then_ann_logs_in, it_was_found, NULL},
    {"ann's address is found while it moves to a new level",
	ann_is_there_and_ages, address_is_looked_up,
	then_the_table_doubles_and_ann_moves, it_was_found, NULL},
    {"a renewal that missed the doubling holds for its window", joe_is_there,
	joe_logs_in, then_the_table_doubles_and_ages, nothing,
	joe_is_in_until_his_window_ends},
    {"a login that slept through half of all versions spoils nothing", nothing,
	joe_logs_in, then_ann_logs_in_nine_times, ann_is_in_joe_is_out, NULL},
    {"a slow renewal beside a new neighbour names neither",
	joe_is_there_and_old, joe_logs_in, then_joe_ends_and_ann_logs_in,
	both_are_in, nothing},
    {"a login without a free slot makes room, beside another one",
	no_slot_is_free, joe_logs_in, then_ann_logs_in, no_grant_made_room,
	no_grant_made_room},
    {"a login without a free slot makes room, though popauthd sleeps",
	no_slot_is_free, reaper_sweeps, then_ann_logs_in, no_grant_made_room,
	no_grant_made_room},
    {"a login that makes room while the table doubles twice", no_slot_is_free,
	joe_logs_in, then_the_table_doubles_twice, no_grant_made_room,
	no_grant_made_room},
    {"half of one key and half of another are no key", a_mixture_is_possible,
	the_mixture_is_looked_up, then_a_writer_dies_in_the_old_keys_slot,
	it_was_not_found, it_was_not_found},
};

const unsigned n_plays = sizeof(plays) / sizeof(plays[0]);
