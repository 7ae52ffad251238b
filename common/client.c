/* SPDX-License-Identifier: ISC */
#include "common/client.h"

#include <string.h>

#define NO_IPV4 0xff

/* Byte 8 of an address with an IPv4 address around it is zero, for hosts that
 * take bits 64 to 71 for flags. */
#define FLAGS_AT 8

static const struct network {
	struct cidr cidr;
	uint8_t bits_min; /* that are one client */
	uint8_t ipv4_at;  /* the first byte of the IPv4 address, or NO_IPV4 */
} builtin[] = {
    {{{{0x00, 0x64, 0xff, 0x9b}}, 96}, 128, 12},
    {{{{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}}, 48}, 128, NO_IPV4},
    {{{{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}}, 96}, 128, 12},
    {{{{0x20, 0x01, 0x00, 0x00}}, 32}, 128, NO_IPV4},
    {{{{0x20, 0x02}}, 16}, 48, 2},
};

static const struct network *
find_builtin(const struct addr *addr)
{
	for (size_t i = 0; i < sizeof(builtin) / sizeof(builtin[0]); i++)
		if (cidr_contains(&builtin[i].cidr, addr))
			return &builtin[i];
	return NULL;
}

void
client_mask(struct addr *addr, const struct client_rules *rules)
{
	const struct network *known;
	unsigned bits = rules->ipv6_prefix;

	if (addr_is_v4(addr) ||
	    cidr_list_contains(rules->whole, rules->n_whole, addr))
		return;
	known = find_builtin(addr);
	if (known != NULL && known->bits_min > bits)
		bits = known->bits_min;
	addr_mask(addr, bits);
}

static void
extract(const struct addr *addr, unsigned at, struct addr *v4_out)
{
	*v4_out = (struct addr){
	    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}};
	for (unsigned i = 0; i < 4; i++, at++) {
		if (at == FLAGS_AT)
			at++;
		v4_out->bytes[12 + i] = addr->bytes[at];
	}
}

/* The byte where RFC 6052 puts the IPv4 address, or NO_IPV4. */
static unsigned
ipv4_at(unsigned prefix_len)
{
	switch (prefix_len) {
	case 32:
	case 40:
	case 48:
	case 56:
	case 64:
	case 96:
		return prefix_len / 8;
	}
	return NO_IPV4;
}

bool
client_embedded(const struct addr *addr, const struct client_rules *rules,
    struct addr *v4_out)
{
	const struct network *known;

	if (addr_is_v4(addr))
		return false;
	for (unsigned i = 0; i < rules->n_whole; i++) {
		const unsigned at = ipv4_at(rules->whole[i].prefix_len);

		if (at == NO_IPV4 || !cidr_contains(&rules->whole[i], addr))
			continue;
		extract(addr, at, v4_out);
		return true;
	}
	known = find_builtin(addr);
	if (known == NULL || known->ipv4_at == NO_IPV4)
		return false;
	extract(addr, known->ipv4_at, v4_out);
	return true;
}
