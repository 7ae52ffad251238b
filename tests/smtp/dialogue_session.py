# SPDX-License-Identifier: ISC
"""Commands, syntax and limits, without a message."""

import threading
import time
import unittest

import harness
from harness import HOST, Gate, Log
from scripted import DELAY, Backend

VRFY = "252 2.0.0 Cannot verify a user; send a message to find out"
OK = "250 2.0.0 Ok"
UNKNOWN = "502 5.5.1 Command not implemented"
BARE_LF = "500 5.5.2 A line must end with CR LF, not with LF alone"
CONTROL = "500 5.5.2 The line contains a control character"
FOREIGN = (f"421 4.7.0 {HOST} This is an SMTP server; another protocol was "
           "received")
TOO_LONG = "500 5.5.2 The line is too long"
BAD_MAIL = "501 5.1.7 The syntax is MAIL FROM:<user@domain>"
BAD_RCPT = "501 5.1.3 The syntax is RCPT TO:<user@domain>"


class Session(unittest.TestCase):
    def gate(self, **options):
        return Gate(max_errors="100", **options)

    def test_the_simple_commands_are_answered_exactly(self):
        with self.gate().client() as client:
            client.expect(f"220 {HOST} ESMTP")
            client.say(b"HELO client.example\r\n")
            client.expect(f"250 {HOST}")
            client.say(b"NOOP\r\nNOOP with words\r\nRSET\r\nVRFY joe\r\n")
            client.expect(OK, OK, OK, VRFY)
            client.quit()

    def test_case_and_white_space_at_the_end_are_ignored(self):
        with self.gate().client() as client:
            client.expect(f"220 {HOST} ESMTP")
            client.say(b"hElO client.example \t\r\nnoop\r\nvrfy joe \r\n")
            client.expect(f"250 {HOST}", OK, VRFY)
            client.quit()

    def test_any_other_verb_is_502_and_never_passed_on(self):
        verbs = [b"AUTH PLAIN AGpvZQBq", b"STARTTLS", b"HELP", b"EXPN list",
                 b"ETRN example.org", b"TURN", b"SEND FROM:<a@b>",
                 b"XCLIENT ADDR=127.0.0.1", b"XFORWARD ADDR=127.0.0.1",
                 b"PROXY TCP4 1.2.3.4 1.2.3.4 1 1", b"", b" NOOP", b"NOOPS",
                 b"MAIL\tFROM:<a@b>"]
        with Backend() as backend:
            with self.gate(backend=backend.endpoint,
                           backend_relay=None).client() as client:
                client.hello()
                for verb in verbs:
                    with self.subTest(verb):
                        client.say(verb + b"\r\n")
                        client.expect(UNKNOWN)
                client.in_step()
                client.quit()
        self.assertEqual(backend.commands(), [f"EHLO {HOST}", "QUIT"])

    def test_another_protocol_ends_the_session_whenever_it_comes(self):
        smtp = (b"EHLO a.example\r\nMAIL FROM:<a@b.example>\r\n"
                b"RCPT TO:<joe@example.org>\r\nDATA\r\nx\r\n.\r\n")
        befores = ((), ("EHLO client.example",),
                   ("EHLO client.example", "MAIL FROM:<a@b.example>"),
                   ("EHLO client.example", "MAIL FROM:<a@b.example>",
                    "RCPT TO:<joe@example.org>"))
        for line in (b"POST / HTTP/1.1\r\nHost: x\r\n\r\n",
                     b"Content-Length: 100\r\n",
                     b"INVITE sip:x@example.org SIP/2.0\r\n",
                     b"\x16\x03\x01\x02\x01\x01"):
            for before in befores:
                log = Log()
                with self.subTest(line, before=before), \
                        Backend() as backend:
                    with self.gate(backend=backend.endpoint,
                                   backend_relay=None,
                                   local_domains="example.org"
                                   ).client() as client:
                        client.expect(f"220 {HOST} ESMTP")
                        for command in before:
                            client.ask(command, 250)
                        client.say(line + smtp)
                        client.expect(FOREIGN)
                        client.expect_end()
                    self.assertEqual(backend.bodies(), [])
                log.wait(client, "disconnect .*reason=foreign-protocol .*")

    def test_wrong_commands_before_ehlo_weigh_more(self):
        with Gate().client() as client:
            client.expect(f"220 {HOST} ESMTP")
            client.say(b"USER joe\r\nPASS x\r\nSTAT\r\nLIST\r\nQUIT\r\n")
            client.expect(*[UNKNOWN] * 4,
                          f"421 4.7.0 {HOST} Too many errors")
            client.expect_end()

    def test_ehlo_offers_only_extensions_of_both_gate_and_backend(
            self):
        with Backend() as backend:
            with self.gate(backend=backend.endpoint,
                           backend_relay=None).client() as client:
                client.expect(f"220 {HOST} ESMTP")
                client.say(b"EHLO client.example\r\n")
                client.expect(f"250-{HOST}", "250-PIPELINING",
                              "250-SIZE 1000000", "250-8BITMIME",
                              "250-CHUNKING", "250-DSN",
                              "250-ENHANCEDSTATUSCODES", "250 SMTPUTF8")
                client.quit()

    def test_ehlo_offers_nothing_that_the_backend_lacks(self):
        with Backend(EHLO=b"502 no\r\n") as backend:
            with self.gate(backend=backend.endpoint,
                           backend_relay=None).client() as client:
                client.expect(f"220 {HOST} ESMTP")
                client.say(b"EHLO client.example\r\n")
                client.expect(f"250-{HOST}", "250 PIPELINING")
                client.quit()
        self.assertEqual(backend.commands(),
                         [f"EHLO {HOST}", f"HELO {HOST}", "QUIT"])

    def test_ehlo_offers_the_extensions_of_the_real_mta(self):
        harness.needs_mta()
        with self.gate().client() as client:
            client.expect(f"220 {HOST} ESMTP")
            client.say(b"EHLO client.example\r\n")
            lines = client.reply()
            self.assertEqual(lines[0], f"250-{HOST}")
            known = ("PIPELINING", "SIZE", "8BITMIME", "ENHANCEDSTATUSCODES",
                     "CHUNKING", "DSN", "SMTPUTF8")
            for line in lines[1:]:
                self.assertIn(line[4:].split()[0], known)
            client.quit()

    def test_answers_to_pipelined_commands_leave_together_and_in_order(self):
        with Backend() as backend:
            with self.gate(backend=backend.endpoint, backend_relay=None,
                           local_domains="example.org").client() as client:
                client.hello()
                client.say(b"MAIL FROM:<a@b.example>\r\n"
                           b"RCPT TO:<x>\r\nRCPT TO:<joe@example.org>\r\n"
                           b"NOOP\r\nDATA\r\n")
                self.assertEqual(client.sock.recv(4096).decode(), (
                    f"250 2.1.0 Ok\r\n{BAD_RCPT}\r\n250 2.1.5 Ok\r\n"
                    f"{OK}\r\n354 End the message with <CR><LF>.<CR><LF>"
                    "\r\n"))
                client.say(b"x\r\n.\r\nNOOP\r\nMAIL FROM:<a@b.ex")
                client.expect("250 2.0.0 Ok: queued as 4F00", OK)
                client.say(b"ample>\r\nQUIT\r\n")
                client.expect("250 2.1.0 Ok")
                client.expect(f"221 2.0.0 {HOST} closing connection")
                client.expect_end()

    def test_a_slow_backend_does_not_delay_earlier_answers(self):
        later = threading.Event()
        with Backend(**{
                "RCPT TO:<slow@": [DELAY, b"250 2.1.5 Ok\r\n"],
                "RCPT TO:<late@": [later, b"250 2.1.5 Ok\r\n"]}) as backend:
            with self.gate(backend=backend.endpoint, backend_relay=None,
                           local_domains="example.org").client() as client:
                client.hello()
                client.say(b"MAIL FROM:<a@b.example>\r\n"
                           b"RCPT TO:<slow@example.org>\r\n"
                           b"RCPT TO:<late@example.org>\r\n")
                client.expect("250 2.1.0 Ok", "250 2.1.5 Ok")
                later.set()
                client.expect("250 2.1.5 Ok")
                client.quit()

    def test_commands_out_of_order_are_503(self):
        with Backend() as backend:
            with self.gate(backend=backend.endpoint,
                           backend_relay=None).client() as client:
                client.expect(f"220 {HOST} ESMTP")
                client.ask("MAIL FROM:<a@b.example>", 503)
                client.ask("RCPT TO:<joe@example.org>", 503)
                client.ask("DATA", 503)
                client.ask("HELO client.example", 250)
                client.ask("RCPT TO:<joe@example.org>", 503)
                client.ask("DATA", 503)
                client.ask("MAIL FROM:<a@b.example>", 250)
                client.ask("DATA", 503)
                client.ask("MAIL FROM:<a@b.example>", 503)
                client.ask("RSET", 250)
                client.ask("DATA", 503)
                client.quit()

    def test_rset_and_ehlo_end_the_transaction_on_both_sides(self):
        for line in ("RSET", "EHLO client.example", "HELO client.example"):
            with self.subTest(line):
                with Backend() as backend, self.gate(
                        backend=backend.endpoint, backend_relay=None,
                        local_domains="example.org").client() as client:
                    client.hello()
                    client.ask("MAIL FROM:<a@b.example>", 250)
                    client.ask("RCPT TO:<joe@example.org>", 250)
                    client.ask(line, 250)
                    client.ask("RCPT TO:<joe@example.org>", 503)
                    client.ask("DATA", 503)
                    client.quit()
                self.assertEqual(backend.commands()[-2:], ["RSET", "QUIT"])

    def test_unexpected_and_missing_arguments_are_501(self):
        with self.gate().client() as client:
            client.hello("HELO")
            for line in ("RSET x", "QUIT now", "DATA x", "VRFY", "HELO",
                         "MAIL", "MAIL FROM", "MAIL FROM:"):
                with self.subTest(line):
                    client.ask(line, 501)
            client.quit()

    def test_a_line_with_a_bare_lf_is_one_bad_line(self):
        with self.gate().client() as client:
            client.hello("HELO")
            client.say(b"NOOP\nRSET\r\n")
            client.expect(BARE_LF)
            client.say(b"MAIL FROM:<a@b.example>\nRCPT TO:<x@far>\nDATA\r\n")
            client.expect(BARE_LF)
            client.in_step()
            client.quit()

    def test_a_client_that_ends_lines_with_lf_alone_is_answered_soon(self):
        with self.gate().client() as client:
            client.expect(f"220 {HOST} ESMTP")
            client.say(b"HELO client.example\n")
            client.expect(BARE_LF, f"421 4.7.0 {HOST} No line ended with CR LF")
            client.expect_end()

    def test_a_bare_cr_nul_or_other_control_is_refused(self):
        with self.gate().client() as client:
            client.hello("HELO")
            for line in (b"NOOP\rRSET\r\n", b"NOOP\r\r\n", b"NOOP \0\r\n",
                         b"MAIL FROM:<a@b.example>\0\r\n", b"NO\0OP\r\n",
                         b"NOOP \x1b[2J\r\n", b"VRFY \x7f\r\n"):
                with self.subTest(line):
                    client.say(line)
                    client.expect(CONTROL)
            client.in_step()
            client.quit()

    def test_8_bit_bytes_in_a_command_are_refused(self):
        with self.gate().client() as client:
            client.hello("HELO")
            for line in ("MAIL FROM:<j\u00f6@b.example>",
                         "RCPT TO:<joe@ex\u0430mple.org>"):
                client.say(line.encode() + b"\r\n")
                client.expect("500 5.5.2 The line is not ASCII")
            client.say(b"NOOP \xff\xfe\xc0\xaf\r\n")
            client.expect("500 5.5.2 The line is not ASCII")
            client.in_step()
            client.quit()

    def test_a_command_has_512_bytes_at_most(self):
        with self.gate().client() as client:
            client.hello("HELO")
            client.say(b"NOOP " + b"x" * 505 + b"\r\n")
            client.expect(OK)
            client.say(b"NOOP " + b"x" * 506 + b"\r\n")
            client.expect(TOO_LONG)
            client.in_step()
            client.quit()

    def test_an_over_long_line_is_one_error_however_long(self):
        with self.gate().client() as client:
            client.hello("HELO")
            for n in (3000, 100_000, 3_000_000):
                client.say(b"NOOP " + b"x" * n + b"\r\n")
                client.expect(TOO_LONG)
            client.say(b"x" * 16384 + b"RSET\r\n")
            client.expect(TOO_LONG)
            client.in_step()
            client.quit()

    def test_paths_are_read_strictly(self):
        good = ["<>", "<a@b.example>", "<\"a b\"@b.example>",
                "<a.b+c=d@b.example>", "<a@[192.0.2.1]>",
                "<a@[IPv6:2001:db8::1]>",
                "<@r.example,@s.example:a@b.example>",
                "<\"a\\\"b\"@b.example>", "<a@b_c.example>",
                "<" + "l" * 200 + "@b.example>", " <a@b.example>",
                "   <a@b.example>", "a@b.example", "<.a@b.example>",
                "<a.@b.example>", "<a..b@b.example>"]
        bad = ["<a@b.example", "a@b.example>",
               "<a>", "<a@>", "<@b.example>", "<a@b@c>", "<a b@b.example>",
               "<a @b.example>", "<a@b.example(x)>", "<a(x)@b.example>",
               "<a@b..example>", "<a@-b.example>", "<a@[127.0.0.1>",
               "<a@127.0.0.1]>", "<a@[999.0.0.1]>", "<a@[x]>", "<<a@b.c>>",
               "<a@b.example>x", "<a@b.example>,<c@d.example>",
               "<a@b.example> <c@d.example>", "<\"a@b.example>",
               "<a\\@c@b.example>", "<@r.example a@b.example>",
               "<a@b.example,c@d.example>", "<postmaster>", "<a@b;c>",
               "<a@" + ".".join(["x" * 60] * 5) + ">"]
        with Backend() as backend:
            with self.gate(backend=backend.endpoint,
                           backend_relay=None).client() as client:
                client.hello()
                for path in good:
                    with self.subTest(good=path):
                        client.ask(f"MAIL FROM:{path}", 250)
                        client.ask("RSET", 250)
                for path in bad:
                    with self.subTest(bad=path):
                        client.say(f"MAIL FROM:{path}\r\n".encode())
                        client.expect(BAD_MAIL)
                client.in_step()
                client.quit()

    def test_bad_recipients_are_501(self):
        bad = ["<>", "joe@example.org>", "<joe>", "<joe@example.org>,<x@e.com>",
               "<joe@example.org(x@e.com)>", "<joe @example.org>",
               "<joe@[127.0.0.1>", "<x@e.com@example.org>",
               "<x\\@e.com@example.org>", "<joe@example.org..>"]
        with Backend() as backend:
            with self.gate(backend=backend.endpoint,
                           backend_relay=None).client() as client:
                client.hello()
                client.ask("MAIL FROM:<a@b.example>", 250)
                for path in bad:
                    with self.subTest(path):
                        client.say(f"RCPT TO:{path}\r\n".encode())
                        client.expect(BAD_RCPT)
                client.in_step()
                client.quit()
        self.assertFalse([x for x in backend.commands() if "RCPT" in x])

    def test_parameters_are_accepted_if_offered_and_checked(self):
        cases = [
            ("SIZE=1000", 250), ("BODY=8BITMIME", 250), ("body=7bit", 250),
            ("SIZE=1 BODY=7BIT", 250), ("SIZE=12345678901234567890", 552),
            ("SIZE=", 501), ("SIZE", 501), ("SIZE=x", 501), ("SIZE=-1", 501),
            ("SIZE=123456789012345678901", 501), ("SIZE=1 SIZE=1", 501),
            ("BODY=BINARYMIME", 501), ("BODY", 501), ("BODY=7BIT BODY=7BIT",
                                                      501),
            ("AUTH=<>", 555), ("RET=FULL", 250), ("ENVID=x", 250),
            ("SMTPUTF8", 250), ("REQUIRETLS", 555), ("X=y", 555),
            (" SIZE=1", 250), ("=1", 501), ("SIZE=1=2", 501), ("-X", 501),
        ]
        with Backend() as backend:
            with self.gate(backend=backend.endpoint,
                           backend_relay=None).client() as client:
                client.hello()
                for text, code in cases:
                    with self.subTest(text):
                        client.ask(f"MAIL FROM:<a@b.example> {text}", code)
                        client.ask("RSET", 250)
                client.ask("MAIL FROM:<a@b.example>", 250)
                for text, code in (("NOTIFY=NEVER", 250),
                                   ("ORCPT=rfc822;a@b", 250), ("x y=", 555),
                                   ("=", 501)):
                    with self.subTest(text):
                        client.ask(f"RCPT TO:<joe@example.org> {text}", code)
                client.quit()
        mails = [x for x in backend.commands() if x.startswith("MAIL")]
        self.assertIn("MAIL FROM:<a@b.example> SIZE=1 BODY=7BIT", mails)

    def test_parameters_after_helo_are_unknown(self):
        with self.gate().client() as client:
            client.hello("HELO")
            client.ask("MAIL FROM:<a@b.example> SIZE=1000", 555)
            client.quit()

    def test_a_client_that_speaks_first_gets_421(self):
        with self.gate().client(early=b"EHLO client.example\r\n") as client:
            client.expect(f"421 4.7.0 {HOST} Command sent before the "
                          "greeting; wait for 220")
            client.expect_end()

    def test_errors_are_limited(self):
        with Gate(max_errors="3").client() as client:
            client.hello("HELO")
            for _ in range(3):
                client.say(b"NONSENSE\r\n")
                client.expect(UNKNOWN)
            client.expect(f"421 4.7.0 {HOST} Too many errors")
            client.expect_end()

    def test_commands_are_limited(self):
        with Gate(max_commands="10").client() as client:
            client.expect(f"220 {HOST} ESMTP")
            client.say(b"NOOP\r\n" * 11)
            client.expect(*[OK] * 10,
                          f"421 4.7.0 {HOST} Too many commands in one session")
            client.expect_end()

    def test_a_silent_client_gets_421(self):
        with Gate(command_timeout="1s").client() as client:
            client.expect(f"220 {HOST} ESMTP")
            begin = time.monotonic()
            client.expect(f"421 4.4.2 {HOST} Timeout: nothing received "
                          "for too long")
            self.assertGreater(time.monotonic() - begin, 0.9)
            client.expect_end()

    def test_a_client_that_sends_single_bytes_slowly_gets_421_in_time(self):
        with Gate(command_timeout="1s").client() as client:
            client.expect(f"220 {HOST} ESMTP")
            client.sock.settimeout(0.1)
            begin = time.monotonic()
            while True:
                try:
                    client.say(b"x")
                    client._more()
                    break
                except TimeoutError:
                    self.assertLess(time.monotonic() - begin, 20)
            client.sock.settimeout(harness.PATIENCE_S)
            client.expect(f"421 4.4.2 {HOST} Timeout: nothing received "
                          "for too long")

    def test_the_session_has_its_own_limit(self):
        with Gate(session_timeout="1s").client() as client:
            client.expect(f"220 {HOST} ESMTP")
            client.expect(f"421 4.4.2 {HOST} Session time limit exceeded")
            client.expect_end()

    def test_a_client_that_disconnects_leaves_no_process(self):
        for said in (b"", b"HELO client.example\r\n", b"HELO cli"):
            with self.subTest(said), self.gate().client() as client:
                client.expect(f"220 {HOST} ESMTP")
                client.say(said)
                client.sock.close()
                self.assertEqual(client.process.wait(harness.PATIENCE_S), 0)
