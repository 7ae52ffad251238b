/* SPDX-License-Identifier: ISC */
/*
 * dovecotdraft - the passdbs as they are written, and the other settings that
 * matter here.
 *
 * CONCEPT.  Each setting of each passdb is kept as a text.  Its meaning is found
 * at the end (dovecotdraft_finish): a setting of 2.4 may be inside of the passdb
 * or outside of all, before it or after it.
 *
 * A block "protocol NAME" counts if it is for the protocol that was asked for.
 * Dovecot 2.3 asks its passdbs before the others.  In 2.4 passdbs have names: a
 * second block of the same name adds to the first.
 */
#ifndef PAMCHECK_DOVECOTDRAFT_H
#define PAMCHECK_DOVECOTDRAFT_H

#include "pamcheck/dovecot.h"
#include "pamcheck/dovecotfile.h"

#define DOVECOTDRAFT_DEPTH_MAX 16 /* of blocks; deeper ones are passed over */

enum dovecotdraft_block {
	BLOCK_TOP = 0,
	BLOCK_PASSDB,
	BLOCK_SHARED, /* 2.4: passdb_pam { }, or fields { } */
	BLOCK_AUTH,   /* service auth */
	BLOCK_WORKER, /* service auth-worker */
	BLOCK_PROTOCOL,
	BLOCK_PROTOCOLS, /* 2.4: protocols { pop3 = yes } */
	BLOCK_OTHER,
};

struct dovecotdraft_setting {
	char *name, *value, *at;
};

struct dovecotdraft_settings {
	struct dovecotdraft_setting *list;
	size_t n;
};

struct dovecotdraft_passdb {
	char *name;
	char *at;
	bool is_of_protocol; /* in a block "protocol" */
	struct dovecotdraft_settings settings;
};

struct dovecotdraft {
	struct dovecot *out;
	const char *protocol;
	enum dovecotdraft_block blocks[DOVECOTDRAFT_DEPTH_MAX + 1];
	unsigned depth;
	struct dovecotdraft_passdb *passdbs;
	size_t n;
	size_t current;                      /* if the block is in a passdb */
	struct dovecotdraft_settings shared; /* passdb_NAME outside of all */
	bool has_cache;
	int error;
};

/*
 * Begin to read.
 * out: all-zero, but is_2_4 if that is known already.
 * Returns the visitor for dovecotfile.h.
 */
struct dovecotfile_visitor dovecotdraft_begin(
    struct dovecotdraft *draft, struct dovecot *out, const char *protocol);

/* Write the meaning to draft->out, and free the draft.  Returns its error. */
int dovecotdraft_finish(struct dovecotdraft *draft);

/* Remember why Dovecot does not start, unless a reason is known. */
void dovecotdraft_refuse(void *draft, const char *at, const char *why);

#endif
