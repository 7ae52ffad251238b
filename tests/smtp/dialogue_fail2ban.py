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
