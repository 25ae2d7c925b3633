"""Run a user client that is logged in and registered, for the commands that call, listen and write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import click

from telsdk.cli.common import places
from telsdk.cli.common.failure import Failure, extra
from telsdk.cli.common.kept import open_login
from telsdk.cli.common.options import CommandFunction, Options, reading, stale_after_option, witness_option
from telsdk.cli.common.output import print_line, warn_stale, working
from telsdk.cli.common.params import NUMBER
from telsdk.cli.common.serve import told_of_chain
from telsdk.number import Number

if TYPE_CHECKING:
    from telsdk.chain.client import Client
    from telsdk.chain.index import ChainIndex
    from telsdk.credential.session import Login
    from telsdk.uc.client import UserClient
    from telsdk.uc.settings import Unverified
    from telsdk.uc.store import Store

EXTRA = "uc"


@dataclass(frozen=True)
class LoginChoice:
    """Which login to use, and where the user client listens."""

    number: Number | None
    login: Path | None
    address: str | None  # of this machine


def user_options(function: CommandFunction) -> CommandFunction:
    """Add --number, --login, --address, and the options of a command that reads the chain."""
    text = "The login to use, when there are several on this machine."
    number = click.option("--number", type=NUMBER, help=text)
    return witness_option(stale_after_option(reading(number(_login_options(function, "address")))))


def login_options(function: CommandFunction) -> CommandFunction:
    """Add --login, --address (as `own_address`), and the options of a command that reads the chain.

    They are for a command whose argument names the number.
    """
    return witness_option(stale_after_option(reading(_login_options(function, "own_address"))))


def _login_options(function: CommandFunction, address: str) -> CommandFunction:
    path = click.Path(exists=True, dir_okay=False, path_type=Path)
    for option in (
        click.option(
            "--address",
            address,
            metavar="IP",
            help="The address at which others reach this machine; found by default.",
        ),
        click.option("--login", type=path, metavar="FILE", help="The login to use, from its file."),
    ):
        function = option(function)
    return function


def audio_options(function: CommandFunction) -> CommandFunction:
    """Add --play and --record."""
    played = click.Path(exists=True, dir_okay=False, path_type=Path)
    recorded = click.Path(dir_okay=False, writable=True, path_type=Path)
    for option in (
        click.option("--record", type=recorded, metavar="WAV", help="Write what is heard to this file."),
        click.option(
            "--play", type=played, metavar="WAV", help="Play this file (16-bit PCM); by default silence."
        ),
    ):
        function = option(function)
    return function


@asynccontextmanager
async def online(
    options: Options,
    who: LoginChoice,
    *,
    unverified: Unverified | None = None,
    tell_changes: bool = True,
) -> AsyncIterator[UserClient]:
    """Yield a registered user client, and close it afterwards.

    Args:
        unverified: what happens to callers that prove nothing.
        tell_changes: whether to say on stderr behind whose number somebody else stands now.

    Raises:
        TelError: the chain cannot be read, the login cannot be opened, or hub or node refuse it.
    """
    with extra(EXTRA):
        from telsdk.uc.client import UserClient
        from telsdk.uc.store import Store

    client = await asyncio.to_thread(options.client)
    login = _open_login(client, who)
    source = await asyncio.to_thread(options.source, client)
    with told_of_chain(), places.chain_index(source, f"user-{login.number}") as index:
        with working("loading the chain"):
            await asyncio.to_thread(index.load)
        host = who.address or _own_address(index, login.number)
        with Store(places.Own(login.number, client.domain.chain_id).store) as store:
            uc = _client(UserClient, index, login, host, who.address, unverified, options.stale_after, store)
            try:
                with working("registering"):
                    await uc.start()
                    node = await uc.register()
                say(f"{login.name or login.number} is registered at {node.uri}")
                if uc.freshness.stale:
                    warn_stale(uc.freshness.as_of)
                async with _told_of_changes(uc, tell_changes):
                    yield uc
            finally:
                await uc.close()


@asynccontextmanager
async def _told_of_changes(uc: UserClient, wanted: bool) -> AsyncIterator[None]:
    async def tell() -> None:
        while True:
            say(f"note: {await uc.changes.get()}")

    telling = asyncio.ensure_future(tell()) if wanted else None
    try:
        yield
    finally:
        if telling is not None:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
            while not uc.changes.empty():
                say(f"note: {uc.changes.get_nowait()}")


def say(text: str) -> None:
    """Tell on stderr how things go: stdout is for results."""
    print_line(text, err=True)


def _client(
    kind: type[UserClient],
    index: ChainIndex,
    login: Login,
    host: str,
    asked: str | None,
    unverified: Unverified | None,
    stale_after: float | None,
    store: Store,
) -> UserClient:
    from telsdk.net.sockets import bind
    from telsdk.uc.settings import UcSettings, Unverified

    # By default media uses every address but loopback. That is right except in trials on one machine.
    media = asked or (host if ip_address(host).is_loopback else None)
    settings = UcSettings(
        unverified=unverified or Unverified.RING, media_address=media, stale_after=stale_after
    )
    return kind(index, login, bind(host), settings=settings, store=store)


def _open_login(client: Client, who: LoginChoice) -> Login:
    path = who.login or places.pick_login(who.number, client.domain.chain_id).login
    login = open_login(path)
    if login.domain != client.domain:
        raise Failure(
            f"{path} is a login at another deployment (chain {login.domain.chain_id}): log in again"
        )
    return login


def _own_address(index: ChainIndex, number: Number) -> str:
    """Return the address of this machine on the way to the home hub."""
    from telsdk.net.local import address_toward
    from telsdk.net.route import hop_to

    facts = index.number(number)
    hub = index.hub(facts.hub) if facts is not None and facts.hub is not None else None
    if hub is None:
        raise Failure(f"{number} has no home hub: choose one with `telsdk hubs choose {number} HUB`")
    hop = hop_to(hub)
    return address_toward(hop.host, hop.port)
