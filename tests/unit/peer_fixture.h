/* SPDX-License-Identifier: ISC */
/*
 * A server on a unix socket that follows a script.
 *
 * peer_listen() makes the socket, peer_start() begins a thread with one script
 * for each connection, peer_finish() waits for the thread and checks that each
 * script was followed to its end.  After a script the peer waits until the
 * client closes; what it sends then is an offence.
 */
#ifndef POPAUTH_TESTS_PEER_FIXTURE_H
#define POPAUTH_TESTS_PEER_FIXTURE_H

#include "config/conf.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* One step; all zero: the end of a script. */
struct peer_step {
	size_t skip;      /* bytes to read, into peer.skipped */
	const char *hear; /* a line to wait for, without its end; "...*" */
	const char *say;  /* then say this */
	bool closes;      /* then close at once */
};

#define PEER_SCRIPTS_MAX 4
#define PEER_LINE_BYTES 16384

static struct peer {
	char dir[32];
	struct conf_endpoint endpoint;
	int fd; /* listens */
	pthread_t thread;
	const struct peer_step *scripts[PEER_SCRIPTS_MAX];
	size_t n_scripts, n_done;
	char skipped[256];
	char offence[2 * PEER_LINE_BYTES]; /* against the script; or "" */
} peer;

/* type: SOCK_STREAM or SOCK_SEQPACKET. */
static inline void
peer_listen(int type)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	strcpy(peer.dir, "/tmp/popauth-peer.XXXXXX");
	cr_assert_not_null(mkdtemp(peer.dir));
	snprintf(un.sun_path, sizeof(un.sun_path), "%s/socket", peer.dir);
	peer.fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	cr_assert_geq(peer.fd, 0);
	cr_assert_eq(bind(peer.fd, (struct sockaddr *)&un, sizeof(un)), 0);
	cr_assert_eq(listen(peer.fd, 8), 0);
	peer.endpoint.is_set = true;
	peer.endpoint.addr_len = sizeof(un);
	memcpy(&peer.endpoint.addr, &un, sizeof(un));
	/* dial() takes the path from the working directory. */
	cr_assert_eq(chdir("/"), 0);
}

/* Time limits that no test reaches. */
static inline void
peer_be_patient(struct conf_smtpgate *conf)
{
	conf->backend_connect_timeout_s = conf->backend_greeting_timeout_s =
	    conf->backend_mail_timeout_s = conf->backend_rcpt_timeout_s =
		conf->backend_data_timeout_s = conf->backend_block_timeout_s =
		    conf->backend_message_timeout_s = 5;
}

static inline void
peer_remove(void)
{
	char path[64];

	close(peer.fd);
	snprintf(path, sizeof(path), "%s/socket", peer.dir);
	unlink(path);
	rmdir(peer.dir);
}

/* A line without its LF or CR LF; false at the end. */
static inline bool
peer_read_line(int fd, char line[PEER_LINE_BYTES])
{
	size_t len = 0;

	while (len < PEER_LINE_BYTES - 1 && read(fd, line + len, 1) == 1)
		if (line[len++] == '\n') {
			line[--len] = '\0';
			if (len > 0 && line[len - 1] == '\r')
				line[len - 1] = '\0';
			return true;
		}
	line[len] = '\0';
	return false;
}

/* Read n bytes; at the end of input the next line will be missing. */
static inline void
peer_skip(int fd, size_t n)
{
	size_t len = 0;

	while (len < n && read(fd, peer.skipped + len, 1) == 1)
		len++;
}

/* want: a line, or how it begins and "*". */
static inline bool
peer_is_wanted(const char *line, const char *want)
{
	size_t len = strlen(want);

	if (len > 0 && want[len - 1] == '*')
		return strncmp(line, want, len - 1) == 0;
	return strcmp(line, want) == 0;
}

/* Returns whether the client kept to it. */
static inline bool
peer_follow(int fd, const struct peer_step *step)
{
	static char line[PEER_LINE_BYTES];

	for (; step->skip > 0 || step->hear != NULL || step->say != NULL ||
	       step->closes;
	     step++) {
		line[0] = '\0';
		peer_skip(fd, step->skip);
		if (step->hear != NULL &&
		    (!peer_read_line(fd, line) ||
			!peer_is_wanted(line, step->hear))) {
			snprintf(peer.offence, sizeof(peer.offence),
			    "heard \"%s\" in place of \"%s\"", line,
			    step->hear);
			return false;
		}
		if (step->say != NULL &&
		    send(fd, step->say, strlen(step->say), MSG_NOSIGNAL) < 0)
			return true; /* the client will say what it saw */
		if (step->closes)
			return true;
	}
	if (peer_read_line(fd, line) || line[0] != '\0')
		snprintf(peer.offence, sizeof(peer.offence),
		    "heard \"%s\" after the end of the script", line);
	return true;
}

static inline void *
peer_main(void *arg)
{
	bool is_followed = true;
	int fd;

	for (; is_followed && peer.n_done < peer.n_scripts; peer.n_done++) {
		fd = accept(peer.fd, NULL, NULL);
		if (fd < 0)
			break;
		is_followed = peer_follow(fd, peer.scripts[peer.n_done]);
		close(fd);
	}
	return arg;
}

static inline void
peer_start(size_t n, const struct peer_step *const scripts[])
{
	size_t i;

	cr_assert_leq(n, PEER_SCRIPTS_MAX);
	for (i = 0; i < n; i++)
		peer.scripts[i] = scripts[i];
	peer.n_scripts = n;
	cr_assert_eq(pthread_create(&peer.thread, NULL, peer_main, NULL), 0);
}

static inline void
peer_start_one(const struct peer_step *script)
{
	peer_start(1, &script);
}

static inline void
peer_finish(void)
{
	/* Ends an accept(2) of a connection that was not made. */
	shutdown(peer.fd, SHUT_RD);
	pthread_join(peer.thread, NULL);
	cr_expect_str_eq(peer.offence, "");
	cr_expect_eq(peer.n_done, peer.n_scripts);
}

#endif
