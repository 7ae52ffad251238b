/* SPDX-License-Identifier: ISC */
/*
 * arguments - the module's options in a line of a PAM service file.
 *
 * CONCEPT.  pam_popauth(8) has the list.  An unknown option is reported by name
 * and changes nothing.  A value that does not fit its option is reported, and
 * this line of the service file then grants nothing: half a restriction would
 * grant too much.  Neither refuses a login, except under `strict`.  The module
 * logs both at a login; popauthctl pam-check reports them earlier by the same
 * parser, which therefore does not use pam_handle_t.
 *
 * OWNERSHIP.  The struct points into argv, which has to outlive it.
 */
#ifndef POPAUTH_PAM_ARGUMENTS_H
#define POPAUTH_PAM_ARGUMENTS_H

#include "common/addr.h"

#include <stdbool.h>

/* The longest item of a list: a path, a name, a network. */
#define ARGUMENTS_ITEM_BYTES 256

/* Items in one list; as many as a line of a service file can hold. */
#define ARGUMENTS_ITEMS_MAX 64

/* The reason for an unknown option. */
#define ARGUMENTS_UNKNOWN_WHY "unknown option; see pam_popauth(8)"

/* The sources of the client's address, in the order in which they are tried. */
enum peer_source {
	PEER_UNKNOWN = 0,
	PEER_RHOST,  /* PAM_RHOST */
	PEER_ENV,    /* REMOTE_HOST in the environment */
	PEER_FD0,    /* the peer of fd 0 */
	PEER_SOCKET, /* the peer of the process's only connected inet socket */
	PEER_UNIX,   /* fd 0 of the program that asked over a unix socket */
	PEER_SOURCES /* how many there are, UNKNOWN included */
};

/* The word of from= and of the log line. */
const char *peer_source_name(enum peer_source source);

struct arguments {
	const char *table;    /* table=/PATH; /run/popauth/grants */
	bool strict;          /* refuse a login that is not recorded */
	bool debug;           /* also log logins excluded on purpose */
	bool setcred;         /* only pam_setcred(3) accepts a login */
	const char *from;     /* from=SOURCE,...; NULL: rhost,fd0 */
	unsigned sources;     /* of from: bit 1 << enum peer_source */
	const char *from_exe; /* from_exe=/PATH,...; NULL: none */
	const char *exclude;  /* exclude=NETWORK,...; NULL: none */
	const char *users;    /* users=NAME,...; NULL: all */
	const char *group;    /* group=NAME; NULL: any */
	const char *service;  /* service=LABEL; NULL: PAM_SERVICE */
	const char *bad;      /* an argument that does not fit, or NULL */
	const char *bad_why;  /* what to do; NULL if bad is */
};

/*
 * Read the arguments; the first one that does not fit becomes bad.
 * on_unknown: called for each unknown option, with context.
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
