# SPDX-License-Identifier: ISC
"""The examples of the manual pages, and how each of them is tested.

An example is a line of .Dl or a block of .Bd -literal.  The comment right
above it, .\\" test: KIND WORD..., says how:

  shell [STATUS...]   each line is a command; its status is among these (0)
  conf                a configuration file: popauthctl reads it
  pam SERVICE         a file of /etc/pam.d: popauthctl pam-check is content
  lines FILE          each line is in FILE, which a test uses unchanged
  elsewhere FILE      that test runs it
  none                nothing to run: syntax, or a line of a log

"shell", "conf" and "pam" are run by tests/system/plays/manual.sh.
"""
import re
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

KINDS = ("shell", "conf", "pam", "lines", "elsewhere", "none")

Example = namedtuple("Example", "page line kind words text")


def pages(top):
    """All pages, popauth.conf(5) as the build makes it."""
    config, made = Path(top) / "config", Path(top) / "build/manual/popauth.conf.5"
    made.parent.mkdir(parents=True, exist_ok=True)
    with open(made, "w", encoding="utf-8") as out:
        subprocess.run(["awk", "-f", config / "manual.awk",
                        "RS=", config / "reference.conf",
                        r"RS=\n", config / "popauth.conf.5.in"],
                       stdout=out, check=True)
    return [made] + sorted(
        path for path in Path(top).glob("*/*.[1-8]")
        if path.parts[-2] not in ("build", "tests", "debian"))


def unescape(text):
    """What a reader of the formatted page sees."""
    text = text.replace(r"\&", "").replace(r"\-", "-")
    return re.sub(r"\\(?:e|\(rs)", lambda _: "\\", text)


def examples_of(page):
    lines = Path(page).read_text().splitlines()
    found, tag = [], None
    i = 0
    while i < len(lines):
        line, start = lines[i], i + 1
        text = None
        if line.startswith(".Dl "):
            text = line[4:].strip('"') + "\n"
        elif re.match(r"\.Bd .*-literal", line):
            end = lines.index(".Ed", i)
            text = "\n".join(lines[i + 1:end]) + "\n"
            i = end
        if text is not None:
            kind, words = None, []
            if tag and tag[0] in KINDS:
                kind, words = tag[0], tag[1:]
            found.append(Example(Path(page), start, kind, words,
                                 unescape(text)))
        match = re.match(r'\.\\" test: (.*)', line)
        tag = match.group(1).split() if match else None
        i += 1
    return found


def write_out(top, directory):
    """Each example into a file "NNN.KIND"; an index, one line each:
    NUMBER KIND PAGE:LINE WORD..."""
    number = 0
    with open(directory / "index", "w", encoding="utf-8") as index:
        for page in pages(top):
            for example in examples_of(page):
                number += 1
                name = f"{number:03}.{example.kind}"
                (directory / name).write_text(example.text)
                print(f"{number:03}", example.kind,
                      f"{page.name}:{example.line}", *example.words,
                      file=index)


if __name__ == "__main__":
    write_out(Path(__file__).resolve().parents[2], Path(sys.argv[1]))
