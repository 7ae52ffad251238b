# SPDX-License-Identifier: ISC
"""The names of EHLO and HELO: those that mail servers accept."""

import re
import unittest

import harness
from addresses import STRANGER4
from harness import HOST, Gate, Log
from scripted import Backend

PLAIN = ["client.example", "localhost", "PC",
         "xn--bcher-kva.example", "192.0.2.1", "7kO2OrE", "[192.0.2.1]",
         "[IPv6:2001:db8::1]", "[IPV6:2001:db8::1]", "[ipv6:2001:DB8:0::1]",
         "[IPv6:::ffff:10.0.4.47]", "a-b.example", "3com"]
# Exim refuses an underscore, and OpenSMTPD a final dot.
NEARLY = ["my_pc", "_", "client.example."]
# Phones, Windows names, devices, containers, mistakes of programs.
ODD = ["Joe's-iPhone", "Joe\u2019s-iPhone", "b\u00fccher.example",
       "\u30d1\u30bd\u30b3\u30f3", "two words", "Joe Doe PC", "a-", "-a",
       "a_-.example", "a..b", ".a", ".", "client.example:25",
       "[192.0.2.1]:25", "192.0.2.1:25", "[192.0.2.001]", "[192.0.2]",
       "[2001:db8::1]", "2001:db8::1", "[IPv6:fe80::1%wlan0]",
       "[fe80::1%eth0]", "[IPv6:192.0.2.1]", "[192.0.2.1", "192.0.2.1]",
       "[]", "a@b", "<a>", "(null)", "a;b", "a/b", "\\\\SERVER", "%COMPUTER%",
       "$HOSTNAME", "{host}", "a+b=c", "x" * 64, "!", "#1", "*", "~", "?",
       "a,b", "\"quoted\"", "x (localhost [127.0.0.1])",
       "[127.0.0.1] (trusted)", "127.0.0.1) (x", "x" * 255]
REFUSED = [b"", b"x" * 256, b"a\x1b[2J", b"a\tb", b"a\0b", b"a\x7f", b"a\rb",
           b"b\xfccher.example", b"\xc2\x85"]


def xtext(name):
    return "".join(chr(c) if 0x20 < c < 0x7f and chr(c) not in "+="
                   else f"+{c:02X}" for c in name.encode())


class Names(unittest.TestCase):
    def setUp(self):
        harness.needs_addresses()

    def gate(self, backend, **options):
        return Gate(**{"backend": backend.endpoint, "backend_relay": None,
                       "local_domains": "example.org", **options})

    def each(self, gate, names, verbs=("EHLO",)):
        """A MAIL under each name."""
        with gate.client(STRANGER4) as client:
            client.expect(f"220 {HOST} ESMTP")
            for verb in verbs:
                for name in names:
                    with self.subTest(name, verb=verb):
                        client.ask(f"{verb} {name}", 250)
                        client.ask("MAIL FROM:<a@b.example>", 250)
                        client.ask("RSET", 250)
            client.in_step()
            client.quit()

    def test_the_real_mta_serves_clients_of_any_name(self):
        harness.needs_mta()
        self.each(Gate(), PLAIN + NEARLY + ODD, ("EHLO", "HELO"))

    def test_xclient_gets_each_name_and_ehlo_too(self):
        for verb in ("EHLO", "HELO"):
            with Backend() as backend:
                self.each(self.gate(backend), PLAIN + NEARLY + ODD, (verb,))
            heard = [c for c in backend.commands()
                     if c.startswith(("XCLIENT", verb))
                     and c != f"EHLO {HOST}"]
            self.assertEqual(
                [re.sub(r"^XCLIENT .*(HELO=[^ ]*).*", r"\1", c)
                 for c in heard],
                [x for name in PLAIN + NEARLY + ODD
                 for x in (f"HELO={xtext(name)}",
                       f"{verb} {name}".encode().decode("latin-1"))])

    def test_proxy_gets_the_address_for_a_name_that_is_none(self):
        with Backend(PROXY=[]) as backend:
            self.each(self.gate(backend, backend_identity="proxy"),
                      PLAIN + NEARLY + ODD)
        self.assertEqual(
            [c for c in backend.commands() if c.startswith("EHLO")],
            [f"EHLO {name}" for name in PLAIN]
            + [f"EHLO [{STRANGER4}]"] * len(NEARLY + ODD))

    def test_received_has_the_address_for_a_name_that_is_none(self):
        with Backend() as backend:
            with self.gate(backend, backend_identity="none").client(
                    STRANGER4) as client:
                client.expect(f"220 {HOST} ESMTP")
                for name in ("client.example", "x (localhost [127.0.0.1])"):
                    client.ask(f"EHLO {name}", 250)
                    client.ask("MAIL FROM:<a@b.example>", 250)
                    client.ask("RCPT TO:<joe@example.org>", 250)
                    client.ask("DATA", 354)
                    client.ask("x\r\n.", 250)
                client.quit()
        for body, name in zip(backend.bodies(),
                              ("client.example", f"[{STRANGER4}]")):
            self.assertIn(f"Received: from {name} ([{STRANGER4}])\r\n"
                          .encode(), body)

    def test_only_an_odd_name_is_logged(self):
        log = Log()
        with Backend() as backend, self.gate(backend).client(
                STRANGER4) as client:
            client.hello()
            client.ask("EHLO Joe's-iPhone", 250)
            client.ask("EHLO Joe's-iPhone", 250)
            client.quit()
        log.wait(client, rf"helo client={STRANGER4} \S+ \S+ name=\"Joe's-iPhone\"")
        self.assertEqual(
            len([x for x in log.lines(client) if x.startswith("helo ")]), 1)

    def test_no_control_and_no_other_encoding_is_a_name(self):
        with Backend() as backend, self.gate(backend).client(
                STRANGER4) as client:
            client.hello()
            for name in REFUSED:
                for verb in (b"EHLO ", b"HELO "):
                    with self.subTest(name):
                        client.ask(verb + name, 500, 501)
            client.in_step()
            client.quit()
        self.assertEqual(backend.commands(), [f"EHLO {HOST}", "QUIT"])


class Spellings(unittest.TestCase):
    """Commands as old devices write them, and what the backend gets."""

    MAIL = {
        "MAIL FROM:<a@b.example>": "MAIL FROM:<a@b.example>",
        "mail from:<a@b.example>  size=5   body=7bit":
        "MAIL FROM:<a@b.example> SIZE=5 BODY=7BIT",
        "MAIL  FROM: <a@b.example>": "MAIL FROM:<a@b.example>",
        "MAIL FROM:a@b.example": "MAIL FROM:<a@b.example>",
        "MAIL FROM: a@b.example RET=hdrs envid=x+3dy=z":
        "MAIL FROM:<a@b.example> RET=HDRS ENVID=x+3Dy+3Dz",
        "MAIL FROM:<ilo.@b.example>": 'MAIL FROM:<"ilo."@b.example>',
        "MAIL FROM:<.a..b.@b.example>": 'MAIL FROM:<".a..b."@b.example>',
        "MAIL FROM:ilo.@b.example": 'MAIL FROM:<"ilo."@b.example>',
    }
    RCPT = {
        "RCPT  TO:  <joe@example.org>": "RCPT TO:<joe@example.org>",
        "RCPT TO:joe@example.org  notify=success,success":
        "RCPT TO:<joe@example.org> NOTIFY=SUCCESS",
        "rcpt to:postmaster": "RCPT TO:<postmaster>",
        "RCPT TO:<joe@example.org> ORCPT=rfc822;prvs=1=joe@example.org":
        "RCPT TO:<joe@example.org> ORCPT=rfc822;prvs+3D1+3Djoe@example.org",
        "RCPT TO:<joe.@example.org>": 'RCPT TO:<"joe."@example.org>',
    }

    def test_the_backend_gets_them_as_rfc_5321_has_them(self):
        with Backend() as backend:
            with Gate(backend=backend.endpoint, backend_relay=None,
                      local_domains="example.org").client() as client:
                client.hello()
                for line in self.MAIL:
                    client.ask(line, 250)
                    client.ask("RSET", 250)
                client.ask("MAIL FROM:<>", 250)
                for line in self.RCPT:
                    with self.subTest(line):
                        client.ask(line, 250)
                client.in_step()
                client.quit()
        commands = backend.commands()
        self.assertEqual([c for c in commands if c.startswith("MAIL")],
                         [*self.MAIL.values(), "MAIL FROM:<>"])
        self.assertEqual([c for c in commands if c.startswith("RCPT")],
                         list(self.RCPT.values()))

    def test_the_real_mta_takes_the_message_of_such_a_device(self):
        harness.needs_mta()
        mailbox, mark = harness.Mailbox(), harness.marker()
        with Gate().client() as client:
            client.expect(f"220 {HOST} ESMTP")
            client.ask("helo MFP (2nd floor)", 250)
            client.ask("mail  from: scanner@b.example", 250)
            client.ask(f"rcpt to: {harness.settings.user}@"
                       f"{harness.settings.domain}", 250)
            client.ask("data", 354)
            client.ask(f"Subject: {mark}\r\n\r\nx\r\n.", 250)
            client.quit()
        mailbox.wait(mark)

    def test_without_brackets_nothing_else_may_follow(self):
        with Backend() as backend, Gate(
                backend=backend.endpoint, backend_relay=None,
                local_domains="example.org").client() as client:
            client.hello()
            client.ask("MAIL FROM:<>", 250)
            for rest in ("joe@example.org>", "joe@example.org,x@far.example",
                         "joe@example.org;", "joe@example.org (x)", "joe",
                         "@example.org:x@far.example", "joe @example.org",
                         "joe@example.org <x@far.example>", "", "...@x"):
                with self.subTest(rest):
                    client.ask(f"RCPT TO:{rest}", 501, 555)
            client.ask("RCPT TO:x%far.example@example.org", 451, 550)
            client.ask("RCPT TO:x@far.example", 451, 550)
            client.in_step()
            client.quit()
        self.assertNotIn("RCPT", " ".join(backend.commands()))
