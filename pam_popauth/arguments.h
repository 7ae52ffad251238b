/* SPDX-License-Identifier: ISC */
/*
 * arguments - the module's options in a line of a PAM service file.
 *
 * CONCEPT.  pam_popauth(8) has the list.  An option of an unknown name is
 * told by name and changes nothing.  A value that does not fit its option
 * stops this line of the service file from granting, and is told: half a
 * restriction would grant too much.  Neither costs a login (`strict` apart).
 * The module logs both at a login; popauthctl pam-check tells them before, out
 * of the same parser, which therefore knows no pam_handle_t.
 *
 * OWNERSHIP.  The struct points into argv, which has to outlive it.
 *
 * CONCURRENCY.  No state.
 */
#ifndef POPAUTH_PAM_ARGUMENTS_H
#define POPAUTH_PAM_ARGUMENTS_H

#include "common/addr.h"

#include <stdbool.h>

/* The longest item of a list: a path, a name, a network. */
#define ARGUMENTS_ITEM_BYTES 256

/* Items in one list; as many as a line of a service file can hold. */
#define ARGUMENTS_ITEMS_MAX 64

/* Of an option that is unknown. */
#define ARGUMENTS_UNKNOWN_WHY "there is none of this name; see pam_popauth(8)"

/* Where the client's address may be taken from, in the order of asking. */
enum peer_source {
	PEER_UNKNOWN = 0,
	PEER_RHOST,  /* PAM_RHOST */
	PEER_FD0,    /* the peer of fd 0 */
	PEER_SOCKET, /* the peer of the process's only connected inet socket */
	PEER_UNIX,   /* fd 0 of the program that asked over a unix socket */
	PEER_SOURCES /* how many there are, UNKNOWN included */
};

/* The word of from= and of the log line. */
const char *peer_source_name(enum peer_source source);

struct arguments {
	const char *table;    /* table=/PATH; /run/popauth/grants */
	bool strict;          /* no login without its grant recorded */
	bool debug;           /* say what was not done on purpose, too */
	const char *from;     /* from=SOURCE,...; NULL: rhost,fd0 */
	unsigned sources;     /* of from: bit 1 << enum peer_source */
	const char *from_exe; /* from_exe=/PATH,...; NULL: nobody */
	const char *exclude;  /* exclude=NETWORK,...; NULL: none */
	const char *users;    /* users=NAME,...; NULL: all */
	const char *group;    /* group=NAME; NULL: any */
	const char *service;  /* service=LABEL; NULL: PAM_SERVICE */
	const char *bad;      /* an argument that does not fit, or NULL */
	const char *bad_why;  /* what would; NULL with bad */
};

/*
 * Read the arguments; the first of those that do not fit becomes bad.
 * on_unknown: called for each one of an unknown name, with context.
 */
void arguments_parse(struct arguments *arguments, int argc,
    const char *const *argv, void (*on_unknown)(const char *arg, void *context),
    void *context);

/*
 * Call visit for each item of a comma-separated list, until it returns true.
 * list: of a struct arguments; NULL has no items.
 * Returns whether it did.
 */
bool arguments_any(const char *list,
    bool (*visit)(const char *item, const void *arg), const void *arg);

/* Whether exclude= has the address. */
bool arguments_exclude(
    const struct arguments *arguments, const struct addr *addr);

#endif
