/* SPDX-License-Identifier: ISC */
/*
 * interleave - all single interruptions of one operation on the table by
 * others.
 *
 * CONCEPT.  With WORD_STEP defined, shmcache calls word_step() before each
 * atomic operation.  A play has a first operation and a second one.  It is run
 * for n = 0, 1, 2 ...: the first operation is halted before its n-th step, the
 * second runs from beginning to end (as in a faster process), and the first
 * goes on; until n is past the end of the first.  Then all is repeated, but the
 * first operation is never resumed: its process was killed there.
 *
 * The invariants are checked after the second operation, and at the end.  TAP
 * on stdout; a failure names its step.
 *
 * usage: interleave [-1]     -1: again and again, with other homes of each key,
 *                                until the first failure
 */
#include "tests/interleave/interleave.h"
#include "common/word.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct shmcache *cache;
uint32_t now_s;
bool first_done;
int first_result;

static char path[64];

/* ---- halting ------------------------------------------------------------- */

static long steps_left; /* until the halt; negative: there is none */
static bool halted;
static bool has_clock; /* the first operation read it before it was halted */
static bool kill_it;
static void (*second)(void);
static jmp_buf killed;

void
word_step(void)
{
	if (steps_left < 0 || steps_left-- > 0)
		return;
	halted = true;
	second();
	if (kill_it)
		longjmp(killed, 1);
}

/* ---- checks ---------------------------------------------------------- */

static const char *failure;
static char failure_text[256];

void
expect(bool holds, const char *fmt, ...)
{
	va_list ap;

	if (holds || failure != NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(failure_text, sizeof(failure_text), fmt, ap);
	va_end(ap);
	failure = failure_text;
}

static uint32_t
play_clock(void)
{
	has_clock = has_clock || !halted;
	return now_s;
}

/* ---- runs ---------------------------------------------------------------- */

static void
open_table(void)
{
	const struct shmcache_params params = {
	    .window_s = WINDOW_S,
	    .ipv6_prefix = 64,
	    .n_slots_max = 1 << 20,
	};

	if (shmcache_create(path, &params, 10, geteuid(), getegid(), 0600) !=
		0 ||
	    shmcache_open(path, SHMCACHE_WRITE, &cache) != 0) {
		fprintf(stderr, "interleave: no table at %s\n", path);
		exit(2);
	}
	cache->clock_s = play_clock;
}

/* Halt before step n.  Returns false when the first operation has fewer. */
static bool
run(const struct play *play, long n, bool with_kill)
{
	open_table();
	now_s = 1000;
	failure = NULL;
	halted = false;
	first_done = false;
	first_result = 0;
	play->before();
	kill_it = with_kill;
	second = play->second;
	steps_left = n;
	has_clock = false;
	if (setjmp(killed) == 0) {
		play->first();
		first_done = true;
	}
	steps_left = -1;
	if (!halted)
		play->second();
	if (has_clock)
		play->after();
	else if (play->after_all != NULL)
		play->after_all();
	shmcache_close(cache);
	return halted;
}

/* Homes are random (each table has its own hash key), and some mistakes show
 * only where a key moves. */
#define ROUNDS_MAX 12

static bool
perform(const struct play *play, unsigned number)
{
	for (int with_kill = 0; with_kill < 2; with_kill++) {
		long n = 0;

		while (failure == NULL && run(play, n, with_kill != 0))
			n++;
		if (failure != NULL) {
			printf("not ok %u - %s\n# %s before step %ld: %s\n",
			    number, play->title,
			    with_kill ? "killed" : "halted", n, failure);
			return false;
		}
		printf("# %ld steps\n", n);
	}
	printf("ok %u - %s\n", number, play->title);
	return true;
}

int
main(int argc, char **argv)
{
	const bool once = argc > 1 && strcmp(argv[1], "-1") == 0;
	unsigned rounds = once ? ROUNDS_MAX : 1, n_failed = 0;

	steps_left = -1;
	snprintf(path, sizeof(path), "/dev/shm/popauth-interleave.%d",
	    (int)getpid());
	printf("TAP version 13\n1..%u\n", n_plays);
	for (; rounds > 0 && n_failed == 0; rounds--) {
		for (unsigned i = 0; i < n_plays && !(once && n_failed > 0);
		     i++) {
			failure = NULL;
			n_failed += !perform(&plays[i], i + 1);
		}
	}
	unlink(path);
	return n_failed == 0 ? 0 : 1;
}
