"""How telsdk speaks of itself: a docstring tells what to do, and only people are he or she.

ruff's D401 knows the mood of verbs. It does not know the words here that begin a sentence without one.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "telsdk").rglob("*.py"))
NO_VERB = re.compile(
    "(?:an?|the|th[eo]se|th(?:is|at)|its?|our|their|one|two|each|every|all|any|some|no|none|nobody|nothing|both|"
    "what|whether|which|who|whom|whose|why|how|when|where|as|at|by|for|from|if|in|of|on|or|to|with|without|"
    "is|are|may|must|can|does|has)",
    re.IGNORECASE,
)
PERSONS = re.compile(r"\b(?:alice|bob|carol)\b", re.IGNORECASE)
PRONOUNS = re.compile(r"\b(?:he|him|his|himself|she|her|hers|herself)\b", re.IGNORECASE)


def excused(config: dict[str, Any]) -> frozenset[Path]:
    """Return the files whose docstrings are not in order yet: those that ruff excuses from D401."""
    ignores = config["tool"]["ruff"]["lint"]["per-file-ignores"]
    patterns = [pattern for pattern, rules in ignores.items() if "D401" in rules and pattern[0] != "!"]
    found = {path for pattern in patterns for each in _expanded(pattern) for path in ROOT.glob(each)}
    return frozenset(path for each in found for path in (each.rglob("*.py") if each.is_dir() else [each]))


def _expanded(pattern: str) -> list[str]:
    head, brace, rest = pattern.partition("{")
    if not brace:
        return [pattern]
    choices, _, tail = rest.partition("}")
    return [f"{head}{choice}{tail}" for choice in choices.split(",")]


EXCUSED = excused(tomllib.loads((ROOT / "pyproject.toml").read_text()))
IN_ORDER = [path for path in SOURCES if path not in EXCUSED]


def verbless(source: str) -> Iterator[str]:
    """Yield each function whose docstring begins with a word that is no verb. A property is a thing, and may."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        doc = ast.get_docstring(node)
        if doc is None or any("property" in ast.unparse(one) for one in node.decorator_list):
            continue
        first = doc.split(maxsplit=1)[0].rstrip(",.:")
        if not re.fullmatch("[A-Z][a-z]+", first) or NO_VERB.fullmatch(first):
            yield f"{node.name} (line {node.lineno}): {doc.splitlines()[0]}"


def gendered(source: str) -> Iterator[str]:
    """Yield each comment and docstring with a he or she in it, unless it tells of Alice, Bob or Carol."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        text = token.string
        prose = token.type == tokenize.COMMENT or (token.type == tokenize.STRING and text.startswith('"""'))
        if prose and PRONOUNS.search(text) and not PERSONS.search(text):
            yield f"line {token.start[0]}: {text.strip()[:100]}"


@pytest.mark.parametrize("path", IN_ORDER, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_docstring_tells_what_a_function_does(path: Path) -> None:
    assert list(verbless(path.read_text())) == []


@pytest.mark.parametrize("path", IN_ORDER, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_device_is_it_and_a_person_they(path: Path) -> None:
    assert list(gendered(path.read_text())) == []


def test_files_that_are_excused_are_there() -> None:
    """An excuse for nothing would hide the next file of that name."""
    assert all(path.exists() for path in EXCUSED)
    assert ROOT / "telsdk/credential/verify.py" in IN_ORDER


@pytest.mark.parametrize(
    ("doc", "seen"),
    [
        ("Return what it is.", 0),
        ("Send a message.", 0),
        ("Whether it is.", 1),
        ("`data`, when it fits.", 1),
        ("Our own side.", 1),
        ("64 bits of it.", 1),
    ],
)
def test_a_docstring_without_a_verb_is_seen(doc: str, seen: int) -> None:
    assert len(list(verbless(f'def f():\n    """{doc}"""\n'))) == seen
    assert list(verbless(f'class C:\n    @property\n    def f(self):\n        """{doc}"""\n')) == []


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("# the peer and his key\n", 1),
        ("# Bob and his key\n", 0),
        ("# the peer and its key\n", 0),
        ('x = "his"\n', 0),
        ('"""What he said."""\n', 1),
    ],
)
def test_a_he_is_seen(source: str, seen: int) -> None:
    assert len(list(gendered(source))) == seen
