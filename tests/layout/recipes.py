# SPDX-License-Identifier: ISC
"""ARCHITECTURE's recipes ("How to add") against the code: what was added last
is in each file that its recipe cannot do without, and the recipe names them.

A recipe begins with "**A verb**", in a paragraph of its own.
"""
import re

from documents import DOCUMENT, paths_in

# Each recipe has the file with the list of all such things, a pattern that
# finds their names in it, names that are none, and the other files, with the
# text that each must have for a name.  (tests/manual holds events against
# popauth(7), test_config_conf_options.c options against popauth.conf.)
RECIPES = {
    "verb": (
        "smtpgate/syntax/command.h", r"^\tCOMMAND_(\w+)", {"UNKNOWN", "VERBS"},
        {"smtpgate/syntax/command.c": r"\bCOMMAND_{}\b",
         "smtpgate/session/dispatch.c": r"\[COMMAND_{}\] ="}),
    "option": (
        "config/conf_options.c", r'\{{?(?:section|"\w+"), "(\w+)",', set(),
        {"config/reference.conf": r"^#?{} ="}),
    "command": (
        "popauthctl/commands.c", r'^    \{"([\w-]+)",', set(),
        {"popauthctl/popauthctl.8": r"^\.It Cm {}\b"}),
    "event": (
        "smtpgate/events.c", r'begin\(&\w+, "([\w-]+)"', set(),
        {"doc/popauth.7": r"^\.It Li .*\b{}\b"}),
    "reason": (
        "decision/reason.c", r'^    \[REASON_\w+\] = \{\.word = "([\w-]+)"',
        {"local"},
        {"smtpgate/smtpgate.8": r"\b{}\b", "doc/popauth.7": r"\b{}\b"}),
}


PLACES = {path for _, _, _, places in RECIPES.values() for path in places}


def recipe(tree, what):
    """The paragraph of ARCHITECTURE; "" when there is none."""
    match = re.search(rf"^\*\*An? {what}\*\*.*?(?=\n\s*\n|\Z)",
                      tree.text(DOCUMENT), re.M | re.S)
    return match.group() if match else ""


def recipes_name_their_files(tree):
    for what, (listing, _, _, places) in RECIPES.items():
        named = paths_in(recipe(tree, what))
        for path in [listing, *places]:
            if path not in named:
                yield f"{DOCUMENT}: how to add {what}: {path} is not named"


def recipes_were_followed(tree):
    for what, (listing, pattern, none, places) in RECIPES.items():
        names = set(re.findall(pattern, tree.text(listing), re.M)) - none
        if not names:
            yield f"{listing}: no {what} is found there"
        for path, wanted in places.items():
            for name in sorted(names):
                if not re.search(wanted.format(re.escape(name)),
                                 tree.text(path), re.M):
                    yield f"{path} does not have the {what} {name}"
