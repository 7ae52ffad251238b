/* SPDX-License-Identifier: ISC */
/*
 * smtp_client - whether the answers that a client got match its commands.
 *
 * CONCEPT.  The client's bytes are parsed again together with the answers:
 * these alone determine which bytes are commands, and which are a message.
 *
 * It aborts when
 *  - an answer is no SMTP, or has a control or an 8-bit byte in it;
 *  - there are more answers than commands, but for one that ends the session;
 *  - a message was answered with 2xx that the MTA did not accept, or got
 *    differently; or more MAIL and RCPT than the MTA accepted.
 */
#ifndef POPAUTH_TESTS_FUZZ_SMTP_CLIENT_H
#define POPAUTH_TESTS_FUZZ_SMTP_CLIENT_H

#include "tests/fuzz/lib/mta.h"

/*
 * said: to the gate, after a PROXY header.
 * heard: from the gate.
 * record: of the MTA.
 */
void smtp_client_check(const char *said, size_t said_len, const char *heard,
    size_t heard_len, const struct mta_record *record);

#endif
