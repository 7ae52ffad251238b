# SPDX-License-Identifier: ISC
"""Usage: mbox-bodies.py MBOX SUBJECT
The SHA-256 of the body of each message with that subject, a line each."""
import hashlib
import re
import sys

with open(sys.argv[1], "rb") as file:
    # after each message there is an empty line
    text = file.read().removesuffix(b"\n")
messages = re.split(rb"(?:\A|\n)From [^\n]*\n", text)[1:]
for message in messages:
    header, _, body = message.partition(b"\n\n")
    if f"Subject: {sys.argv[2]}".encode() in header.splitlines():
        print(hashlib.sha256(body).hexdigest())
