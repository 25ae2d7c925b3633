"""Figures of servers beside each other."""

from __future__ import annotations

from benchmarks.sipload.table import Row, table

ROWS = [Row("CPU a call, us"), Row("memory, kB", digits=1), Row("longest, ms", compared=False)]


def test_each_other_server_has_its_ratio_to_the_first() -> None:
    figures = {"theirs": {"CPU a call, us": 120.0, "longest, ms": 2.0}, "ours": {"CPU a call, us": 1_180.0}}
    assert table(ROWS, figures).splitlines() == [
        "|                | theirs | ours           |",
        "|----------------|--------|----------------|",
        "| CPU a call, us | 120    | 1,180 (9.83 x) |",
        "| memory, kB     | -      | -              |",
        "| longest, ms    | 2      | -              |",
    ]


def test_what_the_first_has_not_is_told_without_a_ratio() -> None:
    figures = {"theirs": {}, "ours": {"memory, kB": 9.71, "longest, ms": 580.0}}
    assert table(ROWS, figures).splitlines()[3:] == [
        "| memory, kB     | -      | 9.7  |",
        "| longest, ms    | -      | 580  |",
    ]
