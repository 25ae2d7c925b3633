"""``telsdk history``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from telsdk.cli.common.output import print_json, print_line, print_table
from telsdk.cli.contacts import open_store, store_options
from telsdk.number import Number

if TYPE_CHECKING:
    from telsdk.uc.holder import OwnerChange
    from telsdk.uc.store import LoggedCall, LoggedMessage


@click.command()
@click.option(
    "--last", type=click.IntRange(min=1), default=50, show_default=True, help="Show this many, the newest."
)
@store_options
def history(last: int, number: Number | None, chain: int | None, as_json: bool) -> None:
    """Show calls and messages, the newest last.

    Where somebody else held the number or name than before, it says so.

    \b
    Examples:
      telsdk history
      telsdk history --last 5 --json
    """
    from telsdk.uc.known_peers import changes_in

    with open_store(number, chain) as store:
        noted: list[LoggedCall | LoggedMessage] = [*store.calls(), *store.messages()]
    noted.sort(key=lambda one: one.at)
    found = [_entry(one, change) for one, change in list(changes_in(noted))[-last:]]
    if as_json:
        print_json({"history": found})
    elif found:
        columns = ("at", "kind", "direction", "peer", "trust", "what")
        print_table(
            columns, [[_short(one["at"]), *(one[key] for key in columns[1:-1]), _what(one)] for one in found]
        )
    else:
        print_line("no calls or messages yet")


def _entry(one: LoggedCall | LoggedMessage, change: OwnerChange | None) -> dict[str, Any]:
    from telsdk.uc.store import LoggedCall

    if isinstance(one, LoggedCall):
        kind, what = "call", {"outcome": one.outcome, "seconds": one.seconds}
    else:
        kind, what = "message", {"text": one.text}
    at = datetime.fromtimestamp(one.at / 1000, UTC).isoformat(timespec="milliseconds")
    held = one.holder
    return {
        "at": at,
        "kind": kind,
        "direction": str(one.direction),
        "peer": one.peer,
        "trust": one.trust,
        **what,
        "number": None if held is None else int(held.number),
        "owner": None if held is None else held.owner,
        "epoch": None if held is None else held.epoch,
        "changed": None if change is None else str(change),
    }


def _what(one: dict[str, Any]) -> str:
    what = str(one["text"]) if one["kind"] == "message" else f"{one['outcome']}, {one['seconds']} s"
    return what if one["changed"] is None else f"{what} (note: {one['changed']})"


def _short(at: str) -> str:
    """Return the time in this machine's time zone."""
    return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M:%S}"
