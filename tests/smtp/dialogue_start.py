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


# As an MTA that relays only for clients that it knows.
REFUSES_FAR = {"RCPT TO:<postmaster@example.com>":
               b"554 5.7.1 Relay access denied\r\n"}


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

    def test_an_unknown_option_is_refused_with_the_usage(self):
        done = self.run_gate("-x")
        self.assertIn("usage: smtpgate", done.stderr)
        self.assertEqual(done.returncode, 64)

    def test_a_mistake_is_named_by_the_check_with_file_and_line(self):
        gate = Gate(max_recipient="3")
        done = self.run_gate("-t", conf=gate.conf)
        self.assertEqual(done.returncode, 78)
        self.assertIn(f"{harness.world.inside(gate.conf)}:", done.stderr)
        self.assertIn("max_recipient", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_a_configuration_without_a_backend_fails_the_check(self):
        done = self.run_gate(
            "-t", conf=Gate(backend=None, backend_relay=None).conf)
        self.assertEqual(done.returncode, 78)
        self.assertIn("no backend", done.stderr)

    def test_the_check_says_ok_in_one_line_and_warns_of_a_missing_table(self):
        gate = Gate()
        done = self.run_gate("-t", conf=gate.conf)
        if "user smtpgate: does not exist" in done.stderr:
            self.skipTest("there is no user smtpgate")
        self.assertEqual(
            done.stdout, f"smtpgate: {harness.world.inside(gate.conf)}: ok\n")
        self.assertIn("warning: /nonexistent/grants", done.stderr)
        self.assertEqual(done.returncode, 0)

    def check_warns(self, *parts, **options):
        """Checks a gate with -t, which warns of its servers as given."""
        gate = Gate(**{"backend_relay": None, **options})
        done = self.run_gate("-t", conf=gate.conf)
        if "user smtpgate: does not exist" in done.stderr:
            self.skipTest("there is no user smtpgate")
        warnings = [line for line in done.stderr.splitlines()
                    if "/nonexistent/grants" not in line]
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(warnings), len(parts), warnings)
        for part, warning in zip(parts, warnings):
            self.assertIn("smtpgate: warning: " + part, warning)

    def test_the_check_warns_of_a_backend_that_does_not_run(self):
        self.check_warns(
            "backend 127.0.0.1:9: Connection refused; check that the mail "
            "server runs", backend="127.0.0.1:9")
        self.check_warns(
            "backend 127.0.0.1:9: Connection refused; check that the mail "
            "server runs", backend="127.0.0.1:9", backend_identity="proxy")
        self.check_warns(
            "backend unix:/nonexistent/mta: No such file or directory",
            backend="unix:/nonexistent/mta", backend_identity="none")

    def test_the_check_does_not_warn_of_a_backend_that_serves(self):
        with Backend(**REFUSES_FAR) as backend:
            self.check_warns(backend=backend.endpoint,
                             local_domains="example.org, .example.net")
        commands = backend.commands()
        self.assertIn("ADDR=192.0.2.1 ", commands.pop(1) + " ")
        self.assertEqual(commands, [
            f"EHLO {harness.HOST}", "EHLO [192.0.2.1]", "MAIL FROM:<>",
            "RCPT TO:<postmaster@example.com>",
            "RCPT TO:<postmaster@example.org>", "QUIT"])

    def test_the_check_warns_of_a_backend_that_refuses_xclient(self):
        with Backend(XCLIENT=b"550 5.7.0 not authorized\r\n") as backend:
            self.check_warns(f"backend {backend.endpoint}: refuses XCLIENT",
                             backend=backend.endpoint)
        # It may refuse the stranger.
        with Backend(XCLIENT=b"554 5.7.1 Blocked\r\n") as backend:
            self.check_warns(backend=backend.endpoint)

    def test_the_check_warns_of_a_backend_that_relays_for_strangers(self):
        with Backend() as backend, Backend() as relay:
            self.check_warns(
                f"backend {backend.endpoint}: relays for a stranger",
                backend=backend.endpoint)
            self.check_warns(
                f"backend {backend.endpoint}: relays for a stranger",
                backend=backend.endpoint, backend_identity="none",
                backend_relay=relay.endpoint, local_domains="backend")
            # It relays for all clients, and knows none.
            self.check_warns(
                backend=backend.endpoint, backend_identity="none")

    def test_the_check_warns_of_local_domains_that_the_backend_refuses(self):
        path = harness.world.path("more-domains")
        with open(path, "w") as file:
            file.write("# more\nfour.example\nfive.example\n")
        unknown = b"550 5.1.1 Unknown\r\n"
        replies = {**REFUSES_FAR,
                   "RCPT TO:<postmaster@two.example>": unknown,
                   "RCPT TO:<postmaster@three.example>":
                   b"454 4.7.1 Relay access denied\r\n",
                   "RCPT TO:<postmaster@four.example>":
                   b"450 4.2.0 Greylisted\r\n",
                   "RCPT TO:<postmaster@five.example>": unknown}
        with Backend(**replies) as backend:
            at = f"backend {backend.endpoint}: refuses postmaster@"
            self.check_warns(
                f"{at}two.example; make it a domain of the mail server",
                f"{at}three.example;", f"{at}five.example;",
                backend=backend.endpoint,
                local_domains="one.example, two.example, three.example",
                local_domains_file=harness.world.inside(path))

    def test_the_check_warns_of_a_backend_that_refuses_the_gate(self):
        with Backend(BANNER=b"554 5.7.1 Go away\r\n") as backend:
            self.check_warns(f"backend {backend.endpoint}: gate-refused",
                             backend=backend.endpoint)

    def test_the_check_warns_of_a_backend_without_xclient(self):
        plain = {"EHLO": b"250 mta.example\r\n"}
        with Backend(**plain) as backend:
            self.check_warns(
                f"backend {backend.endpoint}: does not offer XCLIENT",
                backend=backend.endpoint)
        with Backend(**plain) as backend:
            self.check_warns(
                backend=backend.endpoint, backend_identity="none")

    def test_the_check_warns_of_a_backend_that_the_gates_user_cannot_reach(
            self):
        if os.geteuid() != 0:
            self.skipTest("only root can keep the gate's user out")
        path = harness.world.path("mta-of-others")
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.listen()
        os.chmod(path, 0o600)
        at = f"unix:{harness.world.inside(path)}"
        self.check_warns(
            f"backend {at}: Permission denied; give user smtpgate access",
            backend=at, backend_identity="none")

    def test_the_check_warns_of_missing_password_checkers(self):
        with Backend(**REFUSES_FAR) as backend:
            self.check_warns(
                "auth: unix:/nonexistent/auth: No such file or directory; "
                "start smtpgate-auth",
                backend=backend.endpoint, auth="pam",
                policy={"offer_auth": "yes"},
                sections={"smtpgate-auth":
                          {"socket": "unix:/nonexistent/auth"}})
            self.check_warns(
                "auth: unix:/nonexistent/auth: No such file or directory; "
                "check that Dovecot runs",
                backend=backend.endpoint, auth="dovecot:/nonexistent/auth",
                policy={"offer_auth": "yes"})

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
            client, r"connect client=198\.51\.100\.7 port=\d+")
        log.wait(
            client, r"disconnect client=198\.51\.100\.7 reason=quit commands=3 "
            r"errors=1 permits=0 denies=0 messages=0 bytes=0 "
            r"duration_ms=\d+")
