#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The cost of a session through the gate, and through other programs in front
of a mail server.  Runs on a machine of its own (../../system/plays).

In each round all paths are started, and take turns at small slices of the work,
so that other load of the machine affects all of them.  A figure is the median
of the rounds, followed by the least and the most; a ratio is the median of the
ratios of each round.  meter.py measures the CPU time.
"""

import argparse
import contextlib
import os
import resource
import socket
import ssl
import statistics
import subprocess
import sys

from meter import CannotMeasure, children_of, private_kb
from paths import (CERTIFICATE, DIRECTORY, POSTFIX, POSTFIX_SOCKET,
                   POSTFIX_TLS, SINK, gate_under, haproxy, inetd, listener,
                   nginx, shovel_under, xinetd)
from rounds import Each, Path, Postfix, Series, Sink, of_round, verdict

PARALLEL = 20


# ---- work -----------------------------------------------------------------

def send(port, messages, parallel=PARALLEL, size=1000):
    """A session for each message."""
    done = subprocess.run(
        ["smtp-source", "-s", str(parallel), "-m", str(messages),
         "-l", str(size), "-f", "ann@example.net", "-t", "joe@example.org",
         f"127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise CannotMeasure(f"smtp-source: {done.stderr.strip()}")


def talk(sock, line):
    if line is not None:
        sock.sendall(line)
    reply = b""
    while not reply.endswith(b"\r\n") or reply.splitlines()[-1][3:4] == b"-":
        data = sock.recv(4096)
        if not data:
            raise CannotMeasure(f"closed after {reply!r}")
        reply += data
    if reply[:1] not in b"23":
        raise CannotMeasure(f"{line!r} is answered {reply!r}")


def tls_sessions(port, sessions):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for _ in range(sessions):
        with socket.create_connection(("127.0.0.1", port)) as sock:
            talk(sock, None)
            talk(sock, b"EHLO bench\r\n")
            talk(sock, b"STARTTLS\r\n")
            with context.wrap_socket(sock) as tls:
                talk(tls, b"EHLO bench\r\n")
                talk(tls, b"QUIT\r\n")


# ---- measures -------------------------------------------------------------

def of_memory(command, backend, connections=50):
    """Private kB of each process that serves an open session."""
    path = Path(command, backend)
    with contextlib.ExitStack() as stack:
        stack.callback(path.end)
        for _ in range(connections):
            sock = stack.enter_context(
                socket.create_connection(("127.0.0.1", path.port)))
            talk(sock, None)
            talk(sock, b"EHLO bench\r\n")
            talk(sock, b"MAIL FROM:<ann@example.net>\r\n")
        busy = [kb for pid in children_of(path.server.pid)
                if (kb := private_kb(pid)) > 0]
    if len(busy) < connections:
        raise CannotMeasure(f"{len(busy)} processes for {connections} sessions")
    return statistics.median(busy)


def busy_s():
    """CPU seconds that all processes of the machine have used."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq = map(
            int, file.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def own_s():
    """The CPU seconds of this process and of its children."""
    return sum(usage.ru_utime + usage.ru_stime for usage in (
        resource.getrusage(resource.RUSAGE_SELF),
        resource.getrusage(resource.RUSAGE_CHILDREN)))


# ---- the plan -------------------------------------------------------------

# A session through these is so short that a slice of them would be, too.
FAST = ("direct", "listener, gate", "nginx", "nginx with a log", "HAProxy")
NGINX_LOG = "syslog:server=unix:/dev/log info"


def figures(name, seconds, cpu, n):
    """CPU time that is not counted is None."""
    if cpu is not None and cpu <= 0:
        print(f"not measured: {name}: {cpu * 1000:.1f} ms for {n} sessions",
              file=sys.stderr)
        return None
    return {"rate": n / seconds, "cpu": cpu and cpu * 1000 / n}


def sessions(options, title, commands, backend, per_slice):
    """per_slice: {name: number of sessions in a slice}"""
    works = {name: lambda port, n=n: send(port, n)
             for name, n in per_slice.items()}
    rounds = []
    for _ in range(options.rounds):
        times = of_round(commands, backend,
                         lambda port: send(port, 10 * PARALLEL), works,
                         options.slices)
        rounds.append({name: figures(name, seconds, cpu,
                                     options.slices * per_slice[name])
                       for name, (seconds, cpu) in times.items()})
    series = Series(commands, rounds)
    series.table(title, {"rate": ".0f", "cpu": ".2f"})
    return series


def to_sink(options, sink):
    commands = {
        "direct": None,
        "xinetd, byte shovel": shovel_under(xinetd, SINK),
        "xinetd, gate": gate_under(xinetd, SINK),
        "openbsd-inetd, byte shovel": shovel_under(inetd, SINK),
        "openbsd-inetd, gate": gate_under(inetd, SINK),
        "listener, gate": listener(SINK),
        "nginx": nginx(SINK),
        "nginx with a log": nginx(SINK, NGINX_LOG),
        "HAProxy": haproxy(SINK),
    }
    return sessions(options, "to smtp-sink, 1,000 bytes, 20 at once: "
                    "sessions/s, CPU ms of what is between", commands, sink,
                    {name: 200 if name in FAST else 50 for name in commands})


def to_postfix(options, postfix):
    commands = {
        "direct": None,
        "xinetd, byte shovel": shovel_under(xinetd, POSTFIX),
        "xinetd, gate": gate_under(xinetd, POSTFIX, "xclient"),
        "listener, gate": listener(POSTFIX, "xclient"),
        "listener, gate, unix socket": listener(POSTFIX_SOCKET, "xclient"),
        "nginx": nginx(POSTFIX),
        "nginx with a log": nginx(POSTFIX, NGINX_LOG),
    }
    return sessions(options, "to Postfix, the same, CPU ms of both until all "
                    "is delivered", commands, postfix,
                    {name: 60 for name in commands})


def tls(options, sink, postfix):
    more = f"tls_certificates = {CERTIFICATE}\n"
    gates = {"listener, gate": listener(SINK, more=more),
             "xinetd, gate": gate_under(xinetd, SINK, more=more)}
    direct = {"Postfix's smtpd": None}
    n = 10
    rounds = []
    for _ in range(options.rounds):
        rounds.append({})
        for commands, backend in ((direct, postfix), (gates, sink)):
            times = of_round(commands, backend,
                             lambda port: tls_sessions(port, PARALLEL),
                             {name: lambda port: tls_sessions(port, n)
                              for name in commands}, options.slices)
            rounds[-1].update({
                name: figures(name, seconds, cpu, options.slices * n)
                for name, (seconds, cpu) in times.items()})
    series = Series(direct | gates, rounds)
    series.table("a session with STARTTLS and a full handshake: server's "
                 "CPU ms", {"cpu": ".2f"})
    return series


def bulk(options, sink):
    commands = {"direct": None, "listener, gate": listener(SINK)}
    megabytes = options.megabytes
    works = {name: lambda port: send(port, 1, 1, megabytes * 1000000)
             for name in commands}
    rounds = []
    for _ in range(options.rounds):
        times = of_round(commands, sink, lambda port: send(port, 1, 1), works,
                         options.slices)
        rounds.append({
            name: {"rate": options.slices * megabytes / seconds}
            for name, (seconds, _) in times.items()})
    series = Series(commands, rounds)
    series.table(f"{megabytes} MB in one message: MB/s", {"rate": ".0f"})
    return series


def memory(sink):
    commands = {"xinetd, byte shovel": shovel_under(xinetd, SINK),
                "xinetd, gate": gate_under(xinetd, SINK),
                "listener, gate": listener(SINK)}
    row = {}
    Each(commands).do(lambda name: row.update(
        {name: {"kb": of_memory(commands[name], sink)}}))
    series = Series(commands, [row])
    series.table("private memory of an open session, kB", {"kb": ".0f"})
    return series


@contextlib.contextmanager
def running(backend):
    try:
        yield backend
    finally:
        backend.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--slices", type=int, default=20)
    parser.add_argument("--megabytes", type=int, default=100)
    options = parser.parse_args()
    os.makedirs(DIRECTORY, exist_ok=True)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    others = busy_s() - own_s()
    with running(Sink()) as sink:
        s = to_sink(options, sink)
        with running(Postfix(POSTFIX)) as postfix:
            p = to_postfix(options, postfix)
        with running(Postfix(POSTFIX_TLS)) as postfix:
            t = tls(options, sink, postfix)
        b, m = bulk(options, sink), memory(sink)
    others = busy_s() - own_s() - others
    print(f"\nOther processes, the log's among them, had {others:.0f} s of "
          f"CPU time meanwhile, these {own_s():.0f} s.\nWhere they had more "
          "than a tenth, rates say less than CPU times do.")
    print("\nthe aims")
    verdict("CPU under xinetd / the shovel's", s.ratios(
        "xinetd, gate", "xinetd, byte shovel", "cpu"), 1.6, True)
    verdict("CPU under openbsd-inetd / the shovel's", s.ratios(
        "openbsd-inetd, gate", "openbsd-inetd, byte shovel", "cpu"), 1.6, True)
    verdict("sessions/s, listener / nginx", s.ratios(
        "listener, gate", "nginx", "rate"), 1, False)
    verdict("the same, nginx with a log too", s.ratios(
        "listener, gate", "nginx with a log", "rate"), 1, False)
    verdict("CPU with Postfix behind, listener / direct", p.ratios(
        "listener, gate", "direct", "cpu"), 1.25, True)
    verdict("the same, by a unix socket", p.ratios(
        "listener, gate, unix socket", "direct", "cpu"), 1.25, True)
    verdict("private kB of an open session, xinetd",
            m.column("xinetd, gate", "kb"), 150, True)
    verdict("private kB of an open session, listener",
            m.column("listener, gate", "kb"), 150, True)
    verdict("CPU of a TLS session, listener / Postfix's", t.ratios(
        "listener, gate", "Postfix's smtpd", "cpu"), 1.15, True)
    verdict("MB/s of one large message, listener / direct", b.ratios(
        "listener, gate", "direct", "rate"), 0.8, False)


if __name__ == "__main__":
    main()
