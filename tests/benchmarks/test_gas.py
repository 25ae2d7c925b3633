"""What `benchmarks/gas.py` says of figures that are not as they were."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from benchmarks import gas
from benchmarks.gastable import BEGIN, END, ROWS, TableError, table, with_table
from benchmarks.world import Figures
from telsdk.chain.development import DevChain

CLAIM = "NameAlias.claim(string,uint256): first"


def figures(claim: int) -> Figures:
    return {"NameAlias": {"claim(string,uint256)": {"first": claim}}}


def test_an_operation_may_grow_by_one_percent_and_no_more() -> None:
    assert gas.complaints(figures(80_000), figures(80_800)) == []
    assert gas.complaints(figures(80_000), figures(80_801)) == [
        f"{CLAIM} grew by 1.0%, from 80,000 to 80,801"
    ]


def test_an_operation_may_fall_and_that_is_said() -> None:
    assert gas.complaints(figures(80_000), figures(60_000)) == []
    assert gas.gains(figures(80_000), figures(60_000)) == [f"{CLAIM} fell from 80,000 to 60,000"]


def test_an_operation_without_a_figure_is_named() -> None:
    assert gas.complaints({}, figures(80_000)) == [f"{CLAIM} has no figure in gas.json, and takes 80,000"]


def test_a_figure_that_nothing_measures_is_named() -> None:
    assert gas.complaints(figures(80_000), {}) == [f"{CLAIM} is in gas.json, and nothing measures it"]


def test_the_table_replaces_what_is_between_the_marks() -> None:
    page = f"before\n{BEGIN}\n| of before |\n{END}\nafter\n"
    once = with_table(page, gas.load())
    assert once.startswith("before\n")
    assert once.endswith("\nafter\n")
    assert "of before" not in once
    assert table(gas.load()) in once
    assert with_table(once, gas.load()) == once


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(TableError, match="no place for the table"):
        with_table("no marks", gas.load())


def test_the_table_says_when_a_target_is_missed() -> None:
    dear = copy.deepcopy(gas.load())
    ((contract, function, variant),) = next(row for row in ROWS if row.target == 40_000).steps
    dear[contract][function][variant] = 40_000
    assert table(gas.load()).count("**no**") == 0
    assert table(dear).count("**no**") == 1


def test_the_page_holds_the_table_of_the_figures() -> None:
    page = gas.PAGE.read_text()
    assert with_table(page, gas.load()) == page


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Figures:
    """What the next measurement is to give: at first, what was written."""
    fresh = copy.deepcopy(gas.load())

    def measure(chain: DevChain) -> Figures:
        return fresh

    monkeypatch.setattr(gas, "measure", measure)
    return fresh


def test_the_check_passes_when_nothing_changed(measured: Figures, capsys: pytest.CaptureFixture[str]) -> None:
    assert gas.main(["--check"]) == 0
    assert capsys.readouterr().err == ""


def test_the_check_fails_and_says_what_grew(measured: Figures, capsys: pytest.CaptureFixture[str]) -> None:
    measured["NumberMarket"]["withdraw()"]["all"] *= 2
    assert gas.main(["--check"]) == 1
    assert "NumberMarket.withdraw(): all grew by 100.0%" in capsys.readouterr().err


def test_the_check_fails_when_the_table_is_old(
    measured: Figures, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = tmp_path / "gas.md"
    page.write_text(f"{BEGIN}\nold\n{END}\n")
    monkeypatch.setattr(gas, "PAGE", page)
    assert gas.main(["--check"]) == 1
    assert "the table in docs/gas.md is not that of gas.json" in capsys.readouterr().err


def test_writing_keeps_the_figures_and_the_table(
    measured: Figures, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = tmp_path / "gas.md"
    page.write_text(f"{BEGIN}\n{END}\n")
    monkeypatch.setattr(gas, "PAGE", page)
    monkeypatch.setattr(gas, "FIGURES", tmp_path / "gas.json")
    assert gas.main([]) == 0
    assert gas.load() == measured
    assert gas.main(["--check"]) == 0


def test_a_table_without_figures_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(gas, "FIGURES", tmp_path / "none.json")
    assert gas.main(["--table"]) == 1
    assert "run benchmarks/gas.py" in capsys.readouterr().err
