#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Usage: tls-greetings.py HOST PORT N: N sessions over TLS, one after another;
prints "served M"."""

import socket
import ssl
import sys

PATIENCE_S = 5


def is_served(host, port):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), PATIENCE_S) as plain, \
                context.wrap_socket(plain) as sock:
            said = sock.recv(1000)
            sock.sendall(b"QUIT\r\n")
            return said.startswith(b"220 ") and \
                sock.recv(1000).startswith(b"221 ")
    except OSError as error:
        print(error)
        return False


host, port, n = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
print("served", sum(is_served(host, port) for _ in range(n)))
