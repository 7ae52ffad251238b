/* SPDX-License-Identifier: ISC */
/*
 * domains - the local domains: mail to them is accepted from any client.
 *
 * CONCEPT.  The domains of local_domains and of a file: "example.org" is that
 * domain, ".example.org" all domains below it.  ASCII names are compared; every
 * spelling of an international domain has the same ASCII name (idn.h).  With
 * local_domains = backend, the backend is asked at RCPT.
 *
 * ERRORS.  DOMAINS_UNKNOWN: the file cannot be read or has no line (it is being
 * rewritten), or an international domain cannot be compared for want of libidn2
 * or of memory.
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
	DOMAINS_UNKNOWN, /* trying later can help */
};

struct domains {
	const struct conf_strings *listed;
	int file;              /* textfile.h; -1: none */
	const struct idn *idn; /* NULL: not needed, or not installed */
	bool is_incomplete;    /* a listed domain has no ASCII name yet */
};

/*
 * Load libidn2 if listed, the file or other_file has an international domain,
 * and replace such domains in listed by their ASCII names.
 * other_file: textfile.h; -1: none.
 * warn: receives a sentence for each thing that goes wrong.
 */
void domains_load_idn(struct domains *domains, struct conf_strings *listed,
    int other_file, void (*warn)(const char *sentence, void *arg), void *arg);

/* Whether a domain that idn_to_ascii() could not convert may have a name later:
 * libidn2 is missing, or memory is. */
bool domains_error_is_passing(const struct domains *domains, int error);

/* domain: as in struct path: in lower case, without a final dot. */
enum domains_answer domains_contain(
    const struct domains *domains, const char *domain);

/*
 * Replace an international domain, if it is local, by its ASCII name.  So the
 * backend gets the name that was judged; another program may read the same
 * letters as another domain.
 */
void domains_rename(
    const struct domains *domains, char domain[PATH_DOMAIN_BYTES]);

#endif
