# SPDX-License-Identifier: ISC
"""A load of all kinds at once: POP logins, SMTP sessions, SMTP AUTH.

Usage: load.py SERVER SECONDS

One client of each kind works without a pause: pop (a POP3 login), gate (a
session with one recipient at port 25), listener (the same at port 2500), auth
(a login by SMTP AUTH there), and wrong (four wrong passwords there).  Prints
"KIND COUNT MEDIAN_MS MAX_MS FAILED" for each; a failure is also one that took
PATIENCE_S.
"""
import poplib
import smtplib
import statistics
import sys
import threading
import time

PATIENCE_S = 30
server, seconds = sys.argv[1], float(sys.argv[2])


def pop():
    client = poplib.POP3(server, timeout=PATIENCE_S)
    client.user("joe")
    client.pass_("joespassword")
    client.quit()


def recipient(port):
    with smtplib.SMTP(server, port, "laptop", PATIENCE_S) as client:
        client.ehlo()
        client.mail("someone@example.com")
        code, text = client.rcpt("joe@example.org")
        if code != 250:
            raise smtplib.SMTPResponseException(code, text)


def gate():
    recipient(25)


def listener():
    recipient(2500)


def auth():
    with smtplib.SMTP(server, 2500, "laptop", PATIENCE_S) as client:
        client.login("joe", "joespassword")


def wrong():
    user = f"user{5 + wrong.n % 4:02}"
    wrong.n += 1
    with smtplib.SMTP(server, 2500, "laptop", PATIENCE_S) as client:
        try:
            client.login(user, "Xwrong")
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code == 535:
                return
            raise
    raise ValueError("the wrong password is right")


wrong.n = 0


def work(kind, at_most, end_s):
    took_ms, n_failed = [], 0
    while time.monotonic() < end_s and len(took_ms) + n_failed < at_most:
        begin_s = time.monotonic()
        try:
            kind()
            took_ms.append((time.monotonic() - begin_s) * 1000)
        except (OSError, poplib.error_proto, ValueError) as error:
            n_failed += 1
            print(f"{kind.__name__}: {error!r}", file=sys.stderr)
    print(kind.__name__, len(took_ms), round(statistics.median(took_ms or [0]), 1),
          round(max(took_ms, default=0), 1), n_failed, flush=True)


end = time.monotonic() + seconds
threads = [threading.Thread(target=work, args=(kind, at_most, end))
           for kind, at_most in ((pop, sys.maxsize), (gate, sys.maxsize),
                                 (listener, sys.maxsize), (auth, sys.maxsize), (wrong, 4))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
