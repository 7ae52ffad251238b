/* SPDX-License-Identifier: ISC */
/*
 * site - all that a decision depends on besides the question itself.
 *
 * CONCEPT.  The site's configuration, the files that the configuration names,
 * and the table of grants.  A program opens the site once and asks it any
 * number of questions (decision.h).
 *
 * LIFETIME.  site_open(), before the program gives up its privileges;
 * site_close().  The configuration must live longer.
 *
 * CONCURRENCY.  Read only after site_open(), but for the rules, which follow the
 * table: for one thread.
 */
#ifndef DECISION_SITE_H
#define DECISION_SITE_H

#include "config/conf.h"
#include "decision/domains.h"
#include "rules/inforce.h"
#include "shmcache/shmcache.h"

struct site {
	const struct conf_smtpgate *conf; /* relay_networks, bind_sender */
	struct domains domains;           /* local_domains and its file */
	int sender_map;                   /* textfile.h; -1: none */
	struct shmcache *table;           /* NULL: it cannot be read */
	int table_error;       /* the reason then, for shmcache_strerror() */
	struct inforce *rules; /* NULL: none apply */
};

/* A site without files, for a program that opens the table itself.
 * rules: zeros, and the caller's; or NULL. */
void site_init(struct site *site, const struct conf *conf,
    struct shmcache *table, struct inforce *rules);

/*
 * Open the files and the table, and load libidn2 when a domain needs it.  A
 * table that cannot be read is no failure: a question then gets a temporary
 * refusal.
 * conf: its local_domains get their ASCII names (domains.h).
 * warn: receives a sentence for each thing that is wrong but not fatal.
 * mistake_out: a sentence, on failure.
 * Returns 0, or a negative errno: a file cannot be opened.
 */
int site_open(struct site *site, struct conf *conf,
    void (*warn)(const char *sentence, void *arg), void *arg,
    struct conf_error *mistake_out);

/* Accepts a site of zeros, and one that site_open() failed to open. */
void site_close(struct site *site);

#endif
