/* SPDX-License-Identifier: ISC */
/*
 * library - the one symbol of smtpgate-tls.so.
 */
#include "smtpgate-tls/openssl.h"

extern const struct tls_library TLS_LIBRARY_SYMBOL;

__attribute__((visibility("default")))
const struct tls_library TLS_LIBRARY_SYMBOL = {
    .version = TLS_LIBRARY_VERSION,
    .keys_load = keys_load,
    .keys_free = keys_free,
    .begin = connection_begin,
    .handshake = connection_handshake,
    .read = connection_read,
    .write = connection_write,
    .describe = connection_describe,
    .error = connection_error,
    .end = connection_end,
};
