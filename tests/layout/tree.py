# SPDX-License-Identifier: ISC
"""The sources of a tree, read once: paths are relative to its top."""
import os
import re
from functools import cached_property

NOT_PRODUCT = {"build", "tests", "doc", "debian", "rpm"}


class Tree:
    def __init__(self, top):
        self.top = top

    @cached_property
    def sources(self):
        """All .c and .h files, those of the tests too."""
        found = []
        for directory, below, files in os.walk(self.top):
            below[:] = [d for d in below if d[0] != "." and not (
                d == "build" and directory == str(self.top))]
            found += [os.path.relpath(os.path.join(directory, name), self.top)
                      for name in files if name.endswith((".c", ".h"))]
        return sorted(found)

    @cached_property
    def product(self):
        return [path for path in self.sources
                if path.split("/")[0] not in NOT_PRODUCT]

    @cached_property
    def _texts(self):
        return {}

    def text(self, path):
        """What is in a file; "" when there is none."""
        if path not in self._texts:
            file = self.top / path
            self._texts[path] = file.read_text() if file.is_file() else ""
        return self._texts[path]

    def exists(self, path):
        return (self.top / path).exists()

    @cached_property
    def includes(self):
        """{file: the headers of this tree that it includes}."""
        there = set(self.sources)
        return {path: [name for name in re.findall(
                    r'^\s*#\s*include "([^"]+)"', self.text(path), re.M)
                    if name in there]
                for path in self.sources}


def without_comments(text):
    return re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"),
                  text, flags=re.S)
