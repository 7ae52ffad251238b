# SPDX-License-Identifier: ISC
"""The programs between a client and a mail server: for each of them, a command
that serves a port."""

import os

SINK, POSTFIX, POSTFIX_TLS = 2600, 2525, 2526
DIRECTORY = "/run/bench"
CERTIFICATE = f"{DIRECTORY}/mail.pem"
GATE, SHOVEL = "/usr/sbin/smtpgate", "/root/shovel"
POSTFIX_SOCKET = "unix:/var/spool/postfix/public/smtpgate"


def write(name, text):
    path = f"{DIRECTORY}/{name}"
    with open(path, "w") as file:
        file.write(text)
    return path


# ---- launchers ------------------------------------------------------------

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
                 f"{name} {arguments}\n")
    return ["/root/inetd", "-i", "-R", "100000", conf]


def shovel_under(launcher, backend):
    return lambda port: launcher(port, SHOVEL, f"127.0.0.1 {backend}")


# ---- the gate -------------------------------------------------------------

def gate_conf(port, backend, identity, more, listen=""):
    """backend: a port of this machine, or a socket as smtpgate names it"""
    if isinstance(backend, int):
        backend = f"127.0.0.1:{backend}"
    return write(f"gate-{port}.conf",
                 "[smtpgate]\nhostname = mail.example.org\n"
                 "local_domains = example.org\nmax_commands = 10000000\n"
                 "max_connections = 1000\nmax_connections_per_client = 1000\n"
                 f"backend = {backend}\n"
                 f"backend_identity = {identity}\n{more}{listen}")


def gate_under(launcher, backend, identity="none", more=""):
    return lambda port: launcher(
        port, GATE, f"-c {gate_conf(port, backend, identity, more)}")


def listener(backend, identity="none", more=""):
    return lambda port: [GATE, "-l", "-c", gate_conf(
        port, backend, identity, more,
        f"[smtp]\nlisten = 127.0.0.1:{port}\n")]


# ---- others ---------------------------------------------------------------

def nginx(backend, log="/dev/null"):
    return lambda port: ["nginx", "-c", write(f"nginx-{port}.conf", f"""
load_module /usr/lib/nginx/modules/ngx_mail_module.so;
user nobody nogroup;
worker_processes 2;
daemon off;
pid {DIRECTORY}/nginx-{port}.pid;
error_log {log};
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
""")]


def haproxy(backend):
    return lambda port: ["haproxy", "-db", "-f",
                         write(f"haproxy-{port}.cfg", f"""
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
""")]
