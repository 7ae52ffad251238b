# SPDX-License-Identifier: ISC
"""SMTP AUTH (RFC 4954), and the rights that a login gives."""

import base64
import ipaddress
import unittest

import harness
from addresses import STRANGER4
from checkers import (BUSY, DENIED, OK, READY, SILENCE, TOO_MANY, UNAVAILABLE,
                      Dovecot, Pam, answer)
from harness import HOST, Gate, Log
from scripted import Backend

LOGGED_IN = "235 2.7.0 Logged in"
WRONG = "535 5.7.8 Wrong user name or password"
NOT_NOW = "454 4.7.0 Cannot check passwords now; try again later"
MALFORMED = "501 5.5.2 Invalid base64, or invalid data for this mechanism"
CANCELLED = "501 5.7.0 Cancelled"
TOO_LONG = "500 5.5.6 The line is too long"
NO_MECHANISM = "504 5.5.4 Mechanism not supported; use one that EHLO lists"
NEEDS_EHLO = "503 5.5.1 Send EHLO first"
NEEDS_TLS = "538 5.7.11 Send STARTTLS first; passwords need TLS"
TWICE = "503 5.5.1 Already logged in"
NESTED = "503 5.5.1 A message has already begun; send RSET to begin again"
CLOSING = f"421 4.7.0 {HOST} Too many failed logins; try again later"
UNKNOWN = "502 5.5.1 Command not implemented"


def b64(text):
    return base64.b64encode(text.encode()).decode()


def plain(user="joe", password="secret", actor=""):
    return b64(f"{actor}\0{user}\0{password}")


class Base(unittest.TestCase):
    def setUp(self):
        harness.needs_addresses()
        self.backend = Backend()
        self.backend.__enter__()
        self.addCleanup(self.backend.__exit__)

    def server(self, server):
        server.__enter__()
        self.addCleanup(server.__exit__)
        return server

    def gate(self, server=None, offer="yes", **options):
        defaults = {"backend": self.backend.endpoint, "backend_relay": None,
                    "max_errors": "1000", "max_auth_tries": "100"}
        defaults.update(server.options() if server is not None else {})
        defaults.update(options)
        sections = {}
        if isinstance(server, Pam):
            sections["smtpgate-auth"] = server.auth_server()
        return Gate(policy={"offer_auth": offer}, sections=sections,
                    **defaults)

    def say(self, client, line, *replies):
        client.say(line.encode() + b"\r\n")
        client.expect(*replies)

    def backend_lines(self, verb):
        return [x for x in self.backend.commands() if x.startswith(verb)]


class Auth(Base):
    """With smtpgate-auth's stand-in."""

    def client(self, *answers, address=STRANGER4, **options):
        self.pam = self.server(Pam(answers=answers))
        client = self.gate(self.pam, **options).client(address)
        client.hello()
        return client

    def test_plain_with_an_initial_response(self):
        log = Log() if harness.settings.log else None
        with self.client() as client:
            self.say(client, f"AUTH PLAIN {plain()}", LOGGED_IN)
            client.quit()
        request, = self.pam.requests
        self.assertEqual((request.user, request.password), ("joe", "secret"))
        self.assertEqual(request.client.ipv4_mapped,
                         ipaddress.IPv4Address(STRANGER4))
        self.assertEqual(request.flags, 1)
        if log:
            # smtpgate-auth logs this session too
            log.wait(client, rf"auth client={STRANGER4} "
                             rf"session={request.session} service=smtp "
                             "user=joe mechanism=PLAIN tls=no result=ok")

    def test_plain_without_one(self):
        with self.client() as client:
            self.say(client, "AUTH PLAIN", "334 ")
            self.say(client, plain(), LOGGED_IN)
            client.quit()

    def test_an_empty_initial_response_is_an_equals_sign(self):
        with self.client() as client:
            self.say(client, "AUTH PLAIN =", MALFORMED)
            client.in_step()
            client.quit()

    def test_login_asks_for_user_and_password(self):
        with self.client() as client:
            self.say(client, "auth login", "334 VXNlcm5hbWU6")
            self.say(client, b64("joe"), "334 UGFzc3dvcmQ6")
            self.say(client, b64("secret"), LOGGED_IN)
            client.quit()

    def test_login_may_bring_the_user_at_once(self):
        with self.client() as client:
            self.say(client, f"AUTH LOGIN {b64('joe')}", "334 UGFzc3dvcmQ6")
            self.say(client, b64("secret"), LOGGED_IN)
            client.quit()

    def test_ehlo_offers_auth_until_the_client_is_logged_in(self):
        with self.client() as client:
            client.say(b"EHLO client.example\r\n")
            self.assertIn("250 AUTH PLAIN LOGIN", client.reply())
            self.say(client, f"AUTH PLAIN {plain()}", LOGGED_IN)
            client.say(b"EHLO client.example\r\n")
            self.assertNotIn("AUTH", " ".join(client.reply()))
            self.say(client, f"AUTH PLAIN {plain()}", TWICE)
            client.in_step()
            client.quit()

    def test_a_wrong_and_an_impossible_password_are_refused_alike(self):
        log = Log() if harness.settings.log else None
        with self.client() as client:
            for response in (plain(password="Xsecret"), plain(user="mary"),
                             plain(user="../joe"), plain(user="j oe"),
                             plain(user=""), plain(password=""),
                             plain(actor="mary"), plain(user="x" * 256),
                             plain(password="x" * 512)):
                with self.subTest(response):
                    self.say(client, f"AUTH PLAIN {response}", WRONG)
            self.say(client, "AUTH LOGIN", "334 VXNlcm5hbWU6")
            self.say(client, b64("../joe"), "334 UGFzc3dvcmQ6")
            self.say(client, b64("secret"), WRONG)
            client.in_step()
            client.quit()
        self.assertEqual(len(self.pam.requests), 2)
        if log:
            log.wait(client, r"auth client=\S+ \S+ \S+ user=joe mechanism=PLAIN tls=no "
                             r"result=denied")
            self.assertNotIn("Xsecret", " ".join(log.lines(client)))

    def test_an_authorization_identity_may_be_the_user(self):
        with self.client() as client:
            self.say(client, f"AUTH PLAIN {plain(actor='joe')}", LOGGED_IN)
            client.quit()

    def test_a_response_that_is_not_strictly_base64_is_malformed(self):
        with self.client() as client:
            for response in ("%", "AGpvZQBzZWNyZX", plain() + " x",
                             "AGpvZQB=cw==", "Zh==", "AGpvZQ\tzZWNyZXQ=",
                             b64("joe"), b64("\0joe"), b64("\0joe\0a\0b")):
                with self.subTest(response):
                    self.say(client, f"AUTH PLAIN {response}", MALFORMED)
            self.say(client, "AUTH PLAIN", "334 ")
            client.say(b"AGpv\xe9\r\n")
            client.expect(MALFORMED)
            self.say(client, "AUTH LOGIN", "334 VXNlcm5hbWU6")
            self.say(client, "MAIL FROM:<a@b.example>", MALFORMED)
            client.in_step()
            client.quit()
        self.assertEqual(self.pam.requests, [])

    def test_an_asterisk_cancels(self):
        with self.client() as client:
            self.say(client, "AUTH PLAIN", "334 ")
            self.say(client, "*", CANCELLED)
            self.say(client, "AUTH LOGIN", "334 VXNlcm5hbWU6")
            self.say(client, b64("joe"), "334 UGFzc3dvcmQ6")
            self.say(client, "*", CANCELLED)
            client.in_step()
            client.quit()
        self.assertEqual(self.pam.requests, [])

    def test_a_line_has_12288_octets_at_most(self):
        with self.client() as client:
            begin = "AUTH PLAIN "
            # the longest that is base64: it is read, but no user can have it
            room = (12288 - 2 - len(begin)) // 4 * 4
            text = b64("\0joe\0" + "x" * (room // 4 * 3 - 5))
            self.assertEqual(len(text), room)
            self.say(client, begin + text, WRONG)
            self.say(client, begin + "A" * (12288 - 1 - len(begin)),
                     "500 5.5.2 The line is too long")
            self.say(client, "AUTH PLAIN", "334 ")
            self.say(client, "A" * 12287, TOO_LONG)
            self.say(client, "AUTH PLAIN", "334 ")
            self.say(client, "A" * 100000, TOO_LONG)
            client.in_step()
            client.quit()

    def test_other_mechanisms_are_not_offered(self):
        with self.client() as client:
            for name in ("CRAM-MD5", "PLAIN2", "PLAI", "X" * 300, "LOGIN,PLAIN"):
                with self.subTest(name):
                    self.say(client, f"AUTH {name}", NO_MECHANISM)
            self.say(client, "AUTH",
                     "501 5.5.4 This command needs an argument")
            client.quit()

    def test_before_ehlo_and_in_a_transaction_it_is_503(self):
        with self.gate(self.server(Pam())).client() as client:
            client.expect(f"220 {HOST} ESMTP")
            self.say(client, f"AUTH PLAIN {plain()}", NEEDS_EHLO)
            client.ask("HELO client.example", 250)
            self.say(client, f"AUTH PLAIN {plain()}", NEEDS_EHLO)
            client.ask("EHLO client.example", 250)
            client.ask("MAIL FROM:<a@b.example>", 250)
            self.say(client, f"AUTH PLAIN {plain()}", NESTED)
            client.ask("RSET", 250)
            self.say(client, f"AUTH PLAIN {plain()}", LOGGED_IN)
            client.quit()

    def test_without_tls_it_is_for_listed_networks_only(self):
        pam = self.server(Pam())
        gate = self.gate(pam, auth_plain_networks="192.0.2.0/24")
        with gate.client(STRANGER4) as client:
            client.expect(f"220 {HOST} ESMTP")
            client.say(b"EHLO client.example\r\n")
            self.assertNotIn("AUTH", " ".join(client.reply()))
            self.say(client, f"AUTH PLAIN {plain()}", NEEDS_TLS)
            client.quit()
        self.assertEqual(pam.requests, [])

    def test_with_tls_it_is_for_all_clients(self):
        pam = self.server(Pam())
        gate = self.gate(pam, auth_plain_networks=None,
                         tls_certificates=harness.world.certificate(HOST))
        with gate.client(STRANGER4) as client:
            self.assertNotIn("AUTH", client.hello())
            self.say(client, f"AUTH PLAIN {plain()}", NEEDS_TLS)
            client.ask("STARTTLS", 220)
            client.start_tls()
            client.say(b"EHLO client.example\r\n")
            self.assertIn("250 AUTH PLAIN LOGIN", client.reply())
            self.say(client, f"AUTH PLAIN {plain()}", LOGGED_IN)
            client.quit()
        self.assertEqual(pam.requests[0].flags, 3)

    def test_starttls_forgets_the_login(self):
        gate = self.gate(self.server(Pam()),
                         tls_certificates=harness.world.certificate(HOST))
        with gate.client(STRANGER4) as client:
            client.hello()
            self.say(client, f"AUTH PLAIN {plain()}", LOGGED_IN)
            client.ask("STARTTLS", 220)
            client.start_tls()
            client.ask("EHLO client.example", 250)
            client.ask("MAIL FROM:<joe@example.org>", 250)
            client.ask("RCPT TO:<x@far.example>", 451)
            client.quit()

    def test_a_service_without_auth_does_not_know_the_command(self):
        for options in ({"auth": "none"}, {"offer": "no"}):
            with self.subTest(options):
                gate = self.gate(self.server(Pam()), **options)
                with gate.client(STRANGER4) as client:
                    self.assertNotIn("AUTH", client.hello())
                    self.say(client, f"AUTH PLAIN {plain()}", UNKNOWN)
                    client.ask("MAIL FROM:<a@b.example> AUTH=<>", 555)
                    client.quit()

    def test_three_wrong_passwords_end_the_session(self):
        with self.client(max_auth_tries="3") as client:
            for _ in range(2):
                self.say(client, f"AUTH PLAIN {plain(password='x')}", WRONG)
            self.say(client, f"AUTH PLAIN {plain(password='x')}", WRONG,
                     CLOSING)
            client.expect_end()

    def test_too_many_failures_end_the_session(self):
        with self.client(answer(TOO_MANY)) as client:
            self.say(client, f"AUTH PLAIN {plain()}", CLOSING)
            client.expect_end()

    def test_a_checker_that_closes_or_answers_nonsense_is_unavailable(self):
        answers = [answer(UNAVAILABLE), SILENCE, answer(READY), b"", b"\1",
                   b"\1\2joe", answer(DENIED, b"joe"), answer(OK),
                   answer(OK, b"j\0e"), answer(OK, b"j oe"),
                   answer(OK, b"x" * 256), answer(77)]
        with self.client(*answers) as client:
            for said in answers:
                with self.subTest(said):
                    self.say(client, f"AUTH PLAIN {plain()}", NOT_NOW)
            # and none of them logged the client in
            client.ask("MAIL FROM:<joe@example.org>", 250)
            client.ask("RCPT TO:<x@far.example>", 451)
            client.ask("RSET", 250)
            self.say(client, f"AUTH PLAIN {plain()}", LOGGED_IN)
            client.quit()

    def test_a_checker_that_does_not_run_is_unavailable(self):
        log = Log() if harness.settings.log else None
        pam = Pam()
        with self.gate(pam).client(STRANGER4) as client:
            client.hello()
            self.say(client, f"AUTH PLAIN {plain()}", NOT_NOW)
            client.quit()
        if log:
            log.wait(client, r'auth .* result=unavailable '
                             r'msg="smtpgate-auth is not running; start it"')

    def test_a_busy_checker_is_asked_again(self):
        pam = self.server(Pam(greetings=[answer(BUSY), answer(BUSY)],
                              answers=[answer(BUSY)]))
        with self.gate(pam).client(STRANGER4) as client:
            client.hello()
            self.say(client, f"AUTH PLAIN {plain()}", LOGGED_IN)
            client.quit()
        self.assertEqual(len(pam.requests), 2)

    def test_no_password_is_sent_before_the_checker_is_ready(self):
        pam = self.server(Pam(greetings=[answer(UNAVAILABLE), b"\1\1x",
                                         SILENCE]))
        with self.gate(pam).client(STRANGER4) as client:
            client.hello()
            for _ in range(3):
                self.say(client, f"AUTH PLAIN {plain()}", NOT_NOW)
            client.quit()
        self.assertEqual(pam.requests, [])

    def test_a_client_that_leaves_or_stalls_in_the_middle(self):
        with self.client() as client:
            self.say(client, "AUTH PLAIN", "334 ")
        with self.client(command_timeout="1s") as client:
            self.say(client, "AUTH PLAIN",
                     "334 ", f"421 4.4.2 {HOST} Timeout: nothing received for "
                     "too long")
            client.expect_end()


class Login(Base):
    """The rights that a login gives."""

    def client(self, **options):
        self.pam = self.server(Pam())
        client = self.gate(self.pam, **options).client(STRANGER4)
        client.hello()
        return client

    def test_a_client_that_is_logged_in_may_relay(self):
        log = Log() if harness.settings.log else None
        with self.client() as client:
            client.ask("MAIL FROM:<joe@example.org>", 250)
            client.ask("RCPT TO:<x@far.example>", 451)
            client.ask("RSET", 250)
            self.say(client, f"AUTH PLAIN {plain()}", LOGGED_IN)
            client.ask("MAIL FROM:<joe@example.org>", 250)
            client.ask("RCPT TO:<x@far.example>", 250)
            client.quit()
        self.assertEqual(self.backend_lines("RCPT"),
                         ["RCPT TO:<x@far.example>"])
        if log:
            log.wait(client, rf"rcpt client={STRANGER4} \S+ \S+ user=joe via=auth .*"
                             r" result=permit .*")

    def test_the_backend_gets_the_login_on_another_connection(self):
        with self.client() as client:
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.ask("RSET", 250)
            self.say(client, f"AUTH PLAIN {plain()}", LOGGED_IN)
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.quit()
        first, second = self.backend_lines("XCLIENT")
        self.assertNotIn("LOGIN", first)
        self.assertTrue(second.endswith(" LOGIN=joe"), second)
        self.assertEqual(len(self.backend.connections), 2)

    def test_without_xclient_received_has_the_keyword(self):
        with self.client(backend_identity="none") as client:
            self.say(client, f"AUTH PLAIN {plain()}", LOGGED_IN)
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.ask("RCPT TO:<x@far.example>", 250)
            client.ask("DATA", 354)
            client.ask("Subject: x\r\n\r\nx\r\n.", 250)
            client.quit()
        body, = self.backend.bodies()
        self.assertIn(b" with ESMTPA\r\n\t(relayed for a login of joe);", body)

    def test_the_parameter_auth_of_mail_is_accepted_and_not_passed_on(self):
        with self.client() as client:
            client.ask("MAIL FROM:<a@b.example> AUTH=joe+40example.org", 250)
            client.ask("RSET", 250)
            client.ask("MAIL FROM:<a@b.example> AUTH=+0A", 501)
            client.quit()
        self.assertEqual(self.backend_lines("MAIL"),
                         ["MAIL FROM:<a@b.example>"])

    def test_with_bind_sender_a_login_is_for_the_users_own_senders(self):
        with self.client(bind_sender="yes") as client:
            self.say(client, f"AUTH PLAIN {plain()}", LOGGED_IN)
            for sender, code in (("joe@example.org", 250),
                                 ("mary@example.org", 550),
                                 ("joe@far.example", 550), ("", 250)):
                with self.subTest(sender):
                    client.ask(f"MAIL FROM:<{sender}>", 250)
                    client.ask("RCPT TO:<x@far.example>", code)
                    client.ask("RSET", 250)
            client.quit()

    def test_the_reply_to_a_denied_recipient_names_pop_and_auth(self):
        table = harness.world.table()
        harness.needs_table()
        with self.gate(self.server(Pam()),
                       table=table).client(STRANGER4) as client:
            client.hello()
            client.ask("MAIL FROM:<a@b.example>", 250)
            self.say(client, "RCPT TO:<x@far.example>",
                     f"550 5.7.1 Relaying denied for {STRANGER4}: check your "
                     "mail (POP) first, then send within 15m, or log in")
            client.quit()


class DovecotAuth(Base):
    """With Dovecot's stand-in."""

    def client(self, *answers, **options):
        self.dovecot = self.server(Dovecot(*answers, **options))
        client = self.gate(self.dovecot).client(STRANGER4)
        client.hello()
        return client

    def commands(self):
        return [x for x in self.dovecot.lines
                if not x.startswith(("VERSION", "CPID"))]

    def test_its_mechanisms_are_offered_except_the_unsupported(self):
        with self.client() as client:
            client.say(b"EHLO client.example\r\n")
            self.assertIn("250 AUTH PLAIN LOGIN SCRAM-SHA-256",
                          client.reply())
            client.quit()
        self.assertEqual(self.dovecot.lines[0], "VERSION\t1\t1\n")
        self.assertRegex(self.dovecot.lines[1], r"^CPID\t[1-9][0-9]*\n$")

    def test_it_gets_the_addresses_and_the_tls_state(self):
        with self.client(b"OK\t%s\tuser=joe\n") as client:
            self.say(client, f"AUTH PLAIN {plain()}", LOGGED_IN)
            client.quit()
        command, = self.commands()
        self.assertRegex(
            command, r"^AUTH\t1\tPLAIN\tservice=smtp\tnologin\tlip=[0-9.]+\t"
                     rf"rip={STRANGER4}\tresp={plain()}\n$")

    def test_challenges_and_responses_are_carried(self):
        with self.client(b"CONT\t%s\tcj1uLHM9cw==\n", b"CONT\t%s\tdj12\n",
                         b"OK\t%s\tuser=joe@example.org\tx=y\n") as client:
            self.say(client, "AUTH SCRAM-SHA-256 biwsbj1qb2U=",
                     "334 cj1uLHM9cw==")
            self.say(client, "Yz1iaXdz", "334 dj12")
            self.say(client, "", LOGGED_IN)
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.quit()
        self.assertEqual([x.split("\t", 2)[2] for x in self.commands()[1:]],
                         ["Yz1iaXdz\n", "\n"])
        self.assertTrue(self.backend_lines("XCLIENT")[-1].endswith(
            " LOGIN=joe@example.org"))

    def test_each_of_its_refusals_has_its_reply(self):
        rows = [(b"FAIL\t%s\tuser=joe\n", WRONG),
                (b"FAIL\t%s\n", WRONG),
                (b"FAIL\t%s\tuser=joe\tauthz\n", WRONG),
                (b"FAIL\t%s\tuser=joe\tuser_disabled\n", WRONG),
                (b"FAIL\t%s\tuser=joe\ttemp\n", NOT_NOW),
                (b"FAIL\t%s\tuser=joe\tcode=temp_fail\n", NOT_NOW)]
        with self.client(*[said for said, _ in rows]) as client:
            for said, reply in rows:
                with self.subTest(said):
                    self.say(client, f"AUTH PLAIN {plain()}", reply)
            client.quit()

    def test_its_lines_about_other_requests_are_ignored(self):
        with self.client(b"OK\t99\tuser=mary\nNOTFOUND\nOK\n"
                         b"OK\t%s\tuser=joe\n") as client:
            self.say(client, f"AUTH PLAIN {plain()}", LOGGED_IN)
            client.quit()

    def test_nonsense_is_no_login_and_the_next_try_connects_again(self):
        nonsense = [SILENCE, b"OK\t%s\n", b"OK\t%s\tuser=\n",
                    b"OK\t%s\tuser=j oe\n", b"OK\t%s\tuser=x\0y\n",
                    b"OK\t%s\tuser=a/b\n", b"MAYBE\t%s\n",
                    b"CONT\t%s\tno base64\n", b"CONT\t%s\t\xff\n",
                    b"X" * 20000 + b"\n"]
        with self.client(*nonsense, b"OK\t%s\tuser=joe\n") as client:
            for said in nonsense:
                with self.subTest(said):
                    self.say(client, f"AUTH PLAIN {plain()}", NOT_NOW)
            self.say(client, f"AUTH PLAIN {plain()}", LOGGED_IN)
            client.quit()

    def test_nothing_but_base64_reaches_it(self):
        with self.client(b"CONT\t%s\t\n", b"OK\t%s\tuser=joe\n") as client:
            for response in ("x\tresp=", "AA==\tmaster", "%"):
                self.say(client, f"AUTH PLAIN {response}", MALFORMED)
            self.say(client, "AUTH PLAIN", "334 ")
            self.say(client, "AGo\tvZQ==", MALFORMED)
            client.in_step()
            client.quit()
        self.assertEqual(len(self.commands()), 1)

    def test_a_cancelled_exchange_is_cancelled_at_dovecot_too(self):
        with self.client(b"CONT\t%s\t\n", b"OK\t%s\tuser=joe\n") as client:
            self.say(client, "AUTH PLAIN", "334 ")
            self.say(client, "*", CANCELLED)
            self.say(client, f"AUTH PLAIN {plain()}", LOGGED_IN)
            client.quit()

    def test_without_dovecot_auth_is_offered_and_unavailable(self):
        dovecot = Dovecot()
        with self.gate(dovecot).client(STRANGER4) as client:
            client.expect(f"220 {HOST} ESMTP")
            client.say(b"EHLO client.example\r\n")
            self.assertIn("250 AUTH PLAIN LOGIN", client.reply())
            self.say(client, f"AUTH PLAIN {plain()}", NOT_NOW)
            client.quit()

    def test_a_wrong_handshake_is_unavailable(self):
        for handshake in (b"", b"VERSION\t2\t0\nMECH\tPLAIN\nDONE\n",
                          b"MECH\tPLAIN\nDONE\n", b"SPID\t1\n" * 200,
                          b"220 mail.example ESMTP\r\n" * 101):
            with self.subTest(handshake):
                with self.client(handshake=handshake + b"\0\n") as client:
                    self.say(client, f"AUTH PLAIN {plain()}", NOT_NOW)
                    client.quit()
