"""Run a server: what `telsdk node run` and `telsdk hub run` share."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from telsdk.cli.common import places
from telsdk.cli.common.options import (
    CommandFunction,
    Options,
    network_options,
    pass_options,
    stale_after_option,
    witness_option,
)
from telsdk.cli.common.output import print_line, print_table
from telsdk.cli.common.params import ENDPOINT, LIMIT, NETWORK, Place
from telsdk.cli.common.serve import log_to_stderr, stop_asked, unless
from telsdk.errors import TelError

if TYPE_CHECKING:
    from telsdk.chain.index import ChainIndex
    from telsdk.net.pins import TlsIdentity
    from telsdk.net.route import Listed
    from telsdk.net.sockets import BoundSockets


class Server(Protocol):
    """A running hub or node."""

    def present(self, identity: TlsIdentity) -> None: ...
    async def stop(self) -> None: ...


Launch = Callable[
    ["ChainIndex", "BoundSockets", "TlsIdentity"], Awaitable[tuple[Server, Coroutine[Any, Any, str]]]
]
"""Starts a server. Returns it, and an awaitable of the news to tell once it can do its work."""
SettingsT = TypeVar("SettingsT")
Find = Callable[["ChainIndex"], "Listed"]


def server_options(function: CommandFunction) -> CommandFunction:
    """Add what every server can be told, --witness, --stale-after, --network and --rpc; hand over `Options` first."""
    key = click.Path(dir_okay=False, path_type=Path)
    for option in (
        click.option("--verbose", is_flag=True, help="Log more."),
        click.option(
            "--show-pin",
            is_flag=True,
            help="Print the pin of its key, which the chain has to list, and stop.",
        ),
        click.option(
            "--key-file",
            type=key,
            metavar="FILE",
            help="Its TLS key (PEM); made if it is missing, read again at SIGHUP.",
        ),
        click.option(
            "--allow-network",
            "allowed_networks",
            type=NETWORK,
            multiple=True,
            metavar="CIDR",
            help="Reach servers in this network, though it is not of the public Internet. Give it again for more.",
        ),
        click.option(
            "--limits",
            "show_limits",
            is_flag=True,
            help="Print the limits by name, with what each is now, what it means and why, and stop.",
        ),
        click.option(
            "--limit",
            "limits",
            type=LIMIT,
            multiple=True,
            metavar="NAME=VALUE",
            help="Set a limit, such as gate.source=200/800. Give it again for more; --limits lists them.",
        ),
        click.option(
            "--listen",
            type=ENDPOINT,
            metavar="HOST:PORT",
            help="Where it listens; by default at its listed address.",
        ),
    ):
        function = option(function)
    return network_options(witness_option(stale_after_option(pass_options(function))))


def limited(settings: SettingsT, limits: Sequence[tuple[str, str]]) -> SettingsT:
    """Return `settings` with the limits that were given by --limit.

    Raises:
        click.UsageError: there is no such limit, or it cannot be that.
    """
    from telsdk.server.named_limits import LimitError, with_limits

    try:
        return with_limits(settings, limits)
    except LimitError as error:
        raise click.UsageError(str(error)) from error


def print_limits(settings: object) -> None:
    """Print the limits in `settings`: name, value, and what it means."""
    from telsdk.server.named_limits import named_limits

    rows = [(one.name, one.text, one.reason) for one in named_limits(settings).values()]
    print_table(("limit", "value", "meaning"), rows)


def identity(key_file: Path | None, kind: str) -> TlsIdentity:
    """Load the key in `key_file`, by default the file for servers of this kind. Make it if it is missing.

    Raises:
        KeyFileError: the file holds something else, or cannot be read or written.
    """
    from telsdk.net.pins import TlsIdentity

    return TlsIdentity.load_or_create(_key_path(key_file, kind))


def next_identity(key_file: Path | None, kind: str) -> TlsIdentity:
    """Load the key that is in that file now. Unlike `identity` this makes none.

    Raises:
        KeyFileError: the file holds something else, or cannot be read.
    """
    from telsdk.net.pins import TlsIdentity

    return TlsIdentity.load(_key_path(key_file, kind))


def _key_path(key_file: Path | None, kind: str) -> Path:
    return key_file or places.data(f"{kind}.key.pem")


def run(
    options: Options,
    who: str,
    key: TlsIdentity,
    listen: Place | None,
    find: Find,
    launch: Launch,
    verbose: bool,
    next_key: Callable[[], TlsIdentity],
) -> None:
    """Load the chain, launch a server at its place, and stop it at SIGINT or SIGTERM.

    Args:
        who: names the server to people, such as "node 0 of hub 1".
        find: returns its entry in the list on the chain.
        next_key: called at SIGHUP, returns the key to show from then on.

    Raises:
        TelError: the chain cannot be read, the server is not listed, or the address cannot be bound.
    """
    from telsdk.server import own_key

    log_to_stderr(verbose)
    with places.chain_index(options.source(options.client()), who.replace(" ", "-")) as index:
        index.load()
        listed = find(index)
        own_key.check(who, key, listed.pins)
        asyncio.run(_run(index, who, key, listen or _listed_place(listed), launch, next_key))


async def _run(
    index: ChainIndex,
    who: str,
    key: TlsIdentity,
    place: Place,
    launch: Launch,
    next_key: Callable[[], TlsIdentity],
) -> None:
    from telsdk.net.sockets import bind
    from telsdk.server import memory
    from telsdk.sip.message import write_host

    sockets = bind(*place)
    stop = stop_asked()
    server, ready = await launch(index, sockets, key)
    try:
        async with memory.kept_clean():
            print_line(
                f"{who} listens at {write_host(sockets.host, sockets.port)} (UDP and TLS), "
                f"key pin {key.pin.hex()}"
            )
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _change_key, who, server, next_key)
            if (news := await unless(stop, ready)) is not None:
                print_line(f"{who} {news}")
            await stop.wait()
            print_line(f"{who} stops")
    finally:
        await server.stop()


def _change_key(who: str, server: Server, next_key: Callable[[], TlsIdentity]) -> None:
    """Read the key file again, and show its key from now on, if the chain lists it."""
    try:
        key = next_key()
        server.present(key)
    except TelError as error:
        print_line(f"{who} keeps its key: {error}", err=True)
    else:
        print_line(f"{who} shows the key {key.pin.hex()}")


def _listed_place(listed: Listed) -> Place:
    from telsdk.net.route import hop_to

    hop = hop_to(listed)
    return hop.host, hop.port
