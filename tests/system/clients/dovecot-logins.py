# SPDX-License-Identifier: ISC
"""Logins of one user from many addresses, as a POP3 server asks Dovecot for them.

Usage: dovecot-logins.py SOCKET N USER PASSWORD

SOCKET is Dovecot's auth-client socket.  The addresses are the first N networks of
2001:db8::/48.  Prints "N_OK MILLISECONDS", the time of all of them.
"""
import base64
import os
import socket
import sys
import time

AT_ONCE = 8
path, n, user, password = sys.argv[1], int(sys.argv[2]), *sys.argv[3:]
secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode()

with socket.socket(socket.AF_UNIX) as sock:
    sock.settimeout(60)
    sock.connect(path)
    replies = sock.makefile()
    sock.sendall(b"VERSION\t1\t1\nCPID\t%d\n" % os.getpid())
    while replies.readline() != "DONE\n":
        pass

    def ask(number):
        sock.sendall((f"AUTH\t{number + 1}\tPLAIN\tservice=pop3\tnologin\t"
                      f"rip=2001:db8:0:{number:x}::1\tresp={secret}\n").encode())

    begin_s = time.monotonic()
    for number in range(min(n, AT_ONCE)):
        ask(number)
    n_ok = 0
    for number in range(AT_ONCE, n + AT_ONCE):
        n_ok += replies.readline().startswith("OK\t")
        if number < n:
            ask(number)
    print(n_ok, round((time.monotonic() - begin_s) * 1000))
