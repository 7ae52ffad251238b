# SPDX-License-Identifier: ISC
"""Each .c of the product has a Criterion file of its name, or a line in
tested-by that says what tests it instead."""
import os

TESTED_BY = "tests/layout/tested-by"


def criterion_files(path):
    """Where the tests of a source file would be."""
    name = f"test_{path.split('/')[0]}_{os.path.basename(path)}"
    return [f"tests/unit/{name}", f"tests/pam/{name}"]


def read_tested_by(tree):
    """{file: what tests it}."""
    lines = {}
    for line in tree.text(TESTED_BY).splitlines():
        line = line.split("#")[0].strip()
        if line:
            path, tests = line.split(":")
            lines[path] = tests.split()
    return lines


def sources_are_tested(tree):
    lines = read_tested_by(tree)
    for path in tree.product:
        if not path.endswith(".c"):
            continue
        there = [test for test in criterion_files(path) if tree.exists(test)]
        if not there and path not in lines:
            yield (f"{path} has neither {criterion_files(path)[0]} nor a "
                   f"line in {TESTED_BY}")
        if there and path in lines:
            yield f"{TESTED_BY}: {path} has {there[0]}: no line is needed"
    for path, tests in lines.items():
        if path not in tree.product:
            yield f"{TESTED_BY}: there is no {path}"
        if not tests:
            yield f"{TESTED_BY}: nothing tests {path}"
        for test in tests:
            if not tree.exists(test):
                yield f"{TESTED_BY}: there is no {test}, which tests {path}"
