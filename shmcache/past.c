/* SPDX-License-Identifier: ISC */
/*
 * Why a key has no living grant, as far as the table still shows it: an expired
 * grant until the sweep, a tombstone for one window.
 *
 * For people.  Nothing is decided by the answer, so one pass by copies is
 * enough, with or without a mapping: if the table changes meanwhile, less is
 * known.
 */
#include "shmcache/check.h"
#include "shmcache/lookup.h"
#include "shmcache/network.h"
#include "shmcache/scan.h"

/* So many networks are read at a time. */
#define PIECE 16

/* ---- the never-grant list ------------------------------------------------- */

static int
list_contains(struct shmcache *cache, const struct addr *addr, bool *found_out)
{
	uint64_t gen, n, i, j, words[PIECE][LAYOUT_NETWORK_WORDS];
	struct cidr cidr;
	uint64_t bank;
	int error;

	*found_out = shmcache_never_grants(addr);
	if (*found_out)
		return 0;
	error = cache_fetch(cache, &gen, sizeof(gen),
	    offsetof(struct layout_header, never_gen));
	if (error != 0)
		return error;
	bank = offsetof(struct layout_header, never) +
	       (gen & 1) * sizeof(struct layout_never);
	error = cache_fetch(cache, &n, sizeof(n), bank);
	if (n > SHMCACHE_NEVER_MAX)
		n = SHMCACHE_NEVER_MAX;
	for (i = 0; i < n && error == 0; i += PIECE) {
		size_t n_here = n - i < PIECE ? (size_t)(n - i) : PIECE;

		error = cache_fetch(cache, words, n_here * sizeof(words[0]),
		    bank + offsetof(struct layout_never, words) +
			i * sizeof(words[0]));
		for (j = 0; j < n_here && error == 0; j++)
			*found_out |= network_unpack(words[j], &cidr) &&
				      cidr_contains(&cidr, addr);
	}
	return error;
}

static int
never_granted(struct shmcache *cache, const struct client_rules *rules,
    const struct addr *addr, bool *found_out)
{
	struct addr v4;
	int error = list_contains(cache, addr, found_out);

	if (error == 0 && !*found_out && client_embedded(addr, rules, &v4))
		error = list_contains(cache, &v4, found_out);
	return error;
}

/* ---- the key -------------------------------------------------------------- */

/* Whether the slot has the key, expired or revoked. */
static bool
is_past_of(struct shmcache *cache, const struct key *key, uint64_t slot,
    uint64_t control)
{
	uint64_t payload[LAYOUT_LINE_WORDS];

	return control_has_key(control) && control_tag(control) == key->tag &&
	       cache_fetch_payload(cache, slot, payload) == 0 &&
	       payload_matches(payload, control_version(control), key);
}

/* The youngest control word with the key; 0: there is none. */
static int
find_youngest(struct shmcache *cache, const struct key *key,
    struct geometry geometry, uint64_t *control_out)
{
	uint64_t controls[LAYOUT_SLOTS];
	struct places places;
	int error = 0;

	*control_out = 0;
	places_of(&places, key, cache, geometry.floor, geometry.cur);
	for (unsigned p = 0; p < places.n && error == 0; p++) {
		error = cache_fetch_controls(cache, places.bucket[p], controls);
		for (unsigned i = 0; i < LAYOUT_SLOTS && error == 0; i++)
			if (is_past_of(cache, key,
				places.bucket[p] * LAYOUT_SLOTS + i,
				controls[i]) &&
			    (*control_out == 0 ||
				is_after(control_stamp(controls[i]),
				    control_stamp(*control_out))))
				*control_out = controls[i];
	}
	return error;
}

static void
judge(uint64_t control, uint32_t now_s, uint32_t window_s,
    struct shmcache_past *past_out)
{
	uint32_t age_s = now_s - control_stamp(control);

	if (control == 0 || (int32_t)age_s < 0)
		return;
	if (control_state(control) == SLOT_REVOKED) {
		past_out->kind = SHMCACHE_PAST_REVOKED;
		past_out->ago_s = age_s;
	} else if (age_s >= window_s) {
		past_out->kind = SHMCACHE_PAST_OVER;
		past_out->ago_s = age_s - window_s;
	}
}

int
shmcache_past(struct shmcache *cache, const struct addr *addr, const char *user,
    struct shmcache_past *past_out)
{
	struct geometry geometry;
	struct check_head head;
	struct key_rules rules;
	struct key key;
	uint64_t control;
	bool is_never;
	int error = cache_fetch(cache, &head, sizeof(head), 0);

	*past_out = (struct shmcache_past){.kind = SHMCACHE_PAST_NOTHING};
	if (error == 0)
		error = check_head(cache, &head);
	if (error == 0)
		error = cache_rules_of(cache, &head.params, &rules);
	if (error == 0)
		error = never_granted(cache, &rules.client, addr, &is_never);
	if (error == 0 && is_never) {
		past_out->kind = SHMCACHE_PAST_NEVER;
		return 0;
	}
	if (error == 0)
		error = lookup_key(&key, &rules, addr, user);
	if (error == 0)
		error = cache_geometry(cache, &geometry);
	if (error == 0)
		error = find_youngest(cache, &key, geometry, &control);
	if (error == 0)
		judge(control, cache->clock_s(), params_window_s(head.params),
		    past_out);
	return error;
}
