"""docs/sip.md says of every RFC section what is done: it names no module or test that is not there."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

import pytest

from scripts import diagrams
from telsdk.sip.transaction.machines import MACHINES
from telsdk.sip.transaction.timers import Timer
from telsdk.sip.ua.negotiation import Ruling

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/sip.md").read_text()


RFCS = """
    3261 3262 3263 3264 3311 3327 3428 3515 3581 3665 3680 3856 3863 3891 4028 4320 4475 4488 5626 6026 6665 7118 7616
    8760 8224 8225 8898
"""
"""The RFCs of the design."""


class Row(NamedTuple):
    """A row of the table, its code spans without their quotes."""

    section: str
    what: str
    state: str
    modules: list[str]
    tests: list[str]


def code(cell: str) -> list[str]:
    return [span for at, span in enumerate(cell.split("`")) if at % 2]


def rows() -> list[Row]:
    found = []
    for line in PAGE.partition("## RFC by RFC")[2].partition("\n## ")[0].splitlines():
        if line.startswith("| ") and not line.startswith("| section"):
            section, what, state, modules, tests = (cell.strip() for cell in line.strip("|").split(" | "))
            found.append(Row(section, what, state, code(modules), code(tests)))
    return found


def functions_of(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.section} {row.what[:40]}")
def test_a_row_names_what_exists(row: Row) -> None:
    state = row.state.partition(":")[0]
    assert state in ("done", "partly", "not")
    assert state != "partly" or ":" in row.state, "what is missing?"
    assert state != "done" or (row.modules and row.tests), "done needs a module and a test"
    for module in row.modules:
        assert (ROOT / "telsdk" / module).is_file(), module
    for test in row.tests:
        file, _, name = test.partition("::")
        assert name in functions_of(ROOT / "tests" / file), test


def test_the_rfcs_of_the_design_all_have_their_place() -> None:
    headings = " ".join(line for line in PAGE.splitlines() if line.startswith("### "))
    assert [rfc for rfc in RFCS.split() if rfc not in headings] == []


def test_the_diagrams_are_those_of_the_tables() -> None:
    assert diagrams.with_diagrams(PAGE) == PAGE


def test_every_move_is_in_the_diagrams() -> None:
    for machine in MACHINES:
        for (before, trigger), (after, _) in machine.moves.items():
            name = f"timer {trigger}" if isinstance(trigger, Timer) else str(trigger)
            arrows = [line for line in PAGE.splitlines() if line.startswith(f"    {before} --> {after} : ")]
            assert any(name in line.partition(" : ")[2].partition(" / ")[0].split(", ") for line in arrows)


def test_every_ruling_of_the_negotiation_is_in_the_diagrams() -> None:
    for _, moves in diagrams.NEGOTIATION.values():
        for (before, said), (after, ruling) in moves.items():
            if not said.ours and (before, ruling) == (after, Ruling.PASS):
                continue
            done = "" if ruling is Ruling.PASS else f" / {ruling}"
            start = f"    {before} --> {after} : "
            arrows = [line for line in PAGE.splitlines() if line.startswith(start) and line.endswith(done)]
            causes = [line.removeprefix(start).removesuffix(done).split(", ") for line in arrows]
            assert any(said in found for found in causes), (before, said)


MACHINES_PLACE, NEGOTIATION_PLACE = diagrams.PLACES
BOTH = MACHINES_PLACE.drawn() + NEGOTIATION_PLACE.drawn()


@pytest.mark.parametrize(
    "page",
    [
        "",
        MACHINES_PLACE.begin,
        diagrams.END + MACHINES_PLACE.begin,
        MACHINES_PLACE.drawn(),
        MACHINES_PLACE.begin + NEGOTIATION_PLACE.drawn(),
        BOTH * 2,
        BOTH + diagrams.END,
    ],
)
def test_a_page_without_a_place_for_the_diagrams_is_refused(page: str) -> None:
    with pytest.raises(diagrams.PageError, match=r"sip\.md needs the line"):
        diagrams.with_diagrams(page)
