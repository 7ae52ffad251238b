# SPDX-License-Identifier: ISC
"""smtpgate -t: what it says of a configuration, and its status."""

import json
import os
import re
import shutil
import socket
import subprocess
import unittest

import harness
import mistakes
from checkers import Dovecot, Pam
from harness import HOST, Gate
from scripted import Backend

# As an MTA that relays only for clients that it knows.
REFUSES_FAR = {"RCPT TO:<smtpgate-test@example.com>":
               b"554 5.7.1 Relay access denied\r\n"}
ACCEPTS = b"250 2.1.5 Ok\r\n"
HELO = "smtpgate-test.example.com"


def run(*words, conf=None):
    return subprocess.run(
        harness.world.command(
            harness.settings.gate,
            *(["-c", harness.world.inside(conf)] if conf else []), *words),
        stdin=subprocess.DEVNULL, capture_output=True, text=True)


class Check(unittest.TestCase):
    """Each test begins with a site of which -t says that it is fine."""

    def setUp(self):
        harness.needs_table()
        if os.geteuid() != 0:
            self.skipTest("only root can become the gate's user")
        self.relay = self.enter(Backend())
        self.backend = self.enter(Backend(**REFUSES_FAR))

    def enter(self, context):
        value = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return value

    def check(self, *words, policy=None, sections=None, service=None,
              **options):
        """Returns the lines without "smtpgate: " and the path, and status."""
        gate = Gate(**{
            "table": harness.world.table(), "backend": self.backend.endpoint,
            "backend_relay": self.relay.endpoint,
            "local_domains": "example.org", "policy":
            {"tls": "none", **(policy or {})}, "sections": sections,
            "service": service, **options})
        self.conf = harness.world.inside(gate.conf)
        self.done = run("-t", *words, conf=gate.conf)
        self.lines = [
            re.sub(r"FILE:\d+", "FILE:N", line.removeprefix("smtpgate: ")
                   .replace(self.conf, "FILE"))
            for line in self.done.stderr.splitlines()]
        return self.lines, self.done.returncode

    def is_fine(self, **options):
        lines, status = self.check(**options)
        self.assertEqual((lines, status), ([], 0))
        self.assertEqual(self.done.stdout, f"smtpgate: {self.conf} is fine\n")

    def finds(self, status, *parts, **options):
        """One line for each part, in this order."""
        lines, is_status = self.check(**options)
        self.assertEqual(len(lines), len(parts), lines)
        for part, line in zip(parts, lines):
            self.assertIn(part, line)
        self.assertEqual(is_status, status, lines)
        self.assertIn("works in part" if status == 1 else "does not work",
                      self.done.stdout)

    # ---- the result

    def test_a_site_that_works_is_fine(self):
        self.is_fine()

    def test_all_mistakes_are_said_at_once_and_each_has_its_cure(self):
        self.finds(
            78, "FILE:N: [smtpgate] relay_networks: 0.0.0.0/0 is the internet",
            "warning: FILE:N: [smtp] tls: no client is offered STARTTLS, "
            "because there is no certificate; set tls_certificates",
            "warning: FILE:N: [smtp] offer_auth: no client is offered AUTH",
            "warning: FILE:N: [smtpgate] backend_relay: 127.0.0.1:9: "
            "Connection refused; check that the mail server runs",
            relay_networks="0.0.0.0/0", backend_relay="127.0.0.1:9",
            policy={"tls": "starttls", "offer_auth": "yes"})
        for line in self.lines:
            self.assertRegex(line, "; [a-z]", line)

    def test_json_has_the_same(self):
        self.check("--json", relay_networks="::/0",
                   backend_relay="127.0.0.1:9")
        said = json.loads(self.done.stdout)
        self.assertEqual(self.done.stderr, "")
        self.assertEqual(
            (said["config"], said["result"], said["services"]),
            (self.conf, "does not work", ["smtp"]))
        first, second = said["findings"]
        self.assertEqual(
            (first["level"], first["file"], first["line"], first["option"]),
            ("mistake", self.conf, 8, "[smtpgate] relay_networks"))
        self.assertEqual(second["level"], "warning")
        self.assertEqual(second["cure"], "check that the mail server runs "
                                         "and listens there")
        self.check("--json")
        self.assertEqual(json.loads(self.done.stdout)["findings"], [])

    def test_offline_connects_to_no_server(self):
        lines, status = self.check("--offline", backend="127.0.0.1:9",
                                   backend_relay="127.0.0.1:9")
        self.assertEqual((lines, status), ([], 0))

    def test_a_listener_does_not_begin_after_a_check(self):
        done = run("-t", "-l")
        self.assertEqual(done.returncode, 64)
        self.assertEqual(done.stderr, "smtpgate: -t and -l exclude each "
                         "other; check first, then listen; see smtpgate "
                         "--help\n")

    # ---- the mail server

    def test_the_backend_sees_a_stranger_of_each_family(self):
        self.is_fine(local_domains="example.org, .example.net")
        self.backend.commands()
        first, second = self.backend.connections
        self.assertIn(" ADDR=192.0.2.1 ", first.commands.pop(1))
        self.assertEqual(first.commands, [
            f"EHLO {HOST}", f"EHLO {HELO}", "MAIL FROM:<>",
            "RCPT TO:<smtpgate-test@example.com>",
            "RCPT TO:<postmaster@example.org>", "RSET", "QUIT"])
        self.assertIn(" ADDR=IPV6:2001:db8::1 ", second.commands.pop(1))
        self.assertEqual(second.commands,
                         [f"EHLO {HOST}", f"EHLO {HELO}", "QUIT"])

    def test_the_relay_listener_is_asked_to_relay(self):
        self.is_fine()
        self.relay.commands()
        self.assertEqual(self.relay.connections[0].commands[2:], [
            f"EHLO {HELO}", "MAIL FROM:<>",
            "RCPT TO:<smtpgate-test@example.com>", "RSET", "QUIT"])

    def test_a_relay_listener_that_does_not_relay_is_found(self):
        for reply in (b"554 5.7.1 <smtpgate-test@example.com>: Relay access "
                      b"denied\r\n", b"454 4.7.1 Relay access denied\r\n",
                      b"550 relay not permitted\r\n"):
            self.relay.replies["RCPT"] = reply
            text = reply.decode().rstrip()
            self.finds(1, "warning: FILE:N: [smtpgate] backend_relay: "
                       f"{self.relay.endpoint}: it does not relay: '{text}'; "
                       "Postfix: clear its restrictions in master.cf")

    def test_a_reply_about_the_far_domain_says_nothing_about_relaying(self):
        for reply in (b"556 5.1.10 Domain example.com does not accept mail\r\n",
                      b"450 4.1.2 Domain not found\r\n",
                      b"550 Unrouteable address\r\n",
                      b"504 5.5.2 <x>: Helo command rejected\r\n"):
            self.relay.replies["RCPT"] = reply
            self.is_fine()

    def test_a_backend_that_relays_for_strangers_is_an_open_relay(self):
        self.backend.replies.update(dict.fromkeys(REFUSES_FAR, ACCEPTS))
        self.finds(78, "it relays for a stranger; configure it to refuse")
        self.finds(78, "it relays for a stranger", backend_identity="none")

    def test_a_single_backend_has_to_relay(self):
        self.finds(1, "it does not relay: '554 5.7.1 Relay access denied'; "
                   "set backend_relay to a listener that relays",
                   backend_relay=None)
        self.backend.replies.update(dict.fromkeys(REFUSES_FAR, ACCEPTS))
        self.is_fine(backend_relay=None)
        # It relays for all clients, and knows none.
        self.is_fine(backend_relay=None, backend_identity="none")

    def test_local_domains_that_the_backend_refuses_are_found(self):
        path = harness.world.path("more-domains")
        with open(path, "w") as file:
            file.write("# more\nfour.example\nfive.example\n")
        os.chmod(path, 0o644)
        unknown = b"550 5.1.1 Unknown\r\n"
        self.backend.replies.update({
            "RCPT TO:<postmaster@two.example>": unknown,
            "RCPT TO:<postmaster@three.example>":
            b"454 4.7.1 Relay access denied\r\n",
            "RCPT TO:<postmaster@four.example>":
            b"450 4.2.0 Greylisted\r\n",
            "RCPT TO:<postmaster@five.example>": unknown})
        self.finds(
            1, "it refuses postmaster@two.example: '550 5.1.1 Unknown'; make "
            "it a domain of the mail server", "postmaster@three.example:",
            "postmaster@five.example:",
            local_domains="one.example, two.example, three.example",
            local_domains_file=harness.world.inside(path))

    def test_a_backend_that_does_not_run_serves_no_client(self):
        refused = ("FILE:N: [smtpgate] backend: 127.0.0.1:9: Connection "
                   "refused; check that the mail server runs and listens "
                   "there")
        self.finds(78, refused, backend="127.0.0.1:9")
        self.finds(78, refused, backend="127.0.0.1:9",
                   backend_identity="proxy")
        self.finds(78, "unix:/nonexistent/mta: No such file or directory",
                   backend="unix:/nonexistent/mta", backend_identity="none")

    def test_a_backend_that_refuses_the_gate_serves_no_client(self):
        self.backend.replies["BANNER"] = b"554 5.7.1 Go away\r\n"
        self.finds(78, "it does not serve the gate (gate-refused: '554 5.7.1 "
                   "Go away'); see the mail server's log")

    def test_a_backend_without_xclient_serves_no_client(self):
        self.backend.replies["EHLO"] = b"250 mta.example\r\n"
        self.finds(78, "it does not offer XCLIENT to the gate; Postfix: set "
                   "smtpd_authorized_xclient_hosts for this listener")
        self.is_fine(backend_identity="none")

    def test_a_backend_that_refuses_xclient_serves_no_client(self):
        self.backend.replies["XCLIENT"] = b"550 5.7.0 not authorized\r\n"
        self.finds(78, "it refuses XCLIENT for the gate: '550 5.7.0 not "
                   "authorized'; Postfix: set smtpd_authorized_xclient_hosts")
        # It may refuse the stranger.
        self.backend.replies["XCLIENT"] = b"554 5.7.1 Blocked\r\n"
        self.is_fine()

    def test_a_backend_without_ipv6_serves_a_part_of_the_clients(self):
        self.backend.replies["XCLIENT NAME=[UNAVAILABLE] ADDR=IPV6:"] = \
            b"501 5.5.4 Bad ADDR syntax: IPV6:2001:db8::1\r\n"
        finding = ("it refuses XCLIENT for a client with an IPv6 address: "
                   "'501 5.5.4 Bad ADDR syntax: IPV6:2001:db8::1'; set "
                   "inet_protocols = all (Postfix)")
        self.finds(1, finding)
        self.finds(1, finding, policy={"listen": "[::]:25"})
        self.is_fine(policy={"listen": "0.0.0.0:25"})

    def test_proxy_is_spoken_with_a_client_of_each_family(self):
        self.backend.replies["PROXY"] = True
        self.is_fine(backend_identity="proxy")
        first, second = [c.proxy for c in self.backend.connections]
        self.assertEqual(first[16:20], socket.inet_aton("192.0.2.1"))
        self.assertEqual(second[16:32],
                         socket.inet_pton(socket.AF_INET6, "2001:db8::1"))

    def test_rules_about_the_clients_name_refuse_everybody_behind_xclient(
            self):
        self.backend.replies["RCPT"] = (
            b"450 4.7.25 Client host rejected: cannot find your hostname\r\n")
        self.backend.replies.pop("RCPT TO:<smtpgate-test@example.com>")
        self.finds(78, "it refuses every client, because XCLIENT gives no "
                   "host name: '450 4.7.25 Client host rejected: cannot find "
                   "your hostname'; set the identity to proxy, or remove "
                   "reject_unknown_client_hostname")
        # with smtpd_delay_reject = no
        self.backend.replies["XCLIENT"] = (
            b"450 4.7.1 Client host rejected: cannot find your reverse "
            b"hostname\r\n")
        self.finds(78, "it refuses every client, because XCLIENT gives no "
                   "host name: '450 4.7.1 Client host rejected")

    def test_a_socket_that_the_gates_user_cannot_open_has_its_cure(self):
        path = harness.world.path("mta-of-others")
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(path)
        self.addCleanup(os.unlink, path)
        listener.listen()
        os.chmod(path, 0o600)
        inside = harness.world.inside(path)
        self.finds(78, f"unix:{inside}: Permission denied: user smtpgate may "
                   f"not open {inside}; run: chgrp smtpgate {inside} && "
                   f"chmod g+rw {inside}",
                   backend=f"unix:{inside}", backend_identity="none")
        os.chown(path, 0, 8)
        os.chmod(path, 0o660)
        self.finds(78, "run: adduser smtpgate mail",
                   backend=f"unix:{inside}", backend_identity="none")

    # ---- AUTH

    def test_missing_password_checkers_are_found(self):
        auth = {"policy": {"offer_auth": "yes"},
                "auth_plain_networks": "192.0.2.0/24"}
        self.finds(1, "warning: FILE:N: [smtpgate] auth: /nonexistent/auth: No such "
                   "file or directory: no client can log in; start "
                   "smtpgate-auth", auth="pam", **auth,
                   sections={"smtpgate-auth":
                             {"socket": "unix:/nonexistent/auth"}})
        self.finds(1, "/nonexistent/auth: No such file or directory: no "
                   "client can log in; check that Dovecot runs",
                   auth="dovecot:/nonexistent/auth", **auth)

    def test_a_checker_that_is_asked_logs_no_alarm(self):
        with Pam() as pam:
            self.is_fine(policy={"offer_auth": "yes"}, auth="pam",
                         auth_plain_networks="192.0.2.0/24",
                         sections={"smtpgate-auth": pam.auth_server()})
            self.assertEqual(pam.requests, [])

    def test_a_checker_of_another_version_is_found(self):
        with Pam(greetings=[b"\x07\x00"]) as pam:
            self.finds(1, "it has another version: no client can log in; "
                       "restart smtpgate-auth",
                       policy={"offer_auth": "yes"}, auth="pam",
                       auth_plain_networks="192.0.2.0/24",
                       sections={"smtpgate-auth": pam.auth_server()})

    def test_dovecot_is_asked_for_its_mechanisms(self):
        auth = {"policy": {"offer_auth": "yes"},
                "auth_plain_networks": "192.0.2.0/24"}
        with Dovecot() as dovecot:
            self.is_fine(auth=f"dovecot:{dovecot.inside()}", **auth)
        with Dovecot(handshake=b"220 mta ESMTP\n") as dovecot:
            lines, status = self.check(
                auth=f"dovecot:{dovecot.inside()}", **auth)
            self.assertEqual(status, 1, lines)
            self.assertIn("; name an auth-client socket of Dovecot", lines[0])

    # ---- options

    def test_a_mistake_is_named_with_file_and_line(self):
        self.finds(78, "FILE:N: unknown option 'max_recipient'",
                   max_recipient="3")

    def test_a_missing_table_denies_relaying_only(self):
        self.finds(1, "warning: FILE:N: [table] path: no client with a login "
                   "may relay: /nonexistent/grants: there is no table; start "
                   "popauthd",
                   table="/nonexistent/grants")

    def test_services_that_listen_are_checked(self):
        self.finds(
            78, "FILE: [submission] tls: the service must speak TLS, but "
            "there is no certificate; set tls_certificates in [smtpgate]",
            "warning: FILE: [submission] offer_auth: no client is offered AUTH, "
            "because no program checks passwords",
            sections={"submission": {"listen": "127.0.0.1:587"}})
        # One that does not listen is none of this machine.
        self.is_fine(sections={"submission": {"require_right": "yes"}})
        lines, status = self.check("-s", "submissions")
        self.assertEqual(status, 78)
        self.assertIn("[submissions] tls: the service must speak TLS",
                      lines[0])

    def test_a_word_that_is_no_service_is_named(self):
        done = run("-t", "-s", "smtps")
        self.assertEqual(done.returncode, 64)
        self.assertEqual(done.stderr, "smtpgate: 'smtps' is no service; did "
                         "you mean submissions?; see smtpgate --help\n")


class RealMailServer(unittest.TestCase):
    """The probe with the mail server of this root."""

    def test_a_real_mta_is_fine(self):
        harness.needs_relay()
        harness.needs_table()
        gate = Gate(table=harness.world.table(), policy={"tls": "none"})
        done = run("-t", conf=gate.conf)
        self.assertEqual((done.stderr, done.returncode), ("", 0))


def make_certificate(directory, name, key, host):
    """NAME.crt and NAME.key; key: "ec" or "rsa"."""
    kind = {"ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
            "rsa": ["rsa:2048"]}[key]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-days", "30",
         "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}",
         "-keyout", f"{directory}/{name}.key",
         "-out", f"{directory}/{name}.crt"],
        check=True, capture_output=True)


def gate_group():
    with open(os.path.join(harness.world.root, "etc/group")) as file:
        return next((int(line.split(":")[2]) for line in file
                     if line.startswith("smtpgate:")), -1)


def make_files(directory):
    """What the rows of mistakes.py name in DIR."""
    os.mkdir(directory)
    for name, key, host in (("a", "ec", HOST), ("b", "ec", HOST),
                            ("rsa", "rsa", HOST), ("root", "ec", HOST),
                            ("other", "ec", "else.example"),
                            ("open", "ec", HOST)):
        make_certificate(directory, name, key, host)
    shutil.copy(f"{directory}/a.key", f"{directory}/open.key")
    shutil.copy(f"{directory}/a.key", f"{directory}/root.key")
    subprocess.run(["openssl", "pkey", "-in", f"{directory}/a.key", "-aes256",
                    "-passout", "pass:x", "-out", f"{directory}/locked.key"],
                   check=True, capture_output=True)
    subprocess.run(
        ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={HOST}",
         "-addext", f"subjectAltName=DNS:{HOST}",
         "-keyout", f"{directory}/old.key", "-out", f"{directory}/old.csr"],
        check=True, capture_output=True)
    subprocess.run(
        ["openssl", "x509", "-req", "-in", f"{directory}/old.csr", "-signkey",
         f"{directory}/old.key", "-copy_extensions", "copy", "-days", "-1",
         "-out", f"{directory}/old.crt"], check=True, capture_output=True)
    for name, data in (("empty", b"# none\n"),
                       ("domains", b"example.net\nb\xfccher.example\nno domain"
                                   b"\n"),
                       ("senders", b"sales@example.org joe\nsales\n"),
                       ("private", b"example.net\n")):
        with open(f"{directory}/{name}", "wb") as file:
            file.write(data)
    for name in os.listdir(directory):
        path = f"{directory}/{name}"
        os.chmod(path, 0o640)
        os.chown(path, 0, gate_group())
    for name in ("root.key", "private"):
        os.chown(f"{directory}/{name}", 0, 0)
        os.chmod(f"{directory}/{name}", 0o600)
    os.chmod(f"{directory}/open.key", 0o644)
    os.chmod(directory, 0o755)


class Mistakes(unittest.TestCase):
    """The table of mistakes.py."""

    def said(self, change):
        """The lines and the status that this change gives."""
        change = {key: self.filled(value) for key, value in change.items()}
        words, text = change.pop("words", []), change.pop("text", "")
        gate = Gate(**{
            "table": harness.world.table(),
            "backend": self.backend.endpoint,
            "backend_relay": self.relay.endpoint,
            "policy": {"tls": "none"}, **change})
        with open(gate.conf, encoding="latin-1") as file:
            head = file.read()
        with open(gate.conf, "w", encoding="latin-1") as file:
            file.write(head + text)
        done = subprocess.run(gate.arguments("-t", *words),
                              stdin=subprocess.DEVNULL, capture_output=True)
        said = done.stderr.decode("latin-1").replace(
            harness.world.inside(gate.conf), "FILE")
        for name, value in self.names.items():
            said = said.replace(value, name)
        return [line.removeprefix("smtpgate: ")
                for line in said.splitlines()], done.returncode

    def filled(self, value):
        if isinstance(value, dict):
            return {key: self.filled(v) for key, v in value.items()}
        if isinstance(value, str):
            for name, real in self.names.items():
                value = value.replace(name, real)
        return value

    def setUp(self):
        harness.needs_table()
        if os.geteuid() != 0:
            self.skipTest("only root can become the gate's user")
        self.relay = Backend().__enter__()
        self.addCleanup(self.relay.__exit__, None, None, None)
        self.backend = Backend(**REFUSES_FAR).__enter__()
        self.addCleanup(self.backend.__exit__, None, None, None)
        directory = harness.world.path("mistakes")
        make_files(directory)
        self.names = {"DIR": harness.world.inside(directory),
                      "BACKEND": self.backend.endpoint,
                      "RELAY": self.relay.endpoint}

    def test_each_mistake_is_said_with_its_cure(self):
        self.assertGreaterEqual(len(mistakes.ROWS), 60)
        for title, change, status, *lines in mistakes.ROWS:
            with self.subTest(title):
                self.assertEqual(self.said(change), (lines, status))
