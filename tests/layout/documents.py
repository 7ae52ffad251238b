# SPDX-License-Identifier: ISC
"""ARCHITECTURE: each file that it names is there."""
import re

DOCUMENT = "ARCHITECTURE.md"


def paths_in(text):
    return re.findall(r"`([\w.-]+(?:/[\w.-]*)+)`", text)


def named_files_are_there(tree):
    for path in paths_in(tree.text(DOCUMENT)):
        if not tree.exists(path):
            yield f"{DOCUMENT} names {path}, which is not there"
