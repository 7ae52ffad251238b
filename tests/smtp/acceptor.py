# SPDX-License-Identifier: ISC
"""The common part of the test servers: a listener and threads."""

import socket
import threading


class Acceptor:
    """A subclass has accepted(sock), which is called for each connection and
    returns soon; slow work goes to start()."""

    def __init__(self):
        self.threads = []

    def listen(self, listener):
        self.listener = listener
        self.start(self._accept)

    def listen_on_loopback(self):
        """Sets endpoint, as the gate's configuration names it."""
        self.listen(socket.create_server(("127.0.0.1", 0)))
        self.endpoint = "127.0.0.1:%d" % self.listener.getsockname()[1]

    def start(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments)
        self.threads.append(thread)
        thread.start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.accepted(sock)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def join(self, patience_s=None):
        for thread in self.threads:
            thread.join(patience_s)
