/* SPDX-License-Identifier: ISC */
/* scoreboard: shared between processes, counted by state and client. */
#include "smtpgate/listener/scoreboard.h"

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

Test(smtpgate_scoreboard, places_are_counted_by_state)
{
	struct scoreboard *board = scoreboard_new(3);

	cr_expect_eq(scoreboard_count(board, SCOREBOARD_EMPTY), 3);
	scoreboard_set(board, 0, SCOREBOARD_IDLE, NULL);
	scoreboard_set(board, 2, SCOREBOARD_IDLE, NULL);
	cr_expect_eq(scoreboard_count(board, SCOREBOARD_EMPTY), 1);
	cr_expect_eq(scoreboard_count(board, SCOREBOARD_IDLE), 2);
	scoreboard_free(board);
}

Test(smtpgate_scoreboard, only_the_busy_count_for_a_client)
{
	struct scoreboard *board = scoreboard_new(4);
	const struct addr joe = address("203.0.113.9");
	const struct addr ann = address("2001:db8::1");

	scoreboard_set(board, 0, SCOREBOARD_BUSY, &joe);
	scoreboard_set(board, 1, SCOREBOARD_BUSY, &ann);
	scoreboard_set(board, 2, SCOREBOARD_BUSY, &joe);
	cr_expect_eq(scoreboard_count_client(board, &joe), 2);
	scoreboard_set(board, 0, SCOREBOARD_IDLE, NULL);
	cr_expect_eq(scoreboard_count_client(board, &joe), 1);
	cr_expect_eq(scoreboard_count_client(board, &ann), 1);
	scoreboard_free(board);
}

Test(smtpgate_scoreboard, a_child_is_seen)
{
	struct scoreboard *board = scoreboard_new(2);
	const struct addr joe = address("203.0.113.9");
	pid_t child = fork();

	if (child == 0) {
		scoreboard_set(board, 1, SCOREBOARD_BUSY, &joe);
		_exit(0);
	}
	cr_assert_eq(waitpid(child, NULL, 0), child);
	cr_expect_eq(scoreboard_count_client(board, &joe), 1);
	scoreboard_free(board);
}
