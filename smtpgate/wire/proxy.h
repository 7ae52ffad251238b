/* SPDX-License-Identifier: ISC */
/*
 * proxy - the PROXY protocol: a header at the beginning of a connection, with
 * the address of the client for which a proxy made it.
 *
 * CONCEPT.  Versions 1 and 2 are read from a balancer; version 2 is written to
 * a backend.
 *
 * TRUST.  Read a header only from a peer that the administrator listed; the
 * bytes are checked nevertheless.
 *
 * Source: The PROXY protocol, versions 1 & 2 (HAProxy, doc/proxy-protocol.txt).
 */
#ifndef SMTPGATE_WIRE_PROXY_H
#define SMTPGATE_WIRE_PROXY_H

#include "smtpgate/wire/client.h"
#include "smtpgate/wire/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sixteen bytes, and the addresses of IPv6. */
#define PROXY_V2_BYTES (16 + 36)

/*
 * Read the header that must come first, and no byte after it.
 * client: the peer.  It is replaced by the client that the header names, and
 * client->proxy is then the peer.  LOCAL, UNKNOWN and families other than IP
 * name no client: it is unknown, and so has no right.
 * Returns 0, -EPROTO when it is no header, -ETIMEDOUT, -EPIPE at the end of
 * input, or another negative errno.
 * Blocks: until the deadline.
 * On failure: client is not changed, and must not be served.
 */
int proxy_receive(
    struct stream *stream, int64_t deadline_ms, struct client *client);

/*
 * Write a header for the client: PROXY, or LOCAL when the client is unknown.
 * After LOCAL the receiver takes the connection for the writer's own.
 * Returns its length.
 */
size_t proxy_format(const struct client *client, uint8_t out[PROXY_V2_BYTES]);

#endif
