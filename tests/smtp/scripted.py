# SPDX-License-Identifier: ISC
"""A backend that misbehaves as a test chooses: a hostile peer, never the normal
path.

It answers each command from a table of replies; a test replaces one of them.  A
reply is bytes to send; CLOSE, RESET or STALL instead; DELAY (DELAY_S) or a
threading.Event that is waited for, before them; or a list of these, in order.
The backend keeps what the gate sent.  As Postfix may, it keeps the transaction after it has refused DATA or
a message, and refuses MAIL in a transaction.
"""

import socket
import struct
import threading

import harness
from acceptor import Acceptor

CLOSE, RESET, STALL, DELAY = object(), object(), object(), object()
DELAY_S = 3.3

SANE = {
    "BANNER": b"220 mta.example ESMTP\r\n",
    "EHLO": (b"250-mta.example\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n"
             b"250-STARTTLS\r\n250-AUTH PLAIN\r\n250-CHUNKING\r\n"
             b"250-SMTPUTF8\r\n250-DSN\r\n250-8BITMIME\r\n"
             b"250-ENHANCEDSTATUSCODES\r\n"
             b"250 XCLIENT NAME ADDR PROTO HELO PORT LOGIN\r\n"),
    "HELO": b"250 mta.example\r\n",
    "XCLIENT": b"220 mta.example ESMTP\r\n",
    "MAIL": b"250 2.1.0 Ok\r\n",
    "RCPT": b"250 2.1.5 Ok\r\n",
    "DATA": b"354 go\r\n",
    "BODY": [],            # when the first bytes of a message arrive
    "END": b"250 2.0.0 Ok: queued as 4F00\r\n",
    "BDAT": b"250 2.0.0 Part taken\r\n",  # the last one: END
    "RSET": b"250 2.0.0 Ok\r\n",
    "QUIT": b"221 2.0.0 Bye\r\n",
}


def without_delay(actions):
    if isinstance(actions, list) and actions[0] is DELAY:
        return actions[1]
    return actions


class Ended(Exception):
    pass


class Connection:
    def __init__(self, sock, replies, stop):
        self.sock = sock
        self.replies = replies
        self.stop = stop
        self.buffer = b""
        self.commands = []
        self.followers = []   # (command, number of later ones that had come)
        self.bodies = []      # complete ones, with their end
        self.cut_body = None  # one that was not completed
        self.chunks = b""     # of BDAT, so far
        self.proxy = None     # the PROXY header, where one is expected
        self.is_in_transaction = False

    def answer(self, key):
        actions = self.replies[key]
        for action in actions if isinstance(actions, list) else [actions]:
            if action is CLOSE:
                raise Ended
            if action is RESET:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                     struct.pack("ii", 1, 0))
                raise Ended
            if action is DELAY:
                self.stop.wait(DELAY_S)
                continue
            if action is STALL:
                self.stop.wait()
                raise Ended
            if isinstance(action, threading.Event):
                while not action.wait(0.05) and not self.stop.is_set():
                    pass
                continue
            self.sock.sendall(action)

    def key_of(self, command, verb):
        """A reply may be for one command, or for its beginning."""
        return next((key for key in self.replies
                     if " " in key and command.startswith(key)), verb)

    def read(self):
        data = self.sock.recv(65536)
        if not data:
            raise Ended
        self.buffer += data

    def body(self):
        self.read_first()
        self.answer("BODY")
        while True:
            if self.buffer.startswith(b".\r\n"):
                at = 0
            else:
                at = self.buffer.find(b"\r\n.\r\n")
                at = at + 2 if at >= 0 else -1
            if at >= 0:
                break
            self.cut_body = self.buffer
            self.read()
        self.bodies.append(self.buffer[:at + 3])
        self.buffer = self.buffer[at + 3:]
        self.cut_body = None
        self.end()

    def chunk(self, words):
        n = int(words[1])
        while len(self.buffer) < n:
            self.read()
        self.chunks += self.buffer[:n]
        self.buffer = self.buffer[n:]
        if len(words) == 2 or self.replies["BDAT"] != SANE["BDAT"]:
            self.answer("BDAT")
            return
        self.bodies.append(self.chunks)
        self.chunks = b""
        self.end()

    def end(self):
        if without_delay(self.replies["END"]) == SANE["END"]:
            self.is_in_transaction = False
        self.answer("END")

    def read_first(self):
        if not self.buffer:
            self.read()

    def read_proxy(self):
        while len(self.buffer) < 16 or len(self.buffer) < (
                16 + int.from_bytes(self.buffer[14:16], "big")):
            self.read()
        n = 16 + int.from_bytes(self.buffer[14:16], "big")
        self.proxy, self.buffer = self.buffer[:n], self.buffer[n:]

    def serve(self):
        if "PROXY" in self.replies:
            self.read_proxy()
        self.answer("BANNER")
        while True:
            while b"\r\n" not in self.buffer:
                self.read()
            line, self.buffer = self.buffer.split(b"\r\n", 1)
            self.commands.append(line.decode("latin-1"))
            self.followers.append(
                (self.commands[-1], self.buffer.count(b"\r\n")))
            verb = line.split(b" ")[0].decode("latin-1")
            if verb == "BDAT":
                self.chunk(line.split())
                continue
            if verb in ("MAIL", "RSET"):
                self.chunks = b""
            if verb == "MAIL" and self.is_in_transaction:
                self.sock.sendall(b"503 5.5.1 nested MAIL command\r\n")
                continue
            key = self.key_of(self.commands[-1], verb)
            is_sane = without_delay(self.replies[key]) == SANE[verb]
            if is_sane and verb in ("MAIL", "RSET", "EHLO", "HELO"):
                self.is_in_transaction = verb == "MAIL"
            self.answer(key)
            if verb == "QUIT":
                raise Ended
            if verb == "DATA" and is_sane:
                self.body()


class Backend(Acceptor):
    """Use with "with"; endpoint is for the gate's configuration."""

    def __init__(self, **replies):
        self.replies = {**SANE, **replies}
        super().__init__()
        self.connections = []
        self.stop = threading.Event()

    def __enter__(self):
        self.listen_on_loopback()
        return self

    def accepted(self, sock):
        connection = Connection(sock, self.replies, self.stop)
        self.connections.append(connection)
        self.start(self._serve, connection)

    @staticmethod
    def _serve(connection):
        try:
            connection.serve()
        except (Ended, OSError):
            pass
        finally:
            connection.sock.close()

    def __exit__(self, *_):
        # the last bytes of the gate may not have been read yet
        for connection in self.threads[1:]:
            connection.join(0.2)
        self.stop.set()
        self.close()
        self.join()

    def _read_to_the_end(self):
        """A gate that has ended may have sent a last command, usually QUIT,
        without an answer: wait until it is read."""
        for connection in self.threads[1:]:
            connection.join(harness.PATIENCE_S)

    def bodies(self):
        self._read_to_the_end()
        return [b for c in self.connections for b in c.bodies]

    def commands(self):
        self._read_to_the_end()
        return [line for c in self.connections for line in c.commands]
