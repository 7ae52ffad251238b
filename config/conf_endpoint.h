/* SPDX-License-Identifier: ISC */
/*
 * conf_endpoint - where a backend listens, as text: "127.0.0.1:2525",
 * "[::1]:2525" or "unix:/path".
 */
#ifndef POPAUTH_CONF_ENDPOINT_H
#define POPAUTH_CONF_ENDPOINT_H

#include "config/conf.h"

#include <stdio.h>

/* The longest path of a unix socket, without the final NUL. */
#define CONF_UNIX_PATH_MAX 107

/*
 * Read an endpoint.  Addresses are numeric; an IPv4-mapped one becomes IPv4,
 * since that is what a socket bound to it expects.
 * Returns 0, or -EINVAL (endpoint_out is not written).
 */
int conf_endpoint_parse(const char *text, struct conf_endpoint *endpoint_out);

/* Write the endpoint; nothing if it is not set. */
void conf_endpoint_format(const struct conf_endpoint *endpoint, FILE *out);

#endif
