/* SPDX-License-Identifier: ISC */
/*
 * A session of the gate, with the client at the other end of a socketpair and
 * a scripted backend (peer_fixture.h).
 *
 * A test calls the verbs itself, one at a time, and checks what the client
 * got.
 */
#ifndef POPAUTH_TESTS_SESSION_FIXTURE_H
#define POPAUTH_TESTS_SESSION_FIXTURE_H

#include "common/report.h"
#include "smtpgate/session/session.h"
#include "tests/unit/peer_fixture.h"

#include <errno.h>

#define HOST "gate.example"

static struct gate gate;
static struct session session;
static int gate_fd, client_fd;

/* The client is 192.0.2.1, and may relay to example.org alone. */
static inline void
session_configure(void)
{
	static char domain[] = "example.org";
	static char *domains[] = {domain};
	struct conf_smtpgate *conf = &gate.conf.smtpgate;

	cr_assert_eq(conf_defaults(&gate.conf), 0);
	conf->local_domains.items = domains;
	conf->local_domains.n = 1;
	conf->backend = peer.endpoint;
	conf->backend_identity = CONF_IDENTITY_NONE;
	peer_be_patient(conf);
	gate.service = &gate.conf.services[CONF_SERVICE_SMTP];
	site_init(&gate.site, &gate.conf, NULL, NULL);
	gate.stop_fd = -1;
	gate.site.table_error = -ENOENT;
	strcpy(gate.hostname, HOST);
	gate.client = (struct client){
	    .is_known = true, .port = 4711, .session = "0a1b2c3d4e5f"};
	cr_assert_eq(addr_parse("192.0.2.1", &gate.client.addr), 0);
	cr_assert_eq(addr_parse("192.0.2.25", &gate.client.local), 0);
	addr_format(&gate.client.addr, gate.client.text);
}

static inline void
session_set_up(void)
{
	int fds[2];

	/* There is no log daemon. */
	report_to("/nonexistent/log");
	report_init("test", REPORT_TO_SYSLOG);
	peer_listen(SOCK_STREAM);
	session_configure();
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	gate_fd = fds[0];
	client_fd = fds[1];
	cr_assert_eq(session_begin(&session, &gate, gate_fd, gate_fd), 0);
}

static inline void
session_tear_down(void)
{
	session_finish(&session);
	close(gate_fd);
	close(client_fd);
	peer_remove();
}

/* The backend's beginning, without XCLIENT or a PROXY header. */
#define GREETS                                                                 \
	{                                                                      \
		.say = "220 mx ESMTP\r\n"                                      \
	}
#define OFFERS(extensions)                                                     \
	{                                                                      \
		.hear = "EHLO " HOST,                                          \
		.say = "250-mx\r\n" extensions "250 HELP\r\n"                  \
	}
#define QUITS                                                                  \
	{.hear = "QUIT"},                                                      \
	{                                                                      \
		0                                                              \
	}

/* The bytes that the client got since the last call. */
static inline const char *
client_got(void)
{
	static char text[16384];
	ssize_t n;

	(void)stream_flush(&session.dialogue.client, INT64_MAX);
	n = recv(client_fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* text: the beginning of the bytes that the client must have got. */
#define expect_got(text)                                                       \
	do {                                                                   \
		const char *got_ = client_got();                               \
		cr_expect(strncmp(got_, text, strlen(text)) == 0,              \
		    "got \"%s\" in place of \"%s\"", got_, text);              \
	} while (0)

static inline void
client_says(const char *text)
{
	cr_assert_eq(send(client_fd, text, strlen(text), MSG_NOSIGNAL),
	    (ssize_t)strlen(text));
}

/* The session is over, for this reason. */
#define expect_over(reason)                                                    \
	do {                                                                   \
		cr_expect(session.dialogue.is_over);                           \
		cr_expect_eq(session.dialogue.end, reason, "%d",               \
		    (int)session.dialogue.end);                                \
	} while (0)

#endif
