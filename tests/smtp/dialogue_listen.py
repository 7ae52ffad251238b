# SPDX-License-Identifier: ISC
"""smtpgate --listen: sockets, limits, reload and stop."""

import os
import re
import signal
import socket
import struct
import subprocess
import time
import unittest

import harness
from harness import HOST, Dialogue, Gate, own_memory_kb, wait_until
from scripted import Backend

TOO_MANY = f"421 4.7.0 {HOST} Too many connections; try again later"
CLOSED_FOR_TIME = (f"421 4.4.2 {HOST} Timeout: nothing received for "
                   "too long")
STOPS = f"421 4.3.2 {HOST} Server shutting down; try again in a minute"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Listener:
    """A gate that listens by itself; more: lines of its configuration."""

    def __init__(self, policy=None, port=None, **options):
        self.port = port or free_port()
        policy = {"listen": f"127.0.0.1:{self.port}", **(policy or {})}
        self.gate = Gate(policy=policy, **options)
        self.log = open(harness.world.path(f"listener-{self.port}.log"), "w+")
        started = {}
        if os.geteuid() == 0 and harness.world.root == "/":
            started = harness.unprivileged()
        self.process = subprocess.Popen(
            self.gate.arguments("--listen", "-e"), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=self.log, **started)
        try:
            wait_until(lambda: "started" in self.lines()
                       or self.process.poll() is not None, "the listener")
        except AssertionError:
            self.process.kill()
            self.process.wait()
            raise

    def lines(self):
        self.log.seek(0)
        return self.log.read()

    def client(self, address="127.0.0.1"):
        sock = socket.socket()
        sock.bind((address, 0))
        sock.settimeout(harness.PATIENCE_S)
        sock.connect(("127.0.0.1", self.port))
        return Session(self.process, sock)

    def workers(self):
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path) as file:
            return [int(pid) for pid in file.read().split()]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        workers = self.workers() if self.process.poll() is None else []
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(harness.PATIENCE_S)
            wait_until(lambda: not any(os.path.exists(f"/proc/{pid}/exe")
                                       for pid in workers), "the workers' end")
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.log.close()


class Session(Dialogue):
    """A session at a listener; the listener outlives it."""

    def __exit__(self, *_):
        self.sock.close()


class Listen(unittest.TestCase):
    def test_clients_are_served_side_by_side(self):
        with Listener() as listener:
            clients = [listener.client() for _ in range(20)]
            for client in clients:
                client.hello()
            for client in clients:
                client.quit()

    def test_workers_hold_no_privilege(self):
        if os.geteuid() != 0 or harness.world.root == "/":
            self.skipTest("the listener is not started as root here")
        with Listener() as listener, listener.client() as client:
            client.hello()
            # a worker that was just started is not in the sandbox yet
            wait_until(lambda: all(self.status(pid)["Seccomp"] == "2"
                                   for pid in listener.workers()), "filters")
            for pid in listener.workers():
                status = self.status(pid)
                self.assertNotIn("0", status["Uid"].split("\t"))
                self.assertEqual(int(status["CapPrm"], 16), 0)
                self.assertTrue(os.readlink(f"/proc/{pid}/root")
                                .endswith("/usr/lib/popauth/empty"))
            client.quit()

    def status(self, pid):
        with open(f"/proc/{pid}/status") as file:
            return dict(line.rstrip("\n").split(":\t", 1)
                        for line in file if ":\t" in line)

    def test_one_client_above_the_limit_gets_421(self):
        with Listener(max_connections="5") as listener:
            clients = [listener.client() for _ in range(5)]
            for client in clients:
                client.hello()
            with listener.client() as late:
                late.expect(TOO_MANY)
                late.expect_end()
            clients[0].quit()
            wait_until(lambda: self.is_served(listener), "a free place")
            for client in clients[1:]:
                client.quit()
        # no other reader waits for the end of the log

    def is_served(self, listener):
        with listener.client() as client:
            return client.line().startswith(b"220")

    def test_one_address_cannot_take_all_places(self):
        with Listener(max_connections_per_client="3") as listener:
            clients = [listener.client() for _ in range(3)]
            for client in clients:
                client.hello()
            with listener.client() as late:
                late.expect(TOO_MANY)
            with listener.client("127.0.0.2") as other:
                other.hello()
                other.quit()
            for client in clients:
                client.quit()
            self.assertIn("reason=too-many-of-client", listener.lines())

    def behind_balancer(self, listener, client):
        session = listener.client("127.0.0.9")
        session.say(f"PROXY TCP4 {client} 192.0.2.25 4000 25\r\n".encode())
        return session

    def test_behind_a_balancer_each_client_has_its_own_limit(self):
        with Listener(max_connections_per_client="3",
                      proxy_from="127.0.0.9") as listener:
            held = []
            for i in range(8):
                held.append(self.behind_balancer(listener, f"203.0.{i}.9"))
                held[-1].hello("HELO")
            # the first three of one client, however many come at once
            mine = [self.behind_balancer(listener, "203.0.113.50")
                    for _ in range(3)]
            for session in mine:
                session.hello("HELO")
            with self.behind_balancer(listener, "203.0.113.50") as late:
                late.expect(TOO_MANY)
                late.expect_end()
            mine.pop().quit()
            wait_until(lambda: self.is_greeted(listener, "203.0.113.50"),
                       "a free place")
            for session in held + mine:
                session.quit()
            self.assertRegex(
                listener.lines(),
                r"disconnect client=203\.0\.113\.50 \S+ \S+ "
                "reason=too-many-of-client")
            self.assertNotRegex(listener.lines(),
                                r"client=127\.0\.0\.9 \S+ \S+ reason=")

    def is_greeted(self, listener, client):
        with self.behind_balancer(listener, client) as session:
            return session.line().startswith(b"220")

    def test_an_ipv4_and_an_ipv6_wildcard_have_one_port(self):
        """One of them for each family, and [::] alone for both."""
        harness.needs_addresses()
        port = free_port()
        for listen, first in ((f"0.0.0.0:{port}, [::]:{port}", "127.0.0.1"),
                              (f"[::]:{port}, 0.0.0.0:{port}", "127.0.0.1"),
                              (f"[::]:{port}", "127.0.0.1")):
            with self.subTest(listen), Listener(
                    policy={"listen": listen}, port=port) as listener:
                for address in first, "::1":
                    with socket.create_connection(
                            (address, port), harness.PATIENCE_S) as sock:
                        self.assertEqual(sock.recv(4), b"220 ")
                self.assertIsNone(listener.process.poll())

    def test_a_signal_to_the_whole_group_is_the_listeners_alone(self):
        """As timeout(1) and a terminal send it; and workers that an
        administrator kills are no defect."""
        with Listener() as listener:
            with listener.client() as client:
                client.expect_code(220)
                wait_until(lambda: len(listener.workers()) > 1, "idle workers")
                workers = listener.workers()
                for pid in [*workers, listener.process.pid]:
                    os.kill(pid, signal.SIGTERM)
                client.expect_code(421)
            listener.process.wait(harness.PATIENCE_S)
            self.assertIn("stopped", listener.lines())
            self.assertNotIn("bug:", listener.lines())
        with Listener() as listener:
            wait_until(listener.workers, "a worker")
            pid = listener.workers()[0]
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: f"{pid} was killed by" in listener.lines(),
                       "the line about it")
            self.assertNotIn("bug:", listener.lines())

    def test_health_checks_of_a_balancer_have_no_limit_of_their_own(self):
        with Listener(max_connections_per_client="1",
                      proxy_from="127.0.0.9") as listener:
            checks = [listener.client("127.0.0.9") for _ in range(4)]
            for check in checks:
                check.say(b"PROXY UNKNOWN\r\n")
                check.hello("HELO")
            for check in checks:
                check.quit()

    def test_a_balancer_that_resets_is_named(self):
        with Listener(proxy_from="127.0.0.9") as listener:
            for said, line in ((b"PROXY UNKNOWN\r\n",
                                r"\bconnect client=unknown \S+ \S+ "
                                r"proxy=127\.0\.0\.9"),
                               (b"", r"disconnect client=127\.0\.0\.9 \S+ "
                                r"\S+ reason=eof")):
                with self.subTest(said):
                    check = listener.client("127.0.0.9")
                    check.say(said)
                    check.sock.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
                    check.sock.close()
                    wait_until(lambda: re.search(line, listener.lines()),
                               line)
            self.assertNotIn("early-talker", listener.lines())

    def test_an_open_tls_session_takes_at_most_280_kB_of_private_memory(self):
        with Backend() as backend, Listener(
                backend=backend.endpoint, backend_relay=None,
                local_domains="example.org",
                tls_certificates=harness.world.certificate(HOST)) as listener:
            # pages that two workers share are not private
            with listener.client() as other, listener.client() as client:
                pids = []
                for one in other, client:
                    one.hello()
                    pids += [pid for pid in listener.workers()
                             if self.serves(pid, one)]
                    one.ask("STARTTLS", 220)
                    one.start_tls()
                    one.ask("EHLO client.example", 250)
                    one.ask("MAIL FROM:<a@b.example>", 250)
                    one.ask("RCPT TO:<joe@example.org>", 250)
                own = own_memory_kb(pids[-1])
                if any("asan" in name for name in own):
                    self.skipTest("a sanitizer has memory of its own")
                self.assertLessEqual(sum(own.values()), 280, own)
                client.quit()
                other.quit()

    def test_the_last_tenth_is_for_clients_with_a_right(self):
        with Listener(max_connections="10",
                      relay_networks="127.0.0.9/32") as listener:
            clients = [listener.client() for _ in range(9)]
            for client in clients:
                client.hello()
            with listener.client() as stranger:
                stranger.expect(TOO_MANY)
            with listener.client("127.0.0.9") as known:
                known.hello()
                known.quit()
            for client in clients:
                client.quit()

    def test_ten_addresses_leave_places_for_others(self):
        with Listener(max_connections="100",
                      max_connections_per_client="10") as listener:
            held = [listener.client(f"127.0.{n}.1")
                    for _ in range(10) for n in range(1, 11)]
            codes = [client.line()[:3] for client in held]
            self.assertLess(codes.count(b"220"), 75)
            with listener.client("127.0.99.1") as other:
                other.hello()
                other.quit()
            for client in held:
                client.sock.close()
            self.assertIn("reason=too-many-of-client", listener.lines())

    def test_a_network_has_twice_the_limit_of_an_address(self):
        with Listener(max_connections_per_client="2") as listener:
            clients = [listener.client(f"127.0.0.{n}") for n in range(2, 6)]
            for client in clients:
                client.hello()
            with listener.client("127.0.0.6") as late:
                late.expect(TOO_MANY)
            with listener.client("127.0.1.6") as other:
                other.hello()
                other.quit()
            for client in clients:
                client.quit()

    def test_limits_outlive_a_reload(self):
        with Listener(max_connections_per_client="3") as listener:
            clients = [listener.client() for _ in range(3)]
            for client in clients:
                client.hello()
            listener.process.send_signal(signal.SIGHUP)
            wait_until(lambda: "reloaded" in listener.lines(), "a generation")
            with listener.client() as late:
                late.expect(TOO_MANY)
            for client in clients:
                client.quit()

    def test_a_crowded_listener_dismisses_clients_that_hold_places(self):
        with Backend() as backend, \
                Listener(backend=backend.endpoint, backend_relay=None,
                         max_connections="10", crowded_timeout="1s",
                         relay_networks="127.0.0.9/32") as listener:
            # before the listener is crowded
            sender = listener.client()
            self.begin_message(sender)
            known = [listener.client("127.0.0.9") for _ in range(5)]
            for client in known:
                client.hello()
            for hold in (self.slow_data, self.silent, self.slow_hello,
                         self.slow_commands):
                client = sender if hold == self.slow_data \
                    else listener.client()
                with self.subTest(hold.__name__):
                    hold(client)
                    client.expect(CLOSED_FOR_TIME)
                    client.expect_end()
            for client in known:
                client.in_step()
                client.quit()

    def silent(self, client):
        client.expect(f"220 {HOST} ESMTP")

    def slow_hello(self, client):
        client.expect(f"220 {HOST} ESMTP")
        self.drip(client, b"EHLO client.example" + b"x" * 200)

    def slow_commands(self, client):
        client.expect(f"220 {HOST} ESMTP")
        self.drip(client, b"NOOP\r\n" * 50, 6)
        while client.buffer.startswith(b"250"):
            client.line()

    @staticmethod
    def begin_message(client):
        client.hello()
        client.ask("MAIL FROM:<joe@example.org>", 250)
        client.ask("RCPT TO:<joe@example.org>", 250)
        client.ask("DATA", 354)

    def slow_data(self, client):
        self.drip(client, b"x" * 200)

    @staticmethod
    def drip(client, data, size=1):
        """Until the gate says 421."""
        client.sock.settimeout(0.1)
        for i in range(0, len(data), size):
            client.say(data[i:i + size])
            try:
                client._more()
            except TimeoutError:
                pass
            if b"421" in client.buffer:
                break
        client.sock.settimeout(harness.PATIENCE_S)

    def test_no_password_stays_in_memory_for_the_next_client(self):
        if os.geteuid() != 0:
            self.skipTest("only root reads a worker's memory")
        secret = b"c2VjcmV0" + os.urandom(12).hex().encode()
        with Listener() as listener:
            with listener.client() as client:
                client.hello("HELO")
                client.say(b"AUTH PLAIN " + secret + b"\r\nNOOP\r\n")
                client.reply()
                client.reply()
                self.assertTrue(self.found_in(listener, secret))
                client.quit()
            wait_until(lambda: not self.found_in(listener, secret),
                       "a worker's forgetting")

    @staticmethod
    def found_in(listener, secret):
        """Whether a worker has it in its writable memory."""
        for pid in listener.workers():
            with open(f"/proc/{pid}/maps") as maps, \
                    open(f"/proc/{pid}/mem", "rb", 0) as memory:
                for line in maps:
                    words = line.split()
                    if words[1] != "rw-p":
                        continue
                    begin, end = (int(x, 16) for x in words[0].split("-"))
                    memory.seek(begin)
                    if secret in memory.read(end - begin):
                        return True
        return False

    def test_a_worker_that_dies_costs_only_its_own_session(self):
        with Listener() as listener:
            with listener.client() as stays, listener.client() as falls:
                stays.hello()
                falls.hello()
                busy = [pid for pid in listener.workers()
                        if self.serves(pid, falls)]
                os.kill(busy[0], signal.SIGKILL)
                falls.expect_end()
                stays.in_step()
                with listener.client() as later:
                    later.hello()
                    later.quit()
                stays.quit()
            wait_until(lambda: "was killed by" in listener.lines(),
                       "a line about the worker")

    def serves(self, pid, client):
        """Whether the worker has the other end of this connection."""
        port = client.sock.getsockname()[1]
        inode = None
        with open("/proc/net/tcp") as file:
            for line in list(file)[1:]:
                words = line.split()
                if words[2].endswith(f":{port:04X}"):
                    inode = words[9]
        fds = f"/proc/{pid}/fd"
        return any(os.readlink(f"{fds}/{fd}") == f"socket:[{inode}]"
                   for fd in os.listdir(fds))

    def test_a_stop_ends_sessions_at_their_next_command(self):
        with Listener() as listener:
            with listener.client() as client:
                client.hello()
                listener.process.send_signal(signal.SIGTERM)
                client.expect(STOPS)
                client.expect_end()
            self.assertEqual(listener.process.wait(harness.PATIENCE_S), 0)

    def test_a_message_in_progress_outlives_the_stop(self):
        with Backend() as backend:
            with Listener(backend=backend.endpoint,
                          backend_relay=None) as listener:
                with listener.client() as client:
                    client.hello()
                    client.ask("MAIL FROM:<joe@example.org>", 250)
                    client.ask("RCPT TO:<joe@example.org>", 250)
                    client.ask("DATA", 354)
                    listener.process.send_signal(signal.SIGTERM)
                    time.sleep(0.2)
                    client.say(b"Subject: late\r\n\r\n.\r\n")
                    client.expect_code(250)
                    client.expect(STOPS)

    def test_a_new_listener_starts_while_a_message_is_finished(self):
        for how in (signal.SIGTERM, signal.SIGKILL):
            for is_reloaded in (False, True):
                with self.subTest(how=how, is_reloaded=is_reloaded), \
                        Backend() as backend:
                    self.restart(backend, how, is_reloaded)

    def restart(self, backend, how, is_reloaded):
        options = {"backend": backend.endpoint, "backend_relay": None}
        with Listener(**options) as old, old.client() as client:
            client.hello()
            client.ask("MAIL FROM:<joe@example.org>", 250)
            client.ask("RCPT TO:<joe@example.org>", 250)
            client.ask("DATA", 354)
            if is_reloaded:
                old.process.send_signal(signal.SIGHUP)
                wait_until(lambda: "reloaded" in old.lines(), "a generation")
            old.process.send_signal(how)
            wait_until(lambda: self.is_closed(old), "the socket's end")
            with Listener(port=old.port, **options) as new:
                with new.client() as other:
                    other.hello()
                    other.quit()
                client.say(b"Subject: late\r\n\r\n.\r\n")
                client.expect_code(250)
                client.expect(STOPS)
                client.expect_end()

    def is_closed(self, listener):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", listener.port)) != 0

    def test_workers_end_with_their_supervisor(self):
        with Listener() as listener:
            with listener.client() as client:
                client.hello()
                workers = listener.workers()
                listener.process.kill()
                client.expect(STOPS)
            wait_until(lambda: not any(os.path.exists(f"/proc/{pid}/exe")
                                       for pid in workers), "the workers' end")

    def test_a_reload_keeps_sessions_and_applies_new_options(self):
        with Listener() as listener:
            with listener.client() as client:
                client.hello()
                with open(listener.gate.conf) as file:
                    text = file.read()
                with open(listener.gate.conf, "w") as file:
                    file.write(text.replace(HOST, "new.example.org"))
                listener.process.send_signal(signal.SIGHUP)
                wait_until(lambda: self.greets(listener, b"new.example.org"),
                           "the new name")
                client.in_step()
                client.quit()

    def test_a_table_that_could_not_be_read_at_first_is_read_later(self):
        harness.needs_table()
        table = harness.world.path("later/grants")
        os.makedirs(os.path.dirname(table))
        subprocess.run(["cp", "-p", harness.world._table("15m"), table],
                       check=True)
        os.chmod(table, 0o666)
        with Backend() as backend, \
                Listener(table=harness.world.inside(table),
                         backend=backend.endpoint,
                         backend_relay=None) as listener:
            self.assertFalse(self.has_table(listener))
            os.chmod(table, 0o664)
            wait_until(lambda: self.has_table(listener), "the table")

    def has_table(self, listener):
        """Whether the gate denies for good, because it knows the grants."""
        with listener.client() as client:
            client.hello()
            client.ask("MAIL FROM:<a@far.example>", 250)
            reply = client.ask("RCPT TO:<b@far.example>", 451, 550)
            client.quit()
        return reply.startswith("550")

    def greets(self, listener, name):
        with listener.client() as client:
            return name in client.line()

    def test_a_mistake_in_the_new_configuration_changes_nothing(self):
        with Listener() as listener:
            with open(listener.gate.conf, "a") as file:
                file.write("nonsense = 1\n")
            listener.process.send_signal(signal.SIGHUP)
            wait_until(lambda: "not-reloaded" in listener.lines(), "a report")
            with listener.client() as client:
                client.hello()
                client.quit()

    def test_a_renewed_certificate_is_used_without_a_reload(self):
        with Listener(tls_certificates=harness.world.certificate(HOST)) \
                as listener:
            before = self.certificate_of(listener)
            for name in (".key", ".crt", ""):
                os.unlink(harness.world.path(f"{HOST}.pem{name}"))
            harness.world.certificate(HOST)
            wait_until(lambda: self.certificate_of(listener) != before,
                       "the new certificate")

    def certificate_of(self, listener):
        with listener.client() as client:
            client.hello()
            client.ask("STARTTLS", 220)
            client.start_tls()
            return client.sock.getpeercert(True)

    def test_a_port_that_is_in_use_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen(1)
            port = taken.getsockname()[1]
            gate = Gate(policy={"listen": f"127.0.0.1:{port}"})
            done = subprocess.run(gate.arguments("-l", "-e"),
                                  stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True)
        self.assertEqual(done.returncode, 78)
        self.assertIn(f"[smtp] listen: 127.0.0.1:{port}: Address already in "
                      "use; another program", done.stderr)

    def test_a_configuration_without_a_socket_is_a_mistake(self):
        done = subprocess.run(Gate().arguments("-l", "-e"),
                              stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 78)
        self.assertIn("set listen in [smtp]", done.stderr)

    def test_the_sockets_of_a_service_manager_are_used(self):
        with socket.socket() as passed:
            passed.bind(("127.0.0.1", 0))
            passed.listen(10)
            port = passed.getsockname()[1]
            gate = Gate()
            # as systemd does: descriptor 3, and the pid of the receiver
            script = ('exec 3<&%d; export LISTEN_FDS=1 LISTEN_FDNAMES=smtp '
                      'LISTEN_PID=$$; exec "$@"' % passed.fileno())
            process = subprocess.Popen(
                ["sh", "-c", script, "sh", *gate.arguments("-l")],
                stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                pass_fds=[passed.fileno()])
            try:
                with socket.create_connection(("127.0.0.1", port)) as sock:
                    client = Session(process, sock)
                    client.hello()
                    client.quit()
            finally:
                process.terminate()
                code = process.wait(harness.PATIENCE_S)
            self.assertEqual(code, 0)
            # the service manager has it still, for the next listener
            self.assertEqual(1, passed.getsockopt(socket.SOL_SOCKET,
                                                  socket.SO_ACCEPTCONN))
