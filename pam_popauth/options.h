/* SPDX-License-Identifier: ISC */
/*
 * options - the module's arguments in a PAM service file.
 *
 * CONCEPT.  pam_popauth(8) has the list.  An argument of an unknown name is
 * logged by name and changes nothing.  A value that does not fit its option
 * stops this line of the service file from granting, and says so: half a
 * restriction would grant too much.  Neither costs a login (`strict` apart).
 *
 * OWNERSHIP.  The struct points into argv, which outlives the hook.
 *
 * CONCURRENCY.  No state.
 */
#ifndef POPAUTH_PAM_OPTIONS_H
#define POPAUTH_PAM_OPTIONS_H

#include "common/addr.h"

#include <security/pam_modules.h>
#include <stdbool.h>

/* The longest item of a list: a path, a name, a network. */
#define OPTIONS_ITEM_BYTES 256

/* Items in one list; as many as a line of a service file can hold. */
#define OPTIONS_ITEMS_MAX 64

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

struct options {
	const char *table;    /* table=/PATH; /run/popauth/grants */
	bool strict;          /* no login without its grant recorded */
	bool debug;           /* say what was not done on purpose, too */
	unsigned sources;     /* from=: bit 1 << enum peer_source */
	const char *from_exe; /* from_exe=/PATH,...; NULL: nobody */
	const char *exclude;  /* exclude=NETWORK,...; NULL: none */
	const char *users;    /* users=NAME,...; NULL: all */
	const char *group;    /* group=NAME; NULL: any */
	const char *service;  /* service=LABEL; NULL: PAM_SERVICE */
	const char *bad;      /* an argument that does not fit, or NULL */
	const char *bad_why;  /* what would; NULL with bad */
};

/* Read the arguments, and log those of unknown names. */
void options_parse(
    struct options *options, pam_handle_t *pamh, int argc, const char **argv);

/* Log bad, which is set, for a hook that has no line of its own to name it. */
void options_log_bad(const struct options *options, pam_handle_t *pamh);

/*
 * Call visit for each item of a comma-separated list, until it returns true.
 * list: of a struct options; NULL has no items.
 * Returns whether it did.
 */
bool options_any(const char *list,
    bool (*visit)(const char *item, const void *arg), const void *arg);

/* Whether exclude= has the address. */
bool options_exclude(const struct options *options, const struct addr *addr);

/*
 * Whether users= and group= let the user be recorded.  Names of users= compare
 * without case, as in the table.
 * Blocks: group= asks the name service, as PAM itself does for each login.
 * On failure: no.
 */
bool options_allow_user(
    const struct options *options, pam_handle_t *pamh, const char *user);

#endif
