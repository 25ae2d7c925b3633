"""``telsdk login``: open a session, and keep it on this machine, encrypted."""

from __future__ import annotations

import asyncio
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from telsdk.cli.common import kept, places
from telsdk.cli.common.confirm import confirm
from telsdk.cli.common.failure import Failure
from telsdk.cli.common.options import CommandFunction, Options, json_option, reading, writing, yes_option
from telsdk.cli.common.output import print_facts, print_json, print_line, print_table, working
from telsdk.cli.common.params import ADDRESS
from telsdk.cli.common.remote import signing_for, wallet_options
from telsdk.cli.common.requested import check_ways, read_signature, request_options, write_request
from telsdk.cli.common.secret import PASSWORD_FILE, passphrase
from telsdk.clock import Wall

if TYPE_CHECKING:
    from telsdk.chain.client import Client
    from telsdk.credential.delegation import Delegation
    from telsdk.credential.session import Login
    from telsdk.directory import NumberFacts
    from telsdk.name import Name
    from telsdk.number import Number

_DAY = 86_400  # seconds


def _session_options(function: CommandFunction) -> CommandFunction:
    path = click.Path(dir_okay=False, writable=True, path_type=Path)
    options: list[Callable[[CommandFunction], CommandFunction]] = [
        click.option("--device", help="The name of this device; by default the machine's."),
        click.option(
            "--days",
            type=click.IntRange(1, 366),
            default=30,
            show_default=True,
            help="How long the session lasts.",
        ),
        click.option(
            "--file", type=path, metavar="FILE", help="Keep it here rather than with your other logins."
        ),
        click.option(
            "--keyring",
            is_flag=True,
            help="Let the system's keyring keep its passphrase, so that nobody has to type one.",
        ),
    ]
    for option in options:
        function = option(function)
    return function


@click.group()
def login() -> None:
    """Log in to a number on this device.

    This opens a session, with which the device calls, listens and writes. The session is kept in a file that is
    encrypted under a passphrase. You type it, or it is read from the file that TELSDK_LOGIN_PASSPHRASE_FILE or
    TELSDK_PASSPHRASE_FILE names. With --keyring it is random, and kept by the system's keyring, which your
    desktop unlocks when you log in to it (pip install 'telprotocol[keyring]').

    \b
    Examples:
      telsdk login deep alice.eth --account me.json
      telsdk login light bob.eth --keyring
      telsdk login forget bob.eth
    """


@login.command()
@click.argument("address", type=ADDRESS)
@_session_options
@wallet_options
@request_options
@writing
def deep(
    options: Options,
    address: str,
    device: str | None,
    days: int,
    file: Path | None,
    keyring: bool,
    wallet: str | None,
    wallet_account: str | None,
    wallet_minutes: int,
    request: Path | None,
    signature: Path | None,
    as_json: bool,
) -> None:
    """Log in to ADDRESS, a number or name, by its owner's key. The key signs once; then it is not needed.

    The key is in a keystore on this machine (--account), or stays in a wallet that signs typed data over
    JSON-RPC (--wallet), such as a hardware wallet behind its bridge. Look there at what you sign, and confirm it
    in time (--wallet-minutes). A wallet that several people have to sign for, or one with a program of its own,
    signs by files: --request writes what is to be signed, and --signature takes what came of it, any day before
    the session ends. A contract that signed on chain needs none: then FILE holds 0x.

    Where a contract wallet holds the number, a key that may sign for it will do: the contract is asked
    (ERC-1271). It is asked again every ten minutes, so the session ends when the contract drops that key.

    \b
    Examples:
      telsdk login deep alice.eth --account me.json
      telsdk login deep 5551234 --account ape:me --device phone --days 7
      telsdk login deep alice.eth --wallet http://127.0.0.1:1248
      telsdk login deep alice.eth --request sign-this.json
      telsdk login deep alice.eth --signature signature.txt
    """
    from telsdk.credential.session import login_deep, request_deep

    check_ways(wallet=wallet, request=request, signature=signature)
    client = options.client()
    facts = _facts(client, address)
    if signature is not None:
        _go_on(client, facts, signature, file, as_json=as_json)
        return
    kept.ready(keyring)
    now = Wall(time.time())
    if request is not None:
        asked = request_deep(facts, client.domain, _device(device), now, days * _DAY)
        _ask(asked, request, file, keyring=keyring, as_json=as_json)
        return
    with signing_for(options, client, facts.owner, wallet, wallet_account, wallet_minutes) as signer:
        session = login_deep(
            signer, facts, client.domain, _device(device), now, days * _DAY, contracts=client
        )
    _keep(session, file, keyring=keyring, as_json=as_json)


@login.command()
@click.argument("address", type=ADDRESS)
@_session_options
@reading
def light(
    options: Options,
    address: str,
    device: str | None,
    days: int,
    file: Path | None,
    keyring: bool,
    as_json: bool,
) -> None:
    """Log in to ADDRESS, a number or name, by its password.

    Such a login can call and write; it can never sell, rename or change the password. You type the password, or
    it is read from the file that TELSDK_PASSWORD_FILE names. It never leaves this machine.

    Where the password was set with hubs (KDF 2) they are asked for their part, and learn nothing of it. They count
    how often it is tried: after ten times it is once an hour, but for a device that has logged in before.

    \b
    Examples:
      telsdk login light bob.eth --keyring
      TELSDK_PASSWORD_FILE=password.txt telsdk login light 5551234
    """
    from telsdk.credential.light import WITH_HUBS
    from telsdk.credential.session import login_light

    client = options.client()
    facts = _facts(client, address)
    kept.ready(keyring)
    password = passphrase(f"Password of {address}", PASSWORD_FILE)
    named, lifetime = _device(device), days * _DAY
    if facts.kdf == WITH_HUBS:
        path = file or places.Own(facts.number, client.domain.chain_id).login
        session = _with_hubs(password, facts, client, named, lifetime, kept.tickets(path, facts.number))
    else:
        with working("making the light key (Argon2id)"):
            session = login_light(password, facts, client.domain, named, Wall(time.time()), lifetime)
    _keep(session, file, keyring=keyring, as_json=as_json)


def _with_hubs(
    password: str,
    facts: NumberFacts,
    client: Client,
    device: str,
    lifetime: int,
    tickets: Mapping[int, bytes],
) -> Login:
    from telsdk.credential.kdf2 import Parameters
    from telsdk.uc.light_login import log_in

    hubs = {one.hub: client.hubs.facts(one.hub) for one in Parameters.decode(facts.kdf_parameters).hubs}
    with working(f"making the light key (Argon2id) with hubs {', '.join(map(str, hubs))}"):
        return asyncio.run(
            log_in(
                password, facts, client.domain, hubs.get, device, Wall(time.time()), lifetime, tickets=tickets
            )
        )


@login.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the logins on this machine.

    For each it shows the file, and whether a passphrase or the system's keyring unlocks it.

    \b
    Examples:
      telsdk login list
    """
    found = [
        {
            "number": int(own.number),
            "chain_id": own.chain_id,
            "unlocked_by": kept.unlocked_by(own.login),
            "file": str(own.login),
        }
        for own in places.logins()
    ]
    if as_json:
        print_json({"logins": found})
    elif found:
        columns = ("number", "chain_id", "unlocked by", "file")
        print_table(columns, [tuple(one.values()) for one in found])
    else:
        print_line("nobody is logged in on this machine: telsdk login deep NUMBER, or light")


@login.command()
@click.argument("address", type=ADDRESS)
@click.option("--chain-id", type=int, help="The chain of the login, when there are several.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The login's file, if it is not with your other logins.",
)
@yes_option
@json_option
def forget(address: str, chain_id: int | None, file: Path | None, yes: bool, as_json: bool) -> None:
    """Remove the login to ADDRESS, a number or name, from this machine.

    This removes its file, and what the system's keyring holds for it. Whoever has a copy can still use the
    session until it expires, or until `telsdk credential revoke-sessions` ends all sessions of the number.
    Contacts and history stay.

    \b
    Examples:
      telsdk login forget bob.eth
    """
    number, chain, path = kept.find(address, chain_id, file)
    confirm(f"This machine will no longer be able to call or listen as {number}. Forget the login?", yes)
    kept.forget(path)
    if as_json:
        print_json({"number": int(number), "chain_id": chain, "file": str(path)})
        return
    print_line(f"the login to {number} is forgotten here")
    print_line(
        "the session itself ends when it expires: to end it now, with all others of the number, "
        f"telsdk credential revoke-sessions {number}"
    )


def _facts(client: Client, address: str) -> NumberFacts:
    from telsdk.chain.client import facts_of

    found = client.lookup(address)
    return facts_of(client, found.number, found.block)


def _device(named: str | None) -> str:
    return named or platform.node() or "telsdk"


def _waiting(number: Number, chain_id: int, file: Path | None) -> Path:
    """Return where a login waits for its signature."""
    return places.Own(number, chain_id).asked if file is None else file.with_name(f"{file.name}.asked")


def _ask(asked: Login, request: Path, file: Path | None, *, keyring: bool, as_json: bool) -> None:
    """Keep a session that is not signed yet, and write down what is to be signed."""
    path = _waiting(asked.number, asked.domain.chain_id, file)
    kept.keep(asked, path, keyring)
    write_request(request, asked.delegation.typed(asked.domain).payload)
    if as_json:
        print_json({"number": int(asked.number), "request": str(request), "waits": str(path)})
        return
    print_line(f"{request} is for the owner's wallet to sign (eth_signTypedData_v4)")
    print_line(f"then: telsdk login deep {asked.number} --signature FILE")


def _go_on(client: Client, facts: NumberFacts, signature: Path, file: Path | None, *, as_json: bool) -> None:
    """Open the session that waits for this signature."""
    from telsdk.credential import loginfile
    from telsdk.credential.session import signed_delegation

    own = places.Own(facts.number, client.domain.chain_id)
    waits = _waiting(facts.number, own.chain_id, file)
    if not waits.exists():
        raise Failure(f"no login to {facts.number} waits for a signature here: begin with --request FILE")
    label = loginfile.label(waits)
    signed = signed_delegation(
        label.delegation,
        client.domain,
        read_signature(signature),
        facts,
        Wall(time.time()),
        contracts=client,
    )
    path = file or own.login
    kept.sign(waits, path, signed)
    _say(signed, label.name, path, unlocked_by=kept.unlocked_by(path), as_json=as_json)


def _keep(session: Login, file: Path | None, *, keyring: bool, as_json: bool) -> None:
    path = file or places.Own(session.number, session.domain.chain_id).login
    if not session.tickets:  # a deep login leaves the device known to the hubs of the password
        session = replace(session, tickets=kept.tickets(path, session.number))
    kept.keep(session, path, keyring)
    unlocked_by = kept.KEYRING if keyring else kept.PASSPHRASE
    _say(session.delegation, session.name, path, unlocked_by=unlocked_by, as_json=as_json)


def _say(
    delegation: Delegation, name: Name | None, path: Path, *, unlocked_by: str | None, as_json: bool
) -> None:
    facts = {
        "number": int(delegation.number),
        "name": name,
        "role": str(delegation.role),
        "device": delegation.device,
        "expires": datetime.fromtimestamp(delegation.expiry, UTC).isoformat(),
        "unlocked_by": unlocked_by,
        "file": str(path),
    }
    print_facts(facts, as_json)
