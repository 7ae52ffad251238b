# SPDX-License-Identifier: ISC
"""RCPTs that the gate pipelines to the backend: how many it sends before an
answer, and that each answer belongs to its recipient."""

import unittest

import harness
from harness import HOST, Gate, Log
from scripted import CLOSE, SANE, Backend

MAIL = b"MAIL FROM:<a@b.example>\r\n"
OK = "250 2.1.5 Ok"
BAD_RCPT = "501 5.1.3 The syntax is RCPT TO:<user@domain>"
DENIED = ("451 4.3.0 Relaying denied for now: cannot check whether %s has "
          "checked mail (POP); try again later")  # there is no table
CLOSING = (f"421 4.3.0 {HOST} The mail server behind this gate is not "
           "available; try again later")
TOO_MANY = "452 4.5.3 Too many recipients; send to the others separately"
WINDOW = 16  # recipients that may wait at once


def rcpt(name, domain="example.org"):
    return b"RCPT TO:<%s@%s>\r\n" % (name.encode(), domain.encode())


class Pipelining(unittest.TestCase):
    def gate(self, backend, **options):
        return Gate(**{"backend": backend.endpoint, "backend_relay": None,
                       "local_domains": "example.org", "max_errors": "100",
                       **options})

    def followers(self, backend):
        """How many later commands were there when each RCPT was answered."""
        return [n for line, n in backend.connections[-1].followers
                if line.startswith("RCPT")]

    def test_recipients_reach_the_backend_together(self):
        with Backend() as backend:
            with self.gate(backend).client() as client:
                client.hello()
                client.say(MAIL + rcpt("x") + rcpt("y") + rcpt("z"))
                client.expect("250 2.1.0 Ok", OK, OK, OK)
                client.quit()
        self.assertEqual(self.followers(backend), [2, 1, 0])

    def test_they_wait_for_each_other_where_the_backend_has_no_pipelining(
            self):
        ehlo = SANE["EHLO"].replace(b"250-PIPELINING\r\n", b"")
        with Backend(EHLO=ehlo) as backend:
            with self.gate(backend).client() as client:
                client.hello()
                client.say(MAIL + rcpt("x") + rcpt("y") + rcpt("z"))
                client.expect("250 2.1.0 Ok", OK, OK, OK)
                client.quit()
        self.assertEqual(self.followers(backend), [0, 0, 0])

    def test_mail_and_data_are_never_pipelined_with_others(self):
        with Backend() as backend:
            with self.gate(backend).client() as client:
                client.hello()
                client.say(MAIL + rcpt("x") + rcpt("y") + b"DATA\r\n")
                client.expect("250 2.1.0 Ok", OK, OK,
                              "354 End the message with <CR><LF>.<CR><LF>")
                client.say(b"x\r\n.\r\n" + MAIL + b"QUIT\r\n")
                client.expect("250 2.0.0 Ok: queued as 4F00", "250 2.1.0 Ok")
                client.expect(f"221 2.0.0 {HOST} closing connection")
                client.expect_end()
        self.assertEqual(
            [line.split()[0] for line, n in backend.connections[-1].followers
             if n > 0], ["RCPT"])

    def test_at_most_a_window_of_recipients_wait(self):
        with Backend() as backend:
            with self.gate(backend).client() as client:
                client.hello()
                client.say(MAIL + b"".join(
                    rcpt(f"u{i}") for i in range(2 * WINDOW + 1)))
                client.expect("250 2.1.0 Ok", *[OK] * (2 * WINDOW + 1))
                client.quit()
        self.assertEqual(max(self.followers(backend)), WINDOW - 1)
        self.assertEqual(backend.commands().count("RCPT TO:<u32@example.org>"),
                         1)

    def test_each_answer_belongs_to_its_recipient(self):
        replies = {f"RCPT TO:<u{i}@": b"%d 5.1.1 of u%d\r\n" % (
            450 + i % 3 * 50, i) for i in range(0, 60, 2)}
        lines, wanted = [], ["250 2.1.0 Ok"]
        for i in range(60):
            lines.append(rcpt(f"u{i}"))
            wanted.append(OK if i % 2 else f"{450 + i % 3 * 50} 5.1.1 of u{i}")
            if i % 7 == 0:
                lines.append(b"RCPT TO:<x>\r\n")
                wanted.append(BAD_RCPT)
            if i % 11 == 0:
                lines.append(rcpt("x", "elsewhere.example"))
                wanted.append(DENIED % harness.STRANGER4)
            if i % 13 == 0:
                lines.append(b"NOOP\r\n")
                wanted.append("250 2.0.0 Ok")
            if i % 17 == 0:
                lines.append(b"RCPT TO:<\x01@example.org>\r\n")
                wanted.append(
                    "500 5.5.2 The line contains a control character")
        with Backend(**replies) as backend:
            with self.gate(backend).client() as client:
                client.hello()
                client.say(MAIL + b"".join(lines))
                client.expect(*wanted)
                client.in_step()
                client.quit()
        self.assertGreater(max(self.followers(backend)), 0)
        self.assertEqual(
            [c for c in backend.commands() if c.startswith("RCPT")],
            [f"RCPT TO:<u{i}@example.org>" for i in range(60)])

    def test_waiting_recipients_count_as_recipients(self):
        with Backend(**{"RCPT TO:<u1@": b"550 5.1.1 no\r\n"}) as backend:
            with self.gate(backend, max_recipients="3").client() as client:
                client.hello()
                client.say(MAIL + b"".join(rcpt(f"u{i}") for i in range(6)))
                client.expect("250 2.1.0 Ok", OK, "550 5.1.1 no", OK, OK,
                              TOO_MANY, TOO_MANY)
                client.quit()

    def test_the_last_command_that_is_allowed_is_answered_first(self):
        with Backend() as backend:
            with self.gate(backend, max_commands="100").client() as client:
                client.hello()
                client.say(b"NOOP\r\n" * 96 + MAIL + rcpt("x") + rcpt("y") +
                           rcpt("z"))
                client.expect(*["250 2.0.0 Ok"] * 96, "250 2.1.0 Ok", OK, OK)
                client.expect_code(421)
                client.expect_end()

    def test_half_a_line_does_not_delay_answers(self):
        with Backend() as backend:
            with self.gate(backend).client() as client:
                client.hello()
                client.say(MAIL + rcpt("x") + rcpt("y")[:-1])
                client.expect("250 2.1.0 Ok", OK)
                client.say(b"\n")
                client.expect(OK)
                client.quit()

    def test_a_backend_that_closes_costs_all_waiting_recipients(self):
        misdeeds = {"close": CLOSE, "421": b"421 shutting down\r\n",
                    "garbage": b"hello there\r\n", "a 3xx": b"334 go on\r\n"}
        for name, deed in misdeeds.items():
            with self.subTest(name), Backend(
                    **{"RCPT TO:<u2@": deed}) as backend:
                with self.gate(backend).client() as client:
                    client.hello()
                    client.say(MAIL + b"".join(
                        rcpt(f"u{i}") for i in range(5)) + b"NOOP\r\n")
                    client.expect("250 2.1.0 Ok", OK, OK,
                                  "421 shutting down" if name == "421"
                                  else CLOSING)
                    client.expect_end()
                self.assertEqual(backend.bodies(), [])

    def test_the_log_has_each_recipient_with_its_own_code(self):
        with Backend(**{"RCPT TO:<u1@": b"550 5.1.1 no\r\n",
                        "RCPT TO:<u2@": CLOSE}) as backend:
            log = Log()
            with self.gate(backend).client() as client:
                client.hello()
                client.say(MAIL + b"".join(rcpt(f"u{i}") for i in range(4)))
                client.expect("250 2.1.0 Ok", OK, "550 5.1.1 no", CLOSING)
                client.expect_end()
            log.wait(client, "disconnect .*")
            self.assertEqual(
                [(x.split(" to=")[1].split()[0], x.split(" code=")[1].split()[0])
                 for x in log.lines(client) if x.startswith("rcpt ")],
                [(f"<u{i}@example.org>", code) for i, code in enumerate(
                    ("250", "550", "421", "421"))])

    def test_after_an_extra_reply_no_message_is_sent(self):
        with Backend(**{"RCPT TO:<u0@":
                        b"250 2.1.5 Ok\r\n250 2.1.5 Ok\r\n"}) as backend:
            with self.gate(backend).client() as client:
                client.hello()
                client.say(MAIL + rcpt("u0") + rcpt("u1") + b"DATA\r\n")
                client.expect("250 2.1.0 Ok", OK, OK, CLOSING)
                client.expect_end()
        self.assertEqual(backend.bodies(), [])

    def test_the_mta_answers_a_thousand_recipients_in_order(self):
        harness.needs_mta()
        domain, user = harness.settings.domain, harness.settings.user
        unknown = range(99, 1000, 100)  # few: MTAs count errors
        with Gate().client() as client:
            client.hello()
            client.say(MAIL + b"".join(
                rcpt(f"nobody{i}" if i in unknown else user, domain)
                for i in range(1000)))
            client.expect_code(250)
            refused = [i for i in range(1000)
                       if not client.reply()[-1].startswith("250 ")]
            self.assertEqual(refused, list(unknown))
            client.in_step()
            client.quit()

