/* SPDX-License-Identifier: ISC */
/*
 * dovecot - the settings of Dovecot that decide whether it asks PAM.
 *
 * CONCEPT.  Where Dovecot is installed, doveconf(1) resolves its configuration.
 * The files are read as well, since doveconf gives no line numbers.  Without doveconf (another root) the files alone have to do.  Both
 * are in the syntax of 2.3 or 2.4.
 *
 * OWNERSHIP.  dovecot_free() releases all of it; an all-zero struct may be freed
 * too.
 */
#ifndef PAMCHECK_DOVECOT_H
#define PAMCHECK_DOVECOT_H

#include <stdbool.h>
#include <stddef.h>

/* When Dovecot passes over a passdb. */
enum dovecot_skip {
	DOVECOT_SKIP_NEVER = 0,
	DOVECOT_SKIP_AUTHENTICATED,
	DOVECOT_SKIP_UNAUTHENTICATED,
};

/* What an answer of a passdb leads to. */
enum dovecot_result {
	DOVECOT_CONTINUE = 0,  /* the next passdb, the login is as it was */
	DOVECOT_CONTINUE_OK,   /* the next passdb, the login is accepted */
	DOVECOT_CONTINUE_FAIL, /* the next passdb, the login is refused */
	DOVECOT_RETURN,        /* the end, the login is accepted */
	DOVECOT_RETURN_FAIL,   /* the end, the login is refused */
};

struct dovecot_passdb {
	char *driver;        /* "pam", "sql", "passwd-file", ... */
	char *place;         /* "FILE:LINE" */
	char *service;       /* pam: of PAM, with Dovecot's variables */
	bool opens_session;  /* pam */
	bool is_cached;      /* logins in the cache never reach PAM */
	const char *limit;   /* "allow_nets" or the like, applied after PAM */
	bool is_for_masters; /* is asked about master users only */
	bool is_deny;        /* has users that may not log in */
	enum dovecot_skip skip;
	enum dovecot_result on_success, on_failure, on_internal_failure;
};

struct dovecot {
	bool is_gone;  /* the package was removed, its configuration left */
	bool is_there; /* it has a configuration */
	bool is_2_4;
	struct dovecot_passdb *passdbs; /* in the order of a login */
	size_t n;
	char *protocols;     /* words */
	bool serves_smtp;    /* another program asks its auth process */
	char *worker_user;   /* that asks PAM, or NULL: root */
	char *worker_groups; /* of its service, or NULL */
	/* "FILE:LINE", or NULL: */
	char *worker_place;   /* of the user */
	char *cache_place;    /* of the cache's size */
	char *trusting_place; /* of login_trusted_networks */
	/* sentences, or NULL: */
	char *refused; /* why Dovecot will not start */
	char *unclear; /* what could not be determined */
};

/*
 * Read the configuration for one protocol.
 * root: put before each path.  doveconf: a program to run, or NULL.
 * Returns 0 (also when there is none), or a negative errno.
 */
int dovecot_read(const char *root, const char *doveconf, const char *protocol,
    struct dovecot *dovecot_out);

/* Whether Dovecot serves the protocol. */
bool dovecot_serves(const struct dovecot *dovecot, const char *protocol);

void dovecot_free(struct dovecot *dovecot);

#endif
