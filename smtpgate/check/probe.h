/* SPDX-License-Identifier: ISC */
/*
 * probe - whether the mail servers behind the gate would serve it, for
 * smtpgate -t.
 *
 * CONCEPT.  The probe connects as a gate would, and names a client by XCLIENT
 * or PROXY: once one with an IPv4 address, once one with an IPv6 address.  It
 * sends MAIL and RCPT for some mailboxes, and no message.  In the mail server's
 * log the client's name is PROBE_HELO.
 *
 * CONCURRENCY.  One thread, as the gate's user.
 */
#ifndef SMTPGATE_CHECK_PROBE_H
#define SMTPGATE_CHECK_PROBE_H

#include "smtpgate/check/findings.h"
#include "smtpgate/gate.h"

/* RFC 2606: never local, and in no one's list. */
#define PROBE_HELO "smtpgate-test.example.com"
#define PROBE_FAR_MAILBOX "smtpgate-test@example.com"

/*
 * Try backend and backend_relay.
 * gate: configured; its site is open.  The working directory is "/" (dial.h).
 * has_ipv6: clients may have IPv6 addresses.
 * Blocks: up to some seconds for each server.
 */
void probe_servers(
    const struct gate *gate, bool has_ipv6, struct findings *findings);

#endif
