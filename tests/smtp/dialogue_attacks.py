# SPDX-License-Identifier: ISC
"""What has fooled front ends, byte for byte, with the real MTA behind.

Ends of a message are in dialogue_message.py.  Here: addresses that some MTA
sends on, bytes that become commands, and commands that only a gate may give.
Whatever is refused, the session stays in step, and nothing is delivered but
the fence that is sent at the end.
"""

import unittest

import harness
from addresses import STRANGER4
from harness import HOST, Gate, Mailbox, marker

REFUSED = (500, 501, 502, 503, 550, 553, 554, 555)


class Attack(unittest.TestCase):
    def setUp(self):
        harness.needs_table()
        self.mailbox = Mailbox()
        self.domain = harness.settings.domain
        self.user = f"{harness.settings.user}@{self.domain}"
        self.gate = Gate(table=harness.world.table(), max_errors="100")

    def open(self):
        client = self.gate.client(STRANGER4)
        client.hello()
        return client

    def fence(self, *absent):
        """A message that arrives after whatever else was let through."""
        mark = marker()
        with self.open() as client:
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.ask(f"RCPT TO:<{self.user}>", 250)
            client.ask("DATA", 354)
            client.ask(f"Subject: {mark}\r\n\r\nx\r\n.", 250)
            client.quit()
        self.mailbox.wait(mark)
        for word in absent:
            self.assertFalse([m for m in self.mailbox.messages()
                              if word.encode() in m])

    def test_addresses_that_some_mta_sends_on_are_refused(self):
        user, far = harness.settings.user, "far.example"
        for path in (f"x%{far}@{self.domain}", f"{far}!x@{self.domain}",
                     f'"x@{far}"@{self.domain}', f"x@{far}@{self.domain}",
                     f"x\\@{far}@{self.domain}", f"x%{far}", f"{far}!x",
                     f'"x%{far}"@{self.domain}', f'"{far}!x"',
                     f"@{self.domain}:x@{far}", f"{self.user}(x@{far})",
                     f"{user} @{self.domain}", f"{user}@[127.0.0.1",
                     f"{user}@[127.0.0.1]", f"{self.user}>,<x@{far}",
                     f"{self.user},x@{far}", f"x@{far}", f"x@{far}.",
                     f"{self.user}\\", f'""@{self.domain}',
                     f"x@{self.domain}%{far}", f"x@{self.domain}@",
                     f"<{self.user}>", f"{self.user}\0", f"{self.user}\r",
                     f"{self.user}\nRCPT TO:<x@{far}>",
                     f"j\u043ee@{self.domain}", f"joe@{self.domain}\u3002"):
            with self.subTest(path), self.open() as client:
                client.ask("MAIL FROM:<a@b.example>", 250)
                client.ask(f"RCPT TO:<{path}>", *REFUSED)
                client.in_step()
                client.ask("DATA", 503, 554)
                client.quit()

    def test_what_is_the_same_address_is_accepted(self):
        with self.open() as client:
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.ask(f"RCPT TO:<{self.user}.>", 250)
            client.ask(f"RCPT TO:<{harness.settings.user}@"
                       f"{self.domain.upper()}>", 250)
            client.quit()

    def test_line_ends_and_nul_make_no_second_command(self):
        for line in (b"MAIL FROM:<a@b.example>\0", b"NOOP\nMAIL FROM:<a@b>",
                     b"MAIL FROM:<a@b.example>\rRCPT TO:<x@far.example>",
                     b"\0MAIL FROM:<a@b.example>", b"NOOP\r\r\0",
                     b"EHLO x\n", b"RSET\n.\nQUIT\n",
                     b"MAIL FROM:<" + b"a" * 3000 + b"@b.example>",
                     b"NOOP " + b"x" * 3000 + b"\nQUIT"):
            with self.subTest(line[:40]), self.open() as client:
                client.ask(line, 500)
                client.ask("RCPT TO:<x@far.example>", 503)
                client.in_step()
                client.quit()

    def test_a_body_made_of_commands_is_not_executed(self):
        mark = marker()
        body = (f"RSET\r\nMAIL FROM:<evil@b.example>\r\nRCPT TO:<{self.user}>"
                f"\r\nDATA\r\nSubject: {mark}\r\n\r\nx\r\n.\r\n")
        before = "MAIL FROM:<a@b.example>\r\nRCPT TO:<x@far.example>\r\n"
        with self.open() as client:
            client.say((before + "DATA\r\n" + body + "QUIT\r\n").encode())
            client.expect_code(250)
            client.expect_code(550)
            client.expect("554 5.5.1 No valid recipients",
                          f"421 4.7.0 {HOST} You sent a message without "
                          "leave; wait for 354")
            client.expect_end()
        self.fence(mark)

    def test_a_chunk_made_of_commands_is_not_executed(self):
        mark = marker()
        chunk = (f"RSET\r\nMAIL FROM:<evil@b.example>\r\nRCPT TO:<{self.user}>"
                 f"\r\nDATA\r\nSubject: {mark}\r\n\r\nx\r\n.\r\n").encode()
        with self.open() as client:
            client.say(b"MAIL FROM:<a@b.example>\r\n"
                       b"RCPT TO:<x@far.example>\r\nBDAT %d LAST\r\n"
                       % len(chunk) + chunk + b"QUIT\r\n")
            client.expect_code(250)
            client.expect_code(550)
            # skipped where chunks were offered, else the end
            client.expect_code(554, 502)
            client.expect_code(221, 421)
            client.expect_end()
        self.fence(mark)

    def test_a_chunk_of_no_size_ends_the_session(self):
        for size in (b"-1", b"99999999999999999999", b"x", b""):
            with self.subTest(size), self.open() as client:
                client.say(b"BDAT " + size + b" LAST\r\nRSET\r\n")
                client.expect_code(501, 502)
                client.expect_code(421)
                client.expect_end()

    def test_what_only_a_gate_may_say_is_unknown_here(self):
        lines = ("XCLIENT ADDR=127.0.0.1 NAME=localhost",
                 "XCLIENT ADDR=203.0.113.9 LOGIN=joe",
                 "XFORWARD ADDR=127.0.0.1", "PROXY TCP4 127.0.0.1 127.0.0.1 "
                 "1 25", "ETRN example.org", "EXPN postmaster", "TURN",
                 "XEXCH50 1 2", "ATRN", "DEBUG", "WIZ")
        with self.open() as client:
            for line in lines:
                client.ask(line, 502)
            client.ask("MAIL FROM:<a@b.example>", 250)
            for line in lines:
                client.ask(line, 502)
            client.ask("RCPT TO:<x@far.example>", 550)
            client.in_step()
            client.quit()

    def test_a_name_that_pretends_is_refused(self):
        with self.open() as client:
            for name in ("x (localhost [127.0.0.1])", "x\x1b[2J", "x y",
                         "[127.0.0.1] (trusted)", "x\tlocalhost"):
                client.ask(f"EHLO {name}", 500, 501)
            client.in_step()
            client.quit()

    def test_too_many_bad_commands_end_the_session(self):
        self.gate = Gate(table=harness.world.table())
        with self.open() as client:
            for _ in range(20):
                client.ask("NONSENSE", 502)
            client.expect(f"421 4.7.0 {HOST} Too many errors")
            client.expect_end()

    def test_an_open_relay_scan_is_refused_to_its_end(self):
        """The sixteen envelopes of nmap's smtp-open-relay."""
        d, ip, target = self.domain, "192.0.2.25", "relaytest@far.example"
        user = "antispam"
        scan = [("", target), (f"{user}@far.example", target),
                (f"{user}@{d}", target), (f"{user}@[{ip}]", target),
                (f"{user}@{d}", f"relaytest%far.example@[{ip}]"),
                (f"{user}@{d}", f"relaytest%far.example@{d}"),
                (f"{user}@{d}", '"relaytest@far.example"'),
                (f"{user}@{d}", '"relaytest%far.example"'),
                (f"{user}@{d}", f"relaytest@far.example@[{ip}]"),
                (f"{user}@{d}", f'"relaytest@far.example"@[{ip}]'),
                (f"{user}@{d}", f"relaytest@far.example@{d}"),
                (f"{user}@{d}", f"@[{ip}]:relaytest@far.example"),
                (f"{user}@{d}", f"@{d}:relaytest@far.example"),
                (f"{user}@{d}", "far.example!relaytest"),
                (f"{user}@{d}", f"far.example!relaytest@[{ip}]"),
                (f"{user}@{d}", f"far.example!relaytest@{d}")]
        self.gate = Gate(table=harness.world.table())
        with self.open() as client:
            for sender, recipient in scan:
                client.ask("RSET", 250)
                client.ask(f"MAIL FROM:<{sender}>", 250)
                client.ask(f"RCPT TO:<{recipient}>", 501, 550)
            client.quit()
