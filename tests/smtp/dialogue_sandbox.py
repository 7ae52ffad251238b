# SPDX-License-Identifier: ISC
"""The sandbox of a gate while it serves a client."""

import os
import unittest

import harness
from harness import Gate


def root_of(client):
    return os.readlink(f"/proc/{client.process.pid}/root")


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

    def test_without_a_unix_socket_it_can_reach_no_file(self):
        with Gate(backend="127.0.0.1:9", backend_relay=None).client() as client:
            client.expect(f"220 {harness.HOST} ESMTP")
            self.assertEqual(os.readlink(f"/proc/{client.process.pid}/cwd"),
                             root_of(client))
            client.quit()
