"""``telsdk history``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from telsdk.cli.common.output import print_json, print_line, print_table
from telsdk.cli.contacts import open_store, store_options
from telsdk.number import Number

if TYPE_CHECKING:
    from telsdk.uc.store import LoggedCall, LoggedMessage


@click.command()
@click.option(
    "--last", type=click.IntRange(min=1), default=50, show_default=True, help="Show this many, the newest."
)
@store_options
def history(last: int, number: Number | None, chain: int | None, as_json: bool) -> None:
    """Show calls and messages, the newest last.

    \b
    Examples:
      telsdk history
      telsdk history --last 5 --json
    """
    with open_store(number, chain) as store:
        found = [*map(_call, store.calls()), *map(_message, store.messages())]
    found = sorted(found, key=lambda one: one["at"])[-last:]
    if as_json:
        print_json({"history": found})
    elif found:
        columns = ("at", "kind", "direction", "peer", "trust", "what")
        print_table(
            columns, [[_short(one["at"]), *(one[key] for key in columns[1:-1]), _what(one)] for one in found]
        )
    else:
        print_line("no calls or messages yet")


def _call(call: LoggedCall) -> dict[str, Any]:
    return {**_common("call", call), "outcome": call.outcome, "seconds": call.seconds}


def _message(message: LoggedMessage) -> dict[str, Any]:
    return {**_common("message", message), "text": message.text}


def _common(kind: str, one: LoggedCall | LoggedMessage) -> dict[str, Any]:
    at = datetime.fromtimestamp(one.at / 1000, UTC).isoformat(timespec="milliseconds")
    return {"at": at, "kind": kind, "direction": str(one.direction), "peer": one.peer, "trust": one.trust}


def _what(one: dict[str, Any]) -> str:
    return str(one["text"]) if one["kind"] == "message" else f"{one['outcome']}, {one['seconds']} s"


def _short(at: str) -> str:
    """Return the time in this machine's time zone."""
    return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M:%S}"
