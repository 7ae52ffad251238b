/* SPDX-License-Identifier: ISC */
/* foreign: lines of other protocols, and lines of SMTP that look like them. */
#include "smtpgate/syntax/foreign.h"

#include <criterion/criterion.h>

Test(smtpgate_foreign, a_request_is_foreign)
{
	static const char *const lines[] = {"GET / HTTP/1.1", "get / HTTP/1.0",
	    "GET /", "POST /mail HTTP/1.1", "PUT / HTTP/1.1", "HEAD / HTTP/1.1",
	    "OPTIONS * HTTP/1.1", "DELETE /x HTTP/1.1", "PATCH /x HTTP/1.1",
	    "TRACE / HTTP/1.1", "CONNECT mail.example.org:25 HTTP/1.1",
	    "PRI * HTTP/2.0", "PROPFIND / HTTP/1.1",
	    "SEARCH / HTTP/1.1", /* any method */
	    "INVITE sip:joe@example.org SIP/2.0", "OPTIONS sip:nm SIP/2.0",
	    "DESCRIBE rtsp://x RTSP/1.0", "GET / HTTP/1.1\nHost: x",
	    "SSH-2.0-OpenSSH_9.2"};
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		cr_expect(foreign_is_line(lines[i]), "%s", lines[i]);
}

Test(smtpgate_foreign, a_header_is_foreign)
{
	static const char *const lines[] = {"Host: mail.example.org",
	    "Content-Type: text/plain", "Content-Length:0", "User-Agent: x",
	    "Subject: x", "x:"};
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		cr_expect(foreign_is_line(lines[i]), "%s", lines[i]);
}

Test(smtpgate_foreign, smtp_is_not)
{
	static const char *const lines[] = {"", " ", "EHLO client.example",
	    "EHLO [IPv6:2001:db8::1]", "MAIL FROM:<a@b.example>",
	    "MAIL FROM: <a@b.example> BODY=8BITMIME", "mail from:<>",
	    "RCPT TO:<joe@example.org> ORCPT=rfc822;joe", "DATA", "RSET",
	    "NOOP Host: x", "VRFY get", "HELP GET", "QUIT", "AUTH PLAIN",
	    "AUTH PLAIN R0VUIC8=", "GET", "R0VU", "*", "=", "AGpvZQBq",
	    "BDAT 5 LAST", "STARTTLS", "XCLIENT ADDR=IPV6:::1", " :", ":",
	    "SSH", "NOOP about HTTP/1.1x", "HTTP/1.1", "NOOP /1.1"};
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		cr_expect_not(foreign_is_line(lines[i]), "%s", lines[i]);
}

Test(smtpgate_foreign, no_line_begins_with_a_control_or_an_8_bit_byte)
{
	int byte;

	cr_expect(foreign_is_first_byte('\x16')); /* TLS */
	cr_expect(foreign_is_first_byte('\x80')); /* SSL 2 */
	for (byte = 0; byte < 256; byte++)
		cr_expect_eq(foreign_is_first_byte((char)byte),
		    (byte < 0x20 || byte >= 0x7f) && byte != '\t' &&
			byte != '\r' && byte != '\n',
		    "%d", byte);
}
