"""``telsdk credential``: the password of a number, and the end of its sessions."""

from __future__ import annotations

import os

import click

from telsdk.cli.common.options import Options, writing
from telsdk.cli.common.output import hexadecimal, print_done, print_line, working
from telsdk.cli.common.params import NUMBER
from telsdk.cli.common.secret import PASSWORD_FILE, passphrase
from telsdk.number import Number


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
@writing
def set_(options: Options, number: Number, choose: bool, as_json: bool) -> None:
    """Set a password for NUMBER.

    With number and password one can call and write from any device, and no more. A passphrase is made for you
    and shown once; keep it. Its hash is on the chain, where anybody can try guesses for ever. So a password of
    your own (--choose, or a file named by TELSDK_PASSWORD_FILE) is refused when it is weak. All present light
    sessions end.

    \b
    Examples:
      telsdk credential set 5551234 --account me.json
      telsdk credential set 5551234 --account me.json --choose
    """
    from telsdk.credential import light
    from telsdk.credential import passphrase as words

    client = options.signing_client()
    epoch = client.registry.custody(number).epoch
    chosen = choose or bool(os.environ.get(PASSWORD_FILE))
    if chosen:
        password = passphrase(f"New password of {number}", PASSWORD_FILE, new=True)
        name = client.alias.name_of(number)
        words.check_strength(password, [str(number), *([] if name is None else [str(name)])])
    else:
        password = words.generate()
    with working("making the light key (Argon2id) and recording it"):
        key = light.derive(password, client.domain, number, epoch)
        receipt = client.records.set_credential(number, key.credential, light.DEFAULT_KDF)
    shown = {} if chosen else {"passphrase": password}
    facts = {"number": int(number), "credential": hexadecimal(key.credential), "kdf": light.DEFAULT_KDF}
    print_done(f"{number} has a new password", receipt, as_json, **facts, **shown)
    if not chosen and not as_json:
        print_line(f"passphrase, shown only now: {password}")


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
