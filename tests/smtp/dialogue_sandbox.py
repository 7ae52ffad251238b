# SPDX-License-Identifier: ISC
"""The sandbox of a gate while it serves a client."""

import os
import socket
import unittest

import harness
from harness import Gate


def root_of(client):
    return os.readlink(f"/proc/{client.process.pid}/root")


def unix_sockets_of(client):
    """The kinds of the process's unix sockets, but those of the client."""
    process = f"/proc/{client.process.pid}"
    with open(f"{process}/net/unix", encoding="ascii") as table:
        rows = [line.split() for line in list(table)[1:]]
    kinds = {f"socket:[{row[6]}]": int(row[4], 16) for row in rows}
    links = (os.readlink(f"{process}/fd/{fd}")
             for fd in os.listdir(f"{process}/fd") if int(fd) > 2)
    return [kinds[link] for link in links if link in kinds]


class Sandbox(unittest.TestCase):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("only root sees another user's process")
        if harness.world.root == "/":
            self.skipTest("the gate is not started as root here")

    def test_its_root_directory_is_empty(self):
        with Gate().client() as client:
            client.hello()
            root = root_of(client)
            self.assertTrue(root.endswith("/usr/lib/popauth/empty"), root)
            self.assertEqual(os.listdir(root), [])
            client.quit()

    def test_without_a_unix_socket_it_has_only_the_logs(self):
        with Gate(backend="127.0.0.1:9", backend_relay=None).client() as client:
            client.expect(f"220 {harness.HOST} ESMTP")
            kinds = unix_sockets_of(client)
            self.assertLessEqual(len(kinds), 1, kinds)
            self.assertLessEqual(set(kinds), {socket.SOCK_DGRAM}, kinds)
            client.quit()
