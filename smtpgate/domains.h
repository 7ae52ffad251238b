/* SPDX-License-Identifier: ISC */
/*
 * domains - whose mail is accepted from anybody.
 *
 * CONCEPT.  The domains of local_domains and those of a file: "example.org" is
 * that domain, ".example.org" all below it.  Bytes are compared: an ASCII
 * domain as it is, one in UTF-8 with the Unicode form of the listed ones
 * (punycode.h).  Or the backend is asked, at RCPT.
 *
 * CONCURRENCY.  No state.
 *
 * ERRORS.  A file that cannot be read is an answer of its own.
 */
#ifndef SMTPGATE_DOMAINS_H
#define SMTPGATE_DOMAINS_H

#include "config/conf.h"

#include <stdbool.h>

enum domains_answer {
	DOMAINS_NO = 0,
	DOMAINS_YES,
	DOMAINS_ASK_BACKEND,
	DOMAINS_UNKNOWN, /* the file cannot be read */
};

struct domains {
	const struct conf_strings *listed;
	int file; /* lines.h; -1: none */
};

/* The word for local_domains that is no domain. */
#define DOMAINS_BACKEND "backend"

bool domains_ask_backend(const struct domains *domains);

/* domain: of a path (path.h): in lower case, without a final dot. */
enum domains_answer domains_contain(
    const struct domains *domains, const char *domain);

#endif
