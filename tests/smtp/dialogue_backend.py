# SPDX-License-Identifier: ISC
"""A backend that fails: the gate never sends a 250 of its own, never passes a
message on that is cut short, and always answers the client."""

import time
import unittest
from concurrent.futures import ThreadPoolExecutor

import harness
from harness import HOST, Gate, Log
from scripted import CLOSE, DELAY, RESET, SANE, STALL, Backend

FAILED = "451 4.3.0 The mail server behind this gate failed; try again later"
MISCONFIGURED = ("451 4.3.5 The mail server behind this gate is not "
                 "configured for it; the log of this gate has the reason")
CLOSING = (f"421 4.3.0 {HOST} The mail server behind this gate is not "
           "available; try again later")

STAGES = ("connect", "greeting", "mail", "rcpt", "data", "block", "message")
# Shorter than DELAY_S, and long enough for a sane backend on a busy machine.
TIMEOUTS = {f"backend_{stage}_timeout": "3s" for stage in STAGES}

# The wrong answers of a backend; its 421 is one that is passed on.
MISDEEDS = {
    "close": CLOSE,
    "reset": RESET,
    "stall": STALL,
    "421": b"421 shutting down\r\n",
    "garbage": b"hello there\r\n",
    "no code": b"  250 ok\r\n",
    "binary": bytes(range(1, 10)) + b"\r\n",
    "half a line": [b"25", STALL],
    "endless lines": b"250-more\r\n" * 10_000,
    "endless line": b"250 " + b"x" * 1_000_000,
    "two codes": b"250-a\r\n550 b\r\n",
    "bare lf": [b"250 ok\n", STALL],
    "a 3xx": b"334 go on\r\n",
}


class BackendFailure(unittest.TestCase):
    def gate(self, backend, **options):
        return Gate(**{"backend": backend.endpoint, "backend_relay": None,
                       "max_errors": "100", **TIMEOUTS,
                       "local_domains": "example.org", **options})

    def each(self, stage, dialogue):
        """Hold the dialogue with gates whose backend misbehaves at the stage,
        one gate for each misdeed; all at once, since some take a time-out."""
        def one(deed):
            with Backend(**{stage: deed}) as backend:
                with self.gate(backend).client() as client:
                    client.expect(f"220 {HOST} ESMTP")
                    client.has_421 = deed == MISDEEDS["421"]
                    dialogue(client)
            if stage != "END":
                self.assertEqual(backend.bodies(), [])
        with ThreadPoolExecutor(len(MISDEEDS)) as pool:
            futures = {name: pool.submit(one, deed)
                       for name, deed in MISDEEDS.items()}
        for name, future in futures.items():
            with self.subTest(name):
                future.result()

    def lost(self, client):
        """The session ends."""
        client.expect("421 shutting down" if client.has_421 else CLOSING)
        client.expect_end()

    def failed(self, client):
        """The command failed, and the session goes on, unless it has to end."""
        if client.has_421:
            self.lost(client)
            return
        client.expect(FAILED)
        client.in_step()
        client.quit()

    def mail(self, client, verb="HELO"):
        client.ask(f"{verb} client.example", 250)
        client.ask("MAIL FROM:<a@b.example>", 250)

    def test_a_failure_at_the_banner_costs_ehlo_the_session(self):
        def dialogue(client):
            client.say(b"EHLO client.example\r\n")
            client.expect(CLOSING)
            client.expect_end()

        self.each("BANNER", dialogue)

    def test_a_failure_at_the_gates_ehlo_costs_the_session(self):
        def dialogue(client):
            client.say(b"EHLO client.example\r\n")
            client.expect(CLOSING)
            client.expect_end()

        self.each("EHLO", dialogue)

    def test_a_failure_at_xclient_costs_that_mail(self):
        def dialogue(client):
            client.ask("HELO client.example", 250)
            client.say(b"MAIL FROM:<a@b.example>\r\n")
            self.failed(client)

        self.each("XCLIENT", dialogue)

    def test_a_failure_at_mail_costs_that_mail(self):
        def dialogue(client):
            client.ask("HELO client.example", 250)
            client.say(b"MAIL FROM:<a@b.example>\r\n")
            self.failed(client)

        self.each("MAIL", dialogue)

    def test_a_failure_at_rcpt_costs_the_session(self):
        def dialogue(client):
            self.mail(client)
            client.say(b"RCPT TO:<joe@example.org>\r\n")
            self.lost(client)

        self.each("RCPT", dialogue)

    def test_a_failure_at_data_costs_the_session(self):
        def dialogue(client):
            self.mail(client)
            client.ask("RCPT TO:<joe@example.org>", 250)
            client.say(b"DATA\r\n")
            self.lost(client)

        self.each("DATA", dialogue)

    def test_a_250_to_data_starts_no_message(self):
        with Backend(DATA=b"250 Ok\r\n") as backend:
            with self.gate(backend).client() as client:
                client.expect(f"220 {HOST} ESMTP")
                self.mail(client)
                client.ask("RCPT TO:<joe@example.org>", 250)
                client.say(b"DATA\r\n")
                client.expect(CLOSING)
                client.expect_end()

    def test_a_failure_at_the_first_bytes_of_a_message_costs_the_message(self):
        def dialogue(client):
            self.mail(client)
            client.ask("RCPT TO:<joe@example.org>", 250)
            client.ask("DATA", 354)
            client.say(b"Subject: x\r\n\r\n")
            time.sleep(0.02)
            client.sock.settimeout(30)
            client.say(b"0123456789abcde\r\n" * 100_000 + b".\r\n")
            self.failed(client)

        self.each("BODY", dialogue)

    def test_a_failure_at_the_end_of_a_message_costs_the_message(self):
        def dialogue(client):
            self.mail(client)
            client.ask("RCPT TO:<joe@example.org>", 250)
            client.ask("DATA", 354)
            client.say(b"Subject: x\r\n\r\nx\r\n.\r\n")
            self.failed(client)

        self.each("END", dialogue)

    def test_each_stage_has_its_own_time_limit(self):
        """A backend that is slower than all the other limits is waited for."""
        stages = {"BANNER": "greeting", "EHLO": "greeting",
                  "XCLIENT": "greeting", "MAIL": "mail", "RCPT": "rcpt",
                  "DATA": "data", "BDAT": "block", "END": "message"}

        def one(verb, stage):
            reply = [DELAY, SANE[verb]]
            limits = {**TIMEOUTS, f"backend_{stage}_timeout": "20s"}
            with Backend(**{verb: reply}) as backend:
                with self.gate(backend, **limits).client() as client:
                    client.hello()
                    self.begin(client)
                    if verb == "BDAT":
                        client.say(b"BDAT 3\r\nx\r\n")
                        client.expect_code(250)
                    else:
                        client.ask("DATA", 354)
                        client.ask("x\r\n.", 250)
                        client.quit()
        with ThreadPoolExecutor(len(stages)) as pool:
            futures = {verb: pool.submit(one, verb, stage)
                       for verb, stage in stages.items()}
        for verb, future in futures.items():
            with self.subTest(verb):
                future.result()

    def test_a_failure_at_rset_costs_nothing(self):
        def dialogue(client):
            self.mail(client)
            client.ask("RSET", 250)
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.in_step()
            client.quit()

        self.each("RSET", dialogue)

    def test_an_early_250_is_not_the_answer_to_the_message(self):
        with Backend(BODY=b"250 2.0.0 Ok: queued as FAKE\r\n") as backend:
            with self.gate(backend).client() as client:
                client.expect(f"220 {HOST} ESMTP")
                self.mail(client)
                client.ask("RCPT TO:<joe@example.org>", 250)
                client.ask("DATA", 354)
                client.say(b"Subject: x\r\n\r\n")
                time.sleep(0.1)
                client.say(b"x\r\n.\r\n")
                client.expect(FAILED)
                client.quit()
        self.assertEqual(backend.bodies(), [])

    def test_an_early_refusal_is_the_answer_to_the_message(self):
        with Backend(BODY=b"552 5.3.4 Too big\r\n") as backend:
            with self.gate(backend).client() as client:
                client.expect(f"220 {HOST} ESMTP")
                self.mail(client)
                client.ask("RCPT TO:<joe@example.org>", 250)
                client.ask("DATA", 354)
                client.say(b"Subject: x\r\n\r\n")
                time.sleep(0.1)
                client.say(b"x\r\n.\r\n")
                client.expect("552 5.3.4 Too big")
                client.in_step()
                client.quit()
        self.assertEqual(backend.bodies(), [])

    def test_a_backend_out_of_step_is_not_believed(self):
        with Backend(RCPT=b"250 2.1.5 Ok\r\n354 go\r\n250 Ok\r\n") as backend:
            with self.gate(backend).client() as client:
                client.expect(f"220 {HOST} ESMTP")
                self.mail(client)
                client.ask("RCPT TO:<joe@example.org>", 250)
                client.say(b"DATA\r\n")
                client.expect(CLOSING)
                client.expect_end()

    def test_refusals_are_passed_on_unchanged(self):
        replies = {"MAIL": b"550 5.1.8 No such sender\r\n",
                   "RCPT": b"450-4.2.0 Greylisted,\r\n450 4.2.0 later\r\n"}
        with Backend(MAIL=replies["MAIL"]) as backend:
            with self.gate(backend).client() as client:
                client.hello()
                client.say(b"MAIL FROM:<a@b.example>\r\n")
                client.expect("550 5.1.8 No such sender")
                client.ask("RCPT TO:<joe@example.org>", 503)
                client.quit()
        with Backend(RCPT=replies["RCPT"]) as backend:
            with self.gate(backend).client() as client:
                client.expect(f"220 {HOST} ESMTP")
                self.mail(client)
                client.say(b"RCPT TO:<joe@example.org>\r\n")
                client.expect("450-4.2.0 Greylisted,", "450 4.2.0 later")
                client.say(b"DATA\r\n")
                client.expect("554 5.5.1 No valid recipients")
                client.quit()
        self.assertNotIn("DATA", backend.commands())

    def test_a_refused_data_ends_the_transaction_on_both_sides(self):
        with Backend(DATA=b"451 4.3.0 not now\r\n") as backend:
            with self.gate(backend).client() as client:
                client.expect(f"220 {HOST} ESMTP")
                self.mail(client)
                client.ask("RCPT TO:<joe@example.org>", 250)
                client.say(b"DATA\r\n")
                client.expect("451 4.3.0 not now")
                client.ask("DATA", 503)
                client.ask("MAIL FROM:<a@b.example>", 250)
                client.quit()
        self.assertIn("RSET", backend.commands())

    def begin(self, client):
        client.ask("MAIL FROM:<a@b.example>", 250)
        client.ask("RCPT TO:<joe@example.org>", 250)

    def test_each_refusal_of_a_message_is_followed_by_rset_before_mail(self):
        """A backend may keep the transaction of a message that it has
        refused, and then refuses the next MAIL."""
        def data(client):
            client.ask("DATA", 354, 554)
            client.say(b"x\r\n.\r\n")
            client.expect_code(554)

        def refused(client):
            client.ask("DATA", 451)

        def bdat(client):
            client.say(b"BDAT 3 LAST\r\nx\r\n")
            client.expect_code(452, 554)

        def nothing(client):
            pass

        def rset(client):
            client.ask("RSET", 250)

        def ehlo(client):
            client.ask("EHLO client.example", 250)

        for stage, reply, message in (
                ("END", b"554 5.7.1 No\r\n", data),
                ("END", b"554 5.7.1 No\r\n", bdat),
                ("DATA", b"451 4.3.0 Not now\r\n", refused),
                ("BDAT", b"452 4.3.1 Full\r\n", bdat)):
            for between in (nothing, rset, ehlo):
                name = f"{stage} {message.__name__} {between.__name__}"
                with self.subTest(name), Backend(**{stage: reply}) as backend:
                    with self.gate(backend).client() as client:
                        client.hello()
                        self.begin(client)
                        message(client)
                        backend.replies[stage] = SANE[stage]
                        between(client)
                        self.begin(client)
                        client.ask("DATA", 354)
                        client.ask("y\r\n.", 250)
                        client.quit()
                    self.assertEqual(backend.commands().count("RSET"), 1)
                    self.assertEqual(len(backend.connections), 1)
                    self.assertEqual(backend.bodies()[-1], b"y\r\n.\r\n")

    def test_an_accepted_message_costs_no_rset(self):
        with Backend() as backend:
            with self.gate(backend).client() as client:
                client.hello()
                for _ in range(2):
                    self.begin(client)
                    client.ask("DATA", 354)
                    client.ask("x\r\n.", 250)
                client.ask("RSET", 250)
                client.quit()
        self.assertNotIn("RSET", backend.commands())

    def test_a_second_reply_to_a_message_costs_the_connection(self):
        double = SANE["END"] + b"550 5.7.1 No\r\n"
        with Backend(END=double) as backend:
            with self.gate(backend).client() as client:
                client.hello()
                self.begin(client)
                client.ask("DATA", 354)
                client.ask("x\r\n.", 250)
                self.begin(client)
                client.quit()
        self.assertEqual(len(backend.connections), 2)

    def test_what_follows_a_refused_chunk_is_not_part_of_its_message(self):
        with Backend(**{"RCPT TO:<no@": b"550 5.1.1 No\r\n"}) as backend:
            with self.gate(backend).client() as client:
                client.hello()
                client.say(b"MAIL FROM:<a@b.example>\r\n"
                           b"RCPT TO:<no@example.org>\r\n"
                           b"BDAT 3 LAST\r\nx\r\n"
                           b"RCPT TO:<joe@example.org>\r\n"
                           b"BDAT 3 LAST\r\ny\r\n")
                for code in (250, 550, 554, 503, 503):
                    client.expect_code(code)
                self.begin(client)
                client.quit()
        self.assertEqual(backend.bodies(), [])

    def test_the_refusal_of_a_message_is_passed_on(self):
        with Backend(END=b"554 5.7.1 Spam\x1b\xff\r\n") as backend:
            with self.gate(backend).client() as client:
                client.expect(f"220 {HOST} ESMTP")
                self.mail(client)
                client.ask("RCPT TO:<joe@example.org>", 250)
                client.ask("DATA", 354)
                client.say(b"Subject: x\r\n\r\nx\r\n.\r\n")
                client.expect("554 5.7.1 Spam??")
                client.quit()

    def test_without_a_backend_ehlo_gets_421(self):
        with Backend() as backend:
            pass
        for verb, line in (("EHLO", CLOSING), ("HELO", None)):
            with self.subTest(verb), self.gate(backend).client() as client:
                client.expect(f"220 {HOST} ESMTP")
                client.say(f"{verb} client.example\r\n".encode())
                client.expect(line or f"250 {HOST}")
                if line is None:
                    client.say(b"MAIL FROM:<a@b.example>\r\n")
                    client.expect(FAILED)
                    client.quit()

    def test_a_backend_that_ended_while_idle_is_opened_again(self):
        with Backend(MAIL=[b"421 4.4.2 idle\r\n", CLOSE]) as backend:
            with self.gate(backend).client() as client:
                client.hello()
                backend.replies["MAIL"] = SANE["MAIL"]
                client.ask("MAIL FROM:<a@b.example>", 250)
                backend.connections[-1].sock.shutdown(2)
                client.ask("RSET", 250)
                client.ask("MAIL FROM:<a@b.example>", 250)
                client.ask("RCPT TO:<joe@example.org>", 250)
                client.quit()

    def test_a_backend_without_xclient_gets_no_mail(self):
        ehlo = b"250-mta.example\r\n250 SIZE 1000\r\n"
        for name, replies in (
                ("not offered", {"EHLO": ehlo}),
                ("without ADDR", {"EHLO": b"250-m\r\n250 XCLIENT NAME\r\n"}),
                ("misplaced", {"XCLIENT": b"503 5.5.1 not now\r\n"}),
                ("refused", {"XCLIENT": b"550 5.7.0 not authorized\r\n"}),
                ("unknown", {"XCLIENT": b"501 5.5.4 bad attribute\r\n"})):
            with self.subTest(name), Backend(**replies) as backend:
                with self.gate(backend).client() as client:
                    client.hello()
                    client.say(b"MAIL FROM:<a@b.example>\r\n")
                    client.expect(MISCONFIGURED)
                    client.quit()
                self.assertFalse([x for x in backend.commands()
                                  if x.startswith("MAIL")])

    def test_after_xclient_only_a_refusal_of_ehlo_answers_mail(self):
        for code in (220, 251, 354):
            with self.subTest(code), Backend() as backend:
                with self.gate(backend).client() as client:
                    client.hello()
                    backend.replies["EHLO"] = f"{code} mta\r\n".encode()
                    client.say(b"MAIL FROM:<a@b.example>\r\n")
                    client.expect(FAILED)
                    client.in_step()
                    client.quit()

    def test_a_client_that_the_backend_rejects_gets_its_reply(self):
        for reply in ("554 5.7.1 Blocked", "550 5.7.1 Blocked",
                      "450 4.7.25 No host name", "571 Blocked"):
            with self.subTest(reply), Backend(
                    XCLIENT=f"{reply}\r\n".encode()) as backend:
                with self.gate(backend).client() as client:
                    client.hello()
                    client.say(b"MAIL FROM:<a@b.example>\r\n")
                    client.expect(reply)
                    client.in_step()
                    client.quit()

    def test_a_proxy_server_that_rejects_the_client_is_passed_on(self):
        harness.needs_addresses()
        for stage, reply in (("BANNER", "450 4.7.25 No host name"),
                             ("BANNER", "421 4.7.0 Too many connections"),
                             ("BANNER", "550 5.7.1 Blocked"),
                             ("EHLO", "450 4.7.1 Bad name for now")):
            with self.subTest(reply), Backend(
                    PROXY=None, **{stage: f"{reply}\r\n".encode()}) as backend:
                gate = self.gate(backend, backend_identity="proxy")
                with gate.client(harness.STRANGER4) as client:
                    client.expect(f"220 {HOST} ESMTP")
                    client.say(b"EHLO client.example\r\n")
                    client.expect(reply)
                    client.expect_end()

    def test_no_refusal_changes_its_class_or_text(self):
        codes = (b"450", b"451", b"452", b"454", b"471", b"499", b"500",
                 b"503", b"550", b"554", b"571", b"599")

        def one(stage, reply):
            with Backend(**{stage: reply + b"\r\n"}) as backend:
                gate = self.gate(backend, local_domains="backend",
                                 backend_relay="127.0.0.1:9")
                with gate.client() as client:
                    client.hello()
                    client.say(b"MAIL FROM:<a@b.example>\r\n")
                    if stage != "MAIL":
                        client.expect_code(250)
                        client.say(b"RCPT TO:<joe@example.org>\r\n")
                    if stage in ("DATA", "END"):
                        client.expect_code(250)
                        client.say(b"DATA\r\n")
                    if stage == "END":
                        client.expect_code(354)
                        client.say(b"x\r\n.\r\n")
                    client.expect(reply.decode())
                    client.in_step()
                    client.quit()
        for stage in ("MAIL", "RCPT", "DATA", "END"):
            for code in codes:
                with self.subTest(f"{stage} {code}"):
                    one(stage, code + b" 4.3.0 Temporary lookup failure")

    def test_a_long_refusal_is_cut_between_its_lines_and_says_so(self):
        lines = [f"550{' ' if i == 11 else '-'}5.7.1 {i:02} {'x' * 470}"
                 for i in range(12)]
        with Backend(RCPT="".join(
                f"{line}\r\n" for line in lines).encode()) as backend:
            with self.gate(backend).client() as client:
                client.hello()
                client.ask("MAIL FROM:<a@b.example>", 250)
                client.say(b"RCPT TO:<joe@example.org>\r\n")
                client.expect(*lines[:8], "550 [the rest of this reply was cut]")
                client.in_step()
                client.quit()

    def test_a_backend_that_refuses_the_gate_itself_is_a_451(self):
        with Backend(BANNER=b"554 go away\r\n") as backend:
            with self.gate(backend).client() as client:
                client.expect(f"220 {HOST} ESMTP")
                client.ask("HELO client.example", 250)
                client.say(b"MAIL FROM:<a@b.example>\r\n")
                client.expect(FAILED)
                client.quit()

    def test_the_backend_gets_what_it_has_to_know_and_no_more(self):
        harness.needs_addresses()
        with Backend() as backend:
            with self.gate(backend).client(harness.STRANGER4) as client:
                client.hello()
                client.ask("MAIL FROM:<a@B.Example> SIZE=10", 250)
                client.ask("RCPT TO:<Joe@Example.ORG.>", 250)
                client.ask("DATA", 354)
                client.ask("x\r\n.", 250)
                client.ask("MAIL FROM:<>", 250)
                client.quit()
        commands = backend.commands()
        self.assertRegex(commands.pop(1),
                         r"\AXCLIENT NAME=\[UNAVAILABLE\] ADDR=198\.51\.100\.7"
                         r" PORT=\d+ PROTO=ESMTP HELO=client\.example\Z")
        self.assertEqual(commands, [
            f"EHLO {HOST}", "EHLO client.example",
            "MAIL FROM:<a@b.example> SIZE=10", "RCPT TO:<Joe@example.org>",
            "DATA", "MAIL FROM:<>", "QUIT"])
        self.assertEqual(backend.bodies(), [b"x\r\n.\r\n"])

    def test_a_failure_is_logged_with_its_stage(self):
        log = Log()
        with Backend(EHLO=b"250 mta.example\r\n") as backend:
            with self.gate(backend).client() as client:
                client.hello()
                client.ask("MAIL FROM:<a@b.example>", 451)
                client.quit()
        log.wait(
            client, r"backend client=\S+ \S+ \S+ backend=127\.0\.0\.1:\d+ stage=xclient "
            r"result=xclient-not-offered( code=\d+ reply=\S+)?")
