# SPDX-License-Identifier: ISC
"""One message after another, until a signal ends it.

Usage: smtp-stream.py SERVER SUBJECT <FIFO

Each in a session of its own, from joe@example.org to anna@example.net: only a
client who may relay gets it through.  Ends when its stdin does.  Prints
"taken N", and each different failure with its count.
"""
import collections
import select
import smtplib
import sys

PATIENCE_S = 60


def send(server, subject):
    with smtplib.SMTP(server, timeout=PATIENCE_S, local_hostname="laptop") as session:
        session.sendmail("joe@example.org", ["anna@example.net"],
                         f"Subject: {subject}\r\n\r\nHello Anna.\r\n")


taken = 0
failures = collections.Counter()
while not select.select([sys.stdin], [], [], 0)[0]:
    try:
        send(*sys.argv[1:3])
        taken += 1
    except (OSError, smtplib.SMTPException) as error:
        failures[f"{type(error).__name__}: {error}"] += 1
print("taken", taken)
for failure, count in failures.items():
    print(f"failed {count}: {failure}")
