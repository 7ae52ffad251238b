/* SPDX-License-Identifier: ISC */
/*
 * A request has a known method and an argument, or it ends in a protocol and
 * its version.  A header is a word that ends in ":", as no verb does.  Base64
 * has neither spaces nor colons.
 */
#include "smtpgate/syntax/foreign.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* HTTP (RFC 9110, RFC 5789), WebDAV, and the preface of HTTP/2. */
static const char *const methods[] = {"CONNECT", "DELETE", "GET", "HEAD",
    "OPTIONS", "PATCH", "POST", "PRI", "PROPFIND", "PUT", "TRACE"};

/* Bytes of a header's name: RFC 5322, 2.2. */
static bool
is_name_byte(char c)
{
	return c > 0x20 && c < 0x7f;
}

static bool
has_method(const char *text)
{
	size_t i, len = strcspn(text, " ");

	if (text[len] == '\0')
		return false;
	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strlen(methods[i]) == len &&
		    strncasecmp(text, methods[i], len) == 0)
			return true;
	return false;
}

/* "HTTP/1.1", "SIP/2.0", "RTSP/1.0" ... as the last word of three. */
static bool
has_version(const char *text)
{
	const char *word = strrchr(text, ' '), *p;

	if (word == NULL || memchr(text, ' ', (size_t)(word - text)) == NULL)
		return false;
	for (p = word + 1; isupper((unsigned char)*p);)
		p++;
	return p > word + 1 && p[0] == '/' && isdigit((unsigned char)p[1]) &&
	       p[2] == '.' && isdigit((unsigned char)p[3]) &&
	       (p[4] == '\0' || isspace((unsigned char)p[4]));
}

static bool
is_header(const char *text)
{
	const char *p = text;

	while (is_name_byte(*p) && *p != ':')
		p++;
	return p > text && *p == ':';
}

bool
foreign_is_first_byte(char byte)
{
	return ((unsigned char)byte < 0x20 && byte != '\t' && byte != '\r' &&
		   byte != '\n') ||
	       (unsigned char)byte >= 0x7f;
}

bool
foreign_is_line(const char *text)
{
	return has_method(text) || has_version(text) || is_header(text) ||
	       strncmp(text, "SSH-", 4) == 0;
}
