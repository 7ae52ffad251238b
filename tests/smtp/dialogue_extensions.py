# SPDX-License-Identifier: ISC
"""DSN, SMTPUTF8, SIZE, CHUNKING: parsed, and passed on as understood."""

import re
import unittest

import harness
from harness import HOST, Gate
from scripted import SANE, Backend

NOT_ASCII = "553 5.6.7 A non-ASCII address needs SMTPUTF8"
TOO_LARGE = "552 5.3.4 The message is larger than EHLO's SIZE allows"
BAD_CHUNK = "501 5.5.4 The syntax is BDAT size [LAST]"
LOST_CHUNK = f"421 4.7.0 {HOST} Chunk size invalid or unknown"
QUEUED = "250 2.0.0 Ok: queued as 4F00"
PART = "250 2.0.0 Part taken"


class Extensions(unittest.TestCase):
    def begin(self, backend, verb="EHLO", **options):
        gate = Gate(**{"backend": backend.endpoint, "backend_relay": None,
                       "local_domains": "example.org", "max_errors": "100",
                       **options})
        client = gate.client()
        client.hello(verb)
        return client

    def envelope(self, client):
        client.ask("MAIL FROM:<a@b.example>", 250)
        client.ask("RCPT TO:<joe@example.org>", 250)

    def test_dsn_parameters_reach_the_backend_as_understood(self):
        with Backend() as backend, self.begin(backend) as client:
            client.ask("MAIL FROM:<a@b.example> ret=hdrs ENVID=QQ+2B314159",
                       250)
            client.ask("RCPT TO:<joe@example.org> NOTIFY=delay,SUCCESS "
                       "orcpt=rfc822;Joe+40home@b.example", 250)
            client.ask("RCPT TO:<joe@example.org> NOTIFY=NEVER", 250)
            client.quit()
        self.assertEqual(backend.commands()[-4:-1], [
            "MAIL FROM:<a@b.example> RET=HDRS ENVID=QQ+2B314159",
            "RCPT TO:<joe@example.org> NOTIFY=SUCCESS,DELAY "
            "ORCPT=rfc822;Joe+40home@b.example",
            "RCPT TO:<joe@example.org> NOTIFY=NEVER"])

    def test_wrong_dsn_parameters_are_501_and_not_passed_on(self):
        with Backend() as backend, self.begin(backend) as client:
            for text in ("RET=BODY", "ENVID=", "ENVID=a+0Db", "ENVID=+",
                         "ENVID=" + "x" * 101, "RET=FULL RET=FULL"):
                with self.subTest(text):
                    client.ask(f"MAIL FROM:<a@b.example> {text}", 501)
            client.ask("MAIL FROM:<a@b.example>", 250)
            for text in ("NOTIFY=", "NOTIFY=NEVER,DELAY", "NOTIFY=X",
                         "ORCPT=rfc822", "ORCPT=rfc822;a+0D+0AQUIT",
                         "ORCPT=rfc822;" + "x" * 500):
                with self.subTest(text):
                    client.ask(f"RCPT TO:<joe@example.org> {text}", 501, 500)
            client.in_step()
            client.quit()
        self.assertFalse([x for x in backend.commands() if "RCPT" in x])

    def test_an_address_beyond_ascii_needs_smtputf8(self):
        with Backend() as backend, self.begin(backend) as client:
            client.say("MAIL FROM:<j\u00f6@b.example>\r\n".encode())
            client.expect(NOT_ASCII)
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.say("RCPT TO:<j\u00f6@example.org>\r\n".encode())
            client.expect(NOT_ASCII)
            client.ask("RSET", 250)
            client.ask("MAIL FROM:<j\u00f6@b.example> SMTPUTF8", 250)
            client.ask("RCPT TO:<\u00fc@example.org>", 250)
            client.quit()
        self.assertEqual(
            [x.encode("latin-1").decode() for x in backend.commands()[-3:-1]],
            ["MAIL FROM:<j\u00f6@b.example> SMTPUTF8",
             "RCPT TO:<\u00fc@example.org>"])

    def test_bytes_that_are_not_utf_8_are_refused(self):
        with Backend() as backend, self.begin(backend) as client:
            for path in (b"j\xf6@b", b"j\xc0\xaf@b", b"j\xed\xa0\x80@b",
                         b"j\xc2\x85@b", b"j\xc3@b", b"\xfe@b"):
                with self.subTest(path):
                    client.say(b"MAIL FROM:<" + path + b"> SMTPUTF8\r\n")
                    client.expect("500 5.5.2 The line is not ASCII")
            client.in_step()
            client.quit()

    def test_a_domain_that_looks_like_a_local_one_is_foreign(self):
        with Backend() as backend:
            gate = Gate(backend=backend.endpoint, backend_relay=None,
                        local_domains="example.org", max_errors="100")
            with gate.client() as client:
                client.hello()
                client.ask("MAIL FROM:<a@b.example> SMTPUTF8", 250)
                for domain in ("ex\u0430mple.org", "example\u3002org",
                               "example.\u043erg", "\uff45xample.org"):
                    with self.subTest(domain):
                        client.ask(f"RCPT TO:<joe@{domain}>", 451, 550)
                client.quit()
        self.assertFalse([x for x in backend.commands() if "RCPT" in x])

    def test_a_backend_that_lost_an_extension_gets_no_such_mail(self):
        """An extension that EHLO offered is missing after XCLIENT."""
        first = SANE["EHLO"]
        later = b"250-mta.example\r\n250 SIZE 1000000\r\n"
        with Backend() as backend, self.begin(backend) as client:
            backend.replies["EHLO"] = later
            client.say(b"MAIL FROM:<a@b.example> BODY=8BITMIME\r\n")
            client.expect("554 5.6.3 The mail server does not accept 8-bit "
                          "text; send it encoded")
            client.say(b"MAIL FROM:<a@b.example> SMTPUTF8\r\n")
            client.expect("553 5.6.7 The mail server behind this gate does "
                          "not support SMTPUTF8")
            client.ask("MAIL FROM:<a@b.example> RET=FULL", 250)
            client.ask("RCPT TO:<joe@example.org>", 250)
            client.say(b"BDAT 5\r\nQUIT\nNOOP\r\n")
            client.expect("554 5.5.1 BDAT is not possible for this message; "
                          "use DATA", "250 2.0.0 Ok")
            client.quit()
        self.assertIn(b"CHUNKING", first)
        self.assertIn("MAIL FROM:<a@b.example>", backend.commands())

    def test_a_size_above_the_limit_is_refused_at_mail(self):
        with Backend() as backend, self.begin(backend) as client:
            client.ask("MAIL FROM:<a@b.example> SIZE=1000000", 250)
            client.ask("RSET", 250)
            for size in ("1000001", "0001000001", "99999999999999999999"):
                client.say(f"MAIL FROM:<a@b.example> SIZE={size}\r\n".encode())
                client.expect(TOO_LARGE)
            client.quit()
        self.assertEqual(
            len([x for x in backend.commands() if "MAIL" in x]), 1)

    # ---- BDAT ---------------------------------------------------------------

    def test_chunks_are_passed_on_unchanged(self):
        with Backend() as backend, self.begin(backend) as client:
            self.envelope(client)
            client.say(b"BDAT 12\r\nSubject: x\r\n")
            client.expect(PART)
            client.say(b"BDAT 0\r\nBDAT 8 last\r\n\r\n.\r\na\r")
            client.expect(PART)
            client.say(b"\n")
            client.expect(QUEUED)
            client.in_step()
            client.quit()
        self.assertEqual(backend.bodies(), [b"Subject: x\r\n\r\n.\r\na\r\n"])

    def test_a_whole_message_may_be_pipelined_with_bdat(self):
        with Backend() as backend, self.begin(backend) as client:
            client.say(b"MAIL FROM:<a@b.example>\r\n"
                       b"RCPT TO:<joe@example.org>\r\n"
                       b"BDAT 3\r\na\r\nBDAT 3 LAST\r\nb\r\nNOOP\r\n"
                       b"MAIL FROM:<c@b.example>\r\nQUIT\r\n")
            client.expect("250 2.1.0 Ok", "250 2.1.5 Ok", PART, QUEUED,
                          "250 2.0.0 Ok", "250 2.1.0 Ok")
            client.expect(f"221 2.0.0 {HOST} closing connection")
        self.assertEqual(backend.bodies(), [b"a\r\nb\r\n"])

    def test_bdat_0_last_ends_a_message(self):
        with Backend() as backend, self.begin(backend) as client:
            self.envelope(client)
            client.say(b"BDAT 3\r\na\r\nBDAT 0 LAST\r\n")
            client.expect(PART, QUEUED)
            self.envelope(client)
            client.say(b"BDAT 0 LAST\r\n")
            client.expect(QUEUED)
            client.quit()
        self.assertEqual(backend.bodies(), [b"a\r\n", b""])

    def test_the_chunk_of_a_refused_bdat_is_never_a_command(self):
        chunk = b"RSET\r\nQUIT\r\n"
        bdat = b"BDAT %d LAST\r\n" % len(chunk) + chunk
        with Backend() as backend, self.begin(backend) as client:
            client.say(bdat)
            client.expect("503 5.5.1 Send MAIL first")
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.say(bdat)
            client.expect("503 5.5.1 Send RCPT first")
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.ask("RCPT TO:<x@far.example>", 451, 550)
            client.say(bdat)
            client.expect("554 5.5.1 No valid recipients")
            client.in_step()
            client.quit()
        self.assertFalse([x for x in backend.commands() if "BDAT" in x])

    def test_between_chunks_only_bdat_rset_and_a_few_are_allowed(self):
        with Backend() as backend, self.begin(backend) as client:
            self.envelope(client)
            client.say(b"BDAT 3\r\na\r\n")
            client.expect(PART)
            nested = ("503 5.5.1 The message has begun with BDAT; end it "
                      "with BDAT LAST")
            client.say(b"RCPT TO:<joe@example.org>\r\n")
            client.expect(nested)
            client.say(b"DATA\r\n")
            client.expect(nested)
            client.ask("MAIL FROM:<a@b.example>", 503)
            client.ask("NOOP", 250)
            client.ask("RSET", 250)
            client.say(b"BDAT 3 LAST\r\na\r\n")
            client.expect("503 5.5.1 Send MAIL first")
            client.quit()
        self.assertEqual(backend.bodies(), [])
        self.assertEqual(backend.commands()[-2:], ["RSET", "QUIT"])

    def test_an_invalid_chunk_size_ends_the_session(self):
        for argument in (b"", b" ", b" -1", b" x", b" 1x", b" 1 LAS",
                         b" 1 LAST x", b" 99999999999999999999",
                         b" 9223372036854775808", b" 0x10", b" +1",
                         b" 1  LAST", b"\t5", b"5"):
            with self.subTest(argument), Backend() as backend:
                with self.begin(backend) as client:
                    self.envelope(client)
                    client.say(b"BDAT" + argument + b"\r\nRSET\r\n")
                    client.expect(BAD_CHUNK, LOST_CHUNK)
                    client.expect_end()

    def test_a_malformed_bdat_line_ends_the_session(self):
        for line, reply in (
                (b"BDAT 5\0\r\n", "500 5.5.2 The line contains a control "
                                  "character"),
                (b"BDAT 5" + b" " * 600 + b"\r\n",
                 "500 5.5.2 The line is too long"),
                (b"BDAT 5\nRSET\r\n", "500 5.5.2 A line must end with CR LF, "
                                      "not with LF alone")):
            with self.subTest(line), Backend() as backend:
                with self.begin(backend) as client:
                    self.envelope(client)
                    client.say(line)
                    client.expect(reply, LOST_CHUNK)
                    client.expect_end()

    def test_more_than_the_limit_is_skipped_and_refused(self):
        with Backend() as backend, self.begin(backend) as client:
            self.envelope(client)
            client.say(b"BDAT 999999\r\n" + b"x" * 999_999)
            client.expect(PART)
            client.say(b"BDAT 2 LAST\r\nxx")
            client.expect(TOO_LARGE)
            self.envelope(client)
            client.sock.settimeout(30)
            client.say(b"BDAT 5000000 LAST\r\n" + b"QUIT\r\n" * 833_333 +
                       b"xx")
            client.expect(TOO_LARGE)
            client.in_step()
            client.quit()
        self.assertEqual(backend.bodies(), [])

    def test_a_chunk_that_the_backend_refuses_ends_the_transaction(self):
        with Backend(BDAT=b"452 4.3.1 Full\r\n") as backend:
            with self.begin(backend) as client:
                self.envelope(client)
                client.say(b"BDAT 3\r\na\r\nBDAT 6 LAST\r\nQUIT\r\n")
                client.expect("452 4.3.1 Full", "503 5.5.1 Send MAIL first")
                self.envelope(client)
                client.quit()
        self.assertIn("RSET", backend.commands())

    def test_a_nul_in_a_chunk_is_refused_and_the_chunk_read_to_its_end(self):
        with Backend() as backend, self.begin(backend) as client:
            self.envelope(client)
            client.say(b"BDAT 9 LAST\r\na\0\r\nRSET\r")
            client.expect("554 5.6.0 The message contains a NUL character")
            client.in_step()
            self.envelope(client)
            client.quit()
        self.assertEqual(backend.bodies(), [])

    def test_a_client_that_disconnects_in_a_chunk_sends_nothing(self):
        with Backend() as backend:
            with self.begin(backend) as client:
                self.envelope(client)
                client.say(b"BDAT 10 LAST\r\nabc")
                client.sock.close()
                client.process.wait(harness.PATIENCE_S)
        self.assertEqual(backend.bodies(), [])
        self.assertFalse([x for x in backend.commands() if x == "QUIT"])

    def test_bdat_that_was_not_offered_ends_the_session(self):
        with Backend(EHLO=b"250-mta.example\r\n250 XCLIENT ADDR\r\n"
                     ) as backend:
            for verb in ("EHLO", "HELO"):
                with self.subTest(verb), self.begin(backend, verb) as client:
                    client.say(b"BDAT 5 LAST\r\nRSET\r\n")
                    client.expect("502 5.5.1 Command not implemented",
                                  LOST_CHUNK)
                    client.expect_end()

    def test_without_an_identity_received_is_a_chunk_of_its_own(self):
        with Backend() as backend:
            with self.begin(backend, backend_identity="none") as client:
                self.envelope(client)
                client.say(b"BDAT 5 LAST\r\na\r\nb\r")
                client.expect(QUEUED)
                client.quit()
        body = backend.bodies()[0]
        self.assertTrue(body.startswith(b"Received: from client.example"))
        self.assertTrue(body.endswith(b"+0000\r\na\r\nb\r"))

    # ---- bare newlines ------------------------------------------------------

    def test_bare_newlines_can_be_refused(self):
        refusal = ("554 5.6.0 The message contains a bare CR or LF; lines "
                   "must end with CR LF")
        with Backend() as backend:
            with self.begin(backend, bare_newline="reject") as client:
                for body in (b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\nb\r\n",
                             b"a\r\n.\r\r\nb\r\n", b"a\r\r\n"):
                    with self.subTest(body):
                        self.envelope(client)
                        client.ask("DATA", 354)
                        client.say(body + b".\r\n")
                        client.expect(refusal)
                        self.envelope(client)
                        client.say(b"BDAT %d LAST\r\n" % len(body) + body)
                        client.expect(refusal)
                client.in_step()
                self.envelope(client)
                client.ask("DATA", 354)
                client.ask("good\r\n.", 250)
                client.quit()
        self.assertEqual(backend.bodies(), [b"good\r\n.\r\n"])


class ExtensionsOfTheMta(unittest.TestCase):
    """The same with the real MTA, where it has these extensions."""

    def setUp(self):
        harness.needs_mta()
        self.user = f"{harness.settings.user}@{harness.settings.domain}"

    def begin(self, extension):
        client = Gate().client()
        client.expect(f"220 {HOST} ESMTP")
        client.say(b"EHLO client.example\r\n")
        offered = [line[4:].split()[0] for line in client.reply()[1:]]
        if extension not in offered:
            client.quit()
            client.__exit__(None, None, None)
            self.skipTest(f"the MTA does not have {extension}")
        return client

    def test_a_message_in_chunks_arrives(self):
        mailbox = harness.Mailbox()
        mark = harness.marker()
        text = f"Subject: {mark}\r\n\r\n.\r\n..x\r\nlast\r\n".encode()
        with self.begin("CHUNKING") as client:
            client.say(f"MAIL FROM:<a@b.example>\r\nRCPT TO:<{self.user}>\r\n"
                       .encode() + b"BDAT %d\r\n" % 10 + text[:10] +
                       b"BDAT %d LAST\r\n" % (len(text) - 10) + text[10:])
            for _ in range(4):
                client.expect_code(250)
            client.quit()
        body = re.split(rb"\n\n", mailbox.wait(mark)[0], maxsplit=1)[1]
        self.assertEqual(body.rstrip(b"\n"), b".\n..x\nlast")

    def test_dsn_is_accepted(self):
        with self.begin("DSN") as client:
            client.ask("MAIL FROM:<a@b.example> RET=HDRS ENVID=x+2B", 250)
            client.ask(f"RCPT TO:<{self.user}> NOTIFY=FAILURE,DELAY "
                       "ORCPT=rfc822;joe+40x@b.example", 250)
            client.quit()

    def test_smtputf8_is_accepted(self):
        with self.begin("SMTPUTF8") as client:
            client.ask("MAIL FROM:<j\u00f6@b.example> SMTPUTF8", 250)
            client.ask(f"RCPT TO:<{self.user}>", 250)
            client.quit()
