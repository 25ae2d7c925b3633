"""``telsdk phone-password``: get a password for a plain SIP phone, and list those that were issued."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from telsdk.address import REALM, aor
from telsdk.cli.common import phone_journal, phone_settings, qrcode
from telsdk.cli.common.failure import Failure
from telsdk.cli.common.online import LoginChoice, login_options, online, say
from telsdk.cli.common.options import Options, reading
from telsdk.cli.common.output import print_facts, print_json, print_line, print_lines, print_table, working
from telsdk.cli.common.params import ADDRESS, PHONE_SERVER
from telsdk.cli.common.secret import secret_bytes
from telsdk.clock import Wall
from telsdk.errors import NotFound

if TYPE_CHECKING:
    from telsdk.chain.client import Client
    from telsdk.credential.phoneaccount import PhoneAccount, PhoneServer
    from telsdk.directory import Domain, NumberFacts
    from telsdk.number import Number

_DAY = 86_400  # seconds


class _IssueFirst(click.Group):
    """A group whose first word, if it is no command, is an argument of `issue`. No number or name is called `list`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["issue", *args]
        return super().parse_args(ctx, args)


@click.group("phone-password", cls=_IssueFirst)
def phone_password() -> None:
    """Get a password for a plain SIP phone, and list those you got.

    `telsdk phone-password ADDRESS` is short for `telsdk phone-password issue ADDRESS`.

    \b
    Examples:
      telsdk phone-password bob.eth
      telsdk phone-password bob.eth --label kitchen --qr
      telsdk phone-password list
    """


@dataclass(frozen=True)
class _Got:
    """A phone password, and what it rests on."""

    account: PhoneAccount
    domain: Domain
    credential: bytes | None  # of the light session that asked


@phone_password.command()
@click.argument("address", type=ADDRESS)
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="How long it holds.")
@click.option("--label", metavar="TEXT", help="What to call this phone in your list.")
@click.option(
    "--qr", is_flag=True, help="Print it as a QR code too: plain text, which a phone's camera shows."
)
@click.option(
    "--settings",
    type=click.Choice([*phone_settings.PROGRAMS]),
    help="Print nothing but the settings of this program.",
)
@click.option(
    "--transport",
    type=click.Choice(["udp", "tcp", "tls"]),
    help="How the phone is to connect; by default as the node prefers.",
)
@click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="For operators: issue it with this secret of the nodes, 32 bytes or more.",
)
@click.option(
    "--server", type=PHONE_SERVER, metavar="URI", help="With --secret-file: where the phone is to connect."
)
@login_options
def issue(
    options: Options,
    address: str,
    days: int,
    label: str | None,
    qr: bool,
    settings: str | None,
    transport: str | None,
    secret_file: Path | None,
    server: PhoneServer | None,
    login: Path | None,
    own_address: str | None,
    as_json: bool,
) -> None:
    """Get a password for a phone of ADDRESS, a number or name.

    Your node issues it to your login on this machine. It is shown once, and nobody keeps it. A sale, or
    `telsdk credential revoke-sessions`, ends it. So does a new password of the number, if yours is a light login.

    The QR code is plain text to copy from. No code sets up every phone: Linphone reads only the address of a web
    server, others only what their own vendor makes.

    \b
    Examples:
      telsdk phone-password issue bob.eth
      telsdk phone-password issue bob.eth --days 30 --label kitchen --qr
      telsdk phone-password issue bob.eth --settings baresip
      telsdk phone-password issue 5551234 --secret-file secret --server 'sip:192.0.2.7:5061;transport=udp'
    """
    if as_json and (qr or settings):
        raise click.UsageError("--json has it all: give it without --qr and --settings")
    if qr and settings:
        raise click.UsageError(
            "--qr and --settings exclude each other: one is to look at, one to put into a file"
        )
    if server is not None and secret_file is None:
        raise click.UsageError("--server goes with --secret-file: else the node says where phones connect")
    if secret_file is None:
        got = asyncio.run(_from_node(options, address, login, own_address, days * _DAY))
    else:
        got = _by_secret(options, address, secret_file, server, days * _DAY)
    place = _place(got.account, transport, needed=qr or settings is not None)
    _note(got, label)
    if settings is not None and place is not None:
        print_lines(phone_settings.PROGRAMS[settings](got.account, place))
    else:
        _print(got.account, place, label, as_json)
        if qr and place is not None:
            qrcode.show(phone_settings.by_hand(got.account, place))
    if not as_json:
        say(f"shown only now, and holds until {_time(got.account.issued.expiry)}")


@phone_password.command("list")
@reading
def list_(options: Options, as_json: bool) -> None:
    """List the passwords issued from this machine.

    Each is active, expired or void. Void says that a sale, the end of all sessions or a new password of the number
    ended it, as the chain says now. Whether the operator still uses the secret shows only at the phone.

    \b
    Examples:
      telsdk phone-password list
      telsdk phone-password list --json
    """
    client = options.client()
    issued = phone_journal.noted(client.domain)
    with working("asking the chain"):
        facts = {number: _facts(client, number) for number in {one.user.number for one in issued}}
    now = Wall(time.time())
    rows = [
        {
            "number": int(one.user.number),
            "label": one.label,
            "state": one.state(facts[one.user.number], now),
            "issued": _time(one.issued),
            "expires": _time(one.user.expiry),
            "username": one.username,
        }
        for one in issued
    ]
    if as_json:
        print_json({"passwords": rows})
    elif rows:
        columns = ("number", "label", "state", "expires")  # what a narrow terminal has room for
        shown = [{**row, "expires": str(row["expires"])[:10]} for row in rows]
        print_table(columns, [[row[column] for column in columns] for row in shown])
    else:
        print_line("no phone password was issued from this machine: telsdk phone-password ADDRESS")


async def _from_node(
    options: Options, address: str, login: Path | None, own_address: str | None, lifetime: int
) -> _Got:
    client = await asyncio.to_thread(options.client)
    number = (await asyncio.to_thread(client.lookup, address)).number
    async with online(options, LoginChoice(number, login, own_address)) as uc:
        if uc.number != number:
            raise Failure(f"{login} is a login of {uc.number}, not of {number}")
        account = await uc.phone_password(lifetime)
        facts = uc.directory.number(number)
        light = uc.login.delegation.role == "light" and facts is not None
        return _Got(account, client.domain, facts.credential if light and facts is not None else None)


def _by_secret(
    options: Options, address: str, secret_file: Path, server: PhoneServer | None, lifetime: int
) -> _Got:
    from telsdk.chain.client import facts_of
    from telsdk.chain.index import ChainIndex
    from telsdk.credential.phone import MIN_SECRET, PhonePasswords
    from telsdk.credential.phoneaccount import PhoneAccount

    secret = secret_bytes(secret_file)
    if len(secret) < MIN_SECRET:
        raise Failure(
            f"{secret_file} has {len(secret)} bytes, a secret has {MIN_SECRET} or more: "
            "make a new one: `telsdk node new-phone-secret FILE`"
        )
    client = options.client()
    facts = facts_of(client, client.lookup(address).number)
    with ChainIndex(client) as directory:  # only asked for its domain
        issued = PhonePasswords([secret], directory).issue(facts, Wall(time.time()), lifetime)
    return _Got(PhoneAccount(issued, () if server is None else (server,)), client.domain, None)


def _place(account: PhoneAccount, transport: str | None, *, needed: bool) -> PhoneServer | None:
    """Return where the phone is to connect."""
    place = account.server(transport)
    if place is None and account.servers and (needed or transport):
        there = ", ".join(dict.fromkeys(one.transport for one in account.servers))
        raise Failure(f"the node takes phones over {there} only")
    if place is None and (needed or transport):
        raise click.UsageError("say by --server where the phone is to connect")
    return place


def _note(got: _Got, label: str | None) -> None:
    credential = None if got.credential is None else got.credential.hex()
    domain, username = got.domain, got.account.issued.username
    phone_journal.note(
        phone_journal.Issued(username, domain.chain_id, domain.registry, int(time.time()), label, credential)
    )


def _print(account: PhoneAccount, place: PhoneServer | None, label: str | None, as_json: bool) -> None:
    facts: dict[str, object] = {
        "address": aor(account.number),
        "username": account.issued.username,
        "password": account.issued.password,
        "realm": REALM,
        "server": None if place is None else str(place),
        "expires": _time(account.issued.expiry),
        "label": label,
    }
    if as_json:
        facts |= {"servers": [str(one) for one in account.servers], "digest": account.digest}
    print_facts(
        facts if as_json else {key: value for key, value in facts.items() if value is not None}, as_json
    )


def _facts(client: Client, number: Number) -> NumberFacts | None:
    from telsdk.chain.client import facts_of

    try:
        return facts_of(client, number)
    except NotFound:
        return None


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
