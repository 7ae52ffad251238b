/* SPDX-License-Identifier: ISC */
/*
 * proxy - the PROXY protocol: who the client is, told in front of the
 * connection by whoever passes it on.
 *
 * CONCEPT.  From a balancer, versions 1 and 2 are read; to a backend, version
 * 2 is written.
 *
 * CONCURRENCY.  No state.
 *
 * TRUST.  Only a peer that the administrator listed may be asked for a header;
 * its bytes are checked all the same.
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
 * Read the header that must come first, and no byte behind it.
 * client: who the peer is.  It becomes the one that the header names; LOCAL,
 * UNKNOWN and other families than IP name nobody, who is unknown and so has no
 * right.  client->proxy is then the peer.
 * Returns 0, -EPROTO when it is no header, -ETIMEDOUT, -EPIPE at the end of
 * input, or another negative errno.
 * Blocks: until the deadline.
 * On failure: client is not changed, and must not be served.
 */
int proxy_receive(
    struct stream *stream, int64_t deadline_ms, struct client *client);

/*
 * Write a header for the client: PROXY, never LOCAL.
 * Returns its length, or 0 when the client is unknown: nothing true can be
 * told then.
 */
size_t proxy_format(const struct client *client, uint8_t out[PROXY_V2_BYTES]);

#endif
