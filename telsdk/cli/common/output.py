"""Print what commands print: facts, tables or JSON on stdout, progress on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import click

from telsdk.plain_text import MAX_TEXT, plain

if TYPE_CHECKING:
    from rich.status import Status
    from rich.text import Text

    from telsdk.chain.access import Receipt

NOTHING = "–"
_WIDE = 240  # columns in a file or pipe, which has no width


def print_line(
    text: object = "",
    *,
    err: bool = False,
    nl: bool = True,
    file: IO[Any] | None = None,
    whole: bool = False,
) -> None:
    """Print one line on stdout or, with `err`, on stderr: all that commands tell people in words goes by here.

    Names, messages and server addresses come from strangers, and must not control the terminal.

    Args:
        whole: however long it is; for what a program reads.
    """
    click.echo(plain(text, sys.maxsize if whole else MAX_TEXT), err=err, nl=nl, file=file)


def print_lines(text: str) -> None:
    """Print a text of several lines, such as the settings of a program; each as `print_line` does."""
    for line in text.removesuffix("\n").split("\n"):
        print_line(line, whole=True)


def print_inverse(line: str) -> None:
    """Print a line of our own drawing, light on dark whatever the terminal's colours are."""
    click.echo(click.style(plain(line), fg="bright_white", bg="black"))


def print_json_line(data: object) -> None:
    """Print JSON on one line, for who reads line by line. Like `print_json` it is whole, in ASCII."""
    click.echo(json.dumps(data))


def print_json(data: object) -> None:
    """Print JSON: all of it, however long, in ASCII, where nothing can control a terminal."""
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
        print_line(f"{label:{width}}  {text}")


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
        print_line(f"{text} (block {receipt.block}, transaction {receipt.tx})")


class Working:
    """What is shown while something is being done."""

    def __init__(self, status: Status) -> None:
        self._status = status

    def update(self, text: str) -> None:
        """Say what is being done now."""
        self._status.update(_words(text))


@contextmanager
def working(text: str) -> Iterator[Working]:
    """Show on stderr that something is being done, if that is a terminal."""
    from rich.console import Console

    with Console(stderr=True).status(_words(text)) as status:
        yield Working(status)


def _words(text: str) -> Text:
    """Return `text` for rich, which would take brackets in it for markup: colours, and links that lead elsewhere."""
    from rich.text import Text

    return Text(plain(text))


def warn_stale(as_of: str) -> None:
    """Say on stderr that what is told may be over: the newest block that the RPC has is an old one."""
    print_line(
        f"note: the RPC's newest block is of {as_of}; what changed since is not known: "
        "try another --rpc, or check this machine's clock",
        err=True,
    )


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
