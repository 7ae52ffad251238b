# SPDX-License-Identifier: ISC
"""How long a function, a file and a document may be."""
import json
import subprocess

FUNCTION_LINES = 60
FILE_LINES = 600
WORDS = {"README.md": 900, "ARCHITECTURE.md": 1200}


def functions_are_short(tree):
    sources = [path for path in tree.product if path.endswith(".c")]
    run = subprocess.run(
        ["ctags", "--output-format=json", "--languages=C", "--kinds-C=f",
         "--fields=+ne", "-f", "-"] + sources,
        cwd=tree.top, capture_output=True, text=True, check=True)
    for tag in map(json.loads, run.stdout.splitlines()):
        lines = tag["end"] - tag["line"] + 1
        if lines > FUNCTION_LINES:
            yield (f"{tag['path']}:{tag['line']}: {tag['name']}() has {lines} "
                   f"lines, {FUNCTION_LINES} are allowed")


def files_are_short(tree):
    for path in tree.product:
        lines = tree.text(path).count("\n")
        if lines > FILE_LINES:
            yield f"{path} has {lines} lines, {FILE_LINES} are allowed"


def documents_are_short(tree):
    for path, allowed in WORDS.items():
        words = len(tree.text(path).split())
        if words > allowed:
            yield f"{path} has {words} words, {allowed} are allowed"
