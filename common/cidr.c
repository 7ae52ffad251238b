/* SPDX-License-Identifier: ISC */
#include "common/cidr.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The offset of an IPv4 address in the 16-byte form. */
#define CIDR_V4_OFFSET_BITS 96

/* Digits only and no leading zero: "024" is read as 20 by some programs. */
static int
cidr_parse_len(const char *text, unsigned max, unsigned *len_out)
{
	unsigned len = 0;
	const char *p;

	if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
		return -EINVAL;
	for (p = text; *p != '\0'; p++) {
		if (*p < '0' || *p > '9')
			return -EINVAL;
		len = len * 10 + (unsigned)(*p - '0');
		if (len > max)
			return -EINVAL;
	}
	*len_out = len;
	return 0;
}

int
cidr_parse_loosely(const char *text, struct cidr *cidr_out)
{
	char net_text[ADDR_TEXT_BYTES];
	const char *slash = strchr(text, '/');
	size_t net_len = slash != NULL ? (size_t)(slash - text) : strlen(text);
	unsigned bits = 128, offset = 0;
	struct addr net;

	if (net_len >= sizeof(net_text))
		return -EINVAL;
	memcpy(net_text, text, net_len);
	net_text[net_len] = '\0';
	if (addr_parse(net_text, &net) != 0)
		return -EINVAL;

	/* The length in ::ffff:192.0.2.0/120 counts all 128 bits. */
	if (strchr(net_text, ':') == NULL)
		offset = CIDR_V4_OFFSET_BITS;
	if (slash != NULL) {
		if (cidr_parse_len(slash + 1, 128 - offset, &bits) != 0)
			return -EINVAL;
		bits += offset;
	}
	cidr_out->net = net;
	cidr_out->prefix_len = (uint8_t)bits;
	addr_mask(&cidr_out->net, bits);
	return addr_equal(&cidr_out->net, &net) ? 0 : 1;
}

int
cidr_parse(const char *text, struct cidr *cidr_out)
{
	struct cidr cidr;

	if (cidr_parse_loosely(text, &cidr) != 0)
		return -EINVAL;
	*cidr_out = cidr;
	return 0;
}

const char *
cidr_format(const struct cidr *cidr, char text[CIDR_TEXT_BYTES])
{
	char net_text[ADDR_TEXT_BYTES];
	unsigned len = cidr->prefix_len;

	if (addr_is_v4(&cidr->net) && len >= CIDR_V4_OFFSET_BITS)
		len -= CIDR_V4_OFFSET_BITS;
	snprintf(text, CIDR_TEXT_BYTES, "%s/%u",
	    addr_format(&cidr->net, net_text), len);
	return text;
}

/* The mask of a prefix for the eight bytes that follow the first bits_before
 * bits, in memory order. */
static inline uint64_t
half_mask(unsigned prefix_len, unsigned bits_before)
{
	if (prefix_len <= bits_before)
		return 0;
	if (prefix_len >= bits_before + 64)
		return UINT64_MAX;
	return htobe64(UINT64_MAX << (bits_before + 64 - prefix_len));
}

bool
cidr_contains(const struct cidr *cidr, const struct addr *addr)
{
	uint64_t words[2], net[2];

	memcpy(words, addr->bytes, sizeof(words));
	memcpy(net, cidr->net.bytes, sizeof(net));
	if (cidr->prefix_len < CIDR_V4_OFFSET_BITS && addr_is_v4(addr))
		return false;
	return ((words[0] & half_mask(cidr->prefix_len, 0)) ^ net[0]) == 0 &&
	       ((words[1] & half_mask(cidr->prefix_len, 64)) ^ net[1]) == 0;
}

bool
cidr_list_contains(const struct cidr *list, size_t n, const struct addr *addr)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (cidr_contains(&list[i], addr))
			return true;
	return false;
}

void
addr_mask(struct addr *addr, unsigned prefix_len)
{
	size_t byte = prefix_len / 8;

	if (byte >= sizeof(addr->bytes))
		return;
	addr->bytes[byte] &= (uint8_t)(0xff00U >> (prefix_len % 8));
	memset(addr->bytes + byte + 1, 0, sizeof(addr->bytes) - byte - 1);
}
