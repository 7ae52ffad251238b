/* SPDX-License-Identifier: ISC */
#include "config/conf_endpoint.h"
#include "common/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/un.h>

_Static_assert(
    CONF_UNIX_PATH_MAX == sizeof(((struct sockaddr_un *)0)->sun_path) - 1,
    "CONF_UNIX_PATH_MAX is not the platform's");

static int
endpoint_parse_unix(const char *path, struct conf_endpoint *endpoint)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	size_t len = strlen(path);

	if (path[0] != '/' || len >= sizeof(un.sun_path))
		return -EINVAL;
	memcpy(un.sun_path, path, len + 1);
	memcpy(&endpoint->addr, &un, sizeof(un));
	endpoint->addr_len =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	return 0;
}

static int
endpoint_parse_port(const char *text, in_port_t *port_out)
{
	unsigned port = 0;
	const char *p;

	for (p = text; *p >= '0' && *p <= '9' && port <= UINT16_MAX; p++)
		port = port * 10 + (unsigned)(*p - '0');
	if (p == text || *p != '\0' || port == 0 || port > UINT16_MAX)
		return -EINVAL;
	*port_out = htons((uint16_t)port);
	return 0;
}

/* "127.0.0.1:2525" or "[::1]:2525". */
static int
endpoint_parse_inet(const char *text, struct conf_endpoint *endpoint)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	char host[ADDR_TEXT_BYTES];
	const char *colon = strrchr(text, ':');
	bool bracketed = text[0] == '[';
	struct addr addr;
	in_port_t port;
	size_t len;

	if (colon == NULL || endpoint_parse_port(colon + 1, &port) != 0)
		return -EINVAL;
	len = (size_t)(colon - text);
	if (bracketed) {
		if (len < 2 || text[len - 1] != ']')
			return -EINVAL;
		text++;
		len -= 2;
	}
	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	/* ::1:25 is ambiguous: an address, or an address and a port. */
	if (bracketed != (strchr(host, ':') != NULL))
		return -EINVAL;
	if (addr_parse(host, &addr) != 0)
		return -EINVAL;

	if (addr_is_v4(&addr)) {
		memcpy(&in.sin_addr, addr.bytes + 12, sizeof(in.sin_addr));
		in.sin_port = port;
		memcpy(&endpoint->addr, &in, sizeof(in));
		endpoint->addr_len = sizeof(in);
	} else {
		memcpy(&in6.sin6_addr, addr.bytes, sizeof(in6.sin6_addr));
		in6.sin6_port = port;
		memcpy(&endpoint->addr, &in6, sizeof(in6));
		endpoint->addr_len = sizeof(in6);
	}
	return 0;
}

int
conf_endpoint_parse(const char *text, struct conf_endpoint *endpoint_out)
{
	static const char unix_prefix[] = "unix:";
	const size_t prefix_len = sizeof(unix_prefix) - 1;
	struct conf_endpoint endpoint;
	int error;

	memset(&endpoint, 0, sizeof(endpoint));
	if (strncmp(text, unix_prefix, prefix_len) == 0)
		error = endpoint_parse_unix(text + prefix_len, &endpoint);
	else
		error = endpoint_parse_inet(text, &endpoint);
	if (error != 0)
		return error;
	endpoint.is_set = true;
	*endpoint_out = endpoint;
	return 0;
}

void
conf_endpoint_format(const struct conf_endpoint *endpoint, FILE *out)
{
	struct sockaddr_un un;
	char text[ADDR_TEXT_BYTES];
	struct addr addr;
	uint16_t port;

	if (!endpoint->is_set)
		return;
	if (endpoint->addr.ss_family == AF_UNIX) {
		memcpy(&un, &endpoint->addr, sizeof(un));
		fprintf(out, "unix:%s", un.sun_path);
	} else if (addr_from_sockaddr((const struct sockaddr *)&endpoint->addr,
		       endpoint->addr_len, &addr, &port) == 0) {
		fprintf(out, addr_is_v4(&addr) ? "%s:%u" : "[%s]:%u",
		    addr_format(&addr, text), (unsigned)port);
	}
}
