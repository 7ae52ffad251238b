# SPDX-License-Identifier: ISC
"""Which room may include which: the file floors, and the includes of a tree.

A room is a directory, or one file without its ending (smtpgate/main).
"""
import os
import re

FLOORS = "tests/layout/floors"
DRAWING = ("ARCHITECTURE.md", "<!-- floors -->", "<!-- /floors -->")


def read_floors(tree):
    """{room: what it may include}, in the order of the file."""
    floors = {}
    for line in tree.text(FLOORS).splitlines():
        line = line.split("#")[0].strip()
        if line:
            room, _, allowed = line.partition(":")
            floors[room.strip()] = allowed.split()
    return floors


def room_of(path, floors):
    """The room of a source file; None when it has none."""
    alone = os.path.splitext(path)[0]
    if alone in floors:
        return alone
    directory = os.path.dirname(path)
    return directory if directory in floors else None


def target_room(target, floors):
    """The room that a word of a line of floors stands for."""
    return room_of(target, floors) if target.endswith(".h") else target


def floors_run_down(tree):
    """The file's own order: each room names rooms below it only."""
    floors = read_floors(tree)
    order = list(floors)
    for room, allowed in floors.items():
        for target in allowed:
            below = target_room(target, floors)
            if below not in floors:
                yield f"{FLOORS}: {room} names {target}, which is no room"
            elif order.index(below) <= order.index(room):
                yield f"{FLOORS}: {room} may not name {target}, above it"


def rooms_are_known(tree):
    floors = read_floors(tree)
    for path in tree.product:
        if room_of(path, floors) is None:
            yield f"{path}: {os.path.dirname(path)} is not in {FLOORS}"
    for room in floors:
        if not any(room_of(path, floors) == room for path in tree.product):
            yield f"{FLOORS}: there is no source in {room}"


def test_room(path):
    return "/".join(path.split("/")[:2])


def test_includes(path, header):
    """The rule for tests: the product, their own directory, tests/lib."""
    if header.startswith("tests/") and test_room(header) not in (
            test_room(path), "tests/lib"):
        yield f"{path} includes {header}, of another test"


def includes_run_down(tree):
    """Each include of another room is allowed by a word of floors, and each
    word is needed by an include."""
    floors = read_floors(tree)
    needed = set()
    for path, headers in tree.includes.items():
        room = room_of(path, floors)
        for header in headers:
            if path.startswith("tests/"):
                yield from test_includes(path, header)
                continue
            below = room_of(header, floors)
            if below == room:
                continue
            words = {header, below} & set(floors.get(room, ()))
            if not words:
                yield (f"{path} includes {header}: {FLOORS} does not allow "
                       f"{room} -> {below or os.path.dirname(header)}")
            needed |= {(room, word) for word in words}
    for room, allowed in floors.items():
        for word in allowed:
            if (room, word) not in needed:
                yield f"{FLOORS}: {room} includes nothing of {word}"


def drawing_is_floors(tree):
    """ARCHITECTURE draws the rooms of floors, in the same order."""
    document, begin, end = DRAWING
    parts = re.search(f"{begin}(.*?){end}", tree.text(document), re.S)
    if not parts:
        yield f"{document} has no {begin} ... {end}"
        return
    drawn = re.findall(r"^(?: {4})?([\w/-]+?)(?:/|\.[ch]|\.\{c,h\})?(?:\s|$)",
                       parts.group(1), re.M)
    rooms = list(read_floors(tree))
    for room in rooms:
        if room not in drawn:
            yield f"{document}: the drawing has no {room}"
    for room in drawn:
        if room not in rooms and not room.startswith("tests"):
            yield f"{document}: the drawing has {room}, which is no room"
    both = [room for room in rooms if room in drawn]
    order = [room for room in drawn if room in rooms]
    for is_drawn, is_floor in zip(order, both):
        if is_drawn != is_floor:
            yield (f"{document}: the drawing has {is_drawn} where {FLOORS} "
                   f"has {is_floor}")
            return
