#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What a session costs through the gate, and through what else could stand
before a mail server.  Runs on a machine of its own (../../system/plays).

Each path is started, warmed up, used, and ended; the CPU time of the ended
processes and of all that they waited for is what the session cost the server.
Paths take turns in rounds, and the median of the rounds counts.
"""

import argparse
import glob
import os
import resource
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import time

SINK, POSTFIX = 2600, 2525
PORTS = iter(range(3000, 4000))
DIRECTORY = "/run/bench"
CERTIFICATE = f"{DIRECTORY}/mail.pem"


def write(name, text):
    path = f"{DIRECTORY}/{name}"
    with open(path, "w") as file:
        file.write(text)
    return path


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition, what):
    end = time.monotonic() + 20
    while not condition():
        if time.monotonic() > end:
            with open(f"{DIRECTORY}/stderr") as file:
                sys.exit(f"measure: {what} does not happen: {file.read()}")
        time.sleep(0.02)


# ---- paths ----------------------------------------------------------------

def gate_conf(backend, identity="none", more="", port=None):
    listen = f"[smtp]\nlisten = 127.0.0.1:{port}\n" if port else ""
    return write(f"gate-{backend}-{port}.conf",
                 "[smtpgate]\nhostname = mail.example.org\n"
                 "local_domains = example.org\nmax_commands = 10000000\n"
                 "max_connections = 1000\nmax_connections_per_client = 1000\n"
                 f"backend = 127.0.0.1:{backend}\n"
                 f"backend_identity = {identity}\n{more}{listen}")


def xinetd(port, program, arguments):
    conf = write(f"xinetd-{port}.conf", f"""
service bench
{{
    type = UNLISTED
    port = {port}
    bind = 127.0.0.1
    socket_type = stream
    protocol = tcp
    wait = no
    user = root
    server = {program}
    server_args = {arguments}
    instances = UNLIMITED
    per_source = UNLIMITED
    cps = 100000 1
    log_type = FILE /dev/null
}}
""")
    return ["xinetd", "-dontfork", "-f", conf, "-pidfile",
            f"{DIRECTORY}/xinetd-{port}.pid"]


def inetd(port, program, arguments):
    name = os.path.basename(program)
    conf = write(f"inetd-{port}.conf",
                 f"127.0.0.1:{port} stream tcp nowait.100000 root {program} "
                 f"{name} "
                 f"{arguments}\n")
    return ["/root/inetd", "-i", "-R", "100000", conf]


def nginx(port, backend):
    conf = write(f"nginx-{port}.conf", f"""
load_module /usr/lib/nginx/modules/ngx_mail_module.so;
user nobody nogroup;
worker_processes 2;
daemon off;
pid {DIRECTORY}/nginx-{port}.pid;
error_log /dev/null;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    server {{
        listen 127.0.0.1:{port + 1000};
        location / {{
            add_header Auth-Status OK;
            add_header Auth-Server 127.0.0.1;
            add_header Auth-Port {backend};
            return 204;
        }}
    }}
}}
mail {{
    server_name mail.example.org;
    auth_http 127.0.0.1:{port + 1000}/;
    xclient {"on" if backend == POSTFIX else "off"};
    server {{ listen 127.0.0.1:{port}; protocol smtp; smtp_auth none; }}
}}
""")
    return ["nginx", "-c", conf]


def haproxy(port, backend):
    conf = write(f"haproxy-{port}.cfg", f"""
global
    maxconn 4096
    nbthread 2
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
listen bench
    bind 127.0.0.1:{port}
    server backend 127.0.0.1:{backend}
""")
    return ["haproxy", "-db", "-f", conf]


def listener(port, backend, identity="none", more=""):
    return ["smtpgate", "-c", gate_conf(backend, identity, more, port), "-l"]


GATE, SHOVEL = "/usr/sbin/smtpgate", "/root/shovel"


def gate_under(launcher, backend, identity="none"):
    return lambda port: launcher(port, GATE,
                                 f"-c {gate_conf(backend, identity)}")


def shovel_under(launcher, backend):
    return lambda port: launcher(port, SHOVEL, f"127.0.0.1 {backend}")


class Path:
    """A process between client and server, while it runs."""

    def __init__(self, command, port):
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(f"{DIRECTORY}/stderr", "w"), start_new_session=True)
        wait_for(lambda: is_open(port), f"{command[0]} on {port}")

    def end(self):
        """The CPU seconds of it and of what it has waited for."""
        os.kill(self.process.pid, signal.SIGTERM)
        _, _, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = 0
        return usage.ru_utime + usage.ru_stime


# ---- measures -------------------------------------------------------------

def source(port, sessions, parallel, size=1000):
    """Seconds that smtp-source takes, a session for each message."""
    begin = time.monotonic()
    subprocess.run(["smtp-source", "-s", str(parallel), "-m", str(sessions),
                    "-l", str(size), "-f", "ann@example.net",
                    "-t", "joe@example.org", f"127.0.0.1:{port}"],
                   check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begin


def postfix_cpu():
    """CPU seconds of the running Postfix and what it has waited for."""
    ticks = 0
    for stat in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(stat) as file:
                words = file.read().rpartition(")")
            path = os.readlink(stat.replace("stat", "exe"))
        except OSError:
            continue
        if "/postfix/" in path:
            fields = words[2].split()
            ticks += sum(int(x) for x in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def sessions_through(path, sessions, parallel, backend):
    """(sessions a second, server's CPU ms a session)"""
    if path is None:
        port, running = backend, None
    else:
        port = next(PORTS)
        running = Path(path(port), port)
    source(port, 50, 5)
    before = postfix_cpu() if backend == POSTFIX else 0
    seconds = source(port, sessions, parallel)
    cpu = postfix_cpu() - before if backend == POSTFIX else 0
    if running is not None:
        cpu += running.end()
    return sessions / seconds, cpu * 1000 / sessions


def megabytes_through(path, backend, size):
    if path is None:
        port, running = backend, None
    else:
        port = next(PORTS)
        running = Path(path(port), port)
    source(port, 1, 1)
    seconds = source(port, 1, 1, size)
    if running is not None:
        running.end()
    return size / seconds / 1e6


def tls_session(port, context):
    with socket.create_connection(("127.0.0.1", port)) as sock:
        talk(sock, None)
        talk(sock, b"EHLO bench\r\n")
        talk(sock, b"STARTTLS\r\n")
        with context.wrap_socket(sock) as tls:
            talk(tls, b"EHLO bench\r\n")
            talk(tls, b"QUIT\r\n")


def cpu_of_tls_sessions(path, port, sessions):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    running = None
    if path is not None:
        port = next(PORTS)
        running = Path(path(port), port)
    before = postfix_cpu()
    for _ in range(sessions):
        tls_session(port, context)
    cpu = postfix_cpu() - before
    return cpu if running is None else running.end()


def tls_sessions(path, port, sessions):
    """Server's CPU ms a session with STARTTLS and a full handshake, less what
    a start costs."""
    start = cpu_of_tls_sessions(path, port, 20)
    cpu = cpu_of_tls_sessions(path, port, 20 + sessions)
    return (cpu - start) * 1000 / sessions


def talk(sock, line):
    if line is not None:
        sock.sendall(line)
    reply = b""
    while not reply.endswith(b"\r\n") or reply.splitlines()[-1][3:4] == b"-":
        data = sock.recv(4096)
        if not data:
            raise SystemExit(f"measure: closed after {reply!r}")
        reply += data


def private_kb(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return sum(int(line.split()[1]) for line in file
                       if line.startswith("Private_"))
    except OSError:
        return 0


def memory_of(path, connections=50):
    """Private kB of each process that serves an open session."""
    port = next(PORTS)
    running = Path(path(port), port)
    socks = []
    for _ in range(connections):
        sock = socket.create_connection(("127.0.0.1", port))
        talk(sock, None)
        talk(sock, b"EHLO bench\r\n")
        talk(sock, b"MAIL FROM:<ann@example.net>\r\n")
        socks.append(sock)
    busy = [kb for pid in children_of(running.process.pid)
            if (kb := private_kb(pid)) > 0]
    for sock in socks:
        sock.close()
    running.end()
    return statistics.median(busy)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return file.read().split()


# ---- the plan -------------------------------------------------------------

def rounds_of(paths, n_rounds, measure):
    """{name: [what measure said in each round]}, the paths taking turns."""
    results = {name: [] for name in paths}
    for _ in range(n_rounds):
        for name, path in paths.items():
            results[name].append(measure(path))
    return results


def medians(results):
    return {name: tuple(statistics.median(column) for column in zip(*rows))
            for name, rows in results.items()}


def table(title, rows):
    print(f"\n{title}")
    for name, text in rows:
        print(f"  {name:42s} {text}")
    sys.stdout.flush()


def verdict(name, value, limit, is_at_most):
    good = value <= limit if is_at_most else value >= limit
    word = "at most" if is_at_most else "at least"
    return name, (f"{value:8.2f}   wanted {word} {limit:g}"
                  f"{'' if good else '   NOT REACHED'}")


def to_sink(options):
    paths = {
        "direct": None,
        "xinetd, byte shovel": shovel_under(xinetd, SINK),
        "xinetd, gate": gate_under(xinetd, SINK),
        "openbsd-inetd, byte shovel": shovel_under(inetd, SINK),
        "openbsd-inetd, gate": gate_under(inetd, SINK),
        "listener, gate": lambda port: listener(port, SINK),
        "nginx": lambda port: nginx(port, SINK),
        "HAProxy": lambda port: haproxy(port, SINK),
    }
    m = medians(rounds_of(paths, options.rounds, lambda path: sessions_through(
        path, options.sessions, 20, SINK)))
    table("to smtp-sink, 1,000 bytes, 20 at once: sessions/s, server CPU ms",
          [(name, f"{rate:8.0f} {cpu:8.2f}") for name, (rate, cpu)
           in m.items()])
    return m


def to_postfix(options):
    paths = {
        "direct": None,
        "xinetd, byte shovel": shovel_under(xinetd, POSTFIX),
        "xinetd, gate": gate_under(xinetd, POSTFIX, "xclient"),
        "listener, gate": lambda port: listener(port, POSTFIX, "xclient"),
        "nginx": lambda port: nginx(port, POSTFIX),
    }
    m = medians(rounds_of(paths, options.rounds, lambda path: sessions_through(
        path, options.sessions // 4, 20, POSTFIX)))
    table("to Postfix, the same, CPU of both",
          [(name, f"{rate:8.0f} {cpu:8.2f}") for name, (rate, cpu)
           in m.items()])
    return m


def tls(options):
    more = f"tls_certificates = {CERTIFICATE}\n"
    paths = {
        "Postfix's smtpd": None,
        "listener, gate": lambda port: listener(port, SINK, "none", more),
        "xinetd, gate": lambda port: xinetd(port, GATE, "-c " + write(
            "gate-tls.conf", open(gate_conf(SINK, "none", more)).read())),
    }
    m = medians(rounds_of(paths, options.rounds, lambda path: (
        tls_sessions(path, POSTFIX, options.sessions // 10),)))
    table("a TLS session: server CPU ms",
          [(name, f"{cpu:8.2f}") for name, (cpu,) in m.items()])
    return m


def bulk(options):
    paths = {"direct": None, "listener, gate":
             lambda port: listener(port, SINK)}
    m = medians(rounds_of(paths, options.rounds, lambda path: (
        megabytes_through(path, SINK, options.megabytes * 1000000),)))
    table(f"{options.megabytes} MB in one message: MB/s",
          [(name, f"{rate:8.0f}") for name, (rate,) in m.items()])
    return m


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sessions", type=int, default=2000)
    parser.add_argument("--megabytes", type=int, default=100)
    options = parser.parse_args()
    os.makedirs(DIRECTORY, exist_ok=True)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    sink = subprocess.Popen(["smtp-sink", "-u", "nobody",
                             f"127.0.0.1:{SINK}", "1000"],
                            stdout=subprocess.DEVNULL)
    wait_for(lambda: is_open(SINK), "smtp-sink")
    try:
        s, p = to_sink(options), to_postfix(options)
        t, b = tls(options), bulk(options)
        inetd_kb = memory_of(gate_under(xinetd, SINK))
        listener_kb = memory_of(lambda port: listener(port, SINK))
    finally:
        sink.kill()
        sink.wait()
    table("private memory of an open session, kB",
          [("xinetd, gate", f"{inetd_kb:8.0f}"),
           ("listener, gate", f"{listener_kb:8.0f}")])
    table("wanted", [
        verdict("CPU under xinetd against the shovel's",
                s["xinetd, gate"][1] / s["xinetd, byte shovel"][1], 1.6, True),
        verdict("CPU under openbsd-inetd, the same",
                s["openbsd-inetd, gate"][1]
                / s["openbsd-inetd, byte shovel"][1], 1.6, True),
        verdict("listener's sessions/s against nginx's",
                s["listener, gate"][0] / s["nginx"][0], 1.0, False),
        verdict("CPU with Postfix behind, listener / direct",
                p["listener, gate"][1] / p["direct"][1], 1.25, True),
        verdict("private kB of an open session, xinetd", inetd_kb, 150, True),
        verdict("private kB of an open session, listener", listener_kb, 150,
                True),
        verdict("a TLS session's CPU against Postfix's",
                t["listener, gate"][0] / t["Postfix's smtpd"][0], 1.15, True),
        verdict("MB/s of one large message / direct",
                b["listener, gate"][0] / b["direct"][0], 0.8, False),
    ])


if __name__ == "__main__":
    main()
