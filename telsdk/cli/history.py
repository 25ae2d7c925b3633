"""``telsdk history``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from telsdk.cli.common.confirm import confirm
from telsdk.cli.common.failure import Failure
from telsdk.cli.common.options import yes_option
from telsdk.cli.common.output import print_json, print_line, print_table
from telsdk.cli.contacts import open_store, store_options
from telsdk.number import Number

if TYPE_CHECKING:
    from telsdk.uc.holder import OwnerChange
    from telsdk.uc.store import LoggedCall, LoggedMessage, Store

SHORT = 12  # characters of an id that are shown: its random ones


@click.group(invoke_without_command=True)
@click.option(
    "--last", type=click.IntRange(min=1), default=50, show_default=True, help="Show this many, the newest."
)
@store_options
@click.pass_context
def history(ctx: click.Context, last: int, number: Number | None, chain: int | None, as_json: bool) -> None:
    """Show calls and messages, the newest last, or delete them.

    Where somebody else held the number or name than before, it says so.

    \b
    Examples:
      telsdk history
      telsdk history --last 5 --json
      telsdk history delete --peer bob.eth
    """
    if ctx.invoked_subcommand is None:
        _show(last, number, chain, as_json)


@history.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option(
    "--peer", metavar="ADDRESS", help="Delete all with this number or name, as `telsdk history` shows it."
)
@click.option("--unverified", is_flag=True, help="Delete all from callers and senders who proved nothing.")
@click.option("--all", "everything", is_flag=True, help="Delete every call and message. Contacts stay.")
@yes_option
@store_options
def delete(
    ids: tuple[str, ...],
    peer: str | None,
    unverified: bool,
    everything: bool,
    yes: bool,
    number: Number | None,
    chain: int | None,
    as_json: bool,
) -> None:
    """Delete single calls and messages by ID, or many at once.

    They go from this machine, with the next `telsdk backup` from the backup, and from each other device of the
    number once it has backed up or restored. An ID may be cut to the end that `telsdk history` shows.

    \b
    Examples:
      telsdk history delete 5d3f0a91c2e4
      telsdk history delete --peer bob.eth
      telsdk history delete --unverified --yes
    """
    chosen = (bool(ids), peer is not None, unverified, everything)
    if sum(chosen) != 1:
        raise click.UsageError("say what to delete: IDs, --peer, --unverified or --all, one of these")
    with open_store(number, chain) as store:
        if ids:
            found = _named(store, ids)
            confirm(f"Delete {len(found)} of this number's calls and messages, everywhere and for ever?", yes)
            count = store.delete(found)
        else:
            what = f"with {peer}" if peer else "from who proved nothing" if unverified else "of this number"
            confirm(f"Delete all calls and messages {what}, everywhere and for ever?", yes)
            count = (
                store.delete_conversation(peer)
                if peer is not None
                else store.delete_unverified()
                if unverified
                else store.delete_history()
            )
    if as_json:
        print_json({"deleted": count})
    else:
        print_line(f"{count} deleted; `telsdk backup` takes that to the backup and to other devices")


def _named(store: Store, ids: tuple[str, ...]) -> set[str]:
    """Return the whole ids of what `ids` name.

    Raises:
        Failure: one of them names nothing, or more than one.
    """
    known = {*(one.id for one in store.calls()), *(one.id for one in store.messages())}
    found = set()
    for wanted in ids:
        fitting = [id for id in known if len(wanted) >= SHORT and id.endswith(wanted.lower())]
        if len(fitting) != 1:
            raise Failure(
                f"{wanted} is the id of {len(fitting) or 'no'} calls and messages: see `telsdk history`"
            )
        found |= set(fitting)
    return found


def _show(last: int, number: Number | None, chain: int | None, as_json: bool) -> None:
    from telsdk.uc.known_peers import changes_in

    with open_store(number, chain) as store:
        noted: list[LoggedCall | LoggedMessage] = [*store.calls(), *store.messages()]
    noted.sort(key=lambda one: (one.at, one.id))
    found = [_entry(one, change) for one, change in list(changes_in(noted))[-last:]]
    if as_json:
        print_json({"history": found})
    elif found:
        columns = ("at", "kind", "direction", "peer", "trust", "what", "id")
        rows = [
            [_short(one["at"]), *(one[key] for key in columns[1:-2]), _what(one), one["id"][-SHORT:]]
            for one in found
        ]
        print_table(columns, rows)
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
        "id": one.id,
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
