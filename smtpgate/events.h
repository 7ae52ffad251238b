/* SPDX-License-Identifier: ISC */
/*
 * events - the gate's log lines.
 *
 * CONCEPT.  One function an event.  The keys are listed at the top of events.c
 * and are an interface.  A new event needs a function here, a row in that
 * list, and an entry in popauth(7); tests/manual/check finds a missing entry.
 *
 * TRUST.  logline quotes, escapes and cuts what a client or a backend sent.
 */
#ifndef SMTPGATE_EVENTS_H
#define SMTPGATE_EVENTS_H

#include "decision/policy.h"
#include "decision/right.h"
#include "smtpgate/backend/backend.h"
#include "smtpgate/gate.h"
#include "smtpgate/password/auth_answer.h"

#include <stdint.h>

/* Why a session ended. */
enum event_end {
	EVENT_END_QUIT = 0,
	EVENT_END_EOF,            /* the client closed, or reset */
	EVENT_END_EOF_IN_MESSAGE, /* the same, after DATA */
	EVENT_END_TIMEOUT,
	EVENT_END_SESSION_TIME,
	EVENT_END_EARLY_TALKER,
	EVENT_END_FOREIGN, /* a line of another protocol */
	EVENT_END_PIPELINED_DATA,
	EVENT_END_CHUNK,
	EVENT_END_BARE_LF,
	EVENT_END_ERRORS,
	EVENT_END_COMMANDS,
	EVENT_END_BACKEND,
	EVENT_END_AUTH,
	EVENT_END_TLS,
	EVENT_END_STOP,
	EVENT_END_TOO_MANY,
	EVENT_END_TOO_MANY_OF_CLIENT,
	EVENT_END_PROXY,
	EVENT_END_COUNT,
};

struct event_totals {
	uint32_t commands;
	uint32_t errors;   /* 5xx of the gate's own */
	uint32_t permits;  /* recipients that the client was answered 2xx */
	uint32_t denies;   /* the same with 5xx */
	uint32_t defers;   /* the same with 4xx */
	uint32_t messages; /* accepted by the backend */
	uint64_t bytes;    /* of these messages */
	int64_t begin_ms;  /* clock_mono_ms() */
};

/* A sender that is refused. */
struct event_mail {
	const struct right *right;
	const struct path *sender;
	unsigned code;                   /* of the reply that the client got */
	const struct response *response; /* if it is the backend's; else NULL */
};

/* One recipient. */
struct event_rcpt {
	const struct path *sender;
	const struct path *recipient;
	const struct policy_verdict *verdict;
	unsigned code;                   /* of the reply that the client got */
	const struct response *response; /* the backend's refusal, or NULL */
};

/* The result of one message. */
enum event_message_result {
	EVENT_MESSAGE_ACCEPTED = 0, /* the backend said 2xx */
	EVENT_MESSAGE_REFUSED,      /* the backend said otherwise, or a NUL */
	EVENT_MESSAGE_FAILED,       /* the backend failed */
	EVENT_MESSAGE_ABANDONED,    /* the client left, or stalled */
	EVENT_MESSAGE_COUNT,
};

struct event_message {
	enum event_message_result result;
	const struct right *right;
	const struct path *sender;
	uint32_t n_recipients;
	uint64_t size;
	unsigned code; /* of the reply that the client got; 0: none */
	const struct response *response; /* if it is the backend's; else NULL */
};

void event_connect(const struct gate *gate);

/* The client's name is none of RFC 5321, and was accepted. */
void event_helo(const struct gate *gate, const char *name);

/* The client's descriptors cannot be used.  error: a negative errno. */
void event_socket(const struct gate *gate, int error);

void event_mail(const struct gate *gate, const struct event_mail *mail);
void event_rcpt(const struct gate *gate, const struct event_rcpt *rcpt);
void event_message(
    const struct gate *gate, const struct event_message *message);
void event_disconnect(const struct gate *gate, enum event_end reason,
    const struct event_totals *totals);

/* The end of a TLS handshake.  facts: NULL if it failed; why says so then. */
void event_tls(
    const struct gate *gate, const struct tls_facts *facts, const char *why);

/* The end of an AUTH command. */
void event_auth(const struct gate *gate, const char *mechanism, bool is_tls,
    const struct auth_answer *answer);

/* stage: the command that could not be served. */
void event_backend(const struct gate *gate, const struct backend *backend,
    const char *stage, enum backend_result result);

/* The table cannot be read.  path: the table's. */
void event_table(const struct gate *gate, const char *path, int error);

/* Words of the log, popauth(7) and smtpgate(8). */
const char *event_end_word(enum event_end end);
const char *event_message_word(enum event_message_result result);

#endif
