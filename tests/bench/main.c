/* SPDX-License-Identifier: ISC */
/*
 * bench - the table beside the libraries that could replace it.
 *
 * Prints tables, writes a CSV.  No speed is a failure; the exit status is 1
 * only when a peer, ours included, gave wrong answers.
 */
#include "shmcache/shmcache.h"
#include "tests/bench/crew.h"
#include "tests/bench/growth.h"
#include "tests/bench/plan.h"
#include "tests/bench/report.h"
#include "tests/bench/results.h"

#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

const struct peer *const peers[] = {
    &peer_popauth,
    &peer_popauth_key,
    &peer_lmdb,
    &peer_tdb,
    &peer_bdb,
    &peer_files,
    &peer_redis,
    &peer_lfht,
    &peer_array,
    &peer_array_clock,
    NULL,
};

static const char usage[] =
    "usage: bench [-r ROUNDS] [-s SLICE_MS] [-n ENTRIES,...] [-p PEER,...]\n"
    "             [-g CYCLES] [-l LOGINS] [-d DIR] [-o CSV]\n"
    "  -r  rounds (7; at most 15)\n"
    "  -s  how long one measurement takes (40 ms)\n"
    "  -n  sizes of the table (10000,100000,1000000; at most three)\n"
    "  -p  only these peers\n"
    "  -g  how often a table grows to its limit (3; 0: not at all)\n"
    "  -l  that limit (1000000)\n"
    "  -d  a directory on tmpfs for the stores (/dev/shm)\n"
    "  -o  where the CSV goes (standard output has the tables)\n";

struct options {
	struct plan plan;
	unsigned n_cycles;
	uint32_t n_logins;
	const char *parent_dir;
	const char *csv;
};

static bool
parse_number(
    const char *text, unsigned long min, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && *out >= min &&
	       *out <= max;
}

static bool
parse_sizes(char *list)
{
	unsigned long n;

	results_n_sizes = 0;
	for (char *word = strtok(list, ","); word != NULL;
	     word = strtok(NULL, ",")) {
		/* Below: a batch of inserts would be empty.  Above: the range
		 * of clients that are inserted and removed begins. */
		if (results_n_sizes == SIZES_MAX ||
		    !parse_number(word, 1000, BENCH_FRESH_FIRST, &n))
			return false;
		results_sizes[results_n_sizes++] = (uint32_t)n;
	}
	return results_n_sizes > 0;
}

static bool
parse(int argc, char **argv, struct options *options)
{
	unsigned long n;
	int c;

	while ((c = getopt(argc, argv, "r:s:n:p:g:l:d:o:")) != -1) {
		switch (c) {
		case 'r':
			if (!parse_number(optarg, 1, ROUNDS_MAX, &n))
				return false;
			options->plan.n_rounds = (unsigned)n;
			break;
		case 's':
			if (!parse_number(optarg, 1, 10000, &n))
				return false;
			options->plan.slice_ns = n * 1000000;
			break;
		case 'n':
			if (!parse_sizes(optarg))
				return false;
			break;
		case 'p':
			options->plan.only = optarg;
			break;
		case 'g':
			if (!parse_number(optarg, 0, 1000, &n))
				return false;
			options->n_cycles = (unsigned)n;
			break;
		case 'l':
			if (!parse_number(
				optarg, 10000, BENCH_FRESH_FIRST / 4, &n))
				return false;
			options->n_logins = (uint32_t)n;
			break;
		case 'd':
			options->parent_dir = optarg;
			break;
		case 'o':
			options->csv = optarg;
			break;
		default:
			return false;
		}
	}
	return optind == argc;
}

static void
write_growth(FILE *file, const struct growth *growth, uint32_t n_logins)
{
	const struct {
		const char *name;
		double ns;
	} lines[] = {
	    {"p50-at-rest", growth->p50_rest_ns},
	    {"p99-at-rest", growth->p99_rest_ns},
	    {"p50-grown", growth->p50_grown_ns},
	    {"p99-grown", growth->p99_grown_ns},
	    {"p50-growing", growth->p50_ns},
	    {"p99-growing", growth->p99_ns},
	    {"p99.9-growing", growth->p999_ns},
	};

	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		fprintf(file, "popauth,%u,1,uniform,%s,ns,%u,%.0f,,\n",
		    n_logins, lines[i].name, growth->n_cycles, lines[i].ns);
}

static int
write_csv(const struct options *options, const struct growth *growth)
{
	FILE *file = fopen(options->csv, "we");

	if (file == NULL)
		return -errno;
	results_write_csv(file);
	if (options->n_cycles > 0)
		write_growth(file, growth, options->n_logins);
	return fclose(file) == 0 ? 0 : -errno;
}

static char dir[128];

static void
remove_dir(void)
{
	char command[160];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	if (system(command) != 0)
		fprintf(stderr, "bench: could not remove %s\n", dir);
}

int
main(int argc, char **argv)
{
	struct options options = {
	    .plan = {.n_rounds = 7, .slice_ns = UINT64_C(40000000)},
	    .n_cycles = 3,
	    .n_logins = 1000000,
	    .parent_dir = "/dev/shm",
	};
	struct growth growth = {0};
	char default_sizes[] = "10000,100000,1000000";
	uint64_t n_wrong = 0;
	int error;

	parse_sizes(default_sizes);
	if (!parse(argc, argv, &options)) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	snprintf(
	    dir, sizeof(dir), "%s/popauth-bench.XXXXXX", options.parent_dir);
	if (mkdtemp(dir) == NULL) {
		perror(dir);
		return EX_CANTCREAT;
	}
	if ((error = crew_start(dir)) != 0) {
		fprintf(stderr, "bench: %s\n", strerror(-error));
		return EX_OSERR;
	}
	for (unsigned size = 0; size < results_n_sizes; size++)
		n_wrong += plan_size(&options.plan, size);
	crew_stop();
	error = 0;
	if (options.n_cycles > 0) {
		fprintf(stderr, "== growth, %u times\n", options.n_cycles);
		error = growth_measure(
		    dir, options.n_logins, options.n_cycles, &growth);
	}
	remove_dir();

	for (unsigned size = 0; size < results_n_sizes; size++)
		report_peers(stdout, size);
	report_wanted(stdout);
	if (getpwnam(SHMCACHE_OWNER) == NULL)
		puts("  (there is no user " SHMCACHE_OWNER
		     " here: the table was root's, which spares each open a "
		     "look into /etc/passwd)");
	if (error != 0)
		printf("growth could not be measured: %s\n", strerror(-error));
	else if (options.n_cycles > 0)
		report_growth(stdout, &growth);
	if (options.csv != NULL &&
	    (error = write_csv(&options, &growth)) != 0) {
		fprintf(
		    stderr, "bench: %s: %s\n", options.csv, strerror(-error));
		return EX_CANTCREAT;
	}
	if (n_wrong != 0)
		printf("\n%llu answers were wrong: these numbers are worth "
		       "nothing\n",
		    (unsigned long long)n_wrong);
	return n_wrong != 0;
}
