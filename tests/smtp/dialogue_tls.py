# SPDX-License-Identifier: ISC
"""STARTTLS and implicit TLS, and services for users only."""

import re
import socket
import ssl
import unittest

import harness
from addresses import JOE4, STRANGER4
from dialogue_identity import v2
from dialogue_listen import Listener
from harness import HOST, Gate, Log
from scripted import Backend

OK = "250 2.0.0 Ok"
BEGIN = "220 2.0.0 Begin TLS"
FIRST = "530 5.7.0 Send STARTTLS first"


def gate(service=None, policy=None, names=(HOST,), **options):
    certificates = ", ".join(harness.world.certificate(n) for n in names)
    return Gate(service=service, policy=policy,
                tls_certificates=certificates or None, **options)


class Tls(unittest.TestCase):
    def test_starttls_is_offered_until_tls_is_active(self):
        with Backend() as backend:
            with gate(backend=backend.endpoint,
                      backend_relay=None).client() as client:
                client.expect(f"220 {HOST} ESMTP")
                client.say(b"EHLO client.example\r\n")
                self.assertIn("250 STARTTLS", client.reply())
                client.say(b"STARTTLS\r\n")
                client.expect(BEGIN)
                client.start_tls()
                client.say(b"EHLO client.example\r\n")
                self.assertNotIn("STARTTLS", " ".join(client.reply()))
                client.say(b"STARTTLS\r\n")
                client.expect("503 5.5.1 TLS already active")
                client.in_step()
                client.quit()

    def test_without_a_certificate_there_is_no_starttls(self):
        with gate(names=()).client() as client:
            self.assertNotIn("STARTTLS", client.hello())
            client.say(b"STARTTLS\r\n")
            client.expect("502 5.5.1 Command not implemented")
            client.quit()

    def test_commands_pipelined_after_starttls_are_discarded(self):
        log = Log()
        with gate().client() as client:
            client.hello()
            client.say(b"STARTTLS\r\nVRFY injected\r\nRSET\r\n")
            client.expect(BEGIN)
            client.start_tls()
            client.in_step()
            client.quit()
        log.wait(client, r"disconnect .* commands=4 .*")

    def test_starttls_forgets_ehlo(self):
        with gate().client() as client:
            client.hello()
            client.ask("STARTTLS", 220)
            client.start_tls()
            client.say(b"MAIL FROM:<joe@example.org>\r\n")
            client.expect("503 5.5.1 Send EHLO or HELO first")
            client.quit()

    def test_starttls_with_an_argument_or_in_a_transaction_is_refused(self):
        with gate().client() as client:
            client.hello()
            client.say(b"STARTTLS now\r\n")
            client.expect("501 5.5.4 This command takes no argument")
            client.ask("MAIL FROM:<joe@example.org>", 250)
            client.ask("STARTTLS", 503)
            client.ask("RSET", 250)
            client.ask("STARTTLS", 220)
            client.start_tls()
            client.quit()

    def test_a_failed_handshake_ends_the_session_and_is_logged(self):
        log = Log()
        with gate().client() as client:
            client.hello()
            client.ask("STARTTLS", 220)
            client.say(b"MAIL FROM:<joe@example.org>\r\n")
            while client._more():
                pass
        log.wait(client, r"tls client=\S+ \S+ \S+ msg=.*")
        log.wait(client, r"disconnect .*reason=tls .*")

    def test_the_version_and_cipher_are_in_the_log(self):
        log = Log()
        with gate().client() as client:
            client.hello()
            client.ask("STARTTLS", 220)
            client.start_tls()
            client.quit()
        log.wait(client, r"tls client=\S+ \S+ \S+ version=TLSv1\.3 cipher=TLS_\S+")

    def test_tls_1_2_is_spoken_and_1_1_is_not(self):
        with gate().client() as client:
            client.hello()
            client.ask("STARTTLS", 220)
            client.start_tls(maximum_version=ssl.TLSVersion.TLSv1_2)
            self.assertEqual(client.sock.version(), "TLSv1.2")
            client.quit()
        with gate().client() as client:
            client.hello()
            client.ask("STARTTLS", 220)
            with self.assertRaises((ssl.SSLError, ConnectionResetError)):
                client.start_tls(minimum_version=ssl.TLSVersion.TLSv1,
                                 maximum_version=ssl.TLSVersion.TLSv1_1)

    def test_the_servers_name_in_the_handshake_selects_the_certificate(self):
        both = gate(names=(HOST, "mail.example.net"))
        for asked, shown in ((None, HOST), ("mail.example.net",) * 2,
                             ("else.example.com", HOST)):
            with self.subTest(asked), both.client() as client:
                client.hello()
                client.ask("STARTTLS", 220)
                client.start_tls(server_hostname=asked)
                self.assertIn(shown.encode(), client.sock.getpeercert(True))
                client.quit()

    def test_a_message_goes_through_tls(self):
        mailbox = harness.Mailbox()
        body = b"Subject: tls-message\r\n\r\n" + b"x" * 70 + b"\r\n"
        body += b"line of a message of some size\r\n" * 20000
        with gate().client() as client:
            client.hello()
            client.ask("STARTTLS", 220)
            client.start_tls()
            client.ask("EHLO client.example", 250)
            client.ask("MAIL FROM:<ann@example.net>", 250)
            client.ask(f"RCPT TO:<{harness.settings.user}@"
                       f"{harness.settings.domain}>", 250)
            client.ask("DATA", 354)
            client.say(body + b".\r\n")
            client.expect_code(250)
            client.quit()
        message = mailbox.wait("tls-message")[0]
        self.assertEqual(message.count(b"line of a message"), 20000)


    def test_another_protocol_within_tls_ends_the_session(self):
        for service in (None, "submissions"):
            with self.subTest(service), gate(service).client() as client:
                if service is None:
                    client.hello()
                    client.ask("STARTTLS", 220)
                client.start_tls()
                if service is not None:
                    client.expect(f"220 {HOST} ESMTP")
                client.say(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                client.expect_code(421)
                client.expect_end()


class Services(unittest.TestCase):
    def test_submission_requires_tls_first(self):
        with gate("submission").client() as client:
            client.hello()
            for line in (b"MAIL FROM:<joe@example.org>", b"RSET", b"VRFY joe",
                         b"DATA"):
                client.say(line + b"\r\n")
                client.expect(FIRST)
            client.ask("NOOP", 250)
            client.ask("STARTTLS", 220)
            client.start_tls()
            client.ask("EHLO client.example", 250)
            client.ask("MAIL FROM:<joe@example.org>", 250)
            client.quit()

    def test_submissions_speaks_tls_from_the_first_byte(self):
        with gate("submissions").client() as client:
            client.start_tls()
            client.hello()
            client.ask("STARTTLS", 503)
            client.quit()

    def test_a_service_for_users_refuses_mail_of_strangers(self):
        harness.needs_table()
        with gate("submission", {"tls": "none"}, names=(),
                  table=harness.world.table()).client() as client:
            client.hello()
            client.ask("MAIL FROM:<joe@example.org>", 250)
            client.say(b"RCPT TO:<joe@example.org>\r\n")
            client.expect(
                f"550 5.7.1 Only users may send here: {harness.STRANGER4} "
                "must check mail (POP) first, then send within 15m, or log in")
            client.quit()

    def test_a_service_that_requires_tls_needs_a_certificate(self):
        with Gate(service="submissions").client() as client:
            client.exit_code = 78
            client.expect("421 4.3.5 The server is misconfigured; "
                          "try again later")
            client.expect_end()


def headers(client):
    """One of each kind."""
    return (f"PROXY TCP4 {client} 192.0.2.25 4000 465\r\n".encode(),
            v2(client), v2(client, tlv=b"\x04\0\x04pads" * 80))


class BehindBalancer(unittest.TestCase):
    """A header and the beginning of the handshake in one segment."""

    def served(self, client, header):
        client.sock.send(header, socket.MSG_MORE)
        client.start_tls()
        client.hello()
        client.quit()

    def test_a_hello_in_the_segment_of_the_header_begins_tls(self):
        harness.needs_addresses()
        behind = gate("submissions", proxy_from=STRANGER4)
        log = Log()
        for header in headers(JOE4):
            with self.subTest(header[:16]):
                for _ in range(3):
                    with behind.client(STRANGER4) as client:
                        self.served(client, header)
                log.wait(client, rf"tls client={JOE4} \S+ \S+ version=.*")

    def test_a_listener_serves_it_too(self):
        certificate = harness.world.certificate(HOST)
        with Listener(policy={"tls": "implicit"}, proxy_from="127.0.0.9",
                      tls_certificates=certificate) as listener:
            for header in headers("203.0.113.9"):
                for _ in range(25):
                    with listener.client("127.0.0.9") as client:
                        self.served(client, header)
            self.assertEqual(len(re.findall(
                r"tls client=203\.0\.113\.9 \S+ \S+ version=",
                listener.lines())), 75)

    def test_a_header_and_hello_may_arrive_in_any_two_pieces(self):
        certificate = harness.world.certificate(HOST)
        with Listener(policy={"tls": "implicit"}, proxy_from="127.0.0.9",
                      tls_certificates=certificate) as listener:
            header = v2("203.0.113.9")
            for at in range(1, len(header)):
                with self.subTest(at), listener.client("127.0.0.9") as client:
                    client.sock.setsockopt(socket.IPPROTO_TCP,
                                           socket.TCP_NODELAY, 1)
                    client.say(header[:at])
                    self.served(client, header[at:])
