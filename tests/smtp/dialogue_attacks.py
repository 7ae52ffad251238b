# SPDX-License-Identifier: ISC
"""The attacks that have fooled an MTA behind a front proxy, exact to the byte.

Each test is one row: bytes that Postfix, Exim, sendmail or OpenSMTPD reads
differently from their sender.  With a real MTA behind the gate no such message
may arrive, neither in a mailbox of the domain nor, relayed, in that of --far;
and the session stays in step, or ends.

  what some MTA accepts                          | test, "Attack: ..."
  -----------------------------------------------+----------------------------
  LF . LF, LF . CRLF, CRLF . LF as the end       | lf dot lf, lf dot crlf, crlf
                                                 | dot lf is no end
  CRLF . CR CRLF                                 | crlf dot cr crlf is no end
  CRLF . NUL CRLF                                | a nul in a message
  x%e@here, e!x@here, "x@e"@here, x@e@here,      | an address within a local
    x\\@e@here; x%e, e!x without a domain        | part
  @here:x@e, joe@here(x@e), joe @here,           | a route, a comment or a
    joe@[127.0.0.1                               | broken literal
  joe@here., another case                        | a dot at the end
  <joe@here>,<x@e>                               | two recipients in one
  LF at the end of a command, CR within          | a line that ends with lf
  MAIL FROM:<a@b> NUL                            | a nul after a command
  3,000 bytes                                    | a command of 3000 bytes
  DATA after refused recipients, commands in it  | a body made of commands
  STARTTLS CRLF MAIL in one packet               | commands after starttls
  BDAT n when refused                            | the chunk of a refused bdat
  BDAT -1, 20 digits                             | a bdat without a size
  XCLIENT, XFORWARD                              | xclient and xforward
  EHLO x (localhost [127.0.0.1]), ESC            | a helo name
  homoglyphs, bad UTF-8                          | a domain that looks like
  21 and more bad commands                       | too many bad commands
"""

import re
import time
import unittest

import harness
from addresses import JOE4, STRANGER4
from harness import HOST, Gate, Mailbox, marker

START_DATA = "354 End the message with <CR><LF>.<CR><LF>"
REFUSED = (500, 501, 550, 553)


class Attack(unittest.TestCase):
    def setUp(self):
        harness.needs_table()
        self.mailbox = Mailbox()
        self.far_mailbox = None
        if harness.settings.far is not None:
            self.far_mailbox = Mailbox(harness.settings.far_mailbox)
        self.domain = harness.settings.domain
        self.user = f"{harness.settings.user}@{self.domain}"
        self.far = harness.settings.far or "x@far.example"
        self.far_user, self.far_domain = self.far.split("@")
        self.mark = marker()

    def gate(self, **options):
        return Gate(**{"table": harness.world.table(), "max_errors": "100",
                       **options})

    def open(self, address=STRANGER4, **options):
        client = self.gate(**options).client(address)
        client.hello()
        return client

    def text(self, mark=None):
        return f"Subject: {mark or self.mark}\r\n\r\n".encode()

    def transaction(self, mark=None):
        """A whole message to the user, as an attacker would hide it."""
        return (f"MAIL FROM:<evil@b.example>\r\nRCPT TO:<{self.user}>\r\n"
                "DATA\r\n").encode() + self.text(mark) + b"bad\r\n.\r\n"

    def send(self, client, body, to=None):
        """body: as on the wire, without its end; returns the last reply."""
        client.ask("MAIL FROM:<a@b.example>", 250)
        client.ask(f"RCPT TO:<{to or self.user}>", 250)
        client.say(b"DATA\r\n")
        client.expect(START_DATA)
        client.say(body + b".\r\n")
        return client.expect_code(250, 554)

    def fence(self):
        """Send mail to here and to far: when it is there, all earlier mail
        has arrived."""
        fence = marker()
        with self.open(JOE4, relay_networks=JOE4) as client:
            self.send(client, self.text(fence))
            if self.far_mailbox is not None:
                self.send(client, self.text(fence), self.far)
            client.quit()
        self.mailbox.wait(fence)
        if self.far_mailbox is not None:
            self.far_mailbox.wait(fence)

    def arrived(self, n=0):
        """At most n messages of the attack arrived, all for the user; none
        was relayed."""
        if n:
            self.mailbox.wait(self.mark, n)
        self.fence()

        def marked(mailbox):
            return [m for m in mailbox.messages() if self.mark.encode() in m]
        if self.far_mailbox is not None:
            self.assertEqual(marked(self.far_mailbox), [])
        self.assertEqual(len(marked(self.mailbox)), n)
        return [re.split(rb"\n\n", m, maxsplit=1)[1]
                for m in marked(self.mailbox)]

    # ---- almost the end of a message ---------------------------------------

    def smuggle(self, end):
        """A second message after it must arrive as text of the first: sent by
        a stranger, by a client that may relay, byte by byte, and pipelined."""
        inner = self.transaction().removesuffix(b".\r\n").replace(
            b"DATA\r\n", f"RCPT TO:<{self.far}>\r\nDATA\r\n".encode())
        head, body = self.text() + b"first", end + inner
        for client in self.open(), self.open(JOE4, relay_networks=JOE4):
            with client:
                self.send(client, head + body)
                client.in_step()
                client.quit()
        envelope = (f"MAIL FROM:<a@b.example>\r\nRCPT TO:<{self.user}>\r\n"
                    "DATA\r\n").encode()
        with self.open() as client:
            client.say(envelope + head)
            for byte in end:
                time.sleep(0.002)
                client.say(bytes([byte]))
            time.sleep(0.002)
            client.say(inner + b".\r\n")
            for code in (250, 250, 354, 250):
                client.expect_code(code)
            client.say(envelope + head + body + b".\r\nVRFY step\r\n")
            for code in (250, 250, 354, 250, 252):
                client.expect_code(code)
            client.quit()
        for text in self.arrived(4):
            self.assertIn(b"MAIL FROM:<evil@b.example>", text)

    def test_lf_dot_lf_is_no_end(self):
        self.smuggle(b"\n.\n")

    def test_lf_dot_crlf_is_no_end(self):
        self.smuggle(b"\n.\r\n")

    def test_crlf_dot_lf_is_no_end(self):
        self.smuggle(b"\r\n.\n")

    def test_crlf_dot_cr_crlf_is_no_end(self):
        self.smuggle(b"\r\n.\r\r\n")

    def test_cr_dot_cr_is_no_end(self):
        self.smuggle(b"\r.\r")

    def test_crlf_dot_cr_is_no_end(self):
        self.smuggle(b"\r\n.\r")

    def test_lf_cr_dot_crlf_is_no_end(self):
        self.smuggle(b"\n\r.\r\n")

    def test_lf_crlf_dot_lf_is_no_end(self):
        self.smuggle(b"\n\r\n.\n")

    def test_a_nul_in_a_message_is_refused_and_nothing_arrives(self):
        for text in (b"\r\n.\0\r\n", b"a\0b\r\n", b"\r\n.\0.\r\n"):
            with self.subTest(text), self.open() as client:
                client.ask("MAIL FROM:<a@b.example>", 250)
                client.ask(f"RCPT TO:<{self.user}>", 250)
                client.ask("DATA", 354)
                client.say(self.text() + text + self.transaction())
                client.expect("554 5.6.0 The message contains a NUL "
                              "character")
                client.in_step()
                client.quit()
        self.arrived()

    # ---- almost a foreign recipient ----------------------------------------

    def refused(self, paths, mail=""):
        with self.open() as client:
            client.ask(f"MAIL FROM:<a@b.example>{mail}", 250)
            for path in paths:
                data = path if isinstance(path, bytes) else path.encode()
                with self.subTest(path):
                    client.ask(b"RCPT TO:" + data, *REFUSED)
            client.ask("DATA", 503, 554)
            client.in_step()
            client.quit()
        self.arrived()

    def test_an_address_within_a_local_part_is_refused(self):
        x, e, here = self.far_user, self.far_domain, self.domain
        self.refused([f"<{x}%{e}@{here}>", f"<{e}!{x}@{here}>",
                      f'<"{x}@{e}"@{here}>', f"<{x}@{e}@{here}>",
                      f"<{x}\\@{e}@{here}>", f'<"{x}%{e}"@{here}>',
                      f"<{x}%{e}>", f"<{e}!{x}>", f'<"{e}!{x}">',
                      f"<{x}@{here}%{e}>", f"<{x}@{here}@>",
                      f'<""@{here}>'])

    def test_a_route_a_comment_or_a_broken_literal_is_refused(self):
        user, here = self.user, self.domain
        self.refused([f"<@{here}:{self.far}>", f"<@{here},@{here}:{self.far}>",
                      f"<{user}({self.far})>", f"<{harness.settings.user} @{here}>",
                      f"<{harness.settings.user}@[127.0.0.1>",
                      f"<{self.far_user}@[127.0.0.1]>", f"<{self.far}.>",
                      f"<{user}\\>", f"<<{user}>>"])

    def test_two_recipients_in_one_command_are_refused(self):
        self.refused([f"<{self.user}>,<{self.far}>",
                      f"<{self.user}> <{self.far}>",
                      f"<{self.user},{self.far}>"])

    def test_a_domain_that_looks_like_ours_or_is_no_utf_8_is_refused(self):
        name = harness.settings.user
        for letter, twin in (("a", "\u0430"), ("e", "\u0435"),
                             ("o", "\u043e")):
            if letter in self.domain:
                break
        twins = self.domain.replace(letter, twin, 1)
        self.refused([f"<{name}@{twins}>", f"<{name}@".encode() + b"\xc0\xae>",
                      f"<{name}\xff@{self.domain}>".encode("latin-1")])
        with self.open() as client:
            client.say(b"MAIL FROM:<a@b.example> SMTPUTF8\r\n")
            if client.reply()[0].startswith("250"):
                client.ask(f"RCPT TO:<{name}@{twins}>", *REFUSED)
            client.quit()

    def test_a_dot_at_the_end_of_a_domain_and_its_case_are_ignored(self):
        name = harness.settings.user
        with self.open() as client:
            for domain in (f"{self.domain}.", self.domain.upper()):
                self.send(client, self.text() + b"x\r\n",
                          f"{name}@{domain}")
            client.quit()
        self.arrived(2)

    # ---- almost a command --------------------------------------------------

    def test_a_line_that_ends_with_lf_or_has_a_cr_is_refused(self):
        with self.open() as client:
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.ask(b"NOOP\nMAIL FROM:<b@b.example>", 500)
            client.ask(b"NOOP\r\r\0", 500)
            client.ask(b"RSET\n.\nQUIT\n", 500)
            client.ask(f"RCPT TO:<{self.user}>\n"
                       f"RCPT TO:<{self.far}>".encode(), 500)
            client.ask(f"RCPT TO:<{self.user}>\r"
                       f"RCPT TO:<{self.far}>".encode(), 500)
            client.ask(b"DATA", 503)
            client.in_step()
            client.quit()
        self.arrived()

    def test_a_nul_after_a_command_is_refused(self):
        with self.open() as client:
            client.ask(b"MAIL FROM:<a@b.example>\0", 500)
            client.ask(b"MAIL\0 FROM:<a@b.example>", 500)
            client.ask(b"MAIL FROM:<a@b.example>\0@far>", 500)
            client.ask(f"RCPT TO:<{self.user}>", 503)
            client.in_step()
            client.quit()
        self.arrived()

    def test_a_command_of_3000_bytes_is_one_refusal(self):
        with self.open() as client:
            client.ask(b"NOOP " + b"x" * 2995, 500)
            client.ask(b"x" * 2048 + b"RSET", 500)
            client.ask(b"NOOP " + b"x" * 2995 + b"\nQUIT", 500)
            client.ask(b"MAIL FROM:<" + b"a" * 3000 + b"@b.example>", 500)
            client.ask(f"RCPT TO:<{self.user}>", 503)
            client.in_step()
            client.quit()
        self.arrived()

    def test_a_body_made_of_commands_after_a_refused_data_is_not_executed(
            self):
        with self.open() as client:
            client.say(f"MAIL FROM:<a@b.example>\r\nRCPT TO:<{self.far}>\r\n"
                       "DATA\r\nRSET\r\n".encode() + self.transaction() +
                       b"QUIT\r\n")
            client.expect_code(250)
            client.expect_code(550)
            client.expect("554 5.5.1 No valid recipients",
                          f"421 4.7.0 {HOST} DATA pipelined before 354; "
                          "wait for 354")
            client.expect_end()
        self.arrived()

    def test_commands_after_starttls_are_discarded(self):
        certificate = harness.world.certificate(HOST)
        with self.open(tls_certificates=certificate) as client:
            client.say(b"STARTTLS\r\n" + self.transaction())
            client.expect_code(220)
            client.start_tls()
            client.ask("MAIL FROM:<a@b.example>", 503)
            client.ask("EHLO client.example", 250)
            client.ask(f"RCPT TO:<{self.user}>", 503)
            client.in_step()
            client.quit()
        self.arrived()

    def step_or_end(self, client, *codes):
        """In step after a reply, or closed with 421."""
        client.expect_code(*codes)
        client.say(b"VRFY step\r\n")
        if client.reply()[0].startswith("421"):
            client.expect_end()

    def test_the_chunk_of_a_refused_bdat_is_not_executed(self):
        chunk = self.transaction()
        bdat = b"BDAT %d LAST\r\n" % len(chunk) + chunk
        for before in (b"", b"MAIL FROM:<a@b.example>\r\n",
                       f"MAIL FROM:<a@b.example>\r\nRCPT TO:<{self.far}>\r\n"
                       .encode()):
            with self.subTest(before), self.open() as client:
                client.say(before)
                for _ in before.splitlines():
                    client.expect_code(250, 550)
                client.say(bdat)
                self.step_or_end(client, 502, 503, 554)
        self.arrived()

    def test_a_bdat_without_a_size_ends_the_session(self):
        for size in ("-1", "12345678901234567890", "x", "+1"):
            with self.subTest(size), self.open() as client:
                client.ask("MAIL FROM:<a@b.example>", 250)
                client.ask(f"RCPT TO:<{self.user}>", 250)
                client.say(f"BDAT {size} LAST\r\nRSET\r\n".encode() +
                           self.transaction())
                client.expect_code(501, 502)
                client.expect_code(421)
                client.expect_end()
        self.arrived()

    def test_xclient_and_xforward_of_a_client_are_unknown(self):
        with self.open() as client:
            for line in ("XCLIENT ADDR=127.0.0.1 LOGIN=joe",
                         "XCLIENT NAME=localhost ADDR=127.0.0.1",
                         "XFORWARD ADDR=127.0.0.1",
                         "PROXY TCP4 127.0.0.1 127.0.0.1 1 1", "ETRN x",
                         "EXPN postmaster", "XEXCH50 1 2", "ATRN", "TURN",
                         "DEBUG", "WIZ"):
                client.ask(line, 502)
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.ask(f"RCPT TO:<{self.far}>", 550)
            client.quit()
        self.arrived()

    def test_a_helo_name_with_another_address_or_an_escape_gives_no_right(
            self):
        with self.gate().client() as client:
            client.expect(f"220 {HOST} ESMTP")
            for verb in ("EHLO", "HELO"):
                client.ask(f"{verb} x\x1b[2J", 500, 501)
                client.ask("MAIL FROM:<a@b.example>", 503)
            for name in ("x (localhost [127.0.0.1])",
                         "[127.0.0.1] (trusted)", "127.0.0.1) (x"):
                client.ask(f"EHLO {name}", 250)
                client.ask("MAIL FROM:<a@b.example>", 250)
                client.ask(f"RCPT TO:<{self.far}>", 550)
            client.in_step()
            client.quit()
        self.arrived()

    def test_a_helo_name_forges_no_address_in_received(self):
        harness.needs_mta()
        mailbox, mark = harness.Mailbox(), harness.marker()
        with self.gate().client() as client:
            client.expect(f"220 {HOST} ESMTP")
            client.ask("EHLO x (localhost [127.0.0.1])", 250)
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.ask(f"RCPT TO:<{harness.settings.user}@"
                       f"{harness.settings.domain}>", 250)
            client.ask("DATA", 354)
            client.ask(f"Subject: {mark}\r\n\r\nx\r\n.", 250)
            client.quit()
        self.assertNotIn(b"from x (localhost [127.0.0.1])",
                         mailbox.wait(mark)[0])

    def test_too_many_bad_commands_end_the_session(self):
        with self.open(max_errors=None) as client:
            client.say(b"NONSENSE\r\n" * 21 + self.transaction())
            for _ in range(20):
                client.expect_code(502)
            client.expect_code(421)
            client.expect_end()
        self.arrived()

    def test_an_open_relay_scan_is_refused_to_its_end(self):
        """The sixteen envelopes of nmap's smtp-open-relay."""
        here, far, ip = self.domain, self.far, "192.0.2.25"
        x, e = self.far_user, self.far_domain
        scan = [("", far), (f"a@{e}", far), (f"a@{here}", far),
                (f"a@[{ip}]", far)]
        scan += [(f"a@{here}", recipient) for recipient in (
            f"{x}%{e}@[{ip}]", f"{x}%{e}@{here}", f'"{x}@{e}"', f'"{x}%{e}"',
            f"{x}@{e}@[{ip}]", f'"{x}@{e}"@[{ip}]', f"{x}@{e}@{here}",
            f"@[{ip}]:{far}", f"@{here}:{far}", f"{e}!{x}", f"{e}!{x}@[{ip}]",
            f"{e}!{x}@{here}")]
        with self.open(max_errors=None) as client:
            for sender, recipient in scan:
                client.ask("RSET", 250)
                # Exim accepts no domain literals
                if client.ask(f"MAIL FROM:<{sender}>", 250, 501)[0] == "2":
                    client.ask(f"RCPT TO:<{recipient}>", 501, 550)
            client.quit()
        self.arrived()

    # ---- the MTA's own door ------------------------------------------------

    def test_the_mta_refuses_a_stranger_even_if_the_gate_would_not(self):
        with self.open(local_domains=f"{self.domain}, {self.far_domain}"
                       ) as client:
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.ask(f"RCPT TO:<{self.far}>", 450, 454, 550, 554)
            client.quit()
        self.arrived()
