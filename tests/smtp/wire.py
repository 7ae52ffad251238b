# SPDX-License-Identifier: ISC
"""A wire between the gate and a door of the real MTA, which is recorded.

Use with "with"; endpoint is for the gate's configuration.  The gate's bytes, a
PROXY header too, pass unchanged and are kept: a test then knows exactly what
the MTA got, whatever it logs.
"""

import os
import socket

import harness
from acceptor import Acceptor


class Wire(Acceptor):
    def __init__(self, endpoint):
        """endpoint: the MTA's, as a configuration names it."""
        super().__init__()
        self.mta = endpoint
        self.sent = []  # by the gate, a bytearray for each connection

    def __enter__(self):
        self.listen_on_loopback()
        return self

    def _connect(self):
        kind, _, where = self.mta.partition(":")
        if kind != "unix":
            return socket.create_connection((kind, int(where)))
        # its path from here may be too long for an address
        directory, name = os.path.split(harness.world.root + where)
        fd = os.open(directory, os.O_PATH)
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(f"/proc/self/fd/{fd}/{name}")
        os.close(fd)
        return sock

    def accepted(self, gate):
        kept = bytearray()
        self.sent.append(kept)
        mta = self._connect()
        self.start(self._carry, gate, mta, kept)
        self.start(self._carry, mta, gate, bytearray())

    @staticmethod
    def _carry(source, sink, kept):
        try:
            while data := source.recv(65536):
                kept += data
                sink.sendall(data)
        except OSError:
            pass
        for sock, how in ((source, socket.SHUT_RD), (sink, socket.SHUT_WR)):
            try:
                sock.shutdown(how)
            except OSError:
                pass

    def __exit__(self, *_):
        self.close()
        self.join(harness.PATIENCE_S)

    def lines(self, verb, connection=None):
        """The lines of all connections, or of one, that begin like this; no
        message has such a line."""
        sent = self.sent if connection is None else [self.sent[connection]]
        return [line.decode("latin-1") for text in sent
                for line in bytes(text).split(b"\r\n")
                if line.startswith(verb.encode() + b" ")]

    def recipients(self):
        """The path of each, in order."""
        return [line.partition(":")[2].split(" ")[0]
                for line in self.lines("RCPT")]
