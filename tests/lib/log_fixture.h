/* SPDX-License-Identifier: ISC */
/* A log daemon of the test's own: a socket that reads when it is asked to. */
#ifndef POPAUTH_TESTS_LOG_FIXTURE_H
#define POPAUTH_TESTS_LOG_FIXTURE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char log_dir[] = "/tmp/popauth-log.XXXXXX";
static char log_path[64];
static char log_text[4096];

static inline void
log_set_up(void)
{
	cr_assert_not_null(mkdtemp(log_dir));
	snprintf(log_path, sizeof(log_path), "%s/log", log_dir);
}

static inline void
log_tear_down(void)
{
	unlink(log_path);
	rmdir(log_dir);
}

/* Start one; returns its socket.  type: SOCK_DGRAM or SOCK_STREAM. */
static inline int
log_daemon_start(int type)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type, 0);

	strcpy(addr.sun_path, log_path);
	unlink(log_path);
	cr_assert_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	if (type == SOCK_STREAM)
		cr_assert_eq(listen(fd, 1), 0);
	return fd;
}

/* The next line; "" without one. */
static inline const char *
log_next(int fd)
{
	ssize_t n = recv(fd, log_text, sizeof(log_text) - 1, MSG_DONTWAIT);

	log_text[n > 0 ? n : 0] = '\0';
	return log_text;
}

/* The next line from behind its stamp. */
static inline const char *
log_next_text(int fd)
{
	const char *colon = strstr(log_next(fd), "]: ");

	return colon == NULL ? "" : colon + 3;
}

static inline bool
log_ends(const char *line, const char *end)
{
	size_t len = strlen(line), end_len = strlen(end);

	return len >= end_len && strcmp(line + len - end_len, end) == 0;
}

#endif
