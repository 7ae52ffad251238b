# SPDX-License-Identifier: ISC
"""The exact CPU time of servers and of all their descendants.

A server runs below a keeper, a process that adopts orphans
(PR_SET_CHILD_SUBREAPER).  Thus each descendant is waited for at last, by its
parent or by the keeper, and the kernel adds its time, in microseconds, to the
keeper's.  The cost of a piece of work is the difference of two runs, with and
without it.  If all processes of a server live on, their time can be read in
between.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
PATIENCE_S = 30
libc = ctypes.CDLL(None, use_errno=True)


class CannotMeasure(Exception):
    """Why a figure is missing."""


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition, what):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise CannotMeasure(f"{what} does not happen")
        time.sleep(0.02)


class Server:
    """A server while it runs.

    port: where it answers after its start.  leader: the pid for the SIGTERM
    that ends it; without one, that of the command.
    """

    def __init__(self, command, port, log, leader=None):
        self.name = command[0]
        self.leader = leader
        there, self.end_me = os.pipe()
        from_keeper, told = os.pipe()
        self.keeper = os.fork()
        if self.keeper == 0:
            os.close(self.end_me)
            os.close(from_keeper)
            status = 1
            try:
                self._keep(command, log, there, told)
                status = 0
            finally:
                os._exit(status)
        os.close(there)
        os.close(told)
        with os.fdopen(from_keeper) as pipe:
            line = pipe.readline()
        self.pid = int(line) if line else 0
        try:
            wait_for(lambda: is_open(port), f"{self.name} on port {port}")
        except CannotMeasure:
            self.end()
            raise

    def _keep(self, command, log, there, told):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            return
        with open(log, "w") as err:
            server = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=err, start_new_session=True)
        os.write(told, b"%d\n" % server.pid)
        os.close(told)
        os.read(there, 1)
        os.kill(self.leader() if self.leader else server.pid, signal.SIGTERM)
        while True:
            try:
                os.wait()
            except ChildProcessError:
                return

    def living(self):
        """{pid: CPU seconds} of all processes there are, each of one thread."""
        found, pids = {}, children_of(self.keeper)
        while pids:
            pid = pids.pop()
            try:
                with open(f"/proc/{pid}/schedstat") as file:
                    found[pid] = int(file.read().split()[0]) / 1e9
                pids += children_of(pid)
            except OSError:
                raise CannotMeasure(f"a process of {self.name} ended") from None
        return found

    def end(self):
        """The CPU seconds of it and of all its descendants."""
        os.write(self.end_me, b".")
        os.close(self.end_me)
        end = time.monotonic() + PATIENCE_S
        while True:
            pid, status, usage = os.wait4(self.keeper, os.WNOHANG)
            if pid != 0:
                break
            if time.monotonic() > end:
                os.kill(self.keeper, signal.SIGKILL)
                os.wait4(self.keeper, 0)
                raise CannotMeasure(f"{self.name} does not end")
            time.sleep(0.005)
        if status != 0:
            raise CannotMeasure(f"the keeper of {self.name} failed")
        return usage.ru_utime + usage.ru_stime


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def private_kb(pid):
    """Its private memory; 0 for a process that we may not inspect."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return sum(int(line.split()[1]) for line in file
                       if line.startswith("Private_"))
    except OSError:
        return 0
