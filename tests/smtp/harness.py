# SPDX-License-Identifier: ISC
"""Starts gates, holds dialogues with them, reads mailboxes and logs."""

import fcntl
import itertools
import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

import addresses
from addresses import JOE4, STRANGER4  # noqa: F401 (for the dialogues)

PATIENCE_S = 60  # of a test that fails; no test waits for its end
HOST = "gate.example.org"

settings = None
world = None
serial = itertools.count(os.getpid() * 1000)


def marker():
    """A word that no other message has."""
    return f"marker-{next(serial)}"


class World:
    """Shared by all dialogues: a directory, client addresses, a table."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.root = os.path.abspath(arguments.root)
        parent = os.path.join(self.root, "tmp")
        self.directory = tempfile.mkdtemp(prefix="smtp-dialogues.", dir=parent)
        os.chmod(self.directory, 0o755)
        self.n_files = 0
        self.popauthds = {}  # by the window of their table
        self.no_table = "popauthd was not started"
        try:
            self.addresses = addresses.Addresses()
            self.no_addresses = None
        except OSError as error:
            self.addresses = None
            self.no_addresses = f"no network namespace: {error}"

    def path(self, name):
        return os.path.join(self.directory, name)

    def inside(self, path):
        """The path as the programs in the root see it."""
        if self.root == "/":
            return path
        return path.removeprefix(self.root)

    def command(self, *words):
        if self.root == "/":
            return list(words)
        return ["chroot", self.root, *words]

    def table(self, window="15m"):
        """The path of a table that popauthd keeps, inside the root."""
        if window not in self.popauthds and os.geteuid() == 0:
            self._start_popauthd(window)
        return self.inside(self._table(window))

    def _table(self, window):
        return self.path(f"run-{window}/grants")

    def _start_popauthd(self, window):
        conf = self.path(f"popauthd-{window}.conf")
        table = self._table(window)
        with open(conf, "w") as file:
            file.write(f"[table]\npath = {self.inside(table)}\n"
                       f"window = {window}\n[popauthd]\nsweep_every = 1s\n")
        program = self.arguments.popauthd
        self.popauthds[window] = None
        if not os.path.exists(os.path.join(self.root, program.lstrip("/"))):
            self.no_table = f"there is no {program}"
            return
        daemon = subprocess.Popen(
            self.command(program, "-e", "-c", self.inside(conf)),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(self.path("popauthd.log"), "w"))
        self.popauthds[window] = daemon
        wait_until(lambda: os.path.exists(table)
                   or daemon.poll() is not None, "popauthd's table")
        if daemon.poll() is None:
            self.no_table = None
            return
        with open(self.path("popauthd.log")) as file:
            self.no_table = "popauthd: " + file.read().strip()

    def certificate(self, name):
        """A PEM file with key and certificate, as the gate's root sees it."""
        path = self.path(f"{name}.pem")
        if not os.path.exists(path):
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                 "-subj", f"/CN={name}", "-addext",
                 f"subjectAltName=DNS:{name}", "-keyout", path + ".key",
                 "-out", path + ".crt"], check=True, capture_output=True)
            with open(path, "wb") as file:
                os.fchmod(file.fileno(), 0o600)
                for part in (".key", ".crt"):
                    with open(path + part, "rb") as source:
                        file.write(source.read())
        return self.inside(path)

    def _popauthctl(self, table, *words):
        return subprocess.run(
            self.command(self.arguments.popauthctl, "-t", table, *words),
            capture_output=True, text=True)

    def popauthctl(self, *words, table=None):
        """Tries again while a grant is refused: a revocation in the same
        second has priority."""
        def done():
            last = self._popauthctl(table or self.table(), *words)
            if last.returncode not in (0, os.EX_TEMPFAIL):
                raise AssertionError(f"popauthctl {words}: {last.stderr}")
            return last.returncode == 0
        wait_until(done, f"popauthctl {words}")

    def check(self, table, address):
        """Whether the table has a living grant for it."""
        last = self._popauthctl(table, "check", address)
        if last.returncode not in (0, 1):
            raise AssertionError(f"popauthctl check: {last.stderr}")
        return last.returncode == 0

    def close(self):
        for daemon in filter(None, self.popauthds.values()):
            daemon.send_signal(signal.SIGTERM)
            daemon.wait()
        if self.addresses:
            self.addresses.close()
        shutil.rmtree(self.directory)


def set_up(arguments):
    global settings, world
    settings = arguments
    world = World(arguments)


def tear_down():
    world.close()


def wait_until(condition, what, patience_s=PATIENCE_S):
    end = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {patience_s} s for {what}")
        time.sleep(0.01)


def needs_addresses():
    if world.addresses is None:
        raise unittest.SkipTest(world.no_addresses)


def needs_table():
    needs_addresses()
    world.table()
    if world.no_table is not None:
        raise unittest.SkipTest(world.no_table)


def needs_mta():
    if settings.backend is None:
        raise unittest.SkipTest("no real MTA (--backend)")


def needs_relay():
    needs_mta()
    if settings.backend_relay is None:
        raise unittest.SkipTest("no relaying listener (--backend-relay)")


def needs_log():
    if settings.log is None:
        raise unittest.SkipTest("no log to look at (--log)")


class Gate:
    """A configuration, and gates that are started with it."""

    def __init__(self, table="/nonexistent/grants", service=None, policy=None,
                 sections=None, **options):
        """policy: options of the service, when it is not the default one's;
        sections: more of the file, a dictionary for each."""
        self.service = service
        self.options = {
            "hostname": HOST,
            "local_domains": settings.domain or "example.org",
            "backend": settings.backend or "127.0.0.1:9",
        }
        if settings.backend_relay is not None:
            self.options["backend_relay"] = settings.backend_relay
        # a scripted backend takes XCLIENT
        if settings.backend is not None and "backend" not in options:
            self.options["backend_identity"] = settings.identity
            self.options["backend_relay_identity"] = settings.identity
        self.options.update(options)
        world.n_files += 1
        self.conf = world.path(f"gate-{world.n_files}.conf")
        with open(self.conf, "w") as file:
            file.write(f"[table]\npath = {table}\n[smtpgate]\n")
            for name, value in self.options.items():
                if value is not None:
                    file.write(f"{name} = {value}\n")
            sections = {service or "smtp": policy or {}, **(sections or {})}
            for section, lines in sections.items():
                file.write(f"[{section}]\n")
                for name, value in lines.items():
                    file.write(f"{name} = {value}\n")

    def arguments(self, *words):
        if self.service is not None:
            words = ("-s", self.service, *words)
        return world.command(settings.gate, "-c", world.inside(self.conf),
                             *words)

    def client(self, address=None, early=b"", **options):
        """Start a gate for a client; early: the client's first bytes, sent
        before the greeting."""
        if world.addresses is not None:
            far, near = world.addresses.pair(address or STRANGER4)
        elif address is None:
            far, near = addresses.connected_pair("127.0.0.1", "127.0.0.7")
        else:
            raise unittest.SkipTest(world.no_addresses)
        near.sendall(early)
        return Dialogue(self.start(far, far, **options), near, far)

    def start(self, stdin, stdout, **options):
        if os.geteuid() == 0 and world.root == "/":
            options.update(unprivileged())
        # fd 2 is the client, as it is under xinetd
        return subprocess.Popen(self.arguments(), stdin=stdin, stdout=stdout,
                                stderr=stdout, **options)


def unprivileged():
    """Without the gate's user it must not be started as root."""
    try:
        pwd.getpwnam("smtpgate")
        return {}
    except KeyError:
        nobody = pwd.getpwnam("nobody")
        return {"user": nobody.pw_uid, "group": nobody.pw_gid,
                "extra_groups": []}


class Dialogue:
    """One client's side of a session."""

    def __init__(self, process, sock, far=None):
        self.process = process
        self.exit_code = 0  # what the gate is to end with; -N: by signal N
        self.sock = sock
        self.sock.settimeout(PATIENCE_S)
        self.buffer = b""
        self.server_port = None  # of the gate's side
        if far is not None:
            if far.family != socket.AF_UNIX:
                self.server_port = far.getsockname()[1]
            far.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.sock.close()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        # a sanitizer's finding shows here too: fd 2 of a gate is /dev/null
        if kind is None and self.process.returncode != self.exit_code:
            raise AssertionError(f"exit code {self.process.returncode}")

    def start_tls(self, **options):
        """The handshake; options are those of ssl.SSLContext."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        name = options.pop("server_hostname", None)
        for option, value in options.items():
            setattr(context, option, value)
        self.sock = context.wrap_socket(self.sock, server_hostname=name)

    def say(self, data):
        self.sock.sendall(data)

    def _more(self):
        try:
            data = self.sock.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            data = b""
        self.buffer += data
        return data

    def line(self):
        while b"\r\n" not in self.buffer:
            if not self._more():
                raise AssertionError(f"closed after {self.buffer!r}")
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def reply(self):
        """The lines of one reply, as text; checks that they are one."""
        lines = []
        while True:
            line = self.line()
            if not re.fullmatch(rb"[2-5][0-9][0-9][ -][ -~]*", line):
                raise AssertionError(f"not a reply: {line!r}")
            if lines and line[:3] != lines[0][:3].encode():
                raise AssertionError(f"two codes: {lines} {line!r}")
            lines.append(line.decode())
            if line[3:4] == b" ":
                return lines

    def expect(self, *texts):
        """Each is one whole line, without its CR LF."""
        for text in texts:
            line = self.line().decode()
            if line != text:
                raise AssertionError(f"expected {text!r}, got {line!r}")

    def expect_code(self, *codes):
        lines = self.reply()
        if int(lines[0][:3]) not in codes:
            raise AssertionError(f"expected {codes}, got {lines}")
        return lines[-1]

    def ask(self, line, *codes):
        """Send one line, expect one reply; returns its last line."""
        data = line if isinstance(line, bytes) else line.encode()
        self.say(data + b"\r\n")
        return self.expect_code(*codes)

    def expect_end(self):
        """The gate closes, and says nothing more."""
        while self._more():
            pass
        if self.buffer:
            raise AssertionError(f"more was said: {self.buffer!r}")

    def hello(self, verb="EHLO", name="client.example"):
        self.expect(f"220 {HOST} ESMTP")
        return self.ask(f"{verb} {name}", 250)

    def quit(self):
        self.say(b"QUIT\r\n")
        self.expect(f"221 2.0.0 {HOST} closing connection")
        self.expect_end()

    def in_step(self):
        """The next reply is the one to the next command."""
        self.say(b"VRFY step\r\n")
        self.expect("252 2.0.0 Cannot verify a user; send a message to find out")


def own_memory_kb(pid):
    """One number for each mapping, by its place and name."""
    own, name = {}, ""
    with open(f"/proc/{pid}/smaps") as file:
        for line in file:
            words = line.split()
            if "-" in words[0]:
                name = " ".join(words[:2] + words[5:])
                own[name] = 0
            elif words[0].startswith("Private_"):
                own[name] += int(words[1])
    return {name: kb for name, kb in own.items()
            if kb > 0 or "asan" in name}


class Log:
    """The lines of the gate since now."""

    def __init__(self):
        needs_log()
        self.offset = os.path.getsize(settings.log)

    def text(self):
        """All lines, of any program."""
        with open(settings.log, "rb") as file:
            file.seek(self.offset)
            return file.read().decode("ascii", "replace")

    def lines(self, client):
        """The lines of the gate that served the client."""
        text = self.text()
        mark = f"smtpgate[{client.process.pid}]: "
        return [line.partition(mark)[2]
                for line in text.splitlines() if mark in line]

    def wait(self, client, pattern):
        def found():
            return [x for x in self.lines(client) if re.fullmatch(pattern, x)]
        try:
            wait_until(found, f"a log line {pattern}")
        except AssertionError as error:
            raise AssertionError(f"{error}; there were {self.lines(client)}")
        return found()[0]


class Mailbox:
    """The messages that arrive for the user from now on."""

    def __init__(self, path=None):
        """path: another mailbox, as seen from outside of the root."""
        needs_mta()
        self.path = path or os.path.join(world.root,
                                         settings.mailbox.lstrip("/"))
        self.seen = set(self._all())

    def _all(self):
        """Each message under a name of its own."""
        if self.path.endswith("/"):
            return self._maildir()
        try:
            with open(self.path, "rb") as file:
                # local(8) holds a lock while it writes
                fcntl.lockf(file, fcntl.LOCK_SH)
                text = file.read()
        except FileNotFoundError:
            return {}
        return dict(enumerate(
            re.split(rb"(?:\A|\n)From [^\n]*\n", text)[1:]))

    def _maildir(self):
        new = os.path.join(self.path, "new")
        messages = {}
        for name in os.listdir(new) if os.path.isdir(new) else []:
            with open(os.path.join(new, name), "rb") as file:
                messages[name] = file.read()
        return messages

    def messages(self):
        return [message for name, message in self._all().items()
                if name not in self.seen]

    def wait(self, marker, n=1):
        """The n messages that have the marker, once they have arrived."""
        marker = marker.encode()

        def found():
            return [m for m in self.messages() if marker in m]
        wait_until(lambda: len(found()) >= n, f"{n} messages with {marker!r}")
        return found()
