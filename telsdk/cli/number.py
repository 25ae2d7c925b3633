"""``telsdk number``: get a number, give it away."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from telsdk import private
from telsdk.cli.backup import block_options, blocks_at, seal_for_both
from telsdk.cli.common import places
from telsdk.cli.common.account import account_address, open_account
from telsdk.cli.common.confirm import confirm
from telsdk.cli.common.failure import Failure
from telsdk.cli.common.options import Options, account_option, reading, writing, yes_option
from telsdk.cli.common.output import (
    print_done,
    print_facts,
    print_json,
    print_line,
    print_table,
    working,
)
from telsdk.cli.common.params import ACCOUNT, ETHER, NUMBER
from telsdk.cli.common.requested import check_ways, read_signature, request_options, write_request
from telsdk.errors import NotFound, TelError
from telsdk.number import Number
from telsdk.plain_text import plain
from telsdk.records import shown

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from telsdk.chain.access import Permit
    from telsdk.chain.client import Client


@click.group()
def number() -> None:
    """Buy, show, move and give away numbers.

    \b
    Examples:
      telsdk number show 5551234
      telsdk number buy-new 5551234 --account me.json
    """


@number.command("buy-new")
@click.argument("number", type=NUMBER)
@click.option(
    "--for", "owner", type=ACCOUNT, metavar="ACCOUNT", help="The account that will hold it; by default yours."
)
@click.option(
    "--max-price", type=ETHER, metavar="ETHER", help="Pay no more than this; by default its price now."
)
@yes_option
@writing
def buy_new(
    options: Options, number: Number, owner: str | None, max_price: Decimal | None, yes: bool, as_json: bool
) -> None:
    """Buy NUMBER, which nobody holds yet.

    It takes a minute and two transactions. The first commits to the purchase without showing the number, so
    that nobody can be quicker; the second reveals the number and pays. If the command is cut off, give it again:
    it goes on.

    \b
    Examples:
      telsdk number buy-new 5551234 --account me.json
      telsdk number buy-new 5551234 --max-price 0.05 --yes
    """
    client = options.signing_client()
    price = client.registrar.price(number)
    if not _is_held(client, number):
        confirm(f"{number} costs {price} ether and gas. Buy it?", yes)
    with working(f"buying {number}: commit") as status:

        def wait(seconds: float) -> None:
            status.update(f"buying {number}: committed, {seconds:.0f} s until it may be revealed")
            time.sleep(seconds)

        receipt = client.buy_number(number, owner, price if max_price is None else max_price, wait)
    paid = client.registry.custody(number)
    text = f"{number} is held by {paid.owner} now"
    print_done(text, receipt, as_json, number=int(number), owner=paid.owner)


@number.command()
@click.argument("number", type=NUMBER)
@click.argument("to", type=ACCOUNT)
@yes_option
@writing
def transfer(options: Options, number: Number, to: str, yes: bool, as_json: bool) -> None:
    """Give NUMBER to the account TO.

    A new epoch begins: name, password, home hub, backup and all sessions end. To keep them when you change to
    another wallet of yours, use `telsdk number move`.

    \b
    Examples:
      telsdk number transfer 5551234 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --account me.json
    """
    client = options.signing_client()
    confirm(f"{number} and everything recorded of it will no longer be yours. Give it to {to}?", yes)
    with working(f"transferring {number}"):
        receipt = client.registry.transfer(number, to)
    print_done(f"{number} is held by {to} now", receipt, as_json, number=int(number), owner=to)


@number.command()
@click.argument("number", type=NUMBER)
@click.option(
    "--to", metavar="FILE", help="The keystore of your other wallet (or ape:ALIAS), which has to agree."
)
@click.option(
    "--consent",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The other wallet's agreement, as `telsdk number consent` printed it.",
)
@block_options
@yes_option
@writing
def move(
    options: Options,
    number: Number,
    to: str | None,
    consent: Path | None,
    folder: Path | None,
    ipfs: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Move NUMBER to another wallet of yours.

    Everything recorded of it goes along. --account is the wallet that holds it. The other wallet has to agree: on
    this machine by --to, or elsewhere by `telsdk number consent`, whose output you give as --consent.

    A backup is sealed for the wallet that made it. With --to it is made anew first, for both wallets, where --folder
    or --ipfs keep its blocks. Otherwise give `telsdk backup` once with the new wallet, on the device that backed up
    last, or elsewhere with the old wallet as --former.

    \b
    Examples:
      telsdk number move 5551234 --account old.json --to new.json
      telsdk number move 5551234 --account old.json --consent consent.json
    """
    if (to is None) == (consent is None):
        raise click.UsageError("say by --to or by --consent where the number goes: one of the two")
    signer = options.signer()
    client = options.client().as_account(signer)
    if consent is None:
        other = open_account(to or "")
        permit = client.as_account(other).registry.permit_move(number)
        _carry_backup(client, number, signer, other, folder, ipfs)
    else:
        permit = _read_consent(consent, number)
        confirm(f"{number} will be held by {plain(permit.args[1])}. Is that you?", yes)
    with working(f"moving {number}"):
        receipt = client.relay(permit)
    owner = client.registry.custody(number).owner
    if consent is not None and client.records.get(number).backup is not None:
        _say_how_to_seal(number, "it was moved without the other wallet at hand")
    print_done(f"{number} is held by {owner} now", receipt, as_json, number=int(number), owner=owner)


@number.command()
@click.argument("number", type=NUMBER)
@click.option("--for", "receiver", type=ACCOUNT, metavar="ACCOUNT", help="Who receives it, with --request.")
@click.option(
    "--hours",
    type=click.IntRange(1, 720),
    default=1,
    show_default=True,
    help="How long the present holder may take; with --request, those who sign as well.",
)
@request_options
@writing
def consent(
    options: Options,
    number: Number,
    receiver: str | None,
    hours: int,
    request: Path | None,
    signature: Path | None,
    as_json: bool,  # noqa: ARG001 - it is JSON either way
) -> None:
    """Agree to receive NUMBER, by the signature of --account.

    It prints JSON for `telsdk number move`, which the present holder has to run in time (--hours). It costs nothing.

    A contract wallet, or one with a program of its own, signs by files: --request writes what is to be signed, and
    --signature takes what came of it, and prints the JSON.

    \b
    Examples:
      telsdk number consent 5551234 --account new.json > consent.json
      telsdk number consent 5551234 --for 0x… --hours 72 --request sign-this.json
      telsdk number consent 5551234 --signature signature.txt > consent.json
    """
    check_ways(request=request, signature=signature)
    if (receiver is None) != (request is None):
        raise click.UsageError("--for ACCOUNT and --request FILE go together")
    lifetime = timedelta(hours=hours)
    if request is not None and receiver is not None:
        _ask_for_consent(options.client(), number, receiver, request, lifetime)
        return
    if signature is not None:
        permit = _signed_consent(options.client(), number, signature)
    else:
        permit = options.signing_client().registry.permit_move(number, lifetime)
    print_line(permit.to_json(), whole=True)


def _ask_for_consent(
    client: Client, number: Number, receiver: str, request: Path, lifetime: timedelta
) -> None:
    """Write down what the receiver has to sign, and keep the consent until it is signed."""
    from telsdk.chain.access import SignsElsewhere

    account = SignsElsewhere(receiver)
    permit = client.as_account(account).registry.permit_move(number, lifetime)
    assert account.asked is not None
    private.write(places.Own(number, client.domain.chain_id).consent, permit.to_json().encode())
    write_request(request, account.asked)
    print_line(f"{request} is for {account.address} to sign (eth_signTypedData_v4)", err=True)
    print_line(f"then: telsdk number consent {number} --signature FILE > consent.json", err=True)


def _signed_consent(client: Client, number: Number, signature: Path) -> Permit:
    waits = places.Own(number, client.domain.chain_id).consent
    if not waits.exists():
        raise Failure(f"no consent to receive {number} waits for a signature here: begin with --request FILE")
    return _read_consent(waits, number).signed(read_signature(signature))


@number.command()
@click.argument("number", type=NUMBER)
@click.argument("answers", type=click.Choice(["verified", "any"]))
@yes_option
@writing
def answers(options: Options, number: Number, answers: str, yes: bool, as_json: bool) -> None:
    """Promise that answers of NUMBER are verified, or take that back.

    With `verified`, every user client and node refuses an answer without proof, by whatever node it comes: nobody on
    the way can answer in your place to listen. Plain phones prove nothing, so yours no longer ring; they call as
    before. With `any`, who calls decides. A new epoch begins without the promise.

    \b
    Examples:
      telsdk number answers 5551234 verified --account me.json
      telsdk number answers 5551234 any --account me.json
    """
    promised = answers == "verified"
    client = options.signing_client()
    if promised:
        confirm(
            f"Plain phones of {number} will no longer ring: they cannot prove an answer. Promise it?", yes
        )
    with working(f"writing what answers of {number} are worth"):
        receipt = client.records.set_answers_verified(number, promised)
    text = (
        f"{number} promises that its answers are verified: its user clients answer, its plain phones no longer ring"
        if promised
        else f"{number} promises nothing of its answers: its plain phones ring too, and who calls decides"
    )
    print_done(text, receipt, as_json, number=int(number), answers_verified=promised)


@number.command()
@click.argument("number", type=NUMBER)
@reading
def show(options: Options, number: Number, as_json: bool) -> None:
    """Show everything about NUMBER, or its price when nobody holds it.

    `listing` is the price at which its owner offers it; `price` is that of a number that nobody holds.

    \b
    Examples:
      telsdk number show 5551234
      telsdk number show 5551234 --json
    """
    client = options.client()
    held = _is_held(client, number)
    facts = _held(client, number) if held else _free(client, number)
    print_facts(
        {"number": int(number), "held": held, **facts}, as_json, {"listing": "ether", "price": "ether"}
    )


@number.command("list-mine")
@click.option("--owner", type=ACCOUNT, metavar="ACCOUNT", help="The account; by default that of --account.")
@account_option
@reading
def list_mine(options: Options, owner: str | None, as_json: bool) -> None:
    """List the numbers of an account. It needs no passphrase.

    \b
    Examples:
      telsdk number list-mine --account me.json
      telsdk number list-mine --owner 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --json
    """
    account = owner or account_address(options.named_account())
    client = options.client()
    with working("reading the chain"):
        found = [client.lookup(str(number)).to_dict() for number in client.numbers_of(account)]
    if as_json:
        print_json({"owner": account, "numbers": found})
    elif found:
        columns = ("number", "name", "hub", "listing")
        print_table(columns, [[row[column] for column in columns] for row in found])
    else:
        print_line(f"{account} holds no number: buy one with `telsdk number buy-new`")


def _is_held(client: Client, number: Number) -> bool:
    with suppress(NotFound):
        client.registry.custody(number)
        return True
    return False


def _held(client: Client, number: Number) -> dict[str, object]:
    found = client.lookup(str(number))
    return {**found.to_dict(), "session": found.session, **shown(found, brief=False), "price": None}


def _free(client: Client, number: Number) -> dict[str, object]:
    return {"price": str(client.registrar.price(number)), "chain_id": client.domain.chain_id}


def _carry_backup(
    client: Client,
    number: Number,
    owner: LocalAccount,
    to: LocalAccount,
    folder: Path | None,
    ipfs: str | None,
) -> None:
    """Seal the number's backup for the wallet `to` as well, if there is one. Where that fails, say how to go on."""
    if client.records.get(number).backup is None:
        return
    try:
        with working("sealing the backup for both wallets"):
            seal_for_both(client, number, blocks_at(folder, ipfs), owner, to)
    except (TelError, Failure) as error:
        _say_how_to_seal(number, str(error))


def _say_how_to_seal(number: Number, reason: str) -> None:
    text = (
        f"the backup of {number} is still sealed for the old wallet ({reason}): use `telsdk backup {number}` with the"
        " new wallet as --account, and the old one as --former"
    )
    print_line(text, err=True)


def _read_consent(path: Path, number: Number) -> Permit:
    """Read the consent in a file. Somebody sent the file, so check that it is a consent for this number."""
    from telsdk.chain.access import Permit, PermitError

    permit = Permit.from_json(path.read_text(encoding="utf-8", errors="replace"))
    if (permit.contract, permit.function, permit.args[:-1]) != ("NumberRegistry", "moveTo", (int(number),)):
        raise PermitError(f"{path} is not somebody's consent to receive {number}: ask for another")
    return permit
