"""docs/security.md names every attack that is tried, and none that is not."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/security.md").read_text()
HONEST = "_else_the_attacks_below_would_show_nothing"


def tried() -> set[str]:
    """What is in tests/attacks, as the page writes it; but for the honest ways, which are no attacks."""
    return {
        f"{file.name}::{node.name}"
        for file in (ROOT / "tests/attacks").glob("test_*.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        if not node.name.endswith(HONEST)
    }


def named() -> list[str]:
    return re.findall(r"^\|.*\| `(test_\w+\.py::test_\w+)` \|$", PAGE, re.MULTILINE)


def test_every_attack_is_in_the_table_once() -> None:
    assert sorted(named()) == sorted(tried())


def test_there_are_as_many_as_were_promised() -> None:
    assert len(tried()) >= 40
