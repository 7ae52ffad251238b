# SPDX-License-Identifier: ISC
"""Guesses passwords, each in a session of its own, many sessions at once.

Usage: auth-guesses.py SERVER PORT N_GUESSES N_AT_ONCE OWN

Every guess is at another user.  Prints "COUNT CODE" for each code that AUTH was
answered with, or what happened instead.
"""
import base64
import collections
import concurrent.futures
import socket
import sys

server, own_address = sys.argv[1], sys.argv[5]
port, n_guesses, n_at_once = map(int, sys.argv[2:5])


def guess(number):
    secret = base64.b64encode(b"\0user%d\0guess" % number)
    try:
        with socket.create_connection(
                (server, port), 60, (own_address, 0)) as sock:
            replies = sock.makefile("rb")
            replies.readline()
            sock.sendall(b"EHLO laptop\r\n")
            while replies.readline()[3:4] == b"-":
                pass
            sock.sendall(b"AUTH PLAIN " + secret + b"\r\n")
            return replies.readline()[:3].decode() or "no answer"
    except OSError as error:
        return str(error)


with concurrent.futures.ThreadPoolExecutor(n_at_once) as pool:
    codes = collections.Counter(pool.map(guess, range(n_guesses)))
for code, count in sorted(codes.items()):
    print(count, code)
