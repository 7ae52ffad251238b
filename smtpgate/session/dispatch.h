/* SPDX-License-Identifier: ISC */
/*
 * dispatch - reads the client's commands and has each one served.
 *
 * CONCEPT.  A verb is a row of the table in dispatch.c: the function that
 * serves it, whether it takes an argument, and in which states it may come.
 *
 * To add a verb: its name (syntax/command.h, command.c), a function that
 * serves it (a file of this directory), and its row (dispatch.c).
 */
#ifndef SMTPGATE_SESSION_DISPATCH_H
#define SMTPGATE_SESSION_DISPATCH_H

#include "smtpgate/session/session.h"
#include "smtpgate/syntax/command.h"

#include <stdbool.h>

enum dispatch_argument {
	DISPATCH_ARGUMENT_ANY = 0, /* or none: the verb checks it */
	DISPATCH_ARGUMENT_NONE,
	DISPATCH_ARGUMENT_SOME,
};

#define DISPATCH_IN(state) (1U << (state))

struct dispatch_row {
	/* Answers the client.  NULL: this verb is answered 502. */
	void (*serve)(struct session *session, const char *argument);
	enum dispatch_argument argument;
	unsigned states;   /* of DISPATCH_IN(): where the verb may come */
	enum reply early;  /* the reply in an earlier state */
	enum reply nested; /* the reply in a later state */
	/* on a service that requires TLS (RFC 3207, 4) */
	bool needs_tls;
};

/* The row of a verb. */
const struct dispatch_row *dispatch_row(enum command_verb verb);

/* Serve one command, or refuse it as its row says. */
void dispatch_serve(struct session *session, const struct dispatch_row *row,
    const char *argument);

/*
 * Serve the client on these descriptors until the session is over.
 * gate: its client is the peer; if the peer is a load balancer, it becomes the
 * client that the balancer's PROXY header names.
 * Returns 0, or a negative errno, which is logged: the descriptors cannot be
 * used, and the client gets no answer.
 */
int session_run(
    struct session *session, struct gate *gate, int fd_in, int fd_out);

#endif
