/* SPDX-License-Identifier: ISC */
#include "smtpgate/backend/identity.h"

#include "decision/path.h"
#include "smtpgate/syntax/ehlo.h"

#include <stdio.h>
#include <string.h>

/* Postfix's value for an attribute that is not known. */
#define UNAVAILABLE "[UNAVAILABLE]"

#define DATE_BYTES 64

void
identity_set(struct identity *identity, const struct client *client,
    const char *helo, bool is_esmtp, bool is_tls, const struct right *right)
{
	const char *user = right_user(right);

	memset(identity, 0, sizeof(*identity));
	identity->client = client;
	identity->is_esmtp = is_esmtp;
	identity->is_tls = is_tls;
	identity->kind = right->kind;
	snprintf(identity->helo, sizeof(identity->helo), "%s", helo);
	if (user != NULL)
		snprintf(identity->user, sizeof(identity->user), "%s", user);
	if (right->kind == RIGHT_GRANT)
		identity->age_s = right->grant.age_s;
}

/* Write the client's address as a literal, or "unknown". */
static const char *
format_literal(
    const struct client *client, char literal[IDENTITY_LITERAL_BYTES])
{
	snprintf(literal, IDENTITY_LITERAL_BYTES, "unknown");
	if (client->is_known)
		snprintf(literal, IDENTITY_LITERAL_BYTES, "[%s%s]",
		    addr_is_v4(&client->addr) ? "" : "IPv6:", client->text);
	return literal;
}

const char *
identity_plain_helo(
    const struct identity *identity, char literal[IDENTITY_LITERAL_BYTES])
{
	const char *helo = identity->helo;

	/* Exim refuses an underscore, and OpenSMTPD a final dot. */
	return path_is_helo_name(helo) && strchr(helo, '_') == NULL &&
		       helo[strlen(helo) - 1] != '.'
		   ? helo
		   : format_literal(identity->client, literal);
}

bool
identity_equal(const struct identity *a, const struct identity *b)
{
	return a->client == b->client && a->is_esmtp == b->is_esmtp &&
	       a->kind == b->kind && strcmp(a->helo, b->helo) == 0 &&
	       strcmp(a->user, b->user) == 0;
}

bool
identity_equal_outside(const struct identity *a, const struct identity *b)
{
	return a->client == b->client && a->is_esmtp == b->is_esmtp &&
	       strcmp(a->helo, b->helo) == 0;
}

/* ---- XCLIENT ------------------------------------------------------------ */

struct xclient {
	char *line;
	size_t len;
	unsigned attributes;
};

/* Add " NAME=value", the value as xtext, if the backend accepts it. */
static void
add(struct xclient *xclient, unsigned attribute, const char *name,
    const char *value)
{
	char *line = xclient->line;
	size_t size = IDENTITY_XCLIENT_BYTES;
	const char *p;

	if ((xclient->attributes & attribute) == 0)
		return;
	xclient->len += (size_t)snprintf(
	    line + xclient->len, size - xclient->len, " %s=", name);
	for (p = value; *p != '\0'; p++)
		xclient->len += (size_t)snprintf(line + xclient->len,
		    size - xclient->len,
		    *p > 0x20 && *p < 0x7f && *p != '+' && *p != '=' ? "%c"
								     : "+%02X",
		    (unsigned char)*p);
}

/* Add an address and a port: the value of a connection's end. */
static void
add_end(struct xclient *xclient, unsigned addr_attribute,
    unsigned port_attribute, const struct addr *addr, uint16_t port)
{
	bool is_dest = addr_attribute == EHLO_XCLIENT_DESTADDR;
	char text[sizeof("IPV6:") + ADDR_TEXT_BYTES] = UNAVAILABLE;
	char plain[ADDR_TEXT_BYTES], number[sizeof(UNAVAILABLE)] = UNAVAILABLE;

	if (addr != NULL) {
		snprintf(text, sizeof(text), "%s%s",
		    addr_is_v4(addr) ? "" : "IPV6:", addr_format(addr, plain));
		snprintf(number, sizeof(number), "%u", port);
	}
	add(xclient, addr_attribute, is_dest ? "DESTADDR" : "ADDR", text);
	add(xclient, port_attribute, is_dest ? "DESTPORT" : "PORT", number);
}

const char *
identity_xclient(const struct identity *identity, unsigned attributes,
    char line[IDENTITY_XCLIENT_BYTES])
{
	const struct client *client = identity->client;
	struct xclient xclient = {.line = line, .attributes = attributes};
	bool has_local = client->is_known && client->local_port != 0;

	xclient.len = (size_t)snprintf(line, IDENTITY_XCLIENT_BYTES, "XCLIENT");
	/* The backend uses the gate's own value for an attribute that it offers
	 * and does not get.  The gate looks no name up. */
	add(&xclient, EHLO_XCLIENT_NAME, "NAME", UNAVAILABLE);
	add(&xclient, EHLO_XCLIENT_REVERSE_NAME, "REVERSE_NAME", UNAVAILABLE);
	add_end(&xclient, EHLO_XCLIENT_ADDR, EHLO_XCLIENT_PORT,
	    client_addr(client), client->port);
	add_end(&xclient, EHLO_XCLIENT_DESTADDR, EHLO_XCLIENT_DESTPORT,
	    has_local ? &client->local : NULL, client->local_port);
	add(&xclient, EHLO_XCLIENT_PROTO, "PROTO",
	    identity->is_esmtp ? "ESMTP" : "SMTP");
	add(&xclient, EHLO_XCLIENT_HELO, "HELO", identity->helo);
	/* The user of a grant did not log in by SMTP AUTH. */
	if (identity->kind == RIGHT_AUTH)
		add(&xclient, EHLO_XCLIENT_LOGIN, "LOGIN", identity->user);
	return line;
}

/* ---- Received: ---------------------------------------------------------- */

/* A user's name as the text of a comment: RFC 5322, 3.2.2. */
static void
clean_user(const char *user, char clean[IDENTITY_USER_BYTES])
{
	size_t i;

	for (i = 0; user[i] != '\0' && i + 1 < IDENTITY_USER_BYTES; i++)
		clean[i] = user[i] > 0x20 && user[i] < 0x7f &&
				   strchr("()\\\"", user[i]) == NULL
			       ? user[i]
			       : '?';
	clean[i] = '\0';
}

static void
format_why(const struct identity *identity, char *why, size_t size)
{
	char user[IDENTITY_USER_BYTES];

	why[0] = '\0';
	clean_user(identity->user, user);
	if (identity->kind == RIGHT_NETWORK)
		snprintf(why, size, "\r\n\t(relayed for a listed network)");
	if (identity->kind == RIGHT_PERMIT)
		snprintf(why, size, "\r\n\t(relayed for a permitted address)");
	if (identity->kind == RIGHT_AUTH)
		snprintf(why, size, "\r\n\t(relayed for a login of %s)", user);
	if (identity->kind == RIGHT_GRANT)
		snprintf(why, size,
		    "\r\n\t(relayed for a POP login of %s, %u s ago)",
		    user[0] != '\0' ? user : "an uncertain user",
		    identity->age_s);
}

/* RFC 3848; after HELO there is neither AUTH nor STARTTLS. */
static const char *
protocol_of(const struct identity *identity)
{
	bool is_auth = identity->kind == RIGHT_AUTH;

	if (!identity->is_esmtp)
		return "SMTP";
	if (identity->is_tls)
		return is_auth ? "ESMTPSA" : "ESMTPS";
	return is_auth ? "ESMTPA" : "ESMTP";
}

size_t
identity_received(const struct identity *identity, const char *host, time_t now,
    char header[IDENTITY_RECEIVED_BYTES])
{
	char from[IDENTITY_LITERAL_BYTES], plain[IDENTITY_LITERAL_BYTES];
	char why[IDENTITY_USER_BYTES + 64], date[DATE_BYTES];
	struct tm tm;

	format_literal(identity->client, from);
	format_why(identity, why, sizeof(why));
	if (gmtime_r(&now, &tm) == NULL ||
	    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &tm) ==
		0)
		snprintf(date, sizeof(date), "Thu, 01 Jan 1970 00:00:00 +0000");
	return (size_t)snprintf(header, IDENTITY_RECEIVED_BYTES,
	    "Received: from %s (%s)\r\n\tby %s with %s%s;\r\n\t%s\r\n",
	    identity_plain_helo(identity, plain), from, host,
	    protocol_of(identity), why, date);
}
