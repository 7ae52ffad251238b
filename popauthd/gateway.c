/* SPDX-License-Identifier: ISC */
/*
 * The routes come from netlink.  /proc/net has only the first hop of a route
 * with several, and only one routing table.
 */
#include "popauthd/gateway.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The largest reply of the kernel to a listing. */
#define REPLY_BYTES 32768

/* A part of a reply.  Its parts (messages, attributes, next hops) begin with a
 * header that holds their length, and are aligned to 4 bytes. */
struct bytes {
	const uint8_t *at;
	size_t n;
};

/* Copy the header at the start of rest; false when rest is too short. */
static bool
peek(const struct bytes *rest, void *header_out, size_t header_bytes)
{
	if (rest->n < header_bytes)
		return false;
	memcpy(header_out, rest->at, header_bytes);
	return true;
}

static void
skip(struct bytes *rest, size_t n)
{
	const size_t aligned = (n + 3) & ~(size_t)3;
	const size_t by = aligned < rest->n ? aligned : rest->n;

	rest->at += by;
	rest->n -= by;
}

/* Move rest past a part of this length; body is what follows the header.  False
 * when the length is wrong. */
static bool
take_part(
    struct bytes *rest, size_t length, size_t header_bytes, struct bytes *body)
{
	if (length < header_bytes || length > rest->n)
		return false;
	*body = (struct bytes){rest->at, length};
	skip(body, header_bytes);
	skip(rest, length);
	return true;
}

static int
add(struct addresses *set, int family, struct bytes address)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct addr addr;

	if (family == AF_INET && address.n == sizeof(in.sin_addr)) {
		memcpy(&in.sin_addr, address.at, address.n);
		addr_from_sockaddr(
		    (struct sockaddr *)&in, sizeof(in), &addr, NULL);
	} else if (family == AF_INET6 && address.n == sizeof(in6.sin6_addr)) {
		memcpy(&in6.sin6_addr, address.at, address.n);
		addr_from_sockaddr(
		    (struct sockaddr *)&in6, sizeof(in6), &addr, NULL);
	} else
		return 0;
	return addresses_add(set, &addr);
}

/* A next hop of the other family: the family, then the address. */
static int
add_via(struct addresses *set, struct bytes via)
{
	sa_family_t family;

	if (!peek(&via, &family, sizeof(family)))
		return 0;
	via.at += sizeof(family);
	via.n -= sizeof(family);
	return add(set, family, via);
}

static int add_hops(struct addresses *set, int family, struct bytes rest);
static int add_object(struct addresses *set, struct bytes id);
static int ask(const struct nlmsghdr *request, struct addresses *set);

static int
add_attributes(struct addresses *set, int family, struct bytes rest)
{
	struct rtattr attribute;
	struct bytes body;
	int error = 0;

	while (error == 0 && peek(&rest, &attribute, sizeof(attribute)) &&
	       take_part(&rest, attribute.rta_len, sizeof(attribute), &body)) {
		if (attribute.rta_type == RTA_GATEWAY)
			error = add(set, family, body);
		else if (attribute.rta_type == RTA_VIA)
			error = add_via(set, body);
		else if (attribute.rta_type == RTA_MULTIPATH)
			error = add_hops(set, family, body);
		else if (attribute.rta_type == RTA_NH_ID)
			error = add_object(set, body);
	}
	return error;
}

/* A route with several next hops has the attributes of each in a list. */
static int
add_hops(struct addresses *set, int family, struct bytes rest)
{
	struct rtnexthop hop;
	struct bytes body;
	int error = 0;

	while (error == 0 && peek(&rest, &hop, sizeof(hop)) &&
	       take_part(&rest, hop.rtnh_len, sizeof(hop), &body))
		error = add_attributes(set, family, body);
	return error;
}

static int
add_route(struct addresses *set, struct bytes body)
{
	struct rtmsg route;

	if (!peek(&body, &route, sizeof(route)) || route.rtm_dst_len != 0 ||
	    route.rtm_type != RTN_UNICAST)
		return 0;
	skip(&body, sizeof(route));
	return add_attributes(set, route.rtm_family, body);
}

/* ---- next hop objects ---------------------------------------------------- */

/*
 * A route may name a next hop by its number alone (nexthop_compat_mode = 0).
 * The object has a gateway, or is a group of other objects.  A group has no
 * groups in it.
 */
static int
add_group(struct addresses *set, struct bytes rest)
{
	struct nexthop_grp member;
	int error = 0;

	while (error == 0 && peek(&rest, &member, sizeof(member))) {
		error = add_object(set,
		    (struct bytes){(uint8_t *)&member.id, sizeof(member.id)});
		skip(&rest, sizeof(member));
	}
	return error;
}

static int
take_object(struct addresses *set, struct bytes body)
{
	struct nhmsg object;
	struct rtattr attribute;
	struct bytes value;
	int error = 0;

	if (!peek(&body, &object, sizeof(object)))
		return -EIO;
	skip(&body, sizeof(object));
	while (error == 0 && peek(&body, &attribute, sizeof(attribute)) &&
	       take_part(&body, attribute.rta_len, sizeof(attribute), &value)) {
		if (attribute.rta_type == NHA_GATEWAY)
			error = add(set, object.nh_family, value);
		else if (attribute.rta_type == NHA_GROUP)
			error = add_group(set, value);
	}
	return error;
}

static int
add_object(struct addresses *set, struct bytes id)
{
	struct {
		struct nlmsghdr header;
		struct nhmsg object;
		struct rtattr attribute;
		uint32_t id;
	} request = {
	    .header =
		{
		    .nlmsg_len = sizeof(request),
		    .nlmsg_type = RTM_GETNEXTHOP,
		    .nlmsg_flags = NLM_F_REQUEST,
		},
	    .attribute = {.rta_len = RTA_LENGTH(sizeof(uint32_t)),
		.rta_type = NHA_ID},
	};
	int error;

	if (!peek(&id, &request.id, sizeof(request.id)))
		return 0;
	error = ask(&request.header, set);
	/* Deleted since: own_watch() reports that. */
	return error == -ENOENT ? 0 : error;
}

/* ---- requests and replies ------------------------------------------------ */

/* Returns 1 at the end of the reply, 0 when there is more to come. */
static int
take_reply(struct addresses *set, struct bytes rest)
{
	struct nlmsghdr header;
	struct nlmsgerr refusal;
	struct bytes body;
	int error = 0;

	while (error == 0 && peek(&rest, &header, sizeof(header)) &&
	       take_part(&rest, header.nlmsg_len, sizeof(header), &body)) {
		if (header.nlmsg_type == NLMSG_DONE)
			return 1;
		if (header.nlmsg_type == NLMSG_ERROR)
			return peek(&body, &refusal, sizeof(refusal)) &&
				       refusal.error < 0
				   ? refusal.error
				   : -EIO;
		if (header.nlmsg_type == RTM_NEWROUTE)
			error = add_route(set, body);
		else if (header.nlmsg_type == RTM_NEWNEXTHOP)
			error = take_object(set, body);
		if (error == 0 && (header.nlmsg_flags & NLM_F_MULTI) == 0)
			return 1;
	}
	return error;
}

static int
exchange(int fd, const struct nlmsghdr *request, struct addresses *set)
{
	uint8_t reply[REPLY_BYTES];
	int error;

	if (send(fd, request, request->nlmsg_len, 0) == -1)
		return -errno;
	do {
		const ssize_t n = recv(fd, reply, sizeof(reply), 0);

		if (n == -1 && errno == EINTR)
			error = 0;
		else if (n <= 0)
			error = n == 0 ? -EIO : -errno;
		else
			error =
			    take_reply(set, (struct bytes){reply, (size_t)n});
	} while (error == 0);
	return error == 1 ? 0 : error;
}

/* Each request has a socket of its own: objects are asked for while the routes
 * are listed. */
static int
ask(const struct nlmsghdr *request, struct addresses *set)
{
	const int fd =
	    socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int error;

	if (fd == -1)
		return -errno;
	error = exchange(fd, request, set);
	close(fd);
	return error;
}

int
gateway_addresses(struct addresses *set)
{
	const struct {
		struct nlmsghdr header;
		struct rtmsg route;
	} request = {
	    .header =
		{
		    .nlmsg_len = sizeof(request),
		    .nlmsg_type = RTM_GETROUTE,
		    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
	    .route = {.rtm_family = AF_UNSPEC},
	};

	return ask(&request.header, set);
}
