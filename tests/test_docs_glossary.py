"""The glossary says where each thing is, and it is there."""

from __future__ import annotations

import importlib
import re
from functools import cache
from pathlib import Path

import pytest

from telsdk.chain.interface import manifest

ROOT = Path(__file__).resolve().parents[1]
ROWS = re.findall(
    r"^\| \*\*(.+?)\*\* \| (.+?) \| (.+?) \|$", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE
)


@cache
def _exists(place: str) -> bool:
    """Whether a dotted name leads to something: of ours in Python, or a getter or call of a contract."""
    if not place.startswith("telsdk"):
        contract, _, function = place.partition(".")
        entries = manifest.load()[contract].entries("function")
        return not function or function in {entry["name"] for entry in entries}
    parts = place.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for name in parts[length:]:
            if not hasattr(found, name):
                return False
            found = getattr(found, name)
        return True
    return False


def test_every_row_of_the_glossary_is_read() -> None:
    page = (ROOT / "docs/glossary.md").read_text()
    assert len(ROWS) == sum(line.startswith("| **") for line in page.splitlines())
    assert len(ROWS) > 50


def test_no_word_stands_twice() -> None:
    words = [word for word, _, _ in ROWS]
    assert sorted(words) == sorted(set(words))


@pytest.mark.parametrize(("word", "places"), [(word, places) for word, _, places in ROWS])
def test_a_thing_is_where_the_glossary_says(word: str, places: str) -> None:
    named = re.findall(r"`([^`]+)`", places)
    assert named, f"{word} is nowhere"
    assert [place for place in named if not _exists(place)] == []


def test_a_place_that_is_not_there_is_seen() -> None:
    assert not _exists("telsdk.number.Nothing")
    assert not _exists("telsdk.nowhere.Number")
    assert not _exists("NumberRegistry.noSuchGetter")
