# SPDX-License-Identifier: ISC
"""Runs unittest suites and prints TAP; the name of a test is its sentence."""

import sys
import time
import traceback
import unittest


def flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def sentence(test):
    name = test.id().rsplit(".", 1)[-1]
    group = type(test).__name__
    return f"{group}: {name.removeprefix('test_').replace('_', ' ')}"


class Result(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.number = 0
        self.begin = 0.0

    def startTest(self, test):
        super().startTest(test)
        self.begin = time.monotonic()

    def line(self, verdict, test, tail=""):
        self.number += 1
        print(f"{verdict} {self.number} - {sentence(test)}{tail}", flush=True)

    def diagnose(self, error):
        for line in "".join(traceback.format_exception(*error)).splitlines():
            print(f"# {line}")
        sys.stdout.flush()

    def addSuccess(self, test):
        super().addSuccess(test)
        self.line("ok", test, f" # {time.monotonic() - self.begin:.2f} s")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.line("not ok", test)
        self.diagnose(err)

    def addError(self, test, err):
        super().addError(test, err)
        self.line("not ok", test)
        self.diagnose(err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.line("ok", test, f" # SKIP {reason}")

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.line("not ok", test, f": {subtest._subDescription()}")
            self.diagnose(err)


def run(suite, patterns):
    chosen = unittest.TestSuite(
        test for test in flatten(suite)
        if not patterns or any(p in test.id() for p in patterns))
    result = Result()
    chosen.run(result)
    print(f"1..{result.number}")
    return 0 if result.wasSuccessful() and result.number > 0 else 1
