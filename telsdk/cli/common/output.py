"""Print what commands print: facts, tables or JSON on stdout, progress on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.status import Status

    from telsdk.chain.access import Receipt

NOTHING = "–"
_WIDE = 240  # columns in a file or pipe, which has no width


def plain(value: object) -> str:
    """Return `value` as one line of printable text.

    Names, messages and server addresses come from strangers, and must not control the terminal.
    """
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in str(value)
    )


def print_json(data: object) -> None:
    click.echo(json.dumps(data, indent=2))


def print_facts(facts: Mapping[str, object], as_json: bool, units: Mapping[str, str] | None = None) -> None:
    """Print names and values: as JSON under exactly these keys, or for people on a line each, with units."""
    if as_json:
        print_json(facts)
        return
    lines = []
    for key, value in facts.items():
        unit = (units or {}).get(key, "")
        text = f"{_cell(value)} {unit}".rstrip() if value is not None else NOTHING
        lines.append((key.removesuffix(f"_{unit}").replace("_", " "), text))
    width = max(len(label) for label, _ in lines)
    for label, text in lines:
        click.echo(f"{label:{width}}  {text}")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table as wide as the terminal; without a terminal, each row on one line."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)


def print_done(text: str, receipt: Receipt, as_json: bool, **facts: object) -> None:
    """Say that a transaction did what it should: `text` for people; `facts` with tx and block as JSON."""
    if as_json:
        print_json({**facts, "tx": receipt.tx, "block": receipt.block, "gas_used": receipt.gas_used})
    else:
        click.echo(f"{text} (block {receipt.block}, transaction {receipt.tx})")


@contextmanager
def working(text: str) -> Iterator[Status]:
    """Show on stderr that something is being done, if that is a terminal."""
    from rich.console import Console

    with Console(stderr=True).status(plain(text)) as status:
        yield status


def hexadecimal(value: bytes | None) -> str | None:
    """Return bytes as JSON and people get them: 0x…"""
    return None if value is None else f"0x{value.hex()}"


def _cell(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value)) or NOTHING
    return plain(value)
