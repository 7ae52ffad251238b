# SPDX-License-Identifier: ISC
"""Guesses passwords, each in a session of its own, many sessions at once.

Usage: auth-guesses.py SERVER PORT N_GUESSES N_AT_ONCE OWN

Every guess is at another user.  Prints "COUNT CODE" for each code that AUTH was
answered with, or which reply or error came before it.
"""
import base64
import collections
import concurrent.futures
import socket
import sys

server, own_address = sys.argv[1], sys.argv[5]
port, n_guesses, n_at_once = map(int, sys.argv[2:5])


class Refused(Exception):
    pass


def reply(replies, command, want):
    """Reads one reply; its last line has to begin with the code."""
    line = replies.readline()
    while line[3:4] == b"-":
        line = replies.readline()
    if not line or not line.startswith(want):
        raise Refused(f"{command}: {line.decode().strip() or 'closed'}")
    return line[:3].decode()


def guess(number):
    secret = base64.b64encode(b"\0user%d\0guess" % number)
    try:
        with socket.create_connection(
                (server, port), 300, (own_address, 0)) as sock:
            replies = sock.makefile("rb")
            reply(replies, "greeting", b"220")
            sock.sendall(b"EHLO laptop\r\n")
            reply(replies, "EHLO", b"250")
            sock.sendall(b"AUTH PLAIN " + secret + b"\r\n")
            return reply(replies, "AUTH", b"")
    except (OSError, Refused) as error:
        return str(error)


with concurrent.futures.ThreadPoolExecutor(n_at_once) as pool:
    codes = collections.Counter(pool.map(guess, range(n_guesses)))
for code, count in sorted(codes.items()):
    print(count, code)
