/* SPDX-License-Identifier: ISC */
/* scoreboard: shared between processes, counted by state and client. */
#include "smtpgate/listener/scoreboard.h"

#include "common/cidr.h"

#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

static struct addr
address(const char *text)
{
	struct addr addr;

	cr_assert_eq(addr_parse(text, &addr), 0);
	return addr;
}

static struct scoreboard_tally
tally(const struct scoreboard *board, const char *client)
{
	struct scoreboard_tally tally;
	struct addr addr = address(client), wider = addr;
	unsigned bits = addr_is_v4(&addr) ? 120 : 48;

	addr_mask(&wider, bits);
	scoreboard_tally(board, &addr, &wider, bits, &tally);
	return tally;
}

Test(smtpgate_scoreboard, places_in_use_are_counted_by_state)
{
	struct scoreboard *board = scoreboard_new(1000);

	scoreboard_use(board, 3);
	cr_expect_eq(scoreboard_count(board, SCOREBOARD_EMPTY), 3);
	scoreboard_set(board, 0, SCOREBOARD_IDLE, NULL);
	scoreboard_set(board, 2, SCOREBOARD_IDLE, NULL);
	cr_expect_eq(scoreboard_count(board, SCOREBOARD_EMPTY), 1);
	cr_expect_eq(scoreboard_count(board, SCOREBOARD_IDLE), 2);
	scoreboard_free(board);
}

Test(smtpgate_scoreboard, more_places_than_there_are_are_not_read)
{
	struct scoreboard *board = scoreboard_new(3);

	scoreboard_use(board, UINT32_MAX);
	cr_expect_eq(scoreboard_count(board, SCOREBOARD_EMPTY), 3);
	scoreboard_free(board);
}

Test(smtpgate_scoreboard, only_the_busy_count_for_a_client)
{
	struct scoreboard *board = scoreboard_new(4);
	const struct addr joe = address("203.0.113.9");
	const struct addr ann = address("2001:db8::1");

	scoreboard_use(board, 4);
	scoreboard_set(board, 0, SCOREBOARD_BUSY, &joe);
	scoreboard_set(board, 1, SCOREBOARD_BUSY, &ann);
	scoreboard_set(board, 2, SCOREBOARD_BUSY, &joe);
	cr_expect_eq(tally(board, "203.0.113.9").n_client, 2);
	scoreboard_set(board, 0, SCOREBOARD_IDLE, NULL);
	cr_expect_eq(tally(board, "203.0.113.9").n_client, 1);
	cr_expect_eq(tally(board, "2001:db8::1").n_client, 1);
	cr_expect_eq(tally(board, "2001:db8::1").n_busy, 2);
	scoreboard_free(board);
}

Test(smtpgate_scoreboard, neighbours_are_counted_too)
{
	struct scoreboard *board = scoreboard_new(3);
	const struct addr joe = address("203.0.113.9");
	const struct addr jim = address("203.0.113.200");
	const struct addr ann = address("203.0.112.9");

	scoreboard_use(board, 3);
	scoreboard_set(board, 0, SCOREBOARD_BUSY, &joe);
	scoreboard_set(board, 1, SCOREBOARD_BUSY, &jim);
	scoreboard_set(board, 2, SCOREBOARD_BUSY, &ann);
	cr_expect_eq(tally(board, "203.0.113.9").n_client, 1);
	cr_expect_eq(tally(board, "203.0.113.9").n_wider, 2);
	cr_expect_eq(tally(board, "2001:db8::1").n_wider, 0);
	scoreboard_free(board);
}

Test(smtpgate_scoreboard, retired_workers_are_not_idle_and_go_on_serving)
{
	struct scoreboard *board = scoreboard_new(2);
	const struct addr joe = address("203.0.113.9");

	scoreboard_use(board, 2);
	scoreboard_set(board, 0, SCOREBOARD_IDLE, NULL);
	scoreboard_set(board, 1, SCOREBOARD_BUSY, &joe);
	scoreboard_retire(board);
	cr_expect_eq(scoreboard_count(board, SCOREBOARD_IDLE), 0);
	cr_expect_eq(scoreboard_count(board, SCOREBOARD_BUSY), 1);
	scoreboard_free(board);
}

Test(smtpgate_scoreboard, a_child_is_seen)
{
	struct scoreboard *board = scoreboard_new(2);
	const struct addr joe = address("203.0.113.9");
	pid_t child;

	scoreboard_use(board, 2);
	child = fork();
	if (child == 0) {
		scoreboard_set(board, 1, SCOREBOARD_BUSY, &joe);
		_exit(0);
	}
	cr_assert_eq(waitpid(child, NULL, 0), child);
	cr_expect_eq(tally(board, "203.0.113.9").n_client, 1);
	scoreboard_free(board);
}
