# SPDX-License-Identifier: ISC
"""Each kind of offence, committed in a copy of the tree: the rule has to say
so, in a message that names it."""
import os
import subprocess
import tempfile
from pathlib import Path

import arrays
import circles
import documents
import floors
import recipes
import sizes
import tested
from tree import Tree

CASES = []


def offence(title, rule, message):
    """The decorated function spoils the copy that it gets."""
    def add(spoil):
        CASES.append((title, rule, message, spoil))
        return spoil
    return add


# ---- what they are committed with ------------------------------------------

class Copy:
    """The sources and the other files that the rules read; objects are links.
    restore() takes back what was written since."""

    def __init__(self, tree, top):
        self.top = top
        self.before = {}
        for path in {*tree.sources, *recipes.PLACES, floors.FLOORS,
                     tested.TESTED_BY, "README.md", "ARCHITECTURE.md"}:
            self.write(path, tree.text(path))
        for path in tree.product:
            there = f"{circles.OBJECTS}/{path[:-2]}.o"
            if path.endswith(".c") and tree.exists(there):
                (top / there).parent.mkdir(parents=True, exist_ok=True)
                (top / there).symlink_to(tree.top / there)
        self.before = {}

    def read(self, path):
        return (self.top / path).read_text()

    def write(self, path, text):
        file = self.top / path
        self.before.setdefault(
            path, file.read_text() if file.exists() else None)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def append(self, path, text):
        self.write(path, self.read(path) + text)

    def replace(self, path, old, new):
        text = self.read(path)
        assert old in text, f"{path} has no {old!r}"
        self.write(path, text.replace(old, new, 1))

    def compile(self, path, text):
        self.write(path, text)
        compiled = f"{circles.OBJECTS}/{path[:-2]}.o"
        self.before[compiled] = None
        subprocess.run([os.environ.get("CC", "cc"), "-c", path, "-o", compiled],
                       cwd=self.top, check=True)

    def draw(self, rooms):
        document, begin, end = floors.DRAWING
        drawing = "\n".join(f"    {room}/    text" for room in rooms)
        self.write(document, f"{begin}\n\n{drawing}\n\n{end}\n")

    def restore(self):
        for path, text in self.before.items():
            if text is None:
                (self.top / path).unlink()
            else:
                (self.top / path).write_text(text)
        self.before = {}


# ---- floors ----------------------------------------------------------------

@offence("an include that runs up", floors.includes_run_down,
         "common/addr.c includes config/conf.h")
def _(copy):
    copy.append("common/addr.c", '#include "config/conf.h"\n')


@offence("an inner header of shmcache", floors.includes_run_down,
         "popauthctl/curious.c includes shmcache/inner.h")
def _(copy):
    copy.write("shmcache/inner.h", "")
    copy.write("popauthctl/curious.c", '#include "shmcache/inner.h"\n')


@offence("a header of the tests in the product", floors.includes_run_down,
         "common/addr.c includes tests/lib/remove_tree.h")
def _(copy):
    copy.append("common/addr.c", '#include "tests/lib/remove_tree.h"\n')


@offence("a header of another test", floors.includes_run_down,
         "tests/unit/test_common_addr.c includes tests/fuzz/fuzz.h")
def _(copy):
    copy.append("tests/unit/test_common_addr.c",
                '#include "tests/fuzz/fuzz.h"\n')


@offence("a word of floors without an include", floors.includes_run_down,
         "popauthd includes nothing of decision")
def _(copy):
    copy.replace(floors.FLOORS, "\npopauthd:", "\npopauthd: decision")


@offence("a floor that runs up", floors.floors_run_down,
         "common may not name config")
def _(copy):
    copy.replace(floors.FLOORS, "\ncommon:", "\ncommon: config")


@offence("a directory without a floor", floors.rooms_are_known,
         "webmail/main.c: webmail is not in")
def _(copy):
    copy.write("webmail/main.c", "")


@offence("a floor without a source", floors.rooms_are_known,
         "there is no source in webmail")
def _(copy):
    copy.append(floors.FLOORS, "webmail:\n")


@offence("a room that is not drawn", floors.drawing_is_floors,
         "the drawing has no common")
def _(copy):
    copy.draw(list(floors.read_floors(Tree(copy.top)))[:-1])


@offence("a drawing in another order", floors.drawing_is_floors,
         "the drawing has common where")
def _(copy):
    copy.draw(list(floors.read_floors(Tree(copy.top)))[::-1])


# ---- circles ---------------------------------------------------------------

@offence("headers that include each other", circles.headers_have_no_circle,
         "common/addr.h -> common/cidr.h -> common/addr.h")
def _(copy):
    copy.append("common/addr.h", '#include "common/cidr.h"\n')


@offence("files that call each other", circles.files_have_no_circle,
         "common/ping.c (pong) -> common/pong.c (ping) -> common/ping.c")
def _(copy):
    copy.compile("common/ping.c",
                 "void pong(void); void ping(void) { pong(); }\n")
    copy.compile("common/pong.c",
                 "void ping(void); void pong(void) { ping(); }\n")


@offence("a call upwards, with a prototype of its own",
         circles.symbols_run_down, "common/up.c uses conf_load")
def _(copy):
    copy.compile("common/up.c",
                 "void conf_load(void); void up(void) { conf_load(); }\n")


@offence("a source that was not compiled", circles.objects_are_there,
         "common/ping.c has no object")
def _(copy):
    copy.write("common/ping.c", "int ping;\n")


# ---- sizes -----------------------------------------------------------------

@offence("a function of 61 lines", sizes.functions_are_short,
         "common/addr.c:2: grown() has 61 lines")
def _(copy):
    copy.write("common/addr.c",
               "static void\ngrown(void)\n{\n" + "\t;\n" * 58 + "}\n")


@offence("a file of 601 lines", sizes.files_are_short,
         "common/addr.c has 601 lines")
def _(copy):
    copy.write("common/addr.c", "\n" * 601)


@offence("a README of 901 words", sizes.documents_are_short,
         "README.md has 901 words")
def _(copy):
    copy.write("README.md", "word " * 901)


@offence("an ARCHITECTURE of 1201 words", sizes.documents_are_short,
         "ARCHITECTURE.md has 1201 words")
def _(copy):
    copy.write("ARCHITECTURE.md", "word " * 1201)


@offence("an array of names without a size", arrays.arrays_have_sizes,
         "common/addr.c:1: names[] has no size")
def _(copy):
    copy.write("common/addr.c",
               'static const char *const names[] = {\n\t[A] = "a",\n};\n')


# ---- tests and documents ---------------------------------------------------

@offence("a source without a test", tested.sources_are_tested,
         "common/ping.c has neither tests/unit/test_common_ping.c")
def _(copy):
    copy.write("common/ping.c", "")


@offence("a line for a source that has a test", tested.sources_are_tested,
         "common/addr.c has tests/unit/test_common_addr.c: no line")
def _(copy):
    copy.append(tested.TESTED_BY, "common/addr.c: tests/manual/check\n")


@offence("a line for a source that is gone", tested.sources_are_tested,
         "there is no common/gone.c")
def _(copy):
    copy.append(tested.TESTED_BY, "common/gone.c: tests/manual/check\n")


@offence("a line with a test that is gone", tested.sources_are_tested,
         "there is no tests/gone, which tests common/ping.c")
def _(copy):
    copy.write("common/ping.c", "")
    copy.append(tested.TESTED_BY, "common/ping.c: tests/gone\n")


@offence("a document that names a file that is gone",
         documents.named_files_are_there, "names common/gone.c")
def _(copy):
    copy.write("ARCHITECTURE.md", "See `common/gone.c`.\n")


@offence("a recipe that leaves a file out", recipes.recipes_name_their_files,
         "how to add option: config/reference.conf is not named")
def _(copy):
    copy.write("ARCHITECTURE.md",
               "**An option** of a file\n1. `config/conf_options.c`\n")


@offence("a verb without a row", recipes.recipes_were_followed,
         "smtpgate/session/dispatch.c does not have the verb HELP")
def _(copy):
    copy.write("smtpgate/syntax/command.h", "\tCOMMAND_HELP,\n")


@offence("a command without a manual", recipes.recipes_were_followed,
         "popauthctl/popauthctl.8 does not have the command pray")
def _(copy):
    copy.write("popauthctl/commands.c", '    {"pray", "", 0, pray, "Pray."},\n')


# ---- all of them -----------------------------------------------------------

def commit_all(tree):
    """Pairs of an offence's title and what its rule should have said."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Copy(tree, Path(directory))
        for title, rule, message, spoil in CASES:
            spoil(copy)
            said = list(rule(Tree(copy.top)))
            copy.restore()
            yield title, [] if any(message in line for line in said) else [
                f"wanted: {message}"] + [f"it said: {line}" for line in said]
