#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What a client gets on a mail server: one line "CELL ANSWER" for each cell.

Usage: probe.py SERVER SOURCE SUBJECT CELL...

SUBJECT begins the subject of each message; the cell is its last word.  An answer
is yes, no, or for a certificate its fingerprint; "?" means that the server did
not answer as it should.
"""
import hashlib
import smtplib
import ssl
import subprocess
import sys

FAR = "anna@example.net"
PATIENCE_S = 30


def trusting():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Probe:
    def __init__(self, server, source, subject):
        self.server, self.source, self.subject = server, source, subject

    def connect(self, port=25):
        smtp = smtplib.SMTP(self.server, port, timeout=PATIENCE_S,
                            local_hostname="client.example",
                            source_address=(self.source, 0))
        smtp.ehlo()
        return smtp

    def rcpt(self, recipient, sender="someone@example.com"):
        """Is the recipient accepted?"""
        with self.connect() as smtp:
            smtp.mail(sender)
            code, _ = smtp.rcpt(recipient)
            smtp.rset()
        return {2: "yes", 5: "no", 4: "later"}.get(code // 100, "?")

    def send(self, smtp, cell, sender, recipient):
        """Is the message accepted?"""
        text = (f"From: <{sender}>\r\nTo: <{recipient}>\r\n"
                f"Subject: {self.subject} {cell}\r\n\r\nHello.\r\n")
        try:
            smtp.sendmail(sender, [recipient], text)
            return "yes"
        except smtplib.SMTPException:
            return "no"

    def mail(self, cell, recipient, sender="someone@example.com"):
        with self.connect() as smtp:
            return self.send(smtp, cell, sender, recipient)

    # ---- the cells ----------------------------------------------------------

    def starttls(self):
        with self.connect() as smtp:
            if not smtp.has_extn("starttls"):
                return "no"
            smtp.starttls(context=trusting())
            certificate = smtp.sock.getpeercert(binary_form=True)
        return hashlib.sha256(certificate).hexdigest()[:8]

    def local(self):
        return self.mail("local", "joe@example.org")

    def alias(self):
        return self.mail("alias", "info@example.org")

    def unknown(self):
        return self.rcpt("nosuchuser@example.org")

    def virtual(self):
        return self.mail("virtual", "joe@virtual.example")

    def virtual_unknown(self):
        return self.rcpt("nosuchuser@virtual.example")

    def relay(self):
        return self.rcpt(FAR)

    def own(self):
        return self.mail("own", FAR, "printer@example.org")

    def machine(self):
        return self.mail("machine", FAR, "web@example.org")

    def granted(self):
        return self.mail("granted", FAR, "joe@example.org")

    def listed(self):
        """A client that the site's own list of clients refuses."""
        try:
            return self.rcpt("joe@example.org")
        except smtplib.SMTPException:
            return "no"

    def blocked_sender(self):
        return self.rcpt("joe@example.org", "spammer@blocked.example")

    def submit(self, port):
        smtp = smtplib.SMTP_SSL if port == 465 else smtplib.SMTP
        with smtp(self.server, port, timeout=PATIENCE_S) as smtp:
            if port == 587:
                smtp.starttls(context=trusting())
            smtp.login("joe", "joespassword")
            return self.send(smtp, "submission", "joe@example.org", FAR)

    def submission(self):
        return self.submit(587)

    def auth(self):
        with self.connect() as smtp:
            smtp.starttls(context=trusting())
            smtp.login("joe", "joespassword")
            return self.send(smtp, "auth", "joe@example.org", FAR)

    def sendmail(self):
        text = f"Subject: {self.subject} sendmail\n\nHello.\n"
        run = subprocess.run(["/usr/sbin/sendmail", "-f", "root@example.org", FAR],
                             input=text, text=True, check=False)
        return "yes" if run.returncode == 0 else "no"


def main():
    server, source, subject, *cells = sys.argv[1:]
    probe = Probe(server, source, subject)
    for cell in cells:
        try:
            answer = getattr(probe, cell)()
        except (OSError, smtplib.SMTPException) as error:
            answer = "no"
            print(f"# {cell}: {error!r}"[:200], file=sys.stderr)
        print(cell, answer, flush=True)


main()
