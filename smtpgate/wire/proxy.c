/* SPDX-License-Identifier: ISC */
/*
 * The bytes read so far determine how many must still be read, so that no byte
 * of the client's is taken.  Version 1 ends in CR LF; version 2 has its length
 * in bytes 14 and 15.
 */
#include "smtpgate/wire/proxy.h"

#include "common/addr.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define V1_MAX_BYTES 107 /* section 2.1, with its CR LF */
#define V2_HEAD_BYTES 16
#define V2_IP4_BYTES 12
#define V2_IP6_BYTES 36

/* The bytes of a header that are kept; later TLVs are skipped. */
#define KEPT_BYTES 256

#define V2_LOCAL 0x20
#define V2_PROXY 0x21
#define V2_UNSPEC 0x00
#define V2_TCP4 0x11
#define V2_TCP6 0x21

static const uint8_t v2_signature[12] = {
    '\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};

/* One end of a connection. */
struct end {
	struct addr addr;
	uint16_t port;
};

struct header {
	uint8_t bytes[KEPT_BYTES];
	size_t len;  /* bytes read; the first KEPT_BYTES are in bytes[] */
	size_t need; /* bytes to read in all, as far as is known */
};

/* ---- reading ------------------------------------------------------------ */

static bool
is_v2(const struct header *header)
{
	return header->bytes[0] == v2_signature[0];
}

/* Set need.  Returns 0, or -EPROTO when this cannot become a header. */
static int
header_look(struct header *header)
{
	static const char v1[] = "PROXY ";
	size_t len = header->len;
	size_t begin_len = is_v2(header) ? sizeof(v2_signature) : strlen(v1);
	const void *begin = is_v2(header) ? (const void *)v2_signature : v1;

	if (memcmp(header->bytes, begin, len < begin_len ? len : begin_len) !=
	    0)
		return -EPROTO;
	if (is_v2(header)) {
		header->need = V2_HEAD_BYTES;
		if (len >= V2_HEAD_BYTES)
			header->need +=
			    (size_t)header->bytes[14] << 8 | header->bytes[15];
		return 0;
	}
	if (len >= V1_MAX_BYTES && header->bytes[len - 1] != '\n')
		return -EPROTO;
	header->need = header->bytes[len - 1] == '\n' ? len : len + 1;
	return 0;
}

static void
header_take(struct header *header, struct stream *stream)
{
	size_t n = stream->end - stream->begin, room = 0;

	if (n > header->need - header->len)
		n = header->need - header->len;
	if (header->len < KEPT_BYTES)
		room = KEPT_BYTES - header->len;
	memcpy(header->bytes + (KEPT_BYTES - room), stream->buf + stream->begin,
	    n < room ? n : room);
	header->len += n;
	stream->begin += n;
}

static int
header_read(struct header *header, struct stream *stream, int64_t deadline_ms)
{
	int result;

	header->len = 0;
	header->need = 1;
	while (header->len < header->need) {
		result = stream_fill(stream, deadline_ms, -1);
		if (result != STREAM_DONE)
			return result < 0 ? result : -EPIPE;
		header_take(header, stream);
		result = header_look(header);
		if (result != 0)
			return result;
	}
	return 0;
}

/* ---- what it says ------------------------------------------------------- */

/* A decimal number without a leading zero.  Returns the byte after it. */
static const char *
parse_port(const char *p, uint16_t *port_out)
{
	unsigned port = 0;
	size_t n = strspn(p, "0123456789");

	if (n == 0 || n > 5 || (p[0] == '0' && n > 1))
		return NULL;
	for (; n > 0; n--)
		port = port * 10 + (unsigned)(*p++ - '0');
	if (port > UINT16_MAX)
		return NULL;
	*port_out = (uint16_t)port;
	return p;
}

static const char *
parse_addr(const char *p, bool is_v4, struct addr *addr_out)
{
	char text[ADDR_TEXT_BYTES];
	size_t n = strcspn(p, " ");

	if (n >= sizeof(text) || p[n] != ' ')
		return NULL;
	memcpy(text, p, n);
	text[n] = '\0';
	if (addr_parse(text, addr_out) != 0 ||
	    is_v4 != (strchr(text, ':') == NULL))
		return NULL;
	return p + n + 1;
}

/*
 * "PROXY TCP4 source destination port port", without its CR LF.
 * Returns 0, -EPROTO, or -ENOENT when it names no client.
 */
static int
v1_parse(struct header *header, struct end *source, struct end *destination)
{
	char *text = (char *)header->bytes;
	const char *p = text;
	bool is_v4;

	if (header->len < 2 || text[header->len - 2] != '\r' ||
	    memchr(text, '\0', header->len) != NULL)
		return -EPROTO;
	text[header->len - 2] = '\0';
	if (strncmp(p, "PROXY UNKNOWN", 13) == 0)
		return -ENOENT;
	is_v4 = strncmp(p, "PROXY TCP4 ", 11) == 0;
	if (!is_v4 && strncmp(p, "PROXY TCP6 ", 11) != 0)
		return -EPROTO;
	p = parse_addr(p + 11, is_v4, &source->addr);
	if (p != NULL)
		p = parse_addr(p, is_v4, &destination->addr);
	if (p != NULL)
		p = parse_port(p, &source->port);
	if (p != NULL && *p++ == ' ')
		p = parse_port(p, &destination->port);
	return p != NULL && *p == '\0' ? 0 : -EPROTO;
}

static uint16_t
get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void
get_addr(const uint8_t *p, bool is_v4, struct addr *addr_out)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (is_v4) {
		memcpy(addr_out->bytes, mapped, 12);
		memcpy(addr_out->bytes + 12, p, 4);
	} else {
		memcpy(addr_out->bytes, p, 16);
	}
}

/* The same for version 2. */
static int
v2_parse(
    const struct header *header, struct end *source, struct end *destination)
{
	const uint8_t *p = header->bytes;
	bool is_v4 = p[13] == V2_TCP4;
	size_t addr_len = is_v4 ? 4 : 16;

	if (p[12] == V2_LOCAL)
		return -ENOENT;
	if (p[12] != V2_PROXY)
		return -EPROTO;
	if (p[13] != V2_TCP4 && p[13] != V2_TCP6)
		return -ENOENT;
	if (header->len < V2_HEAD_BYTES + (is_v4 ? V2_IP4_BYTES : V2_IP6_BYTES))
		return -EPROTO;
	p += V2_HEAD_BYTES;
	get_addr(p, is_v4, &source->addr);
	get_addr(p + addr_len, is_v4, &destination->addr);
	source->port = get_u16(p + 2 * addr_len);
	destination->port = get_u16(p + 2 * addr_len + 2);
	return 0;
}

int
proxy_receive(struct stream *stream, int64_t deadline_ms, struct client *client)
{
	struct client named = {.text = "unknown"};
	struct header header;
	struct end source, destination;
	int error = header_read(&header, stream, deadline_ms);

	if (error != 0)
		return error;
	error = is_v2(&header) ? v2_parse(&header, &source, &destination)
			       : v1_parse(&header, &source, &destination);
	if (error == 0) {
		named.is_known = true;
		named.addr = source.addr;
		named.port = source.port;
		named.local = destination.addr;
		named.local_port = destination.port;
		addr_format(&named.addr, named.text);
	} else if (error != -ENOENT) {
		return error;
	}
	memcpy(named.proxy, client->text, sizeof(named.proxy));
	memcpy(named.session, client->session, sizeof(named.session));
	*client = named;
	return 0;
}

/* ---- writing ------------------------------------------------------------ */

static uint8_t *
put_u16(uint8_t *p, uint16_t value)
{
	*p++ = (uint8_t)(value >> 8);
	*p++ = (uint8_t)value;
	return p;
}

static uint8_t *
put_addr(uint8_t *p, const struct addr *addr, bool is_v4)
{
	size_t len = is_v4 ? 4 : 16;

	memcpy(p, addr->bytes + 16 - len, len);
	return p + len;
}

size_t
proxy_format(const struct client *client, uint8_t out[PROXY_V2_BYTES])
{
	/* Both ends have one family; IPv4 is written mapped beside IPv6. */
	bool is_v4 = addr_is_v4(&client->addr) && addr_is_v4(&client->local);
	uint8_t *p = out;

	memcpy(p, v2_signature, sizeof(v2_signature));
	p += sizeof(v2_signature);
	*p++ = client->is_known ? V2_PROXY : V2_LOCAL;
	if (!client->is_known) {
		*p++ = V2_UNSPEC;
		return (size_t)(put_u16(p, 0) - out);
	}
	*p++ = is_v4 ? V2_TCP4 : V2_TCP6;
	p = put_u16(p, is_v4 ? V2_IP4_BYTES : V2_IP6_BYTES);
	p = put_addr(p, &client->addr, is_v4);
	p = put_addr(p, &client->local, is_v4);
	p = put_u16(p, client->port);
	p = put_u16(p, client->local_port);
	return (size_t)(p - out);
}
