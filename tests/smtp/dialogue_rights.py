# SPDX-License-Identifier: ISC
"""Rights that begin, end and change within a session, on the real MTA.

A client gains a right only at MAIL and can only lose it at RCPT; after an
accepted RCPT, DATA succeeds.  Each test checks the commands on the wires to
both doors of the MTA (a denied recipient must not be among them), the
mailboxes, and the identity that the MTA got.
"""

import ipaddress
import re
import unittest

import harness
from addresses import STRANGER4, fresh4
from checkers import Pam
from dialogue_auth import LOGGED_IN, NESTED, plain
from harness import Gate, Log, Mailbox, marker
from wire import Wire

PROXY_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
EXPIRING_WINDOW = "10s"  # the least there is


class OnTheMta(unittest.TestCase):
    def setUp(self):
        harness.needs_table()
        harness.needs_relay()
        if harness.settings.far is None:
            self.skipTest("no far mailbox (--far)")
        self.far = harness.settings.far
        self.domain = harness.settings.domain
        self.name = harness.settings.user
        self.here = f"{self.name}@{self.domain}"
        self.boxes = {self.here: Mailbox(),
                      self.far: Mailbox(harness.settings.far_mailbox)}
        self.door = self.wire(harness.settings.backend)
        self.relay_door = self.wire(harness.settings.backend_relay)
        self.joe = fresh4()

    def wire(self, endpoint):
        wire = Wire(endpoint)
        wire.__enter__()
        self.addCleanup(wire.__exit__)
        return wire

    def gate(self, table=None, pam=None, **options):
        identity = harness.settings.identity
        more = {}
        if pam is not None:
            options.update(pam.options())
            more = {"policy": {"offer_auth": "yes"},
                    "sections": {"smtpgate-auth": pam.auth_server()}}
        return Gate(table=table or harness.world.table(), **more,
                    **{"backend": self.door.endpoint,
                       "backend_relay": self.relay_door.endpoint,
                       "backend_identity": identity,
                       "backend_relay_identity": identity, **options})

    def gate_with_logins(self, **options):
        pam = Pam()
        pam.__enter__()
        self.addCleanup(pam.__exit__)
        return self.gate(pam=pam, **options)

    def open(self, gate, address):
        client = gate.client(address)
        client.hello()
        return client

    def denied(self, client):
        """An address that is denied: used once only."""
        address = f"{marker()}@{self.far.partition('@')[2]}"
        client.ask(f"RCPT TO:<{address}>", 550)

    def data(self, client, mark=None):
        mark = mark or marker()
        client.ask("DATA", 354)
        client.ask(f"Subject: {mark}\r\n\r\ntext\r\n.", 250)
        return mark

    def send(self, client, *recipients, sender="a@b.example"):
        client.ask(f"MAIL FROM:<{sender}>", 250)
        for recipient in recipients:
            client.ask(f"RCPT TO:<{recipient}>", 250)
        return self.data(client)

    def revoke(self, *user):
        harness.world.popauthctl("revoke", self.joe, *user)

    def grant(self, user="joe"):
        harness.world.popauthctl("grant", self.joe, user)

    def arrived(self, mark, *recipients, client=STRANGER4):
        """It arrived there and not in the other mailbox; its header names the
        client.  Returns one copy."""
        for recipient in recipients:
            message, = self.boxes[recipient].wait(mark)
            self.assertIn(client, message.decode())
        for address, box in self.boxes.items():
            if address not in recipients:
                self.assertFalse([m for m in box.messages()
                                  if mark.encode() in m])
        return message.decode()

    def identified(self, wire, client, connection=-1, login=None):
        """The MTA's door got this client's identity on the connection."""
        sent = bytes(wire.sent[connection])
        identity = harness.settings.identity
        if identity == "proxy":
            self.assertTrue(sent.startswith(PROXY_SIGNATURE), sent[:40])
            self.assertEqual(ipaddress.ip_address(sent[16:20]),
                             ipaddress.ip_address(client))
        if identity == "xclient":
            line, = wire.lines("XCLIENT", connection)
            self.assertIn(f" ADDR={client} ", line)
            self.assertEqual(re.findall(" LOGIN=(.*)", line),
                             [login] if login else [])
        if identity != "xclient":
            self.assertEqual(wire.lines("XCLIENT"), [])

    def doors(self, door, relay_door):
        """The recipients that each door got, and no others."""
        self.assertEqual(self.door.recipients(), [f"<{x}>" for x in door])
        self.assertEqual(self.relay_door.recipients(),
                         [f"<{x}>" for x in relay_door])


class RightsOnTheMta(OnTheMta):
    def test_a_login_is_good_from_the_next_mail_on(self):
        gate = self.gate_with_logins()
        with self.open(gate, STRANGER4) as client:
            first = self.send(client, self.here)
            client.ask("MAIL FROM:<a@b.example>", 250)
            self.denied(client)
            client.ask(f"RCPT TO:<{self.here}>", 250)
            client.say(f"AUTH PLAIN {plain()}\r\n".encode())
            client.expect(NESTED)
            self.denied(client)
            second = self.data(client)
            client.say(f"AUTH PLAIN {plain()}\r\n".encode())
            client.expect(LOGGED_IN)
            third = self.send(client, self.far, self.here)
            fourth = self.send(client, self.here)
            client.quit()
        for mark in (first, second, fourth):
            self.arrived(mark, self.here)
        message = self.arrived(third, self.far, self.here)
        if harness.settings.identity == "none":
            self.assertIn(" with ESMTPA", message)
            self.assertIn("(relayed for a login of joe)", message)
        self.doors([self.here] * 2, [self.far, self.here, self.here])
        self.identified(self.door, STRANGER4)
        self.identified(self.relay_door, STRANGER4, login="joe")

    def test_a_login_takes_the_place_of_a_grant(self):
        self.grant("mary")
        log = Log() if harness.settings.log else None
        with self.open(self.gate_with_logins(), self.joe) as client:
            first = self.send(client, self.far)
            client.say(f"AUTH PLAIN {plain()}\r\n".encode())
            client.expect(LOGGED_IN)
            # the login outlives the grant
            self.revoke()
            second = self.send(client, self.far)
            client.quit()
        self.arrived(first, self.far, client=self.joe)
        self.arrived(second, self.far, client=self.joe)
        self.doors([], [self.far] * 2)
        self.identified(self.relay_door, self.joe, 0)
        self.identified(self.relay_door, self.joe, login="joe")
        if log:
            for via in ("mary via=grant", "joe via=auth"):
                log.wait(client, rf"rcpt client=\S+ \S+ \S+ user={via} .*"
                                 r" result=permit .*")

    def test_a_grant_that_appears_is_good_from_the_next_mail_on(self):
        with self.open(self.gate(), self.joe) as client:
            client.ask("MAIL FROM:<a@b.example>", 250)
            self.grant()
            self.denied(client)
            client.ask(f"RCPT TO:<{self.here}>", 250)
            self.denied(client)
            first = self.data(client)
            second = self.send(client, self.far, self.here)
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.ask("RSET", 250)
            third = self.send(client, self.far)
            client.quit()
        self.arrived(first, self.here, client=self.joe)
        self.arrived(second, self.far, self.here, client=self.joe)
        message = self.arrived(third, self.far, client=self.joe)
        if harness.settings.identity == "none":
            self.assertRegex(message,
                             r"\(relayed for a POP login of joe, \d+ s ago\)")
            self.assertNotIn(" with ESMTPA", message)
        self.doors([self.here], [self.far, self.here, self.far])
        self.identified(self.door, self.joe)
        self.identified(self.relay_door, self.joe)

    def test_a_grant_that_ends_after_mail_relays_nothing(self):
        self.grant()
        with self.open(self.gate(), self.joe) as client:
            client.ask("MAIL FROM:<a@b.example>", 250)
            self.revoke()
            self.denied(client)
            # and the right does not come back before the next MAIL
            self.grant()
            self.denied(client)
            client.ask(f"RCPT TO:<{self.here}>", 250)
            mark = self.data(client)
            client.quit()
        self.arrived(mark, self.here, client=self.joe)
        self.doors([], [self.here])

    def test_a_grant_that_ends_after_a_rcpt_is_good_for_that_one(self):
        self.grant()
        with self.open(self.gate(), self.joe) as client:
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.ask(f"RCPT TO:<{self.far}>", 250)
            self.revoke()
            self.denied(client)
            first = self.data(client)
            client.ask("MAIL FROM:<a@b.example>", 250)
            self.denied(client)
            client.ask(f"RCPT TO:<{self.here}>", 250)
            second = self.data(client)
            client.quit()
        self.arrived(first, self.far, client=self.joe)
        self.arrived(second, self.here, client=self.joe)
        self.doors([self.here], [self.far])
        self.identified(self.door, self.joe)

    def test_a_grant_that_ends_after_data_is_good_for_that_message(self):
        self.grant()
        with self.open(self.gate(), self.joe) as client:
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.ask(f"RCPT TO:<{self.far}>", 250)
            client.ask("DATA", 354)
            self.revoke()
            mark = marker()
            client.ask(f"Subject: {mark}\r\n\r\nx\r\n.", 250)
            client.ask("MAIL FROM:<a@b.example>", 250)
            self.denied(client)
            client.quit()
        self.arrived(mark, self.far, client=self.joe)
        self.doors([], [self.far])

    def test_a_grant_ends_by_itself_when_its_window_is_over(self):
        table = harness.world.table(EXPIRING_WINDOW)

        def check():
            return harness.world.check(table, self.joe)
        gate = self.gate(table)
        with self.open(gate, self.joe) as at_mail, \
                self.open(gate, self.joe) as at_rcpt, \
                self.open(gate, self.joe) as at_data:
            harness.world.popauthctl("grant", self.joe, "joe", table=table)
            for client in (at_mail, at_rcpt, at_data):
                client.ask("MAIL FROM:<a@b.example>", 250)
            for client in (at_rcpt, at_data):
                client.ask(f"RCPT TO:<{self.far}>", 250)
            at_data.ask("DATA", 354)
            self.assertTrue(check())
            harness.wait_until(lambda: not check(), "the window's end", 20)
            for client in (at_mail, at_rcpt):
                self.denied(client)
            at_mail.ask("DATA", 503, 554)
            first, second = self.data(at_rcpt), marker()
            at_data.ask(f"Subject: {second}\r\n\r\nx\r\n.", 250)
            for client in (at_mail, at_rcpt, at_data):
                client.ask("RSET", 250)
                client.ask("MAIL FROM:<a@b.example>", 250)
                self.denied(client)
                client.quit()
        for mark in (first, second):
            self.arrived(mark, self.far, client=self.joe)
        self.doors([], [self.far] * 2)

    def test_a_grant_that_changes_its_user_ends_the_right_of_this_mail(self):
        self.grant()
        log = Log() if harness.settings.log else None
        with self.open(self.gate(), self.joe) as client:
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.ask(f"RCPT TO:<{self.far}>", 250)
            # now there are two users, the one of MAIL among them
            self.grant("mary")
            client.ask(f"RCPT TO:<{self.far}>", 250)
            self.revoke("joe")
            self.denied(client)
            first = self.data(client)
            # there still is a grant, though its user is not certain
            second = self.send(client, self.far)
            client.quit()
        self.arrived(first, self.far, client=self.joe)
        message = self.arrived(second, self.far, client=self.joe)
        if harness.settings.identity == "none":
            self.assertIn("(relayed for a POP login of an uncertain user, ",
                          message)
        self.doors([], [self.far] * 3)
        for connection in range(len(self.relay_door.sent)):
            self.identified(self.relay_door, self.joe, connection)
        if log:
            log.wait(client, r"message client=\S+ \S+ \S+ user=joe via=grant .*"
                             r" recipients=2 .*")
            log.wait(client, r"message client=\S+ \S+ \S+ user=- users=many via=grant"
                             r" .* recipients=1 .*")

    def test_a_grant_of_another_user_is_another_right(self):
        self.grant()
        with self.open(self.gate(), self.joe) as client:
            first = self.send(client, self.far)
            client.ask("MAIL FROM:<a@b.example>", 250)
            self.revoke()
            self.grant("mary")
            self.denied(client)
            client.ask(f"RCPT TO:<{self.here}>", 250)
            second = self.data(client)
            third = self.send(client, self.far)
            client.quit()
        message = self.arrived(first, self.far, client=self.joe)
        self.arrived(second, self.here, client=self.joe)
        later = self.arrived(third, self.far, client=self.joe)
        if harness.settings.identity == "none":
            for user, text in (("joe", message), ("mary", later)):
                self.assertIn(f"(relayed for a POP login of {user}, ", text)
        # the MTA's identity changed, if it gets the user
        self.assertEqual(len(self.relay_door.sent),
                         1 if harness.settings.identity == "proxy" else 2)
        self.doors([], [self.far, self.here, self.far])

    def test_a_pipelined_group_has_the_right_of_its_mail(self):
        mark, other = marker(), marker()
        denied = f"{marker()}@{self.far.partition('@')[2]}"
        group = ("MAIL FROM:<a@b.example>\r\n"
                 f"RCPT TO:<{denied}>\r\nRCPT TO:<{self.here}>\r\n"
                 f"RCPT TO:<{denied}>\r\nDATA\r\n").encode()
        with self.open(self.gate(), self.joe) as client:
            client.say(group)
            for code in (250, 550, 250, 550, 354):
                client.expect_code(code)
            self.grant()
            client.say(f"Subject: {mark}\r\n\r\nx\r\n.\r\n".encode() +
                       group.replace(denied.encode(), self.far.encode()))
            for code in (250, 250, 250, 250, 250, 354):
                client.expect_code(code)
            self.revoke()
            client.say(f"Subject: {other}\r\n\r\nx\r\n.\r\n".encode() + group)
            for code in (250, 250, 550, 250, 550, 354):
                client.expect_code(code)
            client.ask("Subject: x\r\n\r\nx\r\n.", 250)
            client.quit()
        self.arrived(mark, self.here, client=self.joe)
        self.arrived(other, self.here, self.far, client=self.joe)
        self.doors([self.here] * 2, [self.far, self.here, self.far])


class SendersOnTheMta(OnTheMta):
    """bind_sender, of grants and of logins."""

    def mails(self, client, sender, may):
        """One transaction: to far, if the sender may, and to here."""
        client.ask(f"MAIL FROM:<{sender}>", 250)
        if may:
            client.ask(f"RCPT TO:<{self.far}>", 250)
        else:
            self.denied(client)
        client.ask(f"RCPT TO:<{self.here}>", 250)
        mark = self.data(client)
        return mark, [self.here, self.far] if may else [self.here]

    def map(self):
        path = harness.world.path(f"senders-{marker()}")
        with open(path, "w") as file:
            file.write(f"info@{self.domain} joe\nboss@{self.domain} mary\n"
                       f"joe+sales@{self.domain} joe\n@club.example joe\n")
        return harness.world.inside(path)

    def rows(self):
        """A sender, and whether joe may send as that, in this order: each
        row is a transaction of one session."""
        return [(f"joe@{self.domain}", True), (f"mary@{self.domain}", False),
                (f"Joe@{self.domain.upper()}", True),
                ("joe@far.example", False), (f"info@{self.domain}", True),
                (f"boss@{self.domain}", False), ("any@club.example", True),
                (f"joe+list@{self.domain}", False),
                (f"joe+sales@{self.domain}", True),
                (f"joe@sub.{self.domain}", False)]

    def session(self, client, address):
        sent = [self.mails(client, *row) for row in self.rows()]
        client.quit()
        return [(mark, recipients, address) for mark, recipients in sent]

    def check(self, sent):
        for mark, recipients, address in sent:
            self.arrived(mark, *recipients, client=address)
        n = len(sent)
        n_may = sum(len(recipients) == 2 for _, recipients, _ in sent)
        self.doors([self.here] * (n - n_may), [self.far, self.here] * n_may)

    def test_a_grant_is_good_for_its_users_own_senders(self):
        self.grant()
        gate = self.gate(bind_sender="yes", sender_map=self.map())
        with self.open(gate, self.joe) as client:
            # an empty sender belongs to no user
            client.ask("MAIL FROM:<>", 250)
            self.denied(client)
            client.ask("RSET", 250)
            sent = self.session(client, self.joe)
        self.check(sent)

    def test_a_login_is_good_for_its_users_own_senders(self):
        gate = self.gate_with_logins(bind_sender="yes", sender_map=self.map())
        with self.open(gate, STRANGER4) as client:
            client.say(f"AUTH PLAIN {plain()}\r\n".encode())
            client.expect(LOGGED_IN)
            sent = self.session(client, STRANGER4)
        self.check(sent)

    def test_a_login_may_send_a_receipt_to_one(self):
        gate = self.gate_with_logins(bind_sender="yes")
        with self.open(gate, STRANGER4) as client:
            client.say(f"AUTH PLAIN {plain()}\r\n".encode())
            client.expect(LOGGED_IN)
            client.ask("MAIL FROM:<>", 250)
            client.ask(f"RCPT TO:<{self.far}>", 250)
            client.ask(f"RCPT TO:<{marker()}@far.example>", 452)
            client.ask(f"RCPT TO:<{self.here}>", 452)
            mark = self.data(client)
            client.quit()
        self.arrived(mark, self.far)
        self.doors([], [self.far])

    def test_a_grant_and_a_login_of_two_users_are_two_rights(self):
        self.grant("mary")
        joe, mary = (f"{x}@{self.domain}" for x in ("joe", "mary"))
        with self.open(self.gate_with_logins(bind_sender="yes"),
                       self.joe) as client:
            first = self.send(client, self.far, sender=mary)
            client.ask(f"MAIL FROM:<{joe}>", 250)
            self.denied(client)
            client.ask("RSET", 250)
            client.say(f"AUTH PLAIN {plain()}\r\n".encode())
            client.expect(LOGGED_IN)
            second = self.send(client, self.far, sender=joe)
            # after a login the user is that of the login, whatever the grant
            client.ask(f"MAIL FROM:<{mary}>", 250)
            self.denied(client)
            client.quit()
        for mark in (first, second):
            self.arrived(mark, self.far, client=self.joe)
        self.doors([], [self.far] * 2)
        self.identified(self.relay_door, self.joe, login="joe")

    def test_a_neighbours_grant_does_not_prolong_a_users_own(self):
        self.grant("joe")
        self.grant("mary")
        joe, mary = (f"{x}@{self.domain}" for x in ("joe", "mary"))
        with self.open(self.gate(bind_sender="yes"), self.joe) as client:
            first = self.send(client, self.far, sender=mary)
            client.ask(f"MAIL FROM:<{joe}>", 250)
            client.ask(f"RCPT TO:<{self.far}>", 250)
            self.revoke("joe")
            self.denied(client)
            second = self.data(client)
            client.ask(f"MAIL FROM:<{joe}>", 250)
            self.denied(client)
            client.ask("RSET", 250)
            third = self.send(client, self.far, sender=mary)
            client.quit()
        for mark in (first, second, third):
            self.arrived(mark, self.far, client=self.joe)
        self.doors([], [self.far] * 3)
