# SPDX-License-Identifier: ISC
"""Connected sockets between any addresses, without a network.

A socket belongs to the network namespace in which it was made, in every
process that holds it later.  Therefore a child process in its own namespace
makes connected pairs and passes both ends to us; its loopback interface has
addresses of the documentation ranges.  The gate that gets one end sees such
an address as its client, and reaches its backend in the namespace where the
gate was started.
"""

import ctypes
import fcntl
import itertools
import os
import socket
import struct
import threading

SERVER4, SERVER6 = "192.0.2.25", "2001:db8::25"
JOE4, JOE6 = "203.0.113.9", "2001:db8:9::9"
JOE6_LATER = "2001:db8:9::a"
STRANGER4, STRANGER6 = "198.51.100.7", "2001:db8:7::7"
ADDRESSES = [SERVER4, SERVER6, JOE4, JOE6, JOE6_LATER, STRANGER4, STRANGER6]

CLONE_NEWNET = 0x40000000
SIOCSIFADDR, SIOCSIFFLAGS, SIOCGIFINDEX = 0x8916, 0x8914, 0x8933
IFF_UP, IFF_RUNNING = 0x1, 0x40


def _loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", b"lo", IFF_UP | IFF_RUNNING)
        fcntl.ioctl(control, SIOCSIFFLAGS, request)


def _add4(address, number):
    name = f"lo:{number}".encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        sockaddr = struct.pack(
            "HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))
        request = struct.pack("16s16s", name, sockaddr)
        fcntl.ioctl(control, SIOCSIFADDR, request)


def _add6(address):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as control:
        request = struct.pack(
            "16sI", socket.inet_pton(socket.AF_INET6, address), 128)
        request += struct.pack("i", socket.if_nametoindex("lo"))
        fcntl.ioctl(control, SIOCSIFADDR, request)


def connected_pair(server, client):
    """(the server's end, the client's end), as xinetd would have it."""
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.bind((server, 0))
        listener.listen(1)
        near = socket.socket(family, socket.SOCK_STREAM)
        near.bind((client, 0))
        near.connect(listener.getsockname())
        far, _ = listener.accept()
    return far, near


def fresh4(taken=itertools.count(10)):
    """An address that no test has used; the loopback interface owns all
    addresses of its networks."""
    return f"203.0.113.{next(taken)}"


class Addresses:
    """Raises OSError where namespaces are not allowed."""

    def __init__(self):
        self.lock = threading.Lock()
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pid = os.fork()
        if self.pid == 0:
            here.close()
            self._serve(there)
            os._exit(0)
        there.close()
        self.channel = here
        answer = here.recv(200)
        if answer != b"ready":
            self.close()
            raise OSError(answer.decode() or "no network namespace")

    @staticmethod
    def _serve(channel):
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.unshare(CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "unshare")
            _loopback_up()
            for number, address in enumerate(ADDRESSES):
                if ":" in address:
                    _add6(address)
                else:
                    _add4(address, number)
        except OSError as error:
            channel.send(str(error).encode())
            return
        channel.send(b"ready")
        while True:
            wanted = channel.recv(200)
            if not wanted:
                return
            server, client = wanted.decode().split()
            far, near = connected_pair(server, client)
            socket.send_fds(channel, [b"pair"], [far.fileno(), near.fileno()])
            far.close()
            near.close()

    def pair(self, client):
        server = SERVER6 if ":" in client else SERVER4
        with self.lock:
            self.channel.send(f"{server} {client}".encode())
            _, fds, _, _ = socket.recv_fds(self.channel, 100, 2)
        return socket.socket(fileno=fds[0]), socket.socket(fileno=fds[1])

    def close(self):
        self.channel.close()
        os.waitpid(self.pid, 0)
