"""Figures of several servers beside each other, and how many times those of the first they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        name: what it is, with its unit.
        digits: behind the point.
        compared: whether a ratio says something.
    """

    name: str
    digits: int = 0
    compared: bool = True


def table(rows: Sequence[Row], figures: Mapping[str, Mapping[str, float]]) -> str:
    """A Markdown table.

    Args:
        figures: of each server, by the name of the row; what is missing was not measured.
    """
    servers = list(figures)
    lines = [["", *servers]]
    for row in rows:
        first = figures[servers[0]].get(row.name)
        lines.append(
            [
                row.name,
                *(_cell(row, figures[name].get(row.name), first, name != servers[0]) for name in servers),
            ]
        )
    widths = [max(len(line[at]) for line in lines) for at in range(len(servers) + 1)]
    written = [
        " | ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)) for line in lines
    ]
    rule = "-|-".join("-" * width for width in widths)
    return "\n".join([f"| {written[0]} |", f"|-{rule}-|", *(f"| {line} |" for line in written[1:])])


def _cell(row: Row, figure: float | None, first: float | None, other: bool) -> str:
    if figure is None:
        return "-"
    told = f"{figure:,.{row.digits}f}"
    return f"{told} ({figure / first:.2f} x)" if other and row.compared and first else told
