# SPDX-License-Identifier: ISC
"""Which client may send to which recipient."""

import os
import re
import unittest

import harness
from addresses import (JOE4, JOE6, JOE6_LATER, STRANGER4, STRANGER6,
                       fresh4)
from harness import Gate, Log
from scripted import Backend

LOCAL = "example.org"


def denied(address, window="15m"):
    return (f"550 5.7.1 Relaying denied for {address}: check your mail (POP) "
            f"first, then send within {window}")


def revoked(address, window="15m"):
    return (f"550 5.7.1 Relaying denied for {address}: the right to send was "
            "revoked; check your mail (POP) again, then send within "
            f"{window}")


def denied_for_now(address):
    return ("451 4.3.0 Relaying denied for now: cannot check whether "
            f"{address} has checked mail (POP); try again later")


class Relay(unittest.TestCase):
    """With the real MTA where there is one, else with a stand-in that accepts
    everything: each refusal here is the gate's."""

    def setUp(self):
        harness.needs_addresses()
        self.backend = Backend()
        self.backend.__enter__()
        self.addCleanup(self.backend.__exit__)

    def gate(self, **options):
        defaults = {"backend": self.backend.endpoint, "backend_relay": None,
                    "local_domains": "example.org, .sub.example.org",
                    "max_errors": "1000"}
        return Gate(**{**defaults, **options})

    def begin(self, gate, address=STRANGER4):
        client = gate.client(address)
        client.hello()
        client.ask("MAIL FROM:<a@b.example>", 250)
        return client

    def rcpts(self):
        return [x for x in self.backend.commands() if x.startswith("RCPT")]

    def test_a_stranger_may_send_to_local_domains_only(self):
        with self.begin(self.gate(table=self.table())) as client:
            client.ask("RCPT TO:<joe@example.org>", 250)
            client.ask("RCPT TO:<joe@a.sub.example.org>", 250)
            client.ask("RCPT TO:<joe@EXAMPLE.org>", 250)
            client.ask("RCPT TO:<joe@example.org.>", 250)
            client.ask("RCPT TO:<Postmaster>", 250)
            for path in ("<x@far.example>", "<joe@sub.example.org>",
                         "<joe@notexample.org>", "<joe@example.org.far.org>",
                         "<joe@xsub.example.org>", "<joe@[192.0.2.25]>",
                         "<joe@[127.0.0.1]>", "<postmaster@[127.0.0.1]>"):
                with self.subTest(path):
                    client.say(f"RCPT TO:{path}\r\n".encode())
                    client.expect(denied(STRANGER4))
            client.quit()
        self.assertEqual(self.rcpts(), [
            "RCPT TO:<joe@example.org>", "RCPT TO:<joe@a.sub.example.org>",
            "RCPT TO:<joe@example.org>", "RCPT TO:<joe@example.org>",
            "RCPT TO:<Postmaster>"])

    def test_postmaster_without_a_domain_is_local(self):
        """From a stranger: RFC 5321, 4.5.1."""
        harness.needs_mta()
        with self.begin(Gate()) as client:
            client.ask("RCPT TO:<postmaster>", 250)
            client.ask("RSET", 250)
            client.quit()

    def test_a_dangerous_local_part_is_an_attempt_to_relay(self):
        with self.begin(self.gate(table=self.table())) as client:
            for path in ("<x%e.com@example.org>", "<e.com!x@example.org>",
                         '<"x@e.com"@example.org>', '<"x%e"@example.org>',
                         '<"a b"@example.org>', '<"joe"@example.org>',
                         '<"x\\@e"@example.org>', '<"x(e)"@example.org>',
                         "<@example.org:x@e.com>", "<@e.com:joe@example.org>",
                         "<@e.com,@f.com:joe@example.org>"):
                with self.subTest(path):
                    client.say(f"RCPT TO:{path}\r\n".encode())
                    client.expect(denied(STRANGER4))
            for path in ("<x%e.com>", "<e.com!x>"):
                client.ask(f"RCPT TO:{path}", 501)
            client.in_step()
            client.quit()
        self.assertEqual(self.rcpts(), [])

    def test_a_listed_network_may_relay(self):
        gate = self.gate(relay_networks="203.0.113.0/24, 2001:db8:9::/48")
        for address, code in ((JOE4, 250), (JOE6, 250), (STRANGER4, 451),
                              (STRANGER6, 451)):
            with self.subTest(address), self.begin(gate, address) as client:
                client.ask("RCPT TO:<x@far.example>", code)
                client.quit()

    def table(self):
        harness.needs_table()
        return harness.world.table()

    def granted(self, address, user="joe"):
        table = self.table()
        harness.world.popauthctl("grant", address, user)
        return self.gate(table=table)

    def test_a_grant_permits_relaying_until_it_ends(self):
        joe = fresh4()
        gate = self.granted(joe)
        with self.begin(gate, joe) as client:
            client.ask("RCPT TO:<x@far.example>", 250)
            client.quit()
        harness.world.popauthctl("revoke", joe)
        with self.begin(gate, joe) as client:
            client.say(b"RCPT TO:<x@far.example>\r\n")
            client.expect(revoked(joe))
            client.quit()

    def test_a_grant_of_another_address_gives_no_right(self):
        joe = fresh4()
        with self.begin(self.granted(joe), STRANGER4) as client:
            client.say(b"RCPT TO:<x@far.example>\r\n")
            client.expect(denied(STRANGER4))
            client.quit()

    def test_a_refusal_says_why_the_client_has_no_right(self):
        """In the reply and in the log."""
        table, mary, log = self.table(), fresh4(), Log()
        harness.world.popauthctl("grant", mary, "mary")
        harness.world.popauthctl("revoke", mary)
        gate = self.gate(table=table)
        for address, word, reply in (
                (STRANGER4, "no-login", denied(STRANGER4)),
                (mary, "revoked", revoked(mary)),
                ("127.0.0.1", "never-granted",
                 "550 5.7.1 Relaying denied for 127.0.0.1: checking mail (POP) "
                 "does not open this address; ask your postmaster")):
            with self.subTest(word), self.begin(gate, address) as client:
                client.say(b"RCPT TO:<x@far.example>\r\n")
                client.expect(reply)
                client.quit()
                log.wait(client, rf"rcpt client={re.escape(address)} .* "
                                 "result=deny reason=foreign-domain "
                                 rf"right={word} code=550")

    def test_an_ipv6_grant_is_good_for_its_prefix(self):
        gate = self.granted(JOE6)
        with self.begin(gate, JOE6_LATER) as client:
            client.ask("RCPT TO:<x@far.example>", 250)
            client.quit()
        with self.begin(gate, STRANGER6) as client:
            client.say(b"RCPT TO:<x@far.example>\r\n")
            client.expect(denied(STRANGER6))
            client.quit()

    def test_a_granted_client_may_use_routes_and_odd_local_parts(self):
        joe = fresh4()
        with self.begin(self.granted(joe), joe) as client:
            client.ask("RCPT TO:<x%e.com@example.org>", 250)
            client.ask("RCPT TO:<@a.example:x@far.example>", 250)
            client.quit()
        self.assertEqual(self.rcpts(), ["RCPT TO:<x%e.com@example.org>",
                                        "RCPT TO:<x@far.example>"])

    def test_a_grant_that_appears_after_mail_is_good_for_the_next_mail(self):
        joe = fresh4()
        table = self.table()
        with self.begin(self.gate(table=table), joe) as client:
            client.ask("RCPT TO:<x@far.example>", 550)
            harness.world.popauthctl("grant", joe, "joe")
            client.ask("RCPT TO:<x@far.example>", 550)
            client.ask("RSET", 250)
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.ask("RCPT TO:<x@far.example>", 250)
            client.quit()
        # another right needs another connection
        self.assertEqual(len(self.backend.connections), 2)

    def test_a_grant_that_ends_after_mail_is_lost_at_the_next_rcpt(self):
        joe = fresh4()
        gate = self.granted(joe)
        log = Log() if harness.settings.log else None
        with self.begin(gate, joe) as client:
            client.ask("RCPT TO:<x@far.example>", 250)
            harness.world.popauthctl("revoke", joe)
            client.say(b"RCPT TO:<y@far.example>\r\n")
            client.expect(revoked(joe))
            harness.world.popauthctl("grant", joe, "joe")
            client.say(b"RCPT TO:<z@far.example>\r\n")
            client.expect(revoked(joe))
            client.ask("RCPT TO:<joe@example.org>", 250)
            # one recipient was accepted while the right held
            client.ask("DATA", 354)
            client.ask("Subject: t\r\n\r\nt\r\n.", 250)
            client.quit()
        if log:
            # the right of the first recipient
            log.wait(client, r"message client=\S+ \S+ \S+ user=joe via=grant age_s=\d+"
                             r" from=\S+ recipients=2 .*")

    def test_a_grant_that_changes_its_user_is_not_the_one_of_mail(self):
        joe = fresh4()
        gate = self.granted(joe)
        with self.begin(gate, joe) as client:
            client.ask("RCPT TO:<x@far.example>", 250)
            harness.world.popauthctl("grant", joe, "mary")
            client.ask("RCPT TO:<x@far.example>", 250)
            harness.world.popauthctl("revoke", joe, "joe")
            client.say(b"RCPT TO:<y@far.example>\r\n")
            client.expect(denied(joe))
            client.quit()

    def test_an_unreadable_table_denies_for_now_and_local_mail_goes_on(self):
        path = harness.world.path("bad-table")
        good = self.table()
        with open(os.path.join(harness.world.root, good.lstrip("/")),
                  "rb") as file:
            real = file.read()
        cases = {
            "missing": None, "empty": b"", "short": real[:4096],
            "cut": real[:100], "zero": bytes(len(real)),
            "random": os.urandom(len(real)),
            "directory": os.mkdir, "symlink": os.symlink,
            "others may write": real, "fifo": os.mkfifo,
        }
        for name, content in cases.items():
            with self.subTest(name):
                self.make_table(path, name, content, good)
                gate = self.gate(table=harness.world.inside(path))
                with self.begin(gate, JOE4) as client:
                    client.say(b"RCPT TO:<x@far.example>\r\n")
                    client.expect(denied_for_now(JOE4))
                    client.ask("RCPT TO:<joe@example.org>", 250)
                    client.quit()

    def make_table(self, path, name, content, good):
        try:
            os.unlink(path)
        except IsADirectoryError:
            os.rmdir(path)
        except FileNotFoundError:
            pass
        if name == "symlink":
            os.symlink(good, path)
        elif callable(content):
            content(path)
        elif content is not None:
            with open(path, "wb") as file:
                file.write(content)
            os.chmod(path, 0o666 if "others" in name else 0o644)

    def test_a_table_that_shrinks_under_a_running_session_denies(self):
        good = self.table()
        path = harness.world.path("shrinking")
        with open(os.path.join(harness.world.root, good.lstrip("/")),
                  "rb") as source, open(path, "wb") as copy:
            copy.write(source.read())
        os.chmod(path, 0o644)
        gate = self.gate(table=harness.world.inside(path))
        with self.begin(gate, JOE4) as client:
            os.truncate(path, 100)
            client.ask("RSET", 250)
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.say(b"RCPT TO:<x@far.example>\r\n")
            client.expect(denied_for_now(JOE4))
            client.quit()

    def test_recipients_are_limited(self):
        gate = self.gate(max_recipients="2")
        with self.begin(gate) as client:
            client.ask("RCPT TO:<a@example.org>", 250)
            client.ask("RCPT TO:<b@example.org>", 250)
            client.say(b"RCPT TO:<c@example.org>\r\n")
            client.expect("452 4.5.3 Too many recipients; send to the others "
                          "separately")
            client.quit()

    def test_clients_with_rights_have_their_own_backend(self):
        with Backend() as relay:
            gate = self.gate(backend_relay=relay.endpoint,
                             relay_networks="203.0.113.0/24")
            with self.begin(gate, JOE4) as client:
                client.ask("RCPT TO:<x@far.example>", 250)
                client.quit()
            with self.begin(gate, STRANGER4) as client:
                client.ask("RCPT TO:<joe@example.org>", 250)
                client.quit()
        self.assertIn("RCPT TO:<x@far.example>", relay.commands())
        self.assertNotIn("RCPT TO:<joe@example.org>", relay.commands())
        self.assertEqual(self.rcpts(), ["RCPT TO:<joe@example.org>"])

    def test_each_decision_is_one_log_line(self):
        joe = fresh4()
        gate = self.granted(joe)
        log = Log()
        with self.begin(gate, joe) as client:
            client.ask("RCPT TO:<x@far.example>", 250)
            client.quit()
        joes = client
        with self.begin(gate, STRANGER4) as client:
            client.ask("RCPT TO:<x%y@example.org>", 550)
            client.ask("RCPT TO:<joe@example.org>", 250)
            client.quit()
        log.wait(
            joes, rf"rcpt client={re.escape(joe)} \S+ \S+ user=joe via=grant age_s=\d+ "
            r"from=<a@b\.example> to=<x@far\.example> result=permit "
            r"reason=foreign-domain code=250")
        log.wait(
            client, r"rcpt client=198\.51\.100\.7 \S+ \S+ user=- via=none "
            r'from=<a@b\.example> to="<x%y@example\.org>" result=deny '
            r"reason=dangerous-local-part right=no-login code=550")
        log.wait(
            client, r"rcpt client=198\.51\.100\.7 \S+ \S+ user=- via=local "
            r"from=<a@b\.example> to=<joe@example\.org> result=permit "
            r"reason=local code=250")

    def test_an_unreadable_table_is_one_log_line_a_session(self):
        log = Log()
        with self.begin(self.gate(), JOE4) as client:
            client.ask("RCPT TO:<x@far.example>", 451)
            client.ask("RCPT TO:<y@far.example>", 451)
            client.quit()
        log.wait(
            client, r"table client=203\.0\.113\.9 \S+ \S+ path=/nonexistent/grants "
            r'msg=".*"')
        log.wait(
            client, r"disconnect .*")
        lines = [x for x in log.lines(client) if x.startswith("table ")]
        self.assertEqual(len(lines), 1)


class RelayThroughTheMta(unittest.TestCase):
    """The same story with the real MTA's own rules behind the gate."""

    def setUp(self):
        harness.needs_addresses()
        harness.needs_relay()

    def test_a_right_relays_and_a_stranger_does_not(self):
        gate = Gate(relay_networks="203.0.113.0/24, 2001:db8:9::/48")
        user = f"{harness.settings.user}@{harness.settings.domain}"
        for address, code in ((JOE4, 250), (JOE6, 250), (STRANGER4, 451),
                              (STRANGER6, 451)):
            with self.subTest(address), gate.client(address) as client:
                client.hello()
                client.ask("MAIL FROM:<a@b.example>", 250)
                client.ask("RCPT TO:<x@far.example>", code)
                client.ask(f"RCPT TO:<{user}>", 250)
                client.quit()
