# SPDX-License-Identifier: ISC
"""One wrong login in each session, and what became of it.

Usage: auth-times.py SERVER USER:PASSWORD...

Prints "USER MILLISECONDS REPLY" for each, from AUTH to the reply.
"""
import base64
import smtplib
import sys
import time

server = sys.argv[1]
for login in sys.argv[2:]:
    user, password = login.split(":")
    with smtplib.SMTP(server, timeout=60) as session:
        session.ehlo("laptop")
        secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        begin = time.monotonic()
        code, text = session.docmd("AUTH", f"PLAIN {secret}")
        spent_ms = round((time.monotonic() - begin) * 1000)
        print(user, spent_ms, code, text.decode(), flush=True)
