/* SPDX-License-Identifier: ISC */
/*
 * smtp_client - whether the answers that a client got are those to what it
 * said.
 *
 * CONCEPT.  What the client said is taken apart anew, with the answers: which
 * of its bytes are commands, and which a message, follows from them alone.
 *
 * It aborts when
 *  - an answer is no SMTP, or has a control or an 8-bit byte in it;
 *  - there are more answers than commands, but for one that ends the session;
 *  - a message was answered with 2xx that the MTA did not take, or took as
 *    another one; or more MAIL and RCPT than it did.
 */
#ifndef POPAUTH_TESTS_FUZZ_SMTP_CLIENT_H
#define POPAUTH_TESTS_FUZZ_SMTP_CLIENT_H

#include "tests/fuzz/lib/mta.h"

/*
 * said: to the gate, behind a PROXY header.
 * heard: from it.
 * record: of the MTA.
 */
void smtp_client_check(const char *said, size_t said_len, const char *heard,
    size_t heard_len, const struct mta_record *record);

#endif
