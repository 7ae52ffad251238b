# SPDX-License-Identifier: ISC
"""The PROXY protocol on both sides: who the client is."""

import ipaddress
import socket
import struct
import unittest

import harness
from addresses import JOE4, JOE6, SERVER4, STRANGER4, STRANGER6, fresh4
from harness import HOST, Gate, Log
from scripted import Backend

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
NO_HEADER = f"421 4.7.0 {HOST} No valid PROXY header received"


def v2(source, destination=SERVER4, command=0x21, tlv=b""):
    source, destination = map(ipaddress.ip_address, (source, destination))
    body = source.packed + destination.packed + struct.pack("!HH", 40000, 25)
    family = 0x11 if source.version == 4 else 0x21
    return SIGNATURE + struct.pack("!BBH", command, family,
                                   len(body + tlv)) + body + tlv


class Balancer(unittest.TestCase):
    """A client whose address is listed in proxy_from: STRANGER4."""

    def setUp(self):
        harness.needs_addresses()
        self.backend = Backend()
        self.backend.__enter__()
        self.addCleanup(self.backend.__exit__)

    def gate(self, **options):
        return Gate(**{"backend": self.backend.endpoint,
                       "backend_relay": None, "local_domains": "example.org",
                       "proxy_from": f"{STRANGER4}, {STRANGER6}",
                       "relay_networks": "203.0.113.0/24, 198.51.100.0/24",
                       **options})

    def relays(self, header, code):
        with self.gate().client(STRANGER4) as client:
            client.say(header)
            client.hello()
            client.ask("MAIL FROM:<a@b.example>", 250)
            client.ask("RCPT TO:<x@far.example>", code)
            client.ask("RCPT TO:<joe@example.org>", 250)
            client.quit()
        return [x for x in self.backend.commands()
                if x.startswith("XCLIENT")][-1]

    def test_the_client_is_the_one_that_the_header_names(self):
        for header in (f"PROXY TCP4 {JOE4} {SERVER4} 40000 25\r\n".encode(),
                       v2(JOE4), v2(JOE4, tlv=b"\x04\0\x01x" * 100)):
            with self.subTest(header):
                self.assertIn(f"ADDR={JOE4} PORT=40000 ",
                              self.relays(header, 250))

    def test_an_ipv6_client_may_come_through_it(self):
        self.assertIn(f"ADDR=IPV6:{JOE6} ",
                      self.relays(v2(JOE6, "2001:db8::25"), 451))

    def test_a_header_that_names_no_client_gives_no_right(self):
        for header in (b"PROXY UNKNOWN\r\n", v2(JOE4, command=0x20),
                       SIGNATURE + b"\x20\0\0\0"):
            with self.subTest(header):
                self.assertIn("ADDR=[UNAVAILABLE] ", self.relays(header, 550))

    def test_a_balancer_without_a_header_is_not_served(self):
        for said in (b"EHLO client.example\r\n", SIGNATURE + b"\x11\x11\0\0",
                     b"PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n"):
            with self.subTest(said), self.gate().client(
                    STRANGER4) as client:
                client.say(said)
                client.expect(NO_HEADER)
                client.expect_end()

    def test_a_balancer_that_waits_is_sent_away(self):
        with self.gate(command_timeout="1s").client(STRANGER4) as client:
            client.expect(NO_HEADER)
            client.expect_end()

    def test_a_balancer_that_only_connects_leaves_no_process(self):
        with self.gate().client(STRANGER4) as client:
            client.sock.close()
            self.assertEqual(client.process.wait(harness.PATIENCE_S), 0)

    def test_a_header_from_another_client_is_an_early_talker(self):
        with self.gate().client(
                JOE4, early=v2("198.51.100.1")) as client:
            client.expect(f"421 4.7.0 {HOST} Command sent before the "
                          "greeting; wait for 220")
            client.expect_end()

    def test_a_client_that_speaks_first_is_still_sent_away(self):
        with self.gate().client(STRANGER4) as client:
            client.say(v2(JOE4) + b"EHLO client.example\r\n")
            client.expect(f"421 4.7.0 {HOST} Command sent before the "
                          "greeting; wait for 220")
            client.expect_end()

    def test_a_balancer_that_resets_is_no_early_talker(self):
        for header in (b"PROXY UNKNOWN\r\n", SIGNATURE + b"\x20\0\0\0"):
            log = Log()
            with self.subTest(header), self.gate().client(
                    STRANGER4, early=header) as client:
                client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       struct.pack("ii", 1, 0))
                client.sock.close()
                client.process.wait(harness.PATIENCE_S)
                log.wait(client, r"disconnect client=unknown \S+ \S+ "
                         "reason=eof .*")

    def test_the_log_names_both(self):
        log = Log()
        with self.gate().client(STRANGER4) as client:
            client.say(v2(JOE4))
            client.hello("HELO")
            client.quit()
        log.wait(client, rf"connect client={JOE4} \S+ \S+ port=40000 "
                         rf"proxy={STRANGER4}")


class ProxyToBackend(unittest.TestCase):
    """backend_identity = proxy."""

    def setUp(self):
        harness.needs_addresses()

    def gate(self, backend, **options):
        return Gate(**{"backend": backend.endpoint, "backend_relay": None,
                       "backend_identity": "proxy",
                       "local_domains": "example.org", **options})

    def test_the_backend_gets_the_header_first_then_the_clients_ehlo(self):
        for address, near in ((STRANGER4, SERVER4),
                              (STRANGER6, "2001:db8::25")):
            with self.subTest(address), Backend(PROXY=[]) as backend:
                with self.gate(backend).client(address) as client:
                    port = client.sock.getsockname()[1]
                    client.hello()
                    client.ask("MAIL FROM:<a@b.example>", 250)
                    client.ask("RCPT TO:<joe@example.org>", 250)
                    client.ask("DATA", 354)
                    client.ask("x\r\n.", 250)
                    client.ask("MAIL FROM:<c@b.example>", 250)
                    client.quit()
                self.assertEqual(len(backend.connections), 1)
                self.assertEqual(backend.commands(), [
                    "EHLO client.example", "MAIL FROM:<a@b.example>",
                    "RCPT TO:<joe@example.org>", "DATA",
                    "MAIL FROM:<c@b.example>", "QUIT"])
                self.assertEqual(backend.bodies(), [b"x\r\n.\r\n"])
                header = backend.connections[0].proxy
                expected = bytearray(v2(address, near))
                end = client.server_port
                expected[-4:] = struct.pack("!HH", port, end)
                self.assertEqual(header, bytes(expected))

    def test_helo_is_passed_on_as_helo(self):
        with Backend(PROXY=[]) as backend:
            with self.gate(backend).client(STRANGER4) as client:
                client.hello("HELO")
                client.ask("MAIL FROM:<a@b.example>", 250)
                client.quit()
        self.assertEqual(backend.commands()[0], "HELO client.example")

    def test_a_new_helo_name_opens_a_new_connection(self):
        with Backend(PROXY=[]) as backend:
            with self.gate(backend).client(STRANGER4) as client:
                client.hello()
                client.ask("MAIL FROM:<a@b.example>", 250)
                client.ask("EHLO other.example", 250)
                client.ask("MAIL FROM:<a@b.example>", 250)
                client.quit()
        self.assertEqual([x.commands[0] for x in backend.connections],
                         ["EHLO client.example", "EHLO other.example"])

    def test_a_right_gained_in_between_goes_to_the_other_backend(self):
        harness.needs_table()
        joe = fresh4()
        with Backend(PROXY=[]) as plain, Backend(PROXY=[]) as relay:
            gate = self.gate(plain, backend_relay=relay.endpoint,
                             backend_relay_identity="proxy",
                             table=harness.world.table())
            with gate.client(joe) as client:
                client.hello()
                client.ask("MAIL FROM:<a@b.example>", 250)
                client.ask("RCPT TO:<x@far.example>", 550)
                client.ask("RSET", 250)
                harness.world.popauthctl("grant", joe, "joe")
                client.ask("MAIL FROM:<a@b.example>", 250)
                client.ask("RCPT TO:<x@far.example>", 250)
                client.quit()
        self.assertIn("RCPT TO:<x@far.example>", relay.commands())
        self.assertFalse([x for x in plain.commands() if "RCPT" in x])

    def test_a_client_that_the_backend_rejects_gets_its_reply(self):
        with Backend(PROXY=[], BANNER=b"554 5.7.1 Blocked\r\n") as backend:
            with self.gate(backend).client(STRANGER4) as client:
                client.expect(f"220 {HOST} ESMTP")
                client.say(b"EHLO client.example\r\n")
                client.expect("554 5.7.1 Blocked")
                client.expect_end()
            with self.gate(backend).client(STRANGER4) as client:
                client.hello("HELO")
                client.say(b"MAIL FROM:<a@b.example>\r\n")
                client.expect("554 5.7.1 Blocked")
                client.quit()

    def test_an_unknown_client_never_gets_the_gates_own_address(self):
        with Backend(PROXY=[]) as backend:
            gate = self.gate(backend, proxy_from=STRANGER4)
            with gate.client(STRANGER4) as client:
                client.say(b"PROXY UNKNOWN\r\n")
                client.hello("HELO")
                client.say(b"MAIL FROM:<a@b.example>\r\n")
                client.expect_code(451)
                client.quit()
        self.assertEqual(backend.connections, [])

    def test_a_health_check_gets_ehlo_by_a_local_header_and_no_mail(self):
        for header in (b"PROXY UNKNOWN\r\n", v2(JOE4, command=0x20),
                       SIGNATURE + b"\x20\0\0\0",
                       SIGNATURE + b"\x21\x31\0\x02zz",
                       SIGNATURE + b"\x21\0\0\0"):
            log = Log()
            with self.subTest(header), Backend(PROXY=[]) as backend:
                gate = self.gate(backend, proxy_from=STRANGER4)
                with gate.client(STRANGER4) as client:
                    client.say(header)
                    client.hello("EHLO", "balancer.example")
                    self.assertEqual(
                        [x for x in log.lines(client) if "backend" in x], [])
                    client.ask("MAIL FROM:<a@b.example>", 451)
                    client.ask("EHLO balancer.example", 250)
                    client.quit()
                self.assertIn("QUIT", backend.commands())
                for connection in backend.connections:
                    self.assertEqual(connection.proxy,
                                     SIGNATURE + b"\x20\0\0\0")
                    self.assertEqual(connection.commands,
                                     ["EHLO balancer.example", "QUIT"])
