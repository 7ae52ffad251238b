/* SPDX-License-Identifier: ISC */
/*
 * foreign - whether a line belongs to another protocol.
 *
 * CONCEPT.  A web page, or a server that was tricked into a request, can make
 * its host connect to the gate.  The host may have a right to relay, and the
 * request's body may be SMTP.  Such a request is recognised by its first line.
 *
 * TRUST.  Every byte is hostile.  A protocol whose first line looks like a
 * command of SMTP is not recognised.
 *
 * Source: Postfix, smtpd_forbidden_commands; the ALPACA attack (2021).
 */
#ifndef SMTPGATE_SYNTAX_FOREIGN_H
#define SMTPGATE_SYNTAX_FOREIGN_H

#include <stdbool.h>

/*
 * Whether no line of SMTP begins with this byte: a control or an 8-bit byte, as
 * in a TLS ClientHello.  Such a protocol may never send a line end.
 */
bool foreign_is_first_byte(char byte);

/*
 * Whether the line is a request (GET / HTTP/1.1), a header (Host: x) or an
 * SSH version.  No command of SMTP and no line of SMTP AUTH is.
 * text: without its line end; it may have flaws (line.h).
 */
bool foreign_is_line(const char *text);

#endif
