"""``telsdk contacts``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from telsdk.cli.common import places
from telsdk.cli.common.failure import Failure
from telsdk.cli.common.options import CommandFunction, json_option, unverified_answer_option
from telsdk.cli.common.output import print_json, print_line, print_table
from telsdk.cli.common.params import ADDRESS, NUMBER
from telsdk.number import Number

if TYPE_CHECKING:
    from telsdk.uc.holder import OwnerChange
    from telsdk.uc.store import Contact, Store


def store_options(function: CommandFunction) -> CommandFunction:
    """Add --number, --chain and --json, which choose a store on this machine. No chain is asked."""
    for option in (
        click.option(
            "--chain",
            type=click.IntRange(min=1),
            metavar="ID",
            help="The chain of the number, if there are several.",
        ),
        click.option("--number", type=NUMBER, help="The number, when there are several on this machine."),
    ):
        function = option(function)
    return json_option(function)


def open_store(number: Number | None, chain: int | None) -> Store:
    """Open the store of a number on this machine.

    Raises:
        Failure: it is not clear which.
        StoreUnusable: the file cannot be used.
    """
    from telsdk.uc.store import Store

    return Store(places.pick_store(number, chain).store)


@click.group(invoke_without_command=True)
@store_options
@click.pass_context
def contacts(ctx: click.Context, number: Number | None, chain: int | None, as_json: bool) -> None:
    """List contacts, or change them. They are on this machine, and in the backup.

    \b
    Examples:
      telsdk contacts
      telsdk contacts --number 5551234 --json
      telsdk contacts add bob.eth "Bob, office"
    """
    if ctx.invoked_subcommand is None:
        _show(number, chain, as_json)


def _show(number: Number | None, chain: int | None, as_json: bool) -> None:
    from telsdk.uc.known_peers import KnownPeers

    with open_store(number, chain) as store:
        known = KnownPeers(store)
        found = [_facts(one, known.change_of_contact(one)) for one in store.contacts()]
    if as_json:
        print_json({"contacts": found})
    elif found:
        columns = ("address", "label", "unverified", "changed")
        print_table(columns, [[one[column] for column in columns] for one in found])
    else:
        print_line("no contacts: add one with `telsdk contacts add ADDRESS LABEL`")


def _facts(contact: Contact, change: OwnerChange | None) -> dict[str, Any]:
    held = contact.holder
    return {
        "address": contact.address,
        "label": contact.label,
        "number": None if held is None else int(held.number),
        "owner": None if held is None else held.owner,
        "epoch": None if held is None else held.epoch,
        "unverified": None if contact.unverified is None else contact.unverified.value,
        "changed": None if change is None else str(change),
    }


@contacts.command()
@click.argument("address", type=ADDRESS)
@click.argument("label", default="")
@unverified_answer_option(
    "What happens to an answer of theirs that proves nothing, as a plain phone's; it holds until they change hands."
)
@store_options
def add(
    address: str,
    label: str,
    unverified: str | None,
    number: Number | None,
    chain: int | None,
    as_json: bool,
) -> None:
    """Remember ADDRESS under LABEL, or change its label.

    A contact is a person, not only a number: it is pinned to the account that holds the number, now or when you are
    next online. When somebody else holds it later, calls, messages and the list say so; add the contact again to
    agree.

    \b
    Examples:
      telsdk contacts add bob.eth "Bob, office"
      telsdk contacts add 5550002 "The old phone" --unverified allow
    """
    from telsdk.uc.known_peers import KnownPeers
    from telsdk.uc.settings import UnverifiedAnswer

    said = None if unverified is None else UnverifiedAnswer(unverified)
    with open_store(number, chain) as store:
        contact = KnownPeers(store).add_contact(address, label, said)
    if as_json:
        print_json(_facts(contact, None))
    else:
        print_line(f"{address} is a contact: {label or 'without a label'}")


@contacts.command()
@click.argument("address", type=ADDRESS)
@store_options
def remove(address: str, number: Number | None, chain: int | None, as_json: bool) -> None:
    """Forget ADDRESS.

    \b
    Examples:
      telsdk contacts remove bob.eth
    """
    with open_store(number, chain) as store:
        if address not in {one.address for one in store.contacts()}:
            raise Failure(f"{address} is no contact: see `telsdk contacts`")
        store.remove_contact(address)
    if as_json:
        print_json({"address": address, "label": None})
    else:
        print_line(f"{address} is no contact any more")
