"""Show what ``telsdk demo`` found out, as tables for a terminal. `DemoReport` is what ``--json`` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from telsdk.cli.demo.ladder import Ladder, LadderEntry
from telsdk.plain_text import plain

Fact = str | int | float | bool | None
Facts = Mapping[str, Fact]
"""Names and values. The end of a name says the unit: ``_ms``, ``_s``, ``_hz``, ``_bytes``, ``_wei``."""

MEDIA_HEADINGS = ("heard Hz", "played Hz", "packets", "lost", "jitter ms")
_UNITS = {"_ms": "ms", "_s": "s", "_hz": "Hz", "_bytes": "bytes", "_wei": "ETH"}
_WEI = 10**18  # in one ETH


class MediaFigures(TypedDict):
    """What one party heard."""

    frequency_hz: float
    """Measured; 0 for silence."""
    expected_hz: float
    """What the other party played."""
    packets: int
    lost: int
    jitter_ms: float


class Check(TypedDict):
    """One promise, and what was seen of it."""

    name: str
    seen: str
    ok: bool


class DemoReport(TypedDict):
    """Everything that the demo prints."""

    ladder: list[LadderEntry]
    media: dict[str, MediaFigures]
    """By the party that heard it."""
    checks: list[Check]
    backup: Facts
    sale: Facts


def passed(report: DemoReport) -> bool:
    """Return whether every check is ok."""
    return all(check["ok"] for check in report["checks"])


def summary(report: DemoReport) -> str:
    """Return in words how many checks are ok: ``8 of 9 checks passed``."""
    checks = report["checks"]
    return f"{sum(check['ok'] for check in checks)} of {len(checks)} checks passed"


def label(key: str) -> str:
    """Return the name of a fact in words: ``size_bytes`` is ``size``."""
    return key.removesuffix(_unit(key)).replace("_", " ")


def value(key: str, fact: Fact) -> str:
    """Return a fact with its unit, for people: ``2,912 bytes``, ``1.5 ETH``, ``yes``."""
    if fact is None:
        return "none"
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    unit = _UNITS.get(_unit(key), "")
    if unit == "ETH" and isinstance(fact, int):
        fact = fact / _WEI
    if not unit or isinstance(fact, str):  # a number without a unit may be a telephone number: no commas
        return f"{fact} {unit}".rstrip()
    return f"{fact:,} {unit}" if isinstance(fact, int) else f"{fact:,.6g} {unit}"


def checks_table(checks: Sequence[Check]) -> Table:
    """Return a table of the checks with what was seen. Words, not only colour, say how each came out."""
    table = Table(title="Checks", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("", no_wrap=True)
    table.add_column("what", overflow="fold")
    table.add_column("seen", overflow="fold")
    for check in checks:
        mark = Text("ok", style="green") if check["ok"] else Text("FAILED", style="bold red")
        table.add_row(mark, Text(plain(check["name"])), Text(plain(check["seen"])))
    return table


def media_table(media: Mapping[str, MediaFigures]) -> Table:
    """Return a table of what each party heard, beside what it should have heard."""
    table = Table(title="Media", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("at", no_wrap=True)
    for heading in MEDIA_HEADINGS:
        table.add_column(heading, justify="right", no_wrap=True)
    for party, heard in media.items():
        table.add_row(Text(plain(party)), *media_cells(heard))
    return table


def media_cells(heard: MediaFigures) -> list[str]:
    """Return the figures as text, in the order of `MEDIA_HEADINGS`."""
    return [
        f"{heard['frequency_hz']:.1f}",
        f"{heard['expected_hz']:.1f}",
        str(heard["packets"]),
        str(heard["lost"]),
        f"{heard['jitter_ms']:.2f}",
    ]


def facts_table(title: str, facts: Facts) -> Table:
    """Return a table of names and values in two columns."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for key, fact in facts.items():
        table.add_row(Text(plain(label(key))), Text(plain(value(key, fact))))
    return table


def show(report: DemoReport, console: Console) -> None:
    """Print the whole report: ladder, media, backup, sale, checks and how it came out."""
    ladder = Ladder.from_entries(report["ladder"]).text()
    lines = [plain(line) for line in ladder.split("\n")]
    console.print(Text("\n".join(lines)), soft_wrap=True)  # a folded ladder cannot be read
    for table in (
        media_table(report["media"]),
        facts_table("Backup", report["backup"]),
        facts_table("Sale", report["sale"]),
        checks_table(report["checks"]),
    ):
        console.print()
        console.print(table)
    console.print(Text(plain(summary(report)), style="bold green" if passed(report) else "bold red"))


def _unit(key: str) -> str:
    """Return the end of `key` that names a unit, with its underscore; empty if there is none."""
    return next((unit for unit in _UNITS if key.endswith(unit)), "")
