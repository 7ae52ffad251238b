# SPDX-License-Identifier: ISC
"""Logins at a POP3 or IMAP server, all at the same moment.

Usage: pop-logins.py [AT-ONCE] <JOBS    no more than AT-ONCE at the same moment

Each line of JOBS is one login: NAME METHOD HOST PORT USER PASSWORD, where
METHOD is pass (USER and PASS), plain (AUTH PLAIN), pop3s (USER and PASS under
TLS) or imap (LOGIN).  For each prints "NAME in", when the password was taken
and the mailbox opened, "NAME refused", when the password was answered with a
refusal, or else "NAME broken"; and what the server said.
"""
import base64
import concurrent.futures
import imaplib
import poplib
import ssl
import sys

# Some servers answer a wrong password only after a while.
PATIENCE_S = 30


class Pop:
    def __init__(self, host, port):
        self.connection = poplib.POP3(host, port, timeout=PATIENCE_S)

    def login(self, user, password):
        self.connection.user(user)
        return self.connection.pass_(password)

    def look(self):
        self.connection.stat()
        self.connection.quit()


class PopPlain(Pop):
    def login(self, user, password):
        response = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        return self.connection._shortcmd(f"AUTH PLAIN {response}")


class PopTls(Pop):
    def __init__(self, host, port):
        # the server's certificate is its own
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.connection = poplib.POP3_SSL(host, port, timeout=PATIENCE_S, context=context)


class Imap:
    def __init__(self, host, port):
        self.connection = imaplib.IMAP4(host, port, timeout=PATIENCE_S)

    def login(self, user, password):
        _, reply = self.connection.login(user, password)
        return reply[0]

    def look(self):
        self.connection.select("INBOX", readonly=True)
        self.connection.logout()


METHODS = {"pass": Pop, "plain": PopPlain, "pop3s": PopTls, "imap": Imap}


def text(said):
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)


def attempt(method, host, port, user, password):
    session = METHODS[method](host, int(port))
    try:
        reply = session.login(user, password)
    except imaplib.IMAP4.abort:
        raise
    except (poplib.error_proto, imaplib.IMAP4.error) as error:
        said = text(error.args[0])
        # poplib calls a connection that ended an error_proto too
        if method != "imap" and not said.startswith("-ERR"):
            raise
        return f"refused {said}"
    session.look()
    return f"in {text(reply)}"


def play(job):
    name, *how = job.split()
    try:
        return f"{name} {attempt(*how)}"
    except (OSError, poplib.error_proto, imaplib.IMAP4.error) as error:
        return f"{name} broken {error}"


jobs = sys.stdin.read().splitlines()
at_once = int(sys.argv[1]) if sys.argv[1:] else len(jobs)
with concurrent.futures.ThreadPoolExecutor(at_once) as executor:
    for outcome in executor.map(play, jobs):
        print(outcome)
