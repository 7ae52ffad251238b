# SPDX-License-Identifier: ISC
"""Messages, through the real MTA into a real mailbox."""

import re
import unittest

import addresses
import harness
from harness import HOST, Gate, Log, Mailbox, marker
from scripted import Backend

START_DATA = "354 End the message with <CR><LF>.<CR><LF>"


def body_of(message):
    return re.split(rb"\n\n", message, maxsplit=1)[1]


class Message(unittest.TestCase):
    def setUp(self):
        self.mailbox = Mailbox()
        self.user = f"{harness.settings.user}@{harness.settings.domain}"
        self.mark = marker()

    def open(self, gate=None, verb="EHLO"):
        client = (gate or Gate(max_errors="100")).client()
        client.hello(verb)
        return client

    def envelope(self, client, mail=""):
        client.ask(f"MAIL FROM:<a@b.example>{mail}", 250)
        client.ask(f"RCPT TO:<{self.user}>", 250)
        client.say(b"DATA\r\n")
        client.expect(START_DATA)

    def send(self, client, body, mail=""):
        """body: as on the wire, dots stuffed, without its end."""
        self.envelope(client, mail)
        client.say(f"Subject: {self.mark}\r\n\r\n".encode() + body +
                   b".\r\n")
        return client.expect_code(250)

    def delivered(self, n=1):
        return [body_of(m) for m in self.mailbox.wait(self.mark, n)]

    def round_trip(self, wire, arrived):
        with self.open() as client:
            self.send(client, wire)
            client.quit()
        body = self.delivered()[0]
        if not harness.settings.mailbox.endswith("/"):
            # an mbox has an empty line after each message
            body = body.removesuffix(b"\n")
        self.assertEqual(body, arrived)

    def test_a_message_arrives_unchanged(self):
        self.round_trip(b"Hello.\r\n\r\n  two lines\t\r\n",
                        b"Hello.\n\n  two lines\t\n")

    def test_lines_that_begin_with_dots_arrive_as_they_were(self):
        self.round_trip(b"..\r\n...\r\n..x\r\nx.\r\n.. \r\n",
                        b".\n..\n.x\nx.\n. \n")

    def test_an_empty_body_arrives(self):
        self.round_trip(b"", b"")

    def test_8_bit_text_arrives(self):
        text = "Gr\u00fc\u00dfe \u2603\r\n".encode()
        with self.open() as client:
            self.send(client, text, " BODY=8BITMIME")
            client.quit()
        self.assertIn(text.replace(b"\r", b""), self.delivered()[0])

    def test_a_large_message_arrives_whole(self):
        line = b"0123456789abcdef" * 4 + b"\r\n"
        wire = line * 60_000
        with self.open() as client:
            self.envelope(client, f" SIZE={len(wire) + 100}")
            client.say(f"Subject: {self.mark}\r\n\r\n".encode())
            client.sock.settimeout(60)
            client.say(wire + b".\r\n")
            client.expect_code(250)
            client.quit()
        body = self.delivered()[0]
        self.assertEqual(body.rstrip(b"\n"),
                         wire.replace(b"\r", b"").rstrip(b"\n"))

    def test_a_message_above_the_size_of_the_mta_is_refused_at_mail(self):
        with (Gate()).client() as client:
            client.expect(f"220 {HOST} ESMTP")
            client.say(b"EHLO client.example\r\n")
            size = re.search(r"SIZE (\d+)", " ".join(client.reply()))
            if size is None or int(size[1]) == 0:
                client.quit()
                self.skipTest("the MTA names no limit")
            client.ask("MAIL FROM:<a@b.example> SIZE=99999999999", 552, 452)
            client.in_step()
            client.quit()

    def test_several_messages_go_through_one_session(self):
        with self.open() as client:
            for n in range(3):
                self.send(client, b"number %d\r\n" % n)
            client.quit()
        bodies = self.delivered(3)
        for n in range(3):
            self.assertEqual(
                len([b for b in bodies if b"number %d" % n in b]), 1)

    def test_a_session_that_was_pipelined_as_a_whole_stays_in_step(self):
        with self.open() as client:
            client.say(f"MAIL FROM:<a@b.example>\r\nRCPT TO:<{self.user}>\r\n"
                       f"RCPT TO:<>\r\nDATA\r\nSubject: {self.mark}\r\n\r\n"
                       f"x\r\n.\r\nNOOP\r\nQUIT\r\n".encode())
            codes = [client.reply()[0][:3] for _ in range(7)]
            self.assertEqual(codes,
                             ["250", "250", "501", "354", "250", "250", "221"])
            client.expect_end()
        self.delivered()

    def test_the_mta_gets_the_identity_of_the_client(self):
        harness.needs_addresses()
        for address, shown in ((harness.STRANGER4, b"198.51.100.7"),
                               (addresses.STRANGER6, b"2001:db8:7::7")):
            with self.subTest(address):
                self.mark = marker()
                with Gate().client(address) as client:
                    client.hello("EHLO", "laptop.example")
                    self.send(client, b"x\r\n")
                    client.quit()
                message = self.mailbox.wait(self.mark)[0]
                received = self.received(message)
                self.assertIn(b"laptop.example", received)
                self.assertIn(shown, received)
                self.assertRegex(received, rb"(?i)with ESMTP\b")
                self.assertNotIn(b"127.0.0.1", received)

    @staticmethod
    def received(message):
        """The Received: line that names the client: the MTA's, or the gate's
        below it when the MTA got no identity."""
        lines = re.findall(rb"^Received: (.*\n(?:[ \t].*\n)*)", message, re.M)
        return lines[harness.settings.identity == "none"]

    def test_helo_is_recorded_as_smtp(self):
        with self.open(verb="HELO") as client:
            self.send(client, b"x\r\n")
            client.quit()
        message = self.mailbox.wait(self.mark)[0]
        self.assertRegex(self.received(message), rb"(?i)with SMTP\b")

    def test_another_helo_name_is_another_identity(self):
        with self.open() as client:
            self.send(client, b"x\r\n")
            client.ask("EHLO other.example", 250)
            self.send(client, b"x\r\n")
            client.quit()
        both = b"".join(map(self.received, self.mailbox.wait(self.mark, 2)))
        self.assertIn(b"client.example", both)
        self.assertIn(b"other.example", both)

    def test_bare_line_ends_arrive_as_line_ends(self):
        self.round_trip(b"a\nb\rc\r\r\nd\r\n", b"a\nb\nc\nd\n")

    def test_crs_before_line_ends_do_not_end_the_header(self):
        """As a scanner sends it: the whole header arrives."""
        with self.open() as client:
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.ask(f"RCPT TO:<{self.user}>", 250)
            client.ask("DATA", 354)
            client.say(f"From: scan@b.example\r\r\nSubject: {self.mark}\r\r\n"
                       "X-One: 1\r\r\r\nX-Two: 2 \rnot X-Three: 3\r\r\n"
                       "Content-Type: text/plain\r\r\n\r\r\n"
                       "text\r\r\n..\r\r\n.\r\n".encode())
            client.expect_code(250)
            client.quit()
        message = self.mailbox.wait(self.mark)[0]
        header, body = re.split(rb"\n\n", message, maxsplit=1)
        for line in (b"From: scan@b.example", b"X-One: 1",
                     b"X-Two: 2  not X-Three: 3", b"Content-Type: text/plain"):
            self.assertIn(b"\n" + line + b"\n", b"\n" + header + b"\n")
        self.assertEqual(body.rstrip(b"\n"), b"text\n.")

    def test_a_long_line_arrives_in_pieces_at_most(self):
        """An MTA may fold it; nothing of it is lost."""
        line = b"0123456789abcdef" * 3000
        with self.open() as client:
            self.send(client, line + b"\r\n")
            client.quit()
        body = re.sub(rb"[!\s]", b"", self.delivered()[0])
        self.assertEqual(body, line)

    def test_a_client_that_disconnects_in_data_sends_nothing(self):
        for tail in (b"", b"half a line", b"line\r\n", b"line\r\n.",
                     b"line\r\n.\r"):
            with self.subTest(tail):
                with self.open() as client:
                    self.envelope(client)
                    client.say(f"Subject: {self.mark}\r\n\r\n".encode() +
                               tail)
                    client.sock.close()
                    client.process.wait(harness.PATIENCE_S)
        lost = self.mark
        self.mark = marker()
        with self.open() as client:
            self.send(client, b"fence\r\n")
            client.quit()
        self.delivered()
        self.assertFalse([m for m in self.mailbox.messages()
                          if lost.encode() in m])

    def test_a_client_that_stalls_in_data_sends_nothing(self):
        with self.open(Gate(data_timeout="1s")) as client:
            self.envelope(client)
            client.say(f"Subject: {self.mark}\r\n\r\nx\r\n".encode())
            client.expect(f"421 4.4.2 {HOST} Timeout: nothing received "
                          "for too long")
            client.expect_end()
        self.assertFalse([m for m in self.mailbox.messages()
                          if self.mark.encode() in m])

    def test_data_is_refused_when_all_recipients_were(self):
        with self.open() as client:
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.ask("RCPT TO:<x@far.example>", 451, 550)
            client.say(b"DATA\r\n")
            client.expect("554 5.5.1 No valid recipients")
            client.in_step()
            client.ask(f"RCPT TO:<{self.user}>", 250)
            client.ask("RSET", 250)
            client.quit()

    def test_an_accepted_message_is_one_log_line_with_its_queue_id(self):
        log = Log()
        with self.open() as client:
            reply = self.send(client, b"x\r\n")
            client.quit()
        line = log.wait(
            client, r"message client=\S+ \S+ \S+ user=- via=local from=<a@b\.example> "
            r"recipients=1 size=\d+ result=accepted code=250 queue_id=\S+ "
            r'reply=".*"')
        self.assertIn(re.search(r"queue_id=(\S+)", line)[1], reply)


class MessageWithoutIdentity(unittest.TestCase):
    """backend_identity = none: the gate adds Received: itself."""

    def received(self, address, relay_networks=None, verb="EHLO"):
        harness.needs_addresses()
        with Backend() as backend:
            gate = Gate(backend=backend.endpoint, backend_relay=None,
                        backend_identity="none",
                        relay_networks=relay_networks)
            with gate.client(address) as client:
                client.hello(verb, "laptop.example")
                client.ask("MAIL FROM:<a@b.example>", 250)
                domain = gate.options["local_domains"]
                client.ask(f"RCPT TO:<joe@{domain}>", 250)
                client.ask("DATA", 354)
                client.ask("Subject: x\r\n\r\nx\r\n.", 250)
                client.quit()
        self.assertFalse(
            [x for x in backend.commands() if x.startswith("XCLIENT")])
        header, rest = backend.bodies()[0].split(b"Subject:", 1)
        self.assertEqual(rest, b" x\r\n\r\nx\r\n.\r\n")
        return header.decode()

    def bodies(self, *commands):
        """What the backend gets of a message that is sent so."""
        with Backend() as backend:
            gate = Gate(backend=backend.endpoint, backend_relay=None,
                        backend_identity="none", local_domains="example.org")
            with gate.client() as client:
                client.hello()
                client.ask("MAIL FROM:<a@b.example>", 250)
                client.ask("RCPT TO:<joe@example.org>", 250)
                for command, code in commands:
                    client.say(command)
                    client.expect_code(code)
                client.quit()
        return backend.bodies()

    def test_a_message_that_begins_with_a_blank_does_not_continue_the_header(
            self):
        date = rb"\d\d:\d\d:\d\d \+0000\r\n"
        for first in (b" x", b"\tx", b". x", b"\r x"):
            with self.subTest(first):
                text = first.strip(b".\r") + b"\r\nb: c\r\n"
                body, = self.bodies(
                    (b"DATA\r\n", 354),
                    (first + b"\r\nb: c\r\n.\r\n", 250))
                self.assertRegex(
                    body, date + rb"\r\n" + re.escape(text) + rb"\.\r\n\Z")
        for chunks in ((b"BDAT 8 LAST\r\n x\r\nb: c",),
                       (b"BDAT 0\r\n", b"BDAT 1\r\n ",
                        b"BDAT 7 LAST\r\nx\r\nb: c")):
            with self.subTest(chunks):
                body, = self.bodies(*((chunk, 250) for chunk in chunks))
                self.assertRegex(body, date + rb"\r\n x\r\nb: c\Z")

    def test_any_other_message_follows_the_header_directly(self):
        date = rb"\d\d:\d\d:\d\d \+0000\r\n"
        body, = self.bodies((b"DATA\r\n", 354), (b"a: b\r\n.\r\n", 250))
        self.assertRegex(body, date + rb"a: b\r\n\.\r\n\Z")
        body, = self.bodies((b"BDAT 0 LAST\r\n", 250))
        self.assertRegex(body, date + rb"\Z")

    DATE = r"\t\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000\r\n"

    def test_the_header_names_a_stranger(self):
        self.assertRegex(
            self.received(harness.STRANGER4),
            r"\AReceived: from laptop\.example \(\[198\.51\.100\.7\]\)\r\n"
            r"\tby gate\.example\.org with ESMTP;\r\n" + self.DATE + r"\Z")

    def test_the_header_names_helo_and_ipv6_and_the_right(self):
        self.assertRegex(
            self.received(addresses.JOE6, "2001:db8:9::/48", "HELO"),
            r"\AReceived: from laptop\.example \(\[IPv6:2001:db8:9::9\]\)\r\n"
            r"\tby gate\.example\.org with SMTP\r\n"
            r"\t\(relayed for a listed network\);\r\n" + self.DATE + r"\Z")
