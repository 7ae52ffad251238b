# SPDX-License-Identifier: ISC
"""The real MTA dies, stands still or runs out of room in mid-session.

Whatever happens, a 250 for a message means that it arrives, whole and once;
without one the client has to send it again, and what arrived was whole.
(dialogue_backend.py has all that a backend may say instead.)
"""

import os
import re
import signal
import threading
import time
import unittest

import harness
from harness import Gate, Mailbox, marker

LINES = b"".join(b"%070d\r\n" % i for i in range(14_000))  # a megabyte
STAGES = ("EHLO", "MAIL", "RCPT", "DATA", "BODY", "END")


class Accident(unittest.TestCase):
    def setUp(self):
        harness.needs_mta()
        if harness.settings.mta_process is None:
            self.skipTest("it is not known who serves a session of the MTA "
                          "(--mta-process)")
        self.mailbox = Mailbox()
        self.user = f"{harness.settings.user}@{harness.settings.domain}"
        self.mark = marker()

    @staticmethod
    def signal_mta(number):
        """To all processes that serve its sessions."""
        n = 0
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/comm") as file:
                    if file.read().strip() != harness.settings.mta_process:
                        continue
                os.kill(int(pid), number)
                n += 1
            except (FileNotFoundError, ProcessLookupError):
                pass
        return n

    def text(self):
        return f"Subject: {self.mark}\r\n\r\n".encode() + LINES

    def send(self, at):
        """A message; at(stage) is called behind each stage's reply, "BODY"
        in the middle of the text, "END" behind its last byte.  Returns the
        reply to the message, or to what was refused before."""
        text = self.text()
        steps = (("EHLO", b"EHLO client.example\r\n"),
                 ("MAIL", b"MAIL FROM:<a@b.example>\r\n"),
                 ("RCPT", f"RCPT TO:<{self.user}>\r\n".encode()),
                 ("DATA", b"DATA\r\n"))
        with Gate().client() as client:
            client.sock.settimeout(30)
            client.expect_code(220)
            for stage, line in steps:
                client.say(line)
                reply = client.reply()[-1]
                if reply[0] not in "23":
                    return reply
                at(stage)
            half = len(text) // 2
            client.say(text[:half])
            at("BODY")
            client.say(text[half:] + b".\r\n")
            at("END")
            reply = client.reply()[-1]
            if reply[:3] != "421":
                client.in_step()
            return reply

    def check(self, reply):
        """What arrived is what the reply has promised."""
        if reply.startswith("250"):
            self.mailbox.wait(self.mark)
        first, self.mark = self.mark, marker()
        harness.wait_until(lambda: self.send(lambda _: None)[0] == "2",
                           "the MTA to take mail again")
        self.mailbox.wait(self.mark)
        bodies = [re.split(rb"\n\n", m, maxsplit=1)[1]
                  for m in self.mailbox.messages() if first.encode() in m]
        if reply.startswith("250"):
            self.assertEqual(len(bodies), 1)
        self.assertLessEqual(len(bodies), 1)
        for body in bodies:
            self.assertEqual(body.rstrip(b"\n") + b"\n",
                             LINES.replace(b"\r", b""))
        return len(bodies)

    def test_the_mta_killed_at_each_stage_before_the_end_costs_the_message(
            self):
        for stage in STAGES[:-1]:
            with self.subTest(stage):
                self.mark = marker()
                killed = []

                def kill(now, stage=stage, killed=killed):
                    if now == stage:
                        killed.append(self.signal_mta(signal.SIGKILL))
                reply = self.send(kill)
                self.assertGreater(killed[0], 0)
                # at EHLO nothing is lost yet: another one is asked
                self.assertRegex(reply, r"^(250|4[25]1) " if stage == "EHLO"
                                 else r"^4[25]1 ")
                self.assertEqual(self.check(reply), reply[0] == "2")

    def test_the_mta_killed_around_its_answer_never_doubles_a_message(self):
        for delay_ms in (0, 1, 2, 4, 8, 16, 32):
            with self.subTest(delay_ms):
                self.mark = marker()

                def kill(now, delay_ms=delay_ms):
                    if now == "END":
                        time.sleep(delay_ms / 1000)
                        self.signal_mta(signal.SIGKILL)
                reply = self.send(kill)
                self.assertRegex(reply, r"^(250|4[25]1) ")
                self.check(reply)

    def test_an_mta_that_stands_still_for_a_while_costs_nothing(self):
        timers = []

        def stop(now):
            if now != "BODY":
                return
            self.assertGreater(self.signal_mta(signal.SIGSTOP), 0)
            timers.append(threading.Timer(2, self.signal_mta,
                                          [signal.SIGCONT]))
            timers[0].start()
        try:
            begin = time.monotonic()
            reply = self.send(stop)
        finally:
            for timer in timers:
                timer.join()
        self.assertGreater(time.monotonic() - begin, 1.9)
        self.assertEqual(reply[:3], "250")
        self.assertEqual(self.check(reply), 1)

    def test_a_client_that_is_slow_costs_nothing(self):
        text = self.text()
        with Gate().client() as client:
            client.hello()
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.ask(f"RCPT TO:<{self.user}>", 250)
            client.ask("DATA", 354)
            for byte in text[:200]:
                client.say(bytes([byte]))
                time.sleep(0.005)
            client.say(text[200:])
            for byte in b".\r\n":
                time.sleep(0.1)
                client.say(bytes([byte]))
            reply = client.reply()[-1]
            client.quit()
        self.assertEqual(self.check(reply), 1)

    def test_a_full_spool_is_told_and_nothing_arrives(self):
        spool = harness.settings.mta_spool
        if spool is None:
            self.skipTest("no spool that may be filled (--mta-spool)")
        path = os.path.join(spool, "filler")

        def fill(now):
            if now != "DATA":
                return
            with open(path, "wb", buffering=0) as file:
                try:
                    while file.write(bytes(65536)):
                        pass
                except OSError:
                    return
        try:
            reply = self.send(fill)
        finally:
            os.unlink(path)
        self.assertRegex(reply, r"^45[0-9] ")
        self.assertEqual(self.check(reply), 0)
