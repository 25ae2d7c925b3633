"""Regular expressions match the same texts on every Python that is supported, Debian 12's 3.11.2 among them.

CPython 3.11.0 to 3.11.4 match too much by a possessive quantifier of a group (gh-106052), and may crash where an
atomic group or a possessive quantifier holds a group that captures (gh-101955).
"""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

# What `re` itself reads expressions with; typeshed does not know them.
opcodes: Any = importlib.import_module("re._constants")
reader: Any = importlib.import_module("re._parser")

COLLECT = """
import importlib, json, pkgutil, re, sys
found = []
compile_pattern = re.compile
def noting(pattern, flags=0):
    caller = sys._getframe(1).f_globals.get("__name__", "")
    if caller.startswith("telsdk.") and isinstance(pattern, (str, bytes)):
        text = pattern if isinstance(pattern, str) else pattern.decode("latin-1")
        found.append((caller, text, int(flags)))
    return compile_pattern(pattern, flags)
re.compile = noting
import telsdk
for module in pkgutil.walk_packages(telsdk.__path__, "telsdk."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
json.dump(found, sys.stdout)
"""


@pytest.fixture(scope="module")
def patterns() -> list[tuple[str, str, int]]:
    """Each expression that a module of the package compiles when it is imported: where, its text, its flags."""
    done = subprocess.run([sys.executable, "-c", COLLECT], check=True, capture_output=True, text=True)
    return [(where, text, flags) for where, text, flags in json.loads(done.stdout)]


def parts(parsed: Any) -> Iterator[tuple[Any, Any]]:
    """Every operation in an expression, at any depth."""
    if isinstance(parsed, reader.SubPattern):
        for operation, argument in parsed:
            yield operation, argument
            yield from parts(argument)
    elif isinstance(parsed, tuple | list):
        for item in parsed:
            yield from parts(item)


def captures(parsed: Any) -> bool:
    return any(
        operation is opcodes.SUBPATTERN and argument[0] is not None for operation, argument in parts(parsed)
    )


def faults(text: str, flags: int = 0) -> list[str]:
    """What in an expression not every supported Python matches alike."""
    found = []
    for operation, argument in parts(reader.parse(text, flags & ~re.UNICODE)):
        if operation is opcodes.POSSESSIVE_REPEAT:
            item = argument[2]
            if len(item) != 1 or item[0][0] in {opcodes.SUBPATTERN, opcodes.BRANCH}:
                found.append("a possessive quantifier of a group")
        elif operation is opcodes.ATOMIC_GROUP and captures(argument):
            found.append("a group that captures within an atomic group")
    return found


def test_no_expression_of_the_package_means_another_thing_on_an_older_python(
    patterns: list[tuple[str, str, int]],
) -> None:
    assert len(patterns) > 80
    assert [(where, text, found) for where, text, flags in patterns if (found := faults(text, flags))] == []


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        (r"[a-z]++", True),
        (r"a?+", True),
        (r"(?>(?:a|bc)+)", True),
        (r"(?:a|bc)++", False),
        (r"(?:;(?:a[bc])*+)?", False),
        (r"(a)?+", False),
        (r"(?>(a|b)+)", False),
        (r"((?>(?:a|b)+))", True),
    ],
)
def test_the_look_at_an_expression_finds_what_it_is_for(text: str, sound: bool) -> None:
    assert (not faults(text)) == sound
