# SPDX-License-Identifier: ISC
"""bind_sender, and domains that a file or the backend knows."""

import os
import unittest

import harness
from addresses import JOE4, STRANGER4, fresh4
from harness import Gate, Log
from scripted import Backend


def not_yours(address):
    return (f"550 5.7.1 Relaying denied for {address}: no user who may send as "
            "this sender has checked mail (POP) from there")


class Sender(unittest.TestCase):
    def setUp(self):
        harness.needs_table()
        self.backend = Backend()
        self.backend.__enter__()
        self.addCleanup(self.backend.__exit__)
        self.joe = fresh4()
        harness.world.popauthctl("grant", self.joe, "joe")

    def gate(self, **options):
        return Gate(**{"backend": self.backend.endpoint,
                       "backend_relay": None, "bind_sender": "yes",
                       "local_domains": "example.org",
                       "table": harness.world.table(), **options})

    def relays(self, client, sender, reply=None):
        client.ask(f"MAIL FROM:{sender}", 250)
        client.say(b"RCPT TO:<x@far.example>\r\n")
        client.expect(reply or "250 2.1.5 Ok")
        client.ask("RCPT TO:<joe@example.org>", 250)
        client.ask("RSET", 250)

    def test_a_grant_is_good_for_its_users_own_sender_alone(self):
        with self.gate().client(self.joe) as client:
            client.hello()
            for sender in ("<joe@example.org>", "<JOE@Example.Org>"):
                with self.subTest(sender):
                    self.relays(client, sender)
            for sender in ("<mary@example.org>", "<joe@far.example>", "<>",
                           "<joe%x@example.org>", '<"joe"@example.org>',
                           "<joe@sub.example.org>"):
                with self.subTest(sender):
                    self.relays(client, sender, not_yours(self.joe))
            client.quit()

    def test_each_of_many_users_at_one_address_has_an_own_sender(self):
        harness.world.popauthctl("grant", self.joe, "mary")
        log = Log() if harness.settings.log else None
        with self.gate().client(self.joe) as client:
            client.hello()
            self.relays(client, "<mary@example.org>")
            self.relays(client, "<joe@example.org>")
            self.relays(client, "<eve@example.org>", not_yours(self.joe))
            client.quit()
        if log is not None:
            log.wait(client, r"rcpt client=\S+ \S+ \S+ user=mary via=grant age_s=\d+ "
                             r"from=<mary@example\.org> .* result=permit .*")
            log.wait(client, r"rcpt client=\S+ \S+ \S+ user=- via=none from=<eve@"
                             r"example\.org> .* result=deny reason=sender .*")

    def test_a_file_lists_more_senders_of_a_user(self):
        path = harness.world.path("senders")
        with open(path, "w") as file:
            file.write("# senders\ninfo@example.org mary, joe\n"
                       "@club.example joe\n@all.example mary\n"
                       "boss@example.org mary\n")
        with self.gate(sender_map=harness.world.inside(path)).client(
                self.joe) as client:
            client.hello()
            for sender in ("<info@example.org>", "<Info@Example.Org>",
                           "<any.body@club.example>"):
                self.relays(client, sender)
            for sender in ("<boss@example.org>", "<x@all.example>",
                           "<x@sub.club.example>", "<info@example.net>"):
                self.relays(client, sender, not_yours(self.joe))
            client.quit()

    def test_while_a_file_is_being_rewritten_a_refusal_is_temporary(self):
        path = harness.world.path("rewritten")
        with open(path, "w") as file:
            file.write("# being written\n")
        with self.gate(sender_map=harness.world.inside(path)).client(
                self.joe) as client:
            client.hello()
            self.relays(client, "<joe@example.org>")
            client.ask("MAIL FROM:<info@example.org>", 250)
            client.ask("RCPT TO:<x@far.example>", 451)
            client.quit()

    def test_a_sender_of_an_international_domain_is_one_in_all_spellings(self):
        path = harness.world.path("senders")
        with open(path, "w", encoding="utf-8") as file:
            file.write("info@b\u00fccher.example joe\n"
                       "@xn--mnchen-3ya.example joe\n")
        with self.gate(local_domains="xn--kln-sna.example",
                       sender_map=harness.world.inside(path)).client(
                self.joe) as client:
            client.hello()
            for sender, code in (
                    ("info@B\u00dcCHER.example", 250),
                    ("info@xn--bcher-kva.example", 250),
                    ("any@m\u00fcnchen.example", 250),
                    ("joe@k\u00f6ln.example", 250),
                    ("eve@k\u00f6ln.example", 550),
                    ("boss@b\u00fccher.example", 550),
                    ("info@b\u03cbcher.example", 550)):
                with self.subTest(sender):
                    client.ask(f"MAIL FROM:<{sender}> SMTPUTF8", 250)
                    client.ask("RCPT TO:<x@far.example>", code)
                    client.ask("RSET", 250)
            client.quit()

    def test_a_grant_that_ends_is_lost_although_a_neighbours_lives(self):
        harness.world.popauthctl("grant", self.joe, "mary")
        with self.gate().client(self.joe) as client:
            client.hello()
            client.ask("MAIL FROM:<joe@example.org>", 250)
            client.ask("RCPT TO:<x@far.example>", 250)
            harness.world.popauthctl("revoke", self.joe, "joe")
            client.ask("RCPT TO:<y@far.example>", 550)
            client.quit()

    def test_listed_networks_are_not_bound(self):
        with self.gate(relay_networks="203.0.113.0/24").client(
                JOE4) as client:
            client.hello()
            self.relays(client, "<anybody@far.example>")
            client.quit()

    def test_without_bind_sender_any_sender_may_be_used(self):
        with self.gate(bind_sender="no").client(self.joe) as client:
            client.hello()
            self.relays(client, "<anybody@far.example>")
            client.quit()


class Domains(unittest.TestCase):
    def setUp(self):
        harness.needs_addresses()

    def begin(self, gate, mail=""):
        client = gate.client(STRANGER4)
        client.hello()
        client.ask(f"MAIL FROM:<a@b.example>{mail}", 250)
        return client

    def test_a_file_lists_more_domains(self):
        path = harness.world.path("domains")
        with open(path, "w") as file:
            file.write("two.example\n.sub.two.example # and below\n")
        with Backend() as backend:
            gate = Gate(backend=backend.endpoint, backend_relay=None,
                        local_domains="example.org",
                        local_domains_file=harness.world.inside(path))
            with self.begin(gate) as client:
                for domain in ("example.org", "two.example",
                               "x.sub.two.example"):
                    client.ask(f"RCPT TO:<joe@{domain}>", 250)
                client.ask("RCPT TO:<joe@sub.two.example>", 451, 550)
                client.quit()

    def test_while_a_file_is_being_rewritten_a_refusal_is_temporary(self):
        path = harness.world.path("rewritten")
        with open(path, "w") as file:
            file.write("two.example\n")
        with Backend() as backend:
            gate = Gate(backend=backend.endpoint, backend_relay=None,
                        local_domains="example.org",
                        local_domains_file=harness.world.inside(path))
            with self.begin(gate) as client:
                for text, code in (("", 451), ("# ours\n", 451),
                                   ("two.example\n", 250)):
                    with open(path, "w") as file:
                        file.write(text)
                    client.ask("RCPT TO:<joe@example.org>", 250)
                    client.ask("RCPT TO:<joe@two.example>", code)
                client.quit()

    def test_a_missing_file_is_a_mistake_of_the_configuration(self):
        with Gate(local_domains_file="/nonexistent/domains").client(
                STRANGER4) as client:
            client.exit_code = os.EX_CONFIG
            client.expect_code(421)
            client.expect_end()

    def test_an_address_is_local_where_it_is_listed_however_it_is_spelt(self):
        spelt = {"joe@[192.0.2.25]": "joe@[192.0.2.25]",
                 "postmaster@[192.0.2.25]": "postmaster@[192.0.2.25]",
                 "joe@[IPv6:::ffff:192.0.2.25]": "joe@[192.0.2.25]",
                 "joe@[IPv6:2001:db8::25]": "joe@[IPv6:2001:db8::25]",
                 "joe@[ipv6:2001:0DB8:0:0::25]": "joe@[IPv6:2001:db8::25]"}
        refused = ("joe@[192.0.2.26]", "joe@[127.0.0.1]",
                   "joe@[IPv6:2001:db8::26]", "joe@[IPv6:::1]",
                   "x%far.example@[192.0.2.25]", "far.example!x@[192.0.2.25]",
                   '"x@far.example"@[192.0.2.25]',
                   "@example.org:joe@[192.0.2.25]")
        malformed = ("joe@192.0.2.25]", "joe@[192.0.2.25", "joe@[192.0.2.025]",
                     "joe@[192.0.2.25].", "joe@[192.0.2.25].example.org",
                     "joe@[2001:db8::25]", "joe@[IPv6:192.0.2.25]",
                     "joe@[192.0.2.25]@far.example", "joe@[3221226009]",
                     "joe@[0xc0000219]", "joe@[192.0.2.25][192.0.2.26]",
                     "@[192.0.2.25]:x@far.example")
        path = harness.world.path("literals")
        with open(path, "w") as file:
            file.write("[ipv6:2001:DB8::0025]\n")
        with Backend() as backend:
            gate = Gate(backend=backend.endpoint, backend_relay=None,
                        local_domains="example.org, [192.0.2.25]",
                        local_domains_file=harness.world.inside(path),
                        max_errors="100")
            with self.begin(gate) as client:
                for address in spelt:
                    client.ask(f"RCPT TO:<{address}>", 250)
                for address in refused:
                    client.ask(f"RCPT TO:<{address}>", 451, 550)
                for address in malformed:
                    client.ask(f"RCPT TO:<{address}>", 501)
                client.in_step()
                client.quit()
        self.assertEqual(
            [x for x in backend.commands() if x.startswith("RCPT")],
            [f"RCPT TO:<{x}>" for x in spelt.values()])

    def test_the_real_mta_accepts_mail_for_its_own_address(self):
        harness.needs_relay()
        mailbox, mark = harness.Mailbox(), harness.marker()
        domains = f"{harness.settings.domain}, [127.0.0.1]"
        with Gate(local_domains=domains).client(STRANGER4) as client:
            client.hello()
            client.ask("MAIL FROM:<a@b.example>", 250)
            user = harness.settings.user
            client.ask(f"RCPT TO:<{user}@[127.0.0.2]>", 451, 550)
            client.say(f"RCPT TO:<{user}@[127.0.0.1]>\r\n".encode())
            if not client.reply()[0].startswith("250"):
                client.quit()
                self.skipTest("the MTA has no mail for its own address")
            client.ask("DATA", 354)
            client.ask(f"Subject: {mark}\r\n\r\nx\r\n.", 250)
            client.quit()
        mailbox.wait(mark)

    def test_an_international_domain_is_one_in_all_its_spellings(self):
        path = harness.world.path("domains")
        with open(path, "w", encoding="utf-8") as file:
            file.write("M\u00fcnchen.example\n")
        with Backend() as backend:
            gate = Gate(backend=backend.endpoint, backend_relay=None,
                        local_domains="xn--bcher-kva.example",
                        local_domains_file=harness.world.inside(path))
            with self.begin(gate, " SMTPUTF8") as client:
                for domain in ("xn--bcher-kva.example",
                               "XN--BCHER-KVA.example", "b\u00fccher.example",
                               "B\u00dcCHER.Example", "bu\u0308cher.example"):
                    client.ask(f"RCPT TO:<joe@{domain}>", 250)
                client.ask("RCPT TO:<joe@m\u00fcnchen.example>", 250)
                # it looks alike; and another program may see "@" or "."
                for domain in ("bucher.example", "b\u03cbcher.example",
                               "x\uff20xn--bcher-kva.example",
                               "xn--bcher-kva.example\uff0ffar"):
                    client.ask(f"RCPT TO:<joe@{domain}>", 451, 550)
                client.quit()
            # The backend gets the name that was judged.
            self.assertEqual(
                [x for x in backend.commands() if x.startswith("RCPT")],
                ["RCPT TO:<joe@xn--bcher-kva.example>"] * 5 +
                ["RCPT TO:<joe@xn--mnchen-3ya.example>"])

    def test_the_backend_may_decide_and_its_refusal_is_passed_on(self):
        for code, codes in ((b"250 2.1.5 Ok", (250,)),
                            (b"554 5.7.1 no relay", (554,)),
                            (b"554 5.7.1 <x>: Relay access denied", (451,)),
                            (b"454 4.7.1 <x>: Relay access denied", (454,)),
                            (b"550 5.1.1 <x>: User unknown", (550,)),
                            (b"454 4.7.1 Greylisted", (454,)),
                            (b"450 4.2.0 Greylisted", (450,))):
            with self.subTest(code), Backend(
                    RCPT=code + b"\r\n") as backend, Backend() as relay:
                gate = Gate(backend=backend.endpoint,
                            backend_relay=relay.endpoint,
                            local_domains="backend")
                with self.begin(gate) as client:
                    client.ask("RCPT TO:<x@any.example>", *codes)
                    client.ask("RCPT TO:<x%y@any.example>", 451, 550)
                    client.quit()
                self.assertEqual(relay.connections, [])

    def test_the_real_mta_knows_its_domains_and_the_log_its_replies(self):
        """The gate has its own words for a refusal of relaying; OpenSMTPD
        gives none for it."""
        harness.needs_relay()
        harness.needs_table()
        user = f"{harness.settings.user}@{harness.settings.domain}"
        nobody = f"no-such-user@{harness.settings.domain}"
        gate = Gate(local_domains="backend", table=harness.world.table())
        log = Log()
        with self.begin(gate) as client:
            client.ask(f"RCPT TO:<{user}>", 250)
            far = self.answer(client, "x@far.example")
            unknown = self.answer(client, nobody)
            client.quit()
        if far == "550 Invalid recipient: <x@far.example>":
            reason = "unknown-recipient"
        else:
            reason = "foreign-domain"
            self.assertEqual(
                far, f"550 5.7.1 Relaying denied for {STRANGER4}: check your "
                "mail (POP) first, then send within 15m")
        self.logged(log, client, user, "permit reason=asked-backend code=250")
        self.logged(log, client, "x@far.example",
                    rf"deny reason={reason}( right=no-login)? code=550")
        if unknown.startswith("250 "):
            self.logged(log, client, nobody,
                        "permit reason=asked-backend code=250")
        else:
            self.logged(log, client, nobody,
                        "deny reason=unknown-recipient code=550 reply=")
            self.assertIn(unknown[4:20], self.line)
        log.wait(client, r"disconnect .* permits=(1 denies=2|2 denies=1) "
                         "defers=0 .*")

    def answer(self, client, address):
        client.say(f"RCPT TO:<{address}>\r\n".encode())
        return client.reply()[0]

    def logged(self, log, client, address, result):
        self.line = log.wait(
            client, rf"rcpt client={STRANGER4} .* user=- via=backend .*"
            rf"to=<{address}> result={result}.*")
