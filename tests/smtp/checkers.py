# SPDX-License-Identifier: ISC
"""Stand-ins for the programs that check passwords, smtpgate-auth and Dovecot,
with answers that a test chooses.  (tests/system uses the real programs.)  Each
keeps the bytes that the gate sent."""

import ipaddress
import os
import socket
import struct

import harness
from acceptor import Acceptor

READY, BUSY, OK, DENIED, UNAVAILABLE, TOO_MANY = range(6)

SILENCE = object()  # no answer: the connection is closed


class Server(Acceptor):
    """Use with "with"; each connection has a thread of its own."""

    def __init__(self, kind):
        super().__init__()
        harness.world.n_files += 1
        self.path = harness.world.path(f"auth-{harness.world.n_files}")
        self.kind = kind
        self.socks = []

    def __enter__(self):
        listener = socket.socket(socket.AF_UNIX, self.kind)
        listener.bind(self.path)
        # the gate may run as another user
        os.chmod(self.path, 0o666)
        listener.listen()
        self.listen(listener)
        return self

    def inside(self):
        return harness.world.inside(self.path)

    def accepted(self, sock):
        self.socks.append(sock)
        self.start(self._serve, sock)

    def _serve(self, sock):
        try:
            self.serve(sock)
        except OSError:
            pass
        finally:
            sock.close()

    def __exit__(self, *_):
        self.close()
        for sock in self.socks:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.join()


def answer(kind, user=b""):
    return bytes([2, kind]) + user


class Request:
    def __init__(self, record):
        self.version, self.flags = record[:2]
        self.client = ipaddress.IPv6Address(record[2:18])
        self.session = record[18:30].decode()
        user_len, password_len = struct.unpack(">HH", record[30:34])
        assert len(record) == 34 + user_len + password_len
        self.user = record[34:34 + user_len].decode()
        self.password = record[34 + user_len:].decode()


class Pam(Server):
    """As smtpgate-auth: joe's password is "secret".  greetings: for the next
    connections; answers: in place of the right ones; bytes, or SILENCE."""

    def __init__(self, greetings=(), answers=()):
        super().__init__(socket.SOCK_SEQPACKET)
        self.greetings = list(greetings)
        self.answers = list(answers)
        self.requests = []

    def options(self):
        return {"auth": "pam", "auth_plain_networks": "0.0.0.0/0"}

    def auth_server(self):
        return {"socket": f"unix:{self.inside()}", "timeout": "3s"}

    def serve(self, sock):
        greeting = self.greetings.pop(0) if self.greetings else answer(READY)
        if greeting is SILENCE:
            return
        sock.send(greeting)
        record = sock.recv(4096)
        if not record:
            return
        request = Request(record)
        self.requests.append(request)
        if self.answers:
            said = self.answers.pop(0)
        elif (request.user, request.password) == ("joe", "secret"):
            said = answer(OK, b"joe")
        else:
            said = answer(DENIED)
        if said is not SILENCE:
            sock.send(said)


HANDSHAKE = (b"VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\n"
             b"MECH\tSCRAM-SHA-256\tmutual-auth\n"
             b"MECH\tSCRAM-SHA-256-PLUS\tmutual-auth\n"
             b"MECH\tANONYMOUS\tanonymous\nMECH\tAPOP\tprivate\tdictionary\n"
             b"MECH\tEXTERNAL\nMECH\tx y\nMECH\n"
             b"SPID\t7\nCUID\t8\nCOOKIE\t00112233\nDONE\n")


class Dovecot(Server):
    """answers: in order, one for each line that the gate sends after its
    CPID; "%s" is the number of the exchange."""

    def __init__(self, *answers, handshake=HANDSHAKE):
        super().__init__(socket.SOCK_STREAM)
        self.answers = list(answers)
        self.handshake = handshake
        self.lines = []

    def options(self):
        return {"auth": f"dovecot:{self.inside()}",
                "auth_plain_networks": "0.0.0.0/0"}

    def serve(self, sock):
        sock.sendall(self.handshake)
        number = b""
        for line in sock.makefile("rb"):
            words = line.rstrip(b"\n").split(b"\t")
            self.lines.append(line.decode())
            if words[0] in (b"VERSION", b"CPID"):
                continue
            number = words[1]
            said = self.answers.pop(0)
            if said is SILENCE:
                return
            sock.sendall(said.replace(b"%s", number))
