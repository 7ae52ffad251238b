# SPDX-License-Identifier: ISC
"""One message with smtplib, large in bytes or in recipients.

Usage: smtp-large.py SERVER FROM SUBJECT N_BYTES RECIPIENT...
A recipient "joe+1..9@example.org" means nine of them.  Prints the SHA-256
of the body, with LF for line ends, when the server has taken all of it.
"""
import hashlib
import re
import smtplib
import sys

server, sender, subject, n_bytes, *named = sys.argv[1:]
recipients = []
for name in named:
    many = re.fullmatch(r"(.*\+)(\d+)\.\.(\d+)(@.*)", name)
    if many is None:
        recipients.append(name)
        continue
    recipients += [f"{many[1]}{i}{many[4]}"
                   for i in range(int(many[2]), int(many[3]) + 1)]
# no two lines are equal, so that an extra or a missing one is seen
lines = (b"%070d." % i for i in range(int(n_bytes) // 73 + 1))
body = b"\r\n".join(lines) + b"\r\n"
with smtplib.SMTP(server, timeout=120) as smtp:
    refused = smtp.sendmail(
        sender, recipients,
        f"Subject: {subject}\r\n\r\n".encode() + body)
if refused:
    sys.exit(f"refused: {refused}")
print(hashlib.sha256(body.replace(b"\r", b"")).hexdigest())
