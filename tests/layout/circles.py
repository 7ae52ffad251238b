# SPDX-License-Identifier: ISC
"""Circles: between headers by their includes, between files by symbols."""
import subprocess
from collections import deque

from floors import FLOORS, read_floors, room_of

OBJECTS = "build/release/obj"

# While popauthctl plays a login, it takes the lines that libpam and our module
# would log (pamcheck/pamtest.c).  The callers of these do not mean popauthctl's.
TAKEN_OVER = {"pam_syslog", "pam_vsyslog", "pam_popauth_log"}


def shortest_circle(arrows, start):
    """[start, ..., start] along arrows; None when no way leads back."""
    came_from, queue = {}, deque([start])
    while queue:
        here = queue.popleft()
        for there in sorted(arrows.get(here, ())):
            if there == start:
                way = [start]
                while here != start:
                    way.append(here)
                    here = came_from[here]
                return [start] + way[::-1]
            if there not in came_from:
                came_from[there] = here
                queue.append(there)
    return None


def circles(arrows):
    """One shortest circle for each group of files that has any."""
    seen = set()
    for start in sorted(arrows):
        way = None if start in seen else shortest_circle(arrows, start)
        if way:
            seen.update(way)
            yield way


def headers_have_no_circle(tree):
    arrows = {path: set(headers) for path, headers in tree.includes.items()
              if path.endswith(".h")}
    for way in circles(arrows):
        yield f"headers include each other: {' -> '.join(way)}"


# ---- symbols ---------------------------------------------------------------

def read_symbols(tree, sources):
    """{file: (symbols it defines, symbols it needs)}, of what nm prints."""
    symbols = {path: (set(), set()) for path in sources}
    run = subprocess.run(
        ["nm", "-A", "-g"] + [f"{OBJECTS}/{path[:-2]}.o" for path in sources],
        cwd=tree.top, capture_output=True, text=True, check=True)
    for line in run.stdout.splitlines():
        file, rest = line.split(":", 1)
        kind, name = rest.split()[-2:]
        path = file[len(OBJECTS) + 1:-2] + ".c"
        symbols[path][kind in "Uvw"].add(name)
    return symbols


def is_built(tree, path):
    return tree.exists(f"{OBJECTS}/{path[:-2]}.o")


def objects_are_there(tree):
    """A tree that is not built would pass without being looked at."""
    for path in tree.product:
        # smtpgate/sandbox/filter.c is a program of the build.
        if (path.endswith(".c") and not is_built(tree, path) and
                "\nmain(" not in tree.text(path)):
            yield f"{path} has no object in {OBJECTS}: run make"


def symbol_arrows(tree):
    """{file: {other file: a symbol of it that the file needs}}."""
    sources = [path for path in tree.product
               if path.endswith(".c") and is_built(tree, path)]
    symbols = read_symbols(tree, sources) if sources else {}
    owner = {name: path for path, (defined, _) in symbols.items()
             for name in defined - TAKEN_OVER - {"main"}}
    arrows = {}
    for path, (_, needed) in symbols.items():
        arrows[path] = {owner[name]: name for name in sorted(needed)
                        if name in owner and owner[name] != path}
    return arrows


def files_have_no_circle(tree):
    arrows = symbol_arrows(tree)
    for way in circles(arrows):
        steps = [f"{here} ({arrows[here][there]}) -> "
                 for here, there in zip(way, way[1:])]
        yield f"files call each other: {''.join(steps)}{way[-1]}"


def symbols_run_down(tree):
    """A prototype of one's own is no way up, past the includes."""
    floors = read_floors(tree)
    order = list(floors)
    for path, others in symbol_arrows(tree).items():
        for other, name in others.items():
            room, above = room_of(path, floors), room_of(other, floors)
            if None not in (room, above) and (
                    order.index(above) < order.index(room)):
                yield (f"{path} uses {name} of {other}: {FLOORS} does not "
                       f"allow {room} -> {above}")
