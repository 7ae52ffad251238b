# SPDX-License-Identifier: ISC
"""ARCHITECTURE: each file that it names is there, and its recipes ("How to
add") leave out none that they cannot do without."""
import re

DOCUMENT = "ARCHITECTURE.md"

# What has to be touched, whatever else is.
RECIPES = {
    "verb": ["smtpgate/syntax/command.c", "smtpgate/session/dispatch.c"],
    "option": ["config/conf_options.c", "config/popauth.conf"],
    "command": ["popauthctl/popauthctl.8"],
    "event": ["doc/popauth.7"],
    "reason": ["doc/popauth.7"],
}


def recipes_of(tree):
    """The text of the section "How to add"; "" when there is none."""
    match = re.search(r"^(#+) How to add.*?$(.*?)(?=^\1 |\Z)",
                      tree.text(DOCUMENT), re.M | re.S | re.I)
    return match.group(2) if match else ""


def recipe(text, what):
    """The paragraph or the row of a table that begins with "a verb"."""
    match = re.search(rf"^[-*#|\d. ]*(?:an? |denial |log )*{what}\b"
                      r".*?(?=\n\s*\n|\n[-*#|]|\Z)", text, re.M | re.S | re.I)
    return match.group() if match else ""


def paths_in(text):
    return re.findall(r"`([\w.-]+(?:/[\w.-]*)+)`", text)


def named_files_are_there(tree):
    for path in paths_in(tree.text(DOCUMENT)):
        if not tree.exists(path):
            yield f"{DOCUMENT} names {path}, which is not there"


def recipes_are_whole(tree):
    text = recipes_of(tree)
    for what, needed in RECIPES.items():
        named = paths_in(recipe(text, what))
        for path in needed:
            if path not in named:
                yield f'{DOCUMENT}: the recipe for "{what}" does not name {path}'
