# SPDX-License-Identifier: ISC
"""Rounds, in which paths take turns, and their results."""

import os
import statistics
import sys
import time

from meter import CannotMeasure, Server, wait_for
from paths import DIRECTORY, SINK

PORTS = iter(range(3000, 4000))


# ---- backends -------------------------------------------------------------

class Sink:
    """The backend that costs almost nothing, and is not counted."""

    is_counted = False

    def __init__(self):
        self.server = Server(["smtp-sink", "-u", "nobody",
                              f"127.0.0.1:{SINK}", "1000"],
                             SINK, f"{DIRECTORY}/sink.log")
        self.port = SINK

    @staticmethod
    def cpu_of(work):
        """CPU seconds of this server for work."""
        work()
        return 0

    def end(self):
        self.server.end()


class Postfix:
    """Postfix.  Its processes live for the whole run (plays/bench-smtp.sh
    configures that), so that each slice of work can be measured alone."""

    is_counted = True
    QUEUES = ("maildrop", "incoming", "active", "deferred")

    def __init__(self, port):
        self.server = Server(["postfix", "start-fg"], port,
                             f"{DIRECTORY}/postfix.log", leader=self.master)
        self.port = port

    @staticmethod
    def master():
        with open("/var/spool/postfix/pid/master.pid") as file:
            return int(file.read())

    def is_done(self):
        return not any(files for queue in self.QUEUES
                       for _, _, files in os.walk(f"/var/spool/postfix/{queue}"))

    def cpu_of(self, work):
        """The same, until all is delivered."""
        before = self.server.living()
        work()
        wait_for(self.is_done, "delivery of all messages")
        after = self.server.living()
        if not before.keys() <= after.keys():
            raise CannotMeasure("a process of Postfix ended")
        return sum(after.values()) - sum(before.values())

    def end(self):
        self.server.end()


# ---- a round --------------------------------------------------------------

class Path:
    """The program between, while it runs.  command: None if there is none."""

    def __init__(self, command, backend):
        self.backend = backend
        self.server = None
        self.port = backend.port
        self.seconds = self.cpu = 0
        if command is not None:
            self.port = next(PORTS)
            self.server = Server(command(self.port), self.port,
                                 f"{DIRECTORY}/stderr")

    def work(self, work):
        self.cpu += self.backend.cpu_of(lambda: self.timed(work))

    def timed(self, work):
        begin = time.monotonic()
        work(self.port)
        self.seconds += time.monotonic() - begin

    def end(self):
        if self.server is not None:
            server, self.server = self.server, None
            self.cpu += server.end()


class Each:
    """One action with each path in turn; a path where it fails is excluded."""

    def __init__(self, names):
        self.left = list(names)

    def do(self, what):
        for name in list(self.left):
            try:
                what(name)
            except CannotMeasure as why:
                print(f"not measured: {name}: {why}", file=sys.stderr)
                self.left.remove(name)


def run(commands, backend, warm_up, works, n_slices):
    """{name: Path} of those without a failure, after n_slices of works."""
    paths = {}
    each = Each(commands)
    try:
        each.do(lambda name: paths.update(
            {name: Path(commands[name], backend)}))
        each.do(lambda name: warm_up(paths[name].port))
        for _ in range(n_slices):
            each.do(lambda name: paths[name].work(works[name]))
    finally:
        # also those with a failure
        each.do(lambda name: paths[name].end())
        Each(paths.keys() - each.left).do(lambda name: paths[name].end())
    return {name: paths[name] for name in each.left}


def of_round(commands, backend, warm_up, works, n_slices):
    """{name: (seconds, CPU seconds)} of n_slices of works, without the start;
    None for the time of nothing before a backend that is not counted."""
    starts = run(commands, backend, warm_up, works, 0)
    paths = run(commands, backend, warm_up, works, n_slices)
    return {name: (paths[name].seconds,
                   paths[name].cpu - starts[name].cpu
                   if commands[name] or backend.is_counted else None)
            for name in paths.keys() & starts.keys()}


# ---- results --------------------------------------------------------------

class Series:
    """{path: [a dictionary of figures, or None, for each round]}"""

    def __init__(self, names, rounds):
        self.rows = {name: [row.get(name) for row in rounds] for name in names}

    def column(self, name, figure):
        return [row[figure] for row in self.rows[name]
                if row is not None and row[figure] is not None]

    def ratios(self, name, other, figure):
        return [a[figure] / b[figure]
                for a, b in zip(self.rows[name], self.rows[other])
                if a is not None and b is not None]

    def table(self, title, formats):
        print(f"\n{title}")
        for name in self.rows:
            print(f"  {name:34s}" + "".join(
                spread(self.column(name, figure), form)
                for figure, form in formats.items()))
        sys.stdout.flush()


def spread(values, form):
    if not values:
        return f"{'-':>10s}{'':19s}"
    low, high = format(min(values), form), format(max(values), form)
    return f"{format(statistics.median(values), form):>10s}" + \
        f"{f'({low} - {high})':>19s}"


def verdict(name, values, limit, is_at_most):
    word = "at most" if is_at_most else "at least"
    good = False
    if values:
        value = statistics.median(values)
        good = value <= limit if is_at_most else value >= limit
    print(f"  {name:45s}{spread(values, '.2f')}  wanted {word} {limit:g}"
          f"{'' if good else '   NOT REACHED'}")
