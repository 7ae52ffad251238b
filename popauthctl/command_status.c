/* SPDX-License-Identifier: ISC */
#include "popauthctl/command.h"

#include "common/duration.h"

/* After so many missed sweeps the reaper counts as dead. */
#define SWEEPS_MISSED_MAX 3

static bool
is_reaper_alive(const struct shmcache_status *t, uint32_t sweep_every_s)
{
	return t->has_heartbeat &&
	       t->heartbeat_age_s <=
		   (uint64_t)sweep_every_s * SWEEPS_MISSED_MAX;
}

static json_t *
status_json(
    const char *table, const struct shmcache_status *t, uint32_t sweep_every_s)
{
	return json_pack(
	    "{s:s, s:I, s:I, s:I, s:I, s:{s:I, s:I, s:I, s:I, s:I},"
	    " s:{s:b, s:o, s:I}, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I}}",
	    "table", table, "window_s", (json_int_t)t->window_s, "ipv6_prefix",
	    (json_int_t)t->ipv6_prefix, "whole_networks",
	    (json_int_t)t->n_whole, "never_grant_networks",
	    (json_int_t)t->n_never, "slots", "total", (json_int_t)t->n_slots,
	    "live", (json_int_t)t->n_live, "live_addresses",
	    (json_int_t)t->n_live_addrs, "expired", (json_int_t)t->n_expired,
	    "claimed", (json_int_t)t->n_claimed, "reaper", "alive",
	    is_reaper_alive(t, sweep_every_s), "last_sweep_s",
	    t->has_heartbeat ? json_integer((json_int_t)t->heartbeat_age_s)
			     : json_null(),
	    "sweep_every_s", (json_int_t)sweep_every_s, "counters", "grants",
	    (json_int_t)t->grants, "refreshes", (json_int_t)t->refreshes,
	    "evictions", (json_int_t)t->evictions, "forced",
	    (json_int_t)t->forced, "reclaimed", (json_int_t)t->reclaimed,
	    "refused", (json_int_t)t->refused, "ungrown",
	    (json_int_t)t->ungrown);
}

static void
print_reaper(FILE *out, const struct shmcache_status *t, uint32_t sweep_every_s)
{
	char age[DURATION_TEXT_BYTES], every[DURATION_TEXT_BYTES];

	/* What does not fit 32 bits is shown as the longest that does. */
	duration_format(t->heartbeat_age_s > UINT32_MAX
			    ? UINT32_MAX
			    : (uint32_t)t->heartbeat_age_s,
	    age);
	duration_format(sweep_every_s, every);
	if (!t->has_heartbeat)
		fprintf(out, "reaper:        never swept; start popauthd\n");
	else if (is_reaper_alive(t, sweep_every_s))
		fprintf(out,
		    "reaper:        alive, last sweep %s ago (every %s)\n", age,
		    every);
	else
		fprintf(out,
		    "reaper:        silent, last sweep %s ago (every %s); "
		    "restart popauthd\n",
		    age, every);
}

int
command_status_print(const struct print *print, const char *table,
    const struct shmcache_status *t, uint32_t sweep_every_s)
{
	const uint64_t n_logins = t->n_live - t->n_live_addrs;
	const uint64_t percent =
	    t->n_slots > 0 ? t->n_live * 100 / t->n_slots : 0;
	char window[DURATION_TEXT_BYTES];
	FILE *out = print->out;

	if (print->is_json)
		return print_finish_json(
		    print, status_json(table, t, sweep_every_s));

	fprintf(out, "table:         %s\n", table);
	fprintf(
	    out, "window:        %s\n", duration_format(t->window_s, window));
	fprintf(out, "ipv6 prefix:   /%u\n", t->ipv6_prefix);
	fprintf(out, "kept whole:    %zu network%s and the built-in ones\n",
	    t->n_whole, print_plural(t->n_whole));
	fprintf(out, "never granted: %zu network%s and the built-in ones\n",
	    t->n_never, print_plural(t->n_never));
	print_reaper(out, t, sweep_every_s);
	fprintf(out, "may relay now: %llu address%s, %llu login%s\n",
	    (unsigned long long)t->n_live_addrs,
	    t->n_live_addrs == 1 ? "" : "es", (unsigned long long)n_logins,
	    print_plural(n_logins));
	fprintf(out,
	    "room:          %llu of %llu slots live (%llu%%), %llu expired, "
	    "%llu being written\n",
	    (unsigned long long)t->n_live, (unsigned long long)t->n_slots,
	    (unsigned long long)percent, (unsigned long long)t->n_expired,
	    (unsigned long long)t->n_claimed);
	fprintf(out, "granted:       %llu new, %llu renewed\n",
	    (unsigned long long)t->grants, (unsigned long long)t->refreshes);
	fprintf(out, "refused:       %llu from never-granted networks\n",
	    (unsigned long long)t->refused);
	fprintf(out,
	    "ended:         %llu evicted, %llu forced out while live\n",
	    (unsigned long long)t->evictions, (unsigned long long)t->forced);
	if (t->room_error != 0)
		fprintf(out, "not grown:     %s\n",
		    shmcache_strerror(t->room_error));
	fprintf(out, "reclaimed:     %llu left by processes that died\n",
	    (unsigned long long)t->reclaimed);
	return print_finish_text(print);
}

int
command_status(const struct call *call)
{
	struct shmcache_status status;
	int error = shmcache_status(call->cache, &status);
	bool is_alive;

	if (error != 0)
		return failure_of_table(call, error);
	is_alive =
	    is_reaper_alive(&status, call->place->conf.popauthd.sweep_every_s);
	error = command_status_print(&call->print, call->place->table, &status,
	    call->place->conf.popauthd.sweep_every_s);
	if (error == 0 && !is_alive)
		failure_report("popauthd", status.has_heartbeat
					       ? "it does not sweep; restart it"
					       : "it does not run; start it");
	return failure_of_print(error, is_alive ? EXIT_YES : EXIT_NO);
}
