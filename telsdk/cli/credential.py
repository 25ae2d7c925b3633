"""``telsdk credential``: the password of a number, and the end of its sessions."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from telsdk.cli.common import passwords
from telsdk.cli.common.options import Options, writing
from telsdk.cli.common.output import hexadecimal, print_done, print_line, working
from telsdk.cli.common.params import HUB_IDS, NUMBER
from telsdk.cli.common.secret import PASSWORD_FILE, passphrase
from telsdk.number import Number

if TYPE_CHECKING:
    from telsdk.chain.access import Receipt


@click.group()
def credential() -> None:
    """Set or clear the password, and end sessions.

    \b
    Examples:
      telsdk credential set 5551234 --account me.json
    """


@credential.command("set")
@click.argument("number", type=NUMBER)
@click.option("--choose", is_flag=True, help="Type a password of your own instead of having one made.")
@click.option(
    "--hubs",
    "hub_ids",
    type=HUB_IDS,
    metavar="ID,ID,…",
    help="The hubs that shall help at a login (KDF 2); by default yours and two of other operators.",
)
@click.option(
    "--threshold",
    type=click.IntRange(2, 8),
    help="How many of these hubs have to answer; by default more than half.",
)
@writing
def set_(
    options: Options,
    number: Number,
    choose: bool,
    hub_ids: tuple[int, ...] | None,
    threshold: int | None,
    as_json: bool,
) -> None:
    """Set a password for NUMBER.

    With number and password one can call and write from any device, and no more. A passphrase is made for you
    and shown once; keep it. All present light sessions end.

    A password of your own (--choose, or a file named by TELSDK_PASSWORD_FILE) is made to work with hubs alone
    (KDF 2), so that nobody can guess it without asking them: ten times, then once an hour. The hubs learn nothing of
    it. A passphrase that was made for you needs none of that, nobody can guess it (KDF 1). Where the hubs of one
    operator alone serve such logins, a password of your own has to do without, and anybody can guess it for ever.
    A weak password is refused in any case.

    \b
    Examples:
      telsdk credential set 5551234 --account me.json
      telsdk credential set 5551234 --account me.json --choose
      telsdk credential set 5551234 --account me.json --choose --hubs 1,4,7
    """
    from telsdk.chain.client import facts_of
    from telsdk.credential import passphrase as words

    client = options.client()
    account = options.signer()
    client = client.as_account(account)
    facts = facts_of(client, number)
    chosen = choose or bool(os.environ.get(PASSWORD_FILE))
    if chosen:
        password = passphrase(f"New password of {number}", PASSWORD_FILE, new=True)
        name = facts.name
        words.check_strength(password, [str(number), *([] if name is None else [str(name)])])
    else:
        password = words.generate()
    if chosen or hub_ids:
        made = passwords.with_hubs(password, client, account, facts, hub_ids or (), threshold)
    else:
        made = passwords.by_password_alone(
            password, client, facts, "a passphrase that was made for you cannot be guessed"
        )
    with working("recording it"):
        receipt = client.records.set_credential(number, made.key.credential, made.kdf, made.parameters)
    _print_made(number, made, receipt, as_json, {} if chosen else {"passphrase": password})


def _print_made(
    number: Number, made: passwords.Made, receipt: Receipt, as_json: bool, shown: dict[str, str]
) -> None:
    told = {
        "number": int(number),
        "credential": hexadecimal(made.key.credential),
        "kdf": made.kdf,
        "why": made.why,
        "hubs": list(made.hubs),
        "threshold": made.threshold,
        "warnings": list(made.warnings),
    }
    print_done(f"{number} has a new password", receipt, as_json, **told, **shown)
    if as_json:
        return
    with_hubs = f" with hubs {', '.join(map(str, made.hubs))}" if made.hubs else ""
    print_line(f"made by KDF {made.kdf}{with_hubs}: {made.why}")
    for warning in made.warnings:
        print_line(f"warning: {warning}", err=True)
    for passphrase_made in shown.values():
        print_line(f"passphrase, shown only now: {passphrase_made}")


@credential.command()
@click.argument("number", type=NUMBER)
@writing
def clear(options: Options, number: Number, as_json: bool) -> None:
    """Take the password of NUMBER away.

    Light sessions end. Only deep logins are left.

    \b
    Examples:
      telsdk credential clear 5551234 --account me.json
    """
    client = options.signing_client()
    with working(f"clearing the password of {number}"):
        receipt = client.records.clear_credential(number)
    print_done(f"{number} has no password now", receipt, as_json, number=int(number), credential=None)


@credential.command("revoke-sessions")
@click.argument("number", type=NUMBER)
@writing
def revoke_sessions(options: Options, number: Number, as_json: bool) -> None:
    """End all sessions of NUMBER, on every device.

    Deep, light and phone sessions end. Name, password and records stay.

    \b
    Examples:
      telsdk credential revoke-sessions 5551234 --account me.json
    """
    client = options.signing_client()
    with working(f"ending the sessions of {number}"):
        receipt = client.registry.revoke_sessions(number)
    session = client.registry.custody(number).session
    print_done(f"all sessions of {number} have ended", receipt, as_json, number=int(number), session=session)
