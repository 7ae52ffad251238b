# SPDX-License-Identifier: ISC
"""How a gate starts, and which privileges it has then."""

import os
import socket
import subprocess
import unittest

import harness
from harness import Gate, Log
from scripted import Backend

CONFIGURATION = "421 4.3.5 The server is misconfigured; try again later"


def status_of(pid):
    with open(f"/proc/{pid}/status") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file
                    if ":\t" in line)


class Start(unittest.TestCase):
    def run_gate(self, *words, conf=None, **options):
        words = harness.world.command(
            harness.settings.gate,
            *(["-c", harness.world.inside(conf)] if conf else []), *words)
        return subprocess.run(words, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, **options)

    def test_version_and_help_reach_the_terminal(self):
        done = self.run_gate("-V")
        self.assertRegex(done.stdout, r"\Asmtpgate \d+\.\d+\.\d+\n\Z")
        self.assertEqual(done.returncode, 0)
        done = self.run_gate("-h")
        self.assertIn("usage: smtpgate", done.stdout)
        self.assertEqual(done.returncode, 0)

    def test_an_unknown_option_is_named(self):
        for words, why in (
                (["-x"], "unknown option -x"), (["--jsn"], "unknown option --jsn"),
                (["--json"], "--json needs -t"), (["-c"], "option -c needs a value"),
                (["x"], "unexpected operand 'x'")):
            done = self.run_gate(*words)
            self.assertEqual(done.stderr,
                             f"smtpgate: {why}; see smtpgate --help\n")
            self.assertEqual(done.returncode, 64)

    def test_a_mistake_in_the_configuration_answers_421(self):
        with Gate(no_such_option="1").client() as client:
            client.exit_code = os.EX_CONFIG
            client.expect(CONFIGURATION)
            client.expect_end()

    def test_a_missing_configuration_answers_421(self):
        gate = Gate()
        os.unlink(gate.conf)
        with gate.client() as client:
            client.exit_code = os.EX_CONFIG
            client.expect(CONFIGURATION)
            client.expect_end()

    def test_unknown_options_under_a_super_server_answer_421_only(self):
        far, near = harness.addresses.connected_pair("127.0.0.1", "127.0.0.7")
        process = subprocess.Popen(
            harness.world.command(harness.settings.gate, "-x"),
            stdin=far, stdout=far, stderr=far)
        with harness.Dialogue(process, near, far) as client:
            client.exit_code = os.EX_USAGE
            client.expect(CONFIGURATION)
            client.expect_end()

    def descriptor_2(self, client):
        status = os.stat(f"/proc/{client.process.pid}/fd/2")
        self.assertEqual(status.st_rdev, os.stat("/dev/null").st_rdev)

    def test_descriptor_2_is_not_the_client(self):
        with Gate().client() as client:
            client.expect(f"220 {harness.HOST} ESMTP")
            self.descriptor_2(client)
            client.quit()

    def test_descriptor_2_is_not_the_client_on_a_unix_socket_either(self):
        here, there = socket.socketpair()
        with harness.Dialogue(Gate().start(there, there), here,
                              there) as client:
            client.expect(f"220 {harness.HOST} ESMTP")
            self.descriptor_2(client)
            client.quit()

    def test_what_was_open_before_is_closed(self):
        with open("/etc/passwd") as leak, Gate().client(
                pass_fds=[leak.fileno()]) as client:
            client.expect(f"220 {harness.HOST} ESMTP")
            directory = f"/proc/{client.process.pid}/fd"
            targets = [os.readlink(os.path.join(directory, fd))
                       for fd in os.listdir(directory) if int(fd) > 2]
            # that of syslog(3), where there is a log
            self.assertLessEqual(len(targets), 1)
            for target in targets:
                self.assertTrue(target.startswith("socket:"), target)
            client.quit()

    def test_it_serves_without_root_and_capabilities_and_cannot_regain_them(
            self):
        with Gate().client() as client:
            client.expect(f"220 {harness.HOST} ESMTP")
            status = status_of(client.process.pid)
            self.assertNotIn("0", status["Uid"].split())
            self.assertNotIn("0", status["Gid"].split())
            self.assertNotIn("0", status["Groups"].split())
            for which in ("CapInh", "CapPrm", "CapEff", "CapAmb", "CapBnd"):
                self.assertEqual(int(status[which], 16), 0, which)
            self.assertEqual(status["NoNewPrivs"], "1")
            self.assertEqual(status["Seccomp"], "2")
            with open(f"/proc/{client.process.pid}/limits") as file:
                core = [x for x in file if x.startswith("Max core")]
            self.assertRegex(core[0], r"Max core file size\s+0\s+0")
            client.quit()

    def test_an_open_connection_takes_at_most_150_kB_of_private_memory(self):
        with Backend() as backend:
            gate = Gate(backend=backend.endpoint, backend_relay=None,
                        local_domains="example.org")
            # pages that two gates share are not private
            with gate.client() as other, gate.client() as client:
                for one in other, client:
                    one.hello()
                    one.ask("MAIL FROM:<a@b.example>", 250)
                    one.ask("RCPT TO:<joe@example.org>", 250)
                own = harness.own_memory_kb(client.process.pid)
                if any("asan" in name for name in own):
                    self.skipTest("a sanitizer has memory of its own")
                self.assertLessEqual(sum(own.values()), 150, own)
                client.quit()
                other.quit()

    def test_a_client_on_a_pipe_is_served_and_may_not_relay(self):
        with Backend() as backend:
            gate = Gate(backend=backend.endpoint, backend_relay=None,
                        relay_networks="0.0.0.0/0, ::/0")
            here, there = socket.socketpair()
            with harness.Dialogue(gate.start(there, there), here,
                                  there) as client:
                client.hello()
                client.ask("MAIL FROM:<joe@example.org>", 250)
                client.say(b"RCPT TO:<x@far.example>\r\n")
                client.expect("550 5.7.1 Relaying denied: client address "
                              "unknown")
                client.ask(f"RCPT TO:<joe@{gate.options['local_domains']}>",
                           250)
                client.quit()
        xclient = [x for x in backend.commands() if x.startswith("XCLIENT")]
        self.assertEqual(xclient, [
            "XCLIENT NAME=[UNAVAILABLE] ADDR=[UNAVAILABLE] "
            "PORT=[UNAVAILABLE] PROTO=ESMTP HELO=client.example"])

    def test_real_pipes_work_as_swaks_uses_them(self):
        gate = Gate()
        process = gate.start(subprocess.PIPE, subprocess.PIPE)
        out, _ = process.communicate(b"HELO client.example\r\nQUIT\r\n",
                                     timeout=harness.PATIENCE_S)
        self.assertEqual(out, (
            f"220 {harness.HOST} ESMTP\r\n250 {harness.HOST}\r\n"
            f"221 2.0.0 {harness.HOST} closing connection\r\n").encode())
        self.assertEqual(process.returncode, 0)

    def test_connect_and_disconnect_are_logged(self):
        harness.needs_addresses()
        log = Log()
        with Gate().client(harness.STRANGER4) as client:
            client.hello("HELO")
            client.ask("NONSENSE", 502)
            client.quit()
        log.wait(
            client, r"connect client=198\.51\.100\.7 session=[0-9a-z]{12} "
            r"service=smtp port=\d+")
        log.wait(
            client, r"disconnect client=198\.51\.100\.7 \S+ \S+ reason=quit "
            r"commands=3 "
            r"errors=1 permits=0 denies=0 defers=0 messages=0 bytes=0 "
            r"duration_ms=\d+")
