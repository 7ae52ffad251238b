# SPDX-License-Identifier: ISC
"""Arrays indexed by an enum have a size: without one, a value that was added
last reads past the end."""
import re

from tree import without_comments

UNSIZED = re.compile(r"(\w+)\[\](?:\[\w+\])* = \{\s*\[\w")


def arrays_have_sizes(tree):
    for path in tree.product:
        text = without_comments(tree.text(path))
        for match in UNSIZED.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path}:{line}: {match.group(1)}[] has no size"
