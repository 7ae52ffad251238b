/* SPDX-License-Identifier: ISC */
/* logsocket: log daemons that read, that do not, and that come back. */
#include "common/logsocket.h"

#include "tests/lib/log_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <syslog.h>
#include <time.h>

TestSuite(
    common_logsocket, .init = log_set_up, .fini = log_tear_down, .timeout = 30);

static int
say(struct logsocket *log, const char *text, uint64_t n_lost)
{
	const struct logsocket_line line = {
	    .priority = LOG_MAIL | LOG_INFO,
	    .ident = "popauthd",
	    .text = text,
	    .n_lost = n_lost,
	};

	return logsocket_send(log, &line);
}

/* Until the daemon's queue is full. */
static unsigned
fill(struct logsocket *log)
{
	unsigned n = 0;

	while (n < 100000 && say(log, "fill", 0) == 0)
		n++;
	return n;
}

Test(common_logsocket, a_line_is_as_syslog_writes_it)
{
	struct logsocket log = LOGSOCKET_CLOSED(log_path);
	int fd = log_daemon_start(SOCK_DGRAM);
	time_t before = time(NULL), after;
	char expected[2][100], stamp[32];
	const char *got;

	cr_assert_eq(say(&log, "sweep evicted=3", 0), 0);
	got = log_next(fd);
	after = time(NULL);
	strftime(stamp, sizeof(stamp), "%h %e %T", localtime(&before));
	snprintf(expected[0], sizeof(expected[0]),
	    "<22>%s popauthd[%d]: sweep evicted=3", stamp, (int)getpid());
	strftime(stamp, sizeof(stamp), "%h %e %T", localtime(&after));
	snprintf(expected[1], sizeof(expected[1]),
	    "<22>%s popauthd[%d]: sweep evicted=3", stamp, (int)getpid());

	cr_expect(
	    strcmp(got, expected[0]) == 0 || strcmp(got, expected[1]) == 0,
	    "%s", got);
}

Test(common_logsocket, a_daemon_that_does_not_read_is_not_waited_for)
{
	struct logsocket log = LOGSOCKET_CLOSED(log_path);
	int fd = log_daemon_start(SOCK_DGRAM);

	cr_expect_gt(fill(&log), 0);
	errno = ENOTTY;
	cr_expect_eq(say(&log, "lost", 0), -EAGAIN);
	cr_expect_eq(errno, ENOTTY, "errno is the caller's");

	while (log_next(fd)[0] != '\0')
		;
	cr_expect_eq(say(&log, "heard", 1), 0);
	cr_expect_str_eq(log_next_text(fd), "heard lost=1");
}

Test(common_logsocket, a_stream_that_is_not_read_is_not_waited_for)
{
	struct logsocket log = LOGSOCKET_CLOSED(log_path);
	int fd = log_daemon_start(SOCK_STREAM), conn;

	cr_expect_gt(fill(&log), 0);
	cr_expect_lt(say(&log, "lost", 0), 0);
	while ((conn = accept4(fd, NULL, NULL, SOCK_NONBLOCK)) >= 0 &&
	       log_next(conn)[0] != '\0')
		fcntl(fd, F_SETFL, O_NONBLOCK);
	cr_expect_eq(say(&log, "heard", 0), 0);
}

Test(common_logsocket, a_stream_gets_lines_that_end_in_nul)
{
	struct logsocket log = LOGSOCKET_CLOSED(log_path);
	int fd = log_daemon_start(SOCK_STREAM), conn;
	ssize_t n;

	cr_assert_eq(say(&log, "one", 0), 0);
	cr_assert_eq(say(&log, "two", 0), 0);
	conn = accept(fd, NULL, NULL);
	n = recv(conn, log_text, sizeof(log_text), 0);

	cr_assert_gt(n, 0);
	cr_expect(log_ends(log_text, "]: one"), "%s", log_text);
	cr_expect(log_ends(log_text + strlen(log_text) + 1, "]: two"));
	cr_expect_eq(log_text[n - 1], '\0');
}

Test(common_logsocket, a_daemon_that_was_started_anew_is_found)
{
	struct logsocket log = LOGSOCKET_CLOSED(log_path);
	int fd = log_daemon_start(SOCK_DGRAM);

	cr_assert_eq(say(&log, "one", 0), 0);
	close(fd);
	cr_expect_eq(say(&log, "nobody", 0), -ECONNREFUSED);
	unlink(log_path);
	cr_expect_lt(say(&log, "nobody", 0), 0);
	fd = log_daemon_start(SOCK_DGRAM);
	cr_expect_eq(say(&log, "two", 2), 0);
	cr_expect_str_eq(log_next_text(fd), "two lost=2");
}

Test(common_logsocket, a_daemon_in_place_of_one_that_does_not_read_is_found)
{
	struct logsocket log = LOGSOCKET_CLOSED(log_path);
	int fd;

	(void)log_daemon_start(SOCK_DGRAM);
	(void)fill(&log);
	fd = log_daemon_start(SOCK_DGRAM);
	cr_expect_eq(say(&log, "two", 0), 0);
	cr_expect_str_eq(log_next_text(fd), "two");
}

Test(common_logsocket, a_daemon_may_change_between_datagrams_and_a_stream)
{
	struct logsocket log = LOGSOCKET_CLOSED(log_path);
	int fd = log_daemon_start(SOCK_DGRAM);

	cr_assert_eq(say(&log, "one", 0), 0);
	close(fd);
	fd = log_daemon_start(SOCK_STREAM);
	cr_expect_eq(say(&log, "two", 0), 0);
	cr_expect_str_eq(log_next_text(accept(fd, NULL, NULL)), "two");
	close(fd);
	fd = log_daemon_start(SOCK_DGRAM);
	(void)say(&log, "into the stream that is still open", 0);
	logsocket_close(&log);
	cr_expect_eq(say(&log, "three", 0), 0);
	while (!log_ends(log_next_text(fd), "three"))
		cr_assert_str_neq(log_text, "");
}

Test(common_logsocket, without_a_daemon_lines_are_lost)
{
	struct logsocket log = LOGSOCKET_CLOSED(log_path);

	cr_expect_eq(logsocket_open(&log), -ENOENT);
	cr_expect_eq(say(&log, "lost", 0), -ENOTCONN);
	logsocket_close(&log);
	cr_expect_eq(say(&log, "lost", 0), -ENOTCONN);
	logsocket_close(&log);
	logsocket_close(&log);
}

Test(common_logsocket, of_a_name_that_became_a_sentence_the_first_word_is_used)
{
	struct logsocket log = LOGSOCKET_CLOSED(log_path);
	int fd = log_daemon_start(SOCK_DGRAM);
	const struct logsocket_line line = {
	    .priority = LOG_AUTHPRIV | LOG_WARNING,
	    .ident = "auth [1 wait, 0 passdb]",
	    .text = "grant",
	};

	cr_assert_eq(logsocket_send(&log, &line), 0);
	cr_expect(strstr(log_next(fd), " auth[") != NULL, "%s", log_text);
	cr_expect(strncmp(log_text, "<84>", 4) == 0, "%s", log_text);
}

Test(common_logsocket, what_is_too_long_is_cut_before_the_number_of_lost_lines)
{
	struct logsocket log = LOGSOCKET_CLOSED(log_path);
	int fd = log_daemon_start(SOCK_DGRAM);
	char text[3000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	cr_assert_eq(say(&log, text, UINT64_MAX), 0);
	cr_expect(log_ends(log_next(fd), "xx lost=18446744073709551615"));
}
