/* SPDX-License-Identifier: ISC */
/*
 * addr - a client's IP address in one form.  inet_pton(3) is the parser: it
 * takes neither names nor zone ids nor white space, and refuses the leading
 * zeros that some programs read as octal (RFC 6943, 3.1.1).
 */
#include "common/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static const uint8_t v4_mapped[12] = {[10] = 0xff, [11] = 0xff};

static void
addr_set_v4(struct addr *addr, const struct in_addr *v4)
{
	memcpy(addr->bytes, v4_mapped, sizeof(v4_mapped));
	memcpy(addr->bytes + sizeof(v4_mapped), v4, sizeof(*v4));
}

int
addr_parse(const char *text, struct addr *addr_out)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		addr_set_v4(addr_out, &v4);
		return 0;
	}
	if (inet_pton(AF_INET6, text, &v6) == 1) {
		memcpy(addr_out->bytes, &v6, sizeof(v6));
		return 0;
	}
	return -EINVAL;
}

int
addr_from_sockaddr(const struct sockaddr *sa, socklen_t len,
    struct addr *addr_out, uint16_t *port_out)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	in_port_t port;

	if (len < sizeof(sa->sa_family))
		return -EINVAL;

	/* Copied, because the caller's buffer may be aligned for less. */
	switch (sa->sa_family) {
	case AF_INET:
		if (len < sizeof(in))
			return -EINVAL;
		memcpy(&in, sa, sizeof(in));
		addr_set_v4(addr_out, &in.sin_addr);
		port = in.sin_port;
		break;
	case AF_INET6:
		if (len < sizeof(in6))
			return -EINVAL;
		memcpy(&in6, sa, sizeof(in6));
		memcpy(addr_out->bytes, &in6.sin6_addr, 16);
		port = in6.sin6_port;
		break;
	default:
		return -EAFNOSUPPORT;
	}
	if (port_out != NULL)
		*port_out = ntohs(port);
	return 0;
}

const char *
addr_format(const struct addr *addr, char text[ADDR_TEXT_BYTES])
{
	const char *done;

	if (addr_is_v4(addr))
		done = inet_ntop(AF_INET, addr->bytes + sizeof(v4_mapped), text,
		    ADDR_TEXT_BYTES);
	else
		done = inet_ntop(AF_INET6, addr->bytes, text, ADDR_TEXT_BYTES);

	/* It cannot fail: the families are known and the buffer is enough. */
	if (done == NULL)
		text[0] = '\0';
	return text;
}

bool
addr_is_v4(const struct addr *addr)
{
	return memcmp(addr->bytes, v4_mapped, sizeof(v4_mapped)) == 0;
}

bool
addr_equal(const struct addr *a, const struct addr *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
