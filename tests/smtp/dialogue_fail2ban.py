# SPDX-License-Identifier: ISC
"""The filter for fail2ban, on the log that real sessions leave."""

import os
import shutil
import subprocess
import unittest

import harness
from addresses import JOE4, STRANGER4, STRANGER6
from harness import Gate, Log
from scripted import Backend

PROGRAM = "/usr/bin/fail2ban-regex"
SHIPPED = "/usr/share/doc/smtpgate/fail2ban/smtpgate.conf"
FILTER = "/etc/fail2ban/filter.d/smtpgate.conf"


class Fail2ban(unittest.TestCase):
    def setUp(self):
        harness.needs_addresses()
        root = harness.world.root
        for path in (PROGRAM, SHIPPED):
            if root == "/" or not os.path.exists(root + path):
                self.skipTest(f"there is no {path} in a root of ours")
        shutil.copy(root + SHIPPED, root + FILTER)
        self.log = Log()
        self.backend = Backend()
        self.backend.__enter__()
        self.addCleanup(self.backend.__exit__)

    def session(self, address, *lines, early=b"", **options):
        """Returns the log's lines of a session, as rsyslog writes them."""
        gate = Gate(**{"backend": self.backend.endpoint,
                       "backend_relay": None, "local_domains": "example.org",
                       "relay_networks": "203.0.113.0/24",
                       "table": harness.world.table(), **options})
        with gate.client(address, early=early) as client:
            if early:
                client.expect_code(421)
            else:
                client.hello()
            for line in lines:
                client.say(line + b"\r\n")
                client.reply()
            client.sock.close()
            client.process.wait(harness.PATIENCE_S)
        self.log.wait(client, "disconnect .*")
        return [f"Nov  2 10:00:00 mail smtpgate[{client.process.pid}]: {line}"
                for line in self.log.lines(client)]

    def matched(self, lines):
        """The addresses that it would ban, one for each line."""
        path = harness.world.path("fail2ban.log")
        with open(path, "w") as file:
            file.write("\n".join(lines) + "\n")
        done = subprocess.run(
            harness.world.command(
                PROGRAM, "--out", "<ip>", harness.world.inside(path),
                FILTER),
            capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        return done.stdout.split()

    def test_relaying_that_is_denied_is_counted(self):
        harness.needs_table()
        for address in (STRANGER4, STRANGER6):
            with self.subTest(address):
                found = self.matched(self.session(
                    address, b"MAIL FROM:<a@b.example>",
                    b"RCPT TO:<x@far.example>", b"RCPT TO:<joe@example.org>",
                    b"RCPT TO:<x%y@example.org>"))
                self.assertEqual(found, [address] * 2)

    def refusing(self, reply):
        """A mail server that answers RCPT so, and a gate that asks it."""
        backend = Backend(RCPT=reply)
        backend.__enter__()
        self.addCleanup(backend.__exit__)
        return {"backend": backend.endpoint,
                "backend_relay": self.backend.endpoint,
                "local_domains": "backend", "table": harness.world.table()}

    def test_relaying_that_the_mail_server_denies_is_counted(self):
        """Each in the words of a mail server."""
        harness.needs_table()
        for reply in (b"554 5.7.1 <x@far.example>: Relay access denied\r\n",
                      b"550 relay not permitted\r\n",
                      b"550 5.7.1 <x@far.example>... Relaying denied\r\n"):
            with self.subTest(reply):
                lines = self.session(
                    STRANGER4, b"MAIL FROM:<a@b.example>",
                    b"RCPT TO:<x@far.example>", **self.refusing(reply))
                self.assertEqual(self.matched(lines), [STRANGER4])

    def test_recipients_that_do_not_exist_are_counted(self):
        harness.needs_table()
        for reply in (b"550 5.1.1 <x@example.org>: Recipient address rejected: "
                      b"User unknown in local recipient table\r\n",
                      b"550 Unrouteable address\r\n",
                      b"550 5.1.1 <x@example.org>... User unknown\r\n",
                      b"550 Invalid recipient: <x@example.org>\r\n",
                      b"550-5.1.1 No mailbox\r\n550 5.1.1 here\r\n"):
            with self.subTest(reply):
                options = self.refusing(reply)
                for domains in "backend", "example.org":
                    options["local_domains"] = domains
                    lines = self.session(
                        STRANGER4, b"MAIL FROM:<a@b.example>",
                        b"RCPT TO:<x@example.org>", **options)
                    self.assertEqual(self.matched(lines), [STRANGER4])

    def test_other_refusals_of_the_mail_server_are_not(self):
        """Temporary ones, and such as are not the client's fault."""
        harness.needs_table()
        for reply in (b"450 4.1.1 <x@example.org>: User unknown\r\n",
                      b"454 4.7.1 <x@example.org>: Relay access denied\r\n",
                      b"451 4.3.0 Temporary lookup failure\r\n",
                      b"552 5.2.2 <x@example.org>: Mailbox full\r\n"):
            with self.subTest(reply):
                lines = self.session(
                    STRANGER4, b"MAIL FROM:<a@b.example>",
                    b"RCPT TO:<x@example.org>", **self.refusing(reply))
                self.assertEqual(self.matched(lines), [])
        with self.subTest("a local domain that the mail server does not know"):
            options = self.refusing(b"554 5.7.1 <x@example.org>: Relay access "
                                    b"denied\r\n")
            options["local_domains"] = "example.org"
            lines = self.session(
                STRANGER4, b"MAIL FROM:<a@b.example>",
                b"RCPT TO:<x@example.org>", **options)
            self.assertEqual(self.matched(lines), [])
        with self.subTest("a user in a listed network mistypes"):
            options = self.refusing(b"550 5.1.1 <x@far.example>: unknown\r\n")
            options["backend"], options["backend_relay"] = (
                options["backend_relay"], options["backend"])
            lines = self.session(
                JOE4, b"MAIL FROM:<a@b.example>", b"RCPT TO:<x@far.example>",
                **options)
            self.assertEqual(self.matched(lines), [])

    def test_early_talkers_and_errors_are_counted(self):
        lines = self.session(STRANGER4, early=b"GET / HTTP/1.1\r\n")
        lines += self.session(STRANGER4, b"GET / HTTP/1.1")
        lines += self.session(STRANGER4, b"X", b"Y", max_errors="2")
        self.assertEqual(self.matched(lines),
                         [STRANGER4] * 3)

    def test_honest_sessions_are_not(self):
        lines = self.session(STRANGER4, b"MAIL FROM:<a@b.example>",
                             b"RCPT TO:<joe@example.org>", b"QUIT")
        lines += self.session(JOE4, b"MAIL FROM:<a@b.example>",
                              b"RCPT TO:<x@far.example>", b"QUIT")
        lines += self.session(STRANGER4, b"MAIL FROM:<a@b.example>",
                              b"RCPT TO:<x@far.example>",
                              table="/nonexistent/grants")
        self.assertEqual(self.matched(lines), [])

    def test_a_client_cannot_have_another_one_banned(self):
        """By the text of an address, a name or a reply."""
        lines = self.session(
            STRANGER4,
            b"MAIL FROM:<\"client=203.0.113.9 result=deny "
            b"reason=sender code=550\"@b.example>",
            b"RCPT TO:<\"rcpt client=203.0.113.9 result=deny reason=sender "
            b"code=550\"@far.example>",
            b"EHLO rcpt.client.203.0.113.9")
        self.assertEqual(set(self.matched(lines)),
                         {STRANGER4})
        text = (b"a result=deny reason=foreign-domain code=550 "
                b"result=deny reason=unknown-recipient code=550 reply=b")
        lines = self.session(
            JOE4, b'MAIL FROM:<"%s"@b.example>' % text,
            b'RCPT TO:<"%s"@far.example>' % text, b"QUIT")
        self.assertEqual(len([x for x in lines if " result=permit " in x]), 1)
        self.assertEqual(self.matched(lines), [])
