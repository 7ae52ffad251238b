/* SPDX-License-Identifier: ISC */
/*
 * domains - whose mail is accepted from anybody.
 *
 * CONCEPT.  The domains of local_domains and those of a file: "example.org" is
 * that domain, ".example.org" all below it.  ASCII names are compared; an
 * international domain has one however it is spelled (idn.h).  Or the backend
 * is asked, at RCPT.
 *
 * CONCURRENCY.  No state.
 *
 * ERRORS.  A file that cannot be read is an answer of its own.  Without libidn2
 * what is spelled in UTF-8, here or by a client, is no domain of ours.
 */
#ifndef DECISION_DOMAINS_H
#define DECISION_DOMAINS_H

#include "config/conf.h"
#include "decision/idn.h"
#include "decision/path.h"

#include <stdbool.h>

enum domains_answer {
	DOMAINS_NO = 0,
	DOMAINS_YES,
	DOMAINS_ASK_BACKEND,
	DOMAINS_UNKNOWN, /* the file cannot be read */
};

struct domains {
	const struct conf_strings *listed;
	int file;              /* textfile.h; -1: none */
	const struct idn *idn; /* NULL: not needed, or not there */
};

/*
 * Load libidn2, if an international domain stands in listed, in the file or in
 * another one (textfile.h, -1: none), and give those in listed their ASCII names.
 * warn: is told what goes wrong, as a sentence.
 */
void domains_load_idn(struct domains *domains, struct conf_strings *listed,
    int other_file, void (*warn)(const char *sentence, void *arg), void *arg);

bool domains_ask_backend(const struct domains *domains);

/* domain: of a path (path.h): in lower case, without a final dot. */
enum domains_answer domains_contain(
    const struct domains *domains, const char *domain);

/*
 * Spell an international domain, if it is one of these, by its ASCII name:
 * what is judged is what is passed on, for another program may see another
 * domain in the same letters.
 */
void domains_rename(
    const struct domains *domains, char domain[PATH_DOMAIN_BYTES]);

#endif
