/* SPDX-License-Identifier: ISC */
/*
 * The required figures.  "Here" is a table of 100,000 entries (or the middle
 * size), one process, uniform keys; beside it are the lowest and the highest of
 * all sizes, numbers of processes and distributions of keys.  A figure is
 * reached when it is reached everywhere.
 */
#include "tests/bench/report.h"

#include "tests/bench/results.h"

#include <stdlib.h>
#include <string.h>

#define HERE_ENTRIES 100000

static unsigned
peer_index(const struct peer *peer)
{
	unsigned i = 0;

	while (peers[i] != peer)
		i++;
	return i;
}

static unsigned
size_here(void)
{
	for (unsigned i = 0; i < results_n_sizes; i++) {
		if (results_sizes[i] == HERE_ENTRIES)
			return i;
	}
	return results_n_sizes / 2;
}

/* ---- measurements -------------------------------------------------------- */

/* "6.91M", "84.2k", "12.3" */
static const char *
human(double value, char text[static 16])
{
	if (value >= 1e6)
		snprintf(text, 16, "%.2fM", value / 1e6);
	else if (value >= 1e4)
		snprintf(text, 16, "%.1fk", value / 1e3);
	else
		snprintf(text, 16, value >= 100 ? "%.0f" : "%.2f", value);
	return text;
}

void
report_peers(FILE *file, unsigned size)
{
	fprintf(file,
	    "\n%u entries, one process, uniform keys (medians; operations a "
	    "second)\n"
	    "%-34s %8s %8s %8s %8s %8s %9s %9s %9s %9s %7s\n",
	    results_sizes[size], "", "hit", "miss", "insert", "refresh", "95/5",
	    "open+look", "open+wr", "sweep", "sweep all", "bytes");
	fprintf(file, "%-34s %8s %8s %8s %8s %8s %9s %9s %9s %9s %7s\n", "", "",
	    "", "", "", "", "us", "us", "ms", "ms", "/entry");
	for (unsigned peer = 0; peers[peer] != NULL; peer++) {
		struct cell cell = {.peer = peer, .size = size};
		double median;
		char text[16];

		if (!results_median(&cell, &median))
			continue;
		fprintf(file, "%-34s", peers[peer]->title);
		for (; cell.measure < MEASURES_MAX; cell.measure++)
			fprintf(file, " %*s",
			    cell.measure < LOAD_OPS_MAX    ? 8
			    : cell.measure < MEASURE_BYTES ? 9
							   : 7,
			    results_median(&cell, &median) ? human(median, text)
							   : "-");
		fputc('\n', file);
	}
}

/* ---- requirements -------------------------------------------------------- */

/* Ratios of ours to a rival over many cells. */
struct range {
	bool has_here;
	double here, lowest, highest;
	struct cell worst;
	unsigned n, n_reached;
	const char *rival; /* here */
};

static void
range_add(struct range *range, const struct cell *cell, double value,
    double wanted, bool at_least)
{
	const bool worse =
	    at_least ? value < range->lowest : value > range->highest;

	if (range->n == 0 || worse)
		range->worst = *cell;
	if (range->n == 0 || value < range->lowest)
		range->lowest = value;
	if (range->n == 0 || value > range->highest)
		range->highest = value;
	range->n++;
	if (at_least ? value >= wanted : value <= wanted)
		range->n_reached++;
}

static bool
is_here(const struct cell *cell)
{
	return cell->size == size_here() && cell->procs == 0 &&
	       cell->keys == LOAD_UNIFORM;
}

static void
print_row(FILE *file, const char *figure, const struct range *range,
    double wanted, bool at_least, const char *unit)
{
	char here[24] = "-";

	if (range->n == 0) {
		fprintf(file, "%-46s %8s   not measured\n", figure, "-");
		return;
	}
	if (range->has_here)
		snprintf(here, sizeof(here), "%.2f%s", range->here, unit);
	fprintf(file, "%-46s %9s  %6.2f..%-6.2f %s%5.4g%s  ", figure, here,
	    range->lowest, range->highest, at_least ? ">=" : "<=", wanted,
	    unit);
	if (range->n_reached == range->n) {
		fputs("reached", file);
	} else {
		const double worst = at_least ? range->lowest : range->highest;
		const double by =
		    at_least ? 1 - worst / wanted : worst / wanted - 1;

		fprintf(file,
		    "not reached in %u of %u: by %.0f%% at %u entries, "
		    "%u processes, %s",
		    range->n - range->n_reached, range->n, by * 100,
		    results_sizes[range->worst.size],
		    results_procs[range->worst.procs],
		    load_keys_name[range->worst.keys]);
	}
	if (range->rival != NULL)
		fprintf(file, "  (here: %s)", range->rival);
	fputc('\n', file);
}

/* The best of those that work across processes, other than ours. */
static bool
best_peer(const struct cell *cell, unsigned *peer_out)
{
	double best = 0;

	for (unsigned i = 0; peers[i] != NULL; i++) {
		struct cell other = *cell;
		double median;

		other.peer = i;
		if (peers[i]->kind == PEER_PROCESSES &&
		    results_median(&other, &median) && median > best) {
			best = median;
			*peer_out = i;
		}
	}
	return best > 0;
}

/*
 * A row of throughput ratios.
 * rival: NULL for the best across processes; size: -1 for all;
 * procs_max: only that many processes (an index).
 */
static void
ratio_row(FILE *file, const char *figure, const struct peer *ours,
    const struct peer *rival, unsigned measure, int size, unsigned procs_max,
    double wanted)
{
	struct range range = {0};
	struct cell cell = {.peer = peer_index(ours), .measure = measure};

	for (cell.size = 0; cell.size < results_n_sizes; cell.size++)
		for (cell.procs = 0; cell.procs <= procs_max; cell.procs++)
			for (cell.keys = 0; cell.keys < LOAD_KEYS_MAX;
			     cell.keys++) {
				struct cell to = cell;
				double ratio;

				if (size >= 0 && cell.size != (unsigned)size)
					continue;
				/* A popular key is in the cache: no limit. */
				if (rival != NULL &&
				    rival->kind == PEER_LIMIT &&
				    cell.keys != LOAD_UNIFORM)
					continue;
				if (rival != NULL)
					to.peer = peer_index(rival);
				else if (!best_peer(&cell, &to.peer))
					continue;
				if (!results_ratio(&cell, &to, &ratio))
					continue;
				if (size >= 0 ? cell.procs == 0
					      : is_here(&cell)) {
					range.has_here = true;
					range.here = ratio;
					range.rival = rival == NULL
							  ? peers[to.peer]->name
							  : NULL;
				}
				range_add(&range, &cell, ratio, wanted, true);
			}
	print_row(file, figure, &range, wanted, true, "x");
}

static void
throughput_rows(FILE *file)
{
	static const unsigned ops[] = {
	    LOAD_HIT, LOAD_REFRESH, LOAD_MIXED, LOAD_INSERT, LOAD_MISS};
	const struct peer *ours[] = {&peer_popauth, &peer_popauth_key};
	char figure[80];

	fputs("against the best peer that works across processes\n", file);
	for (unsigned o = 0; o < 2; o++)
		for (unsigned i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
			snprintf(figure, sizeof(figure), "  %s, %s",
			    load_op_name[ops[i]],
			    o == 0 ? "full (login, who)" : "one key each");
			ratio_row(file, figure, ours[o], NULL, ops[i], -1,
			    PROCS_MAX - 1, ops[i] == LOAD_MISS ? 8 : 2.5);
		}
	fputs("against cds_lfht's threads, one key each\n", file);
	for (unsigned i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (ops[i] == LOAD_REFRESH)
			continue;
		snprintf(figure, sizeof(figure), "  %s", load_op_name[ops[i]]);
		ratio_row(file, figure, &peer_popauth_key, &peer_lfht, ops[i],
		    -1, PROCS_MAX - 1, 1);
	}
}

static void
limit_rows(FILE *file)
{
	static const struct {
		uint32_t entries;
		double wanted;
	} at[] = {{100000, 0.3}, {1000000, 0.8}};
	char figure[80];

	fputs(
	    "a hit, one key, against one dependent random cache line\n", file);
	for (unsigned i = 0; i < results_n_sizes; i++)
		for (unsigned k = 0; k < 2; k++) {
			if (results_sizes[i] != at[k].entries)
				continue;
			snprintf(figure, sizeof(figure), "  at %u entries",
			    at[k].entries);
			ratio_row(file, figure, &peer_popauth_key, &peer_array,
			    LOAD_HIT, (int)i, 0, at[k].wanted);
			snprintf(figure, sizeof(figure),
			    "  at %u entries, both with clock", at[k].entries);
			ratio_row(file, figure, &peer_popauth_key,
			    &peer_array_clock, LOAD_HIT, (int)i, 0,
			    at[k].wanted);
		}
}

static void
one_shot_row(FILE *file, const char *figure, unsigned measure)
{
	struct range range = {0};
	struct cell cell = {
	    .peer = peer_index(&peer_popauth), .measure = measure};

	for (cell.size = 0; cell.size < results_n_sizes; cell.size++) {
		struct cell to = cell;
		double ratio;

		to.peer = peer_index(&peer_files);
		if (!results_ratio(&cell, &to, &ratio))
			continue;
		if (is_here(&cell)) {
			range.has_here = true;
			range.here = ratio;
		}
		range_add(&range, &cell, ratio, 1.5, false);
	}
	print_row(file, figure, &range, 1.5, false, "x");
}

/* A million slots' share of a sweep of the one-key table, which is half full
 * at most. */
static void
sweep_row(FILE *file, const char *figure, unsigned measure, double wanted)
{
	struct range range = {0};
	struct cell cell = {
	    .peer = peer_index(&peer_popauth_key), .measure = measure};

	for (cell.size = 0; cell.size < results_n_sizes; cell.size++) {
		struct cell bytes = cell;
		double ms, bytes_each;

		bytes.measure = MEASURE_BYTES;
		if (!results_median(&cell, &ms) ||
		    !results_median(&bytes, &bytes_each))
			continue;
		ms *= 1e6 * 72 / (bytes_each * results_sizes[cell.size]);
		if (cell.size == results_n_sizes - 1) {
			range.has_here = true;
			range.here = ms;
		}
		range_add(&range, &cell, ms, wanted, false);
	}
	print_row(file, figure, &range, wanted, false, "ms");
}

/* ---- growth --------------------------------------------------------------- */

static void
value_row(FILE *file, const char *figure, double value, double wanted,
    const char *unit)
{
	fprintf(file, "%-46s %7.2f%-2s  %-14s <=%5.4g%s  ", figure, value, unit,
	    "", wanted, unit);
	if (value <= wanted)
		fputs("reached\n", file);
	else
		fprintf(file, "not reached: by %.0f%%\n",
		    (value / wanted - 1) * 100);
}

/* Up to this size of the file two levels are allocated ahead, which saves time
 * (grow.c): there this is the limit of the memory, and not a number for each
 * key. */
#define SMALL_BYTES (16 << 20)

/* The worst of all doublings; memory that is allocated ahead counts, too. */
static void
growth_memory_rows(FILE *file, const struct growth *growth)
{
	double before = 0, after = 0;

	for (unsigned i = 0; i < growth->n_steps; i++) {
		const struct growth_step *step = &growth->steps[i];
		const double n = (double)step->n_keys;

		if ((double)step->slots_before * 72 / n > before)
			before = (double)step->slots_before * 72 / n;
		if ((double)step->bytes_after / n > after &&
		    step->bytes_after > SMALL_BYTES)
			after = (double)step->bytes_after / n;
		fprintf(file,
		    "  %8llu slots doubled at load %.2f: %4.0f bytes a key in "
		    "use, %4.0f of the file, %4.0f after\n",
		    (unsigned long long)step->slots_before,
		    n / (double)step->slots_before,
		    (double)step->slots_before * 72 / n,
		    (double)step->bytes_before / n,
		    (double)step->bytes_after / n);
	}
	if (growth->n_steps == 0)
		return;
	value_row(file, "  bytes a key where it doubles next, worst", before,
	    240, "");
	value_row(file, "  bytes a key just after (file above 16 MiB)", after,
	    480, "");
}

void
report_growth(FILE *file, const struct growth *growth)
{
	fprintf(file,
	    "growth from a mebibyte to the limit, %u times (%llu look-ups "
	    "meanwhile; ns, %.0f for the timing taken off)\n"
	    "  at rest p50 %.0f p99 %.0f; grown, old levels searched p50 %.0f "
	    "p99 %.0f; growing p50 %.0f p99 %.0f p99.9 %.0f\n",
	    growth->n_cycles, (unsigned long long)growth->n_lookups,
	    growth->clock_ns, growth->p50_rest_ns, growth->p99_rest_ns,
	    growth->p50_grown_ns, growth->p99_grown_ns, growth->p50_ns,
	    growth->p99_ns, growth->p999_ns);
	value_row(file, "  p99 of a look-up, growing against at rest",
	    growth->p99_ns / growth->p99_rest_ns, 3, "x");
	growth_memory_rows(file, growth);
	if (growth->n_lost != 0 || growth->n_forced != 0)
		fprintf(file,
		    "  below the limit %llu live grants had to make room: the "
		    "daemon was too late; %llu look-ups missed them\n",
		    (unsigned long long)growth->n_forced,
		    (unsigned long long)growth->n_lost);
}

void
report_wanted(FILE *file)
{
	fprintf(file,
	    "\nwanted figures (\"here\": %u entries, one process, uniform; "
	    "then "
	    "lowest..highest of all)\n%-46s %9s  %-14s  %s\n",
	    results_sizes[size_here()], "", "here", "all", "wanted");
	throughput_rows(file);
	limit_rows(file);
	fputs("a process that does one thing, against one file per address\n",
	    file);
	one_shot_row(file, "  open + validate + look-up + close",
	    MEASURE_ONE_SHOT_LOOKUP);
	fputs("sweep of a million slots (here: in the largest table)\n", file);
	sweep_row(file, "  nothing expired", MEASURE_SWEEP_IDLE, 6);
	sweep_row(file, "  all expired", MEASURE_SWEEP_EXPIRED, 12);
}
