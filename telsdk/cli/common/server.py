"""What `telsdk node run` and `telsdk hub run` have in common."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from telsdk.cli.common import places
from telsdk.cli.common.options import Function, Options, network_options, pass_options, witness_option
from telsdk.cli.common.params import ENDPOINT
from telsdk.cli.common.serve import log_to_stderr, stop_asked, unless
from telsdk.errors import TelError

if TYPE_CHECKING:
    from telsdk.chain.index import ChainIndex
    from telsdk.net.pins import TlsIdentity
    from telsdk.net.route import Listed
    from telsdk.net.sockets import BoundSockets


class Server(Protocol):
    """A hub or node that runs."""

    def present(self, identity: TlsIdentity) -> None: ...
    async def stop(self) -> None: ...


Launch = Callable[
    ["ChainIndex", "BoundSockets", "TlsIdentity"], Awaitable[tuple[Server, Coroutine[Any, Any, str]]]
]
"""Starts a server; gives it, and what is to be awaited and told once it can do its work."""
Find = Callable[["ChainIndex"], "Listed"]
Place = tuple[str, int]


def server_options(function: Function) -> Function:
    """Adds --listen, --key-file, --show-pin, --verbose, --witness, --network and --rpc; hands over `Options` first."""
    key = click.Path(dir_okay=False, path_type=Path)
    for option in (
        click.option("--verbose", is_flag=True, help="Log more."),
        click.option(
            "--show-pin", is_flag=True, help="Print the pin of its key, to be listed on chain, and stop."
        ),
        click.option(
            "--key-file",
            type=key,
            metavar="FILE",
            help="Its TLS key (PEM); made there if it is missing, read anew at SIGHUP.",
        ),
        click.option(
            "--listen",
            type=ENDPOINT,
            metavar="HOST:PORT",
            help="Where it listens; its listed address, unless given.",
        ),
    ):
        function = option(function)
    return network_options(witness_option(pass_options(function)))


def identity(key_file: Path | None, kind: str) -> TlsIdentity:
    """The key in `key_file`, or in the one place that servers of this kind have on this machine.

    Raises:
        KeyFileError: it holds something else, or cannot be read or written.
    """
    from telsdk.net.pins import TlsIdentity

    return TlsIdentity.load_or_create(_key_path(key_file, kind))


def next_identity(key_file: Path | None, kind: str) -> TlsIdentity:
    """The key that is in that file now; unlike `identity` it makes none.

    Raises:
        KeyFileError: it holds something else, or cannot be read.
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
    """Loads the chain, launches a server at its place, and stops it at SIGINT or SIGTERM.

    Args:
        who: names it to people, such as "node 0 of hub 1".
        find: its entry in the list on chain.
        next_key: asked at SIGHUP for the key to show from then on.

    Raises:
        TelError: the chain cannot be read, it is not listed, or the address is not to be had.
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
    from telsdk.sip.message import write_host

    sockets = bind(*place)
    stop = stop_asked()
    server, ready = await launch(index, sockets, key)
    try:
        click.echo(
            f"{who} listens at {write_host(sockets.host, sockets.port)} (UDP and TLS), key pin {key.pin.hex()}"
        )
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _change_key, who, server, next_key)
        if (news := await unless(stop, ready)) is not None:
            click.echo(f"{who} {news}")
        await stop.wait()
        click.echo(f"{who} stops")
    finally:
        await server.stop()


def _change_key(who: str, server: Server, next_key: Callable[[], TlsIdentity]) -> None:
    """Reads the key file anew: what it holds now is shown from now on, if the chain lists it."""
    try:
        key = next_key()
        server.present(key)
    except TelError as error:
        click.echo(f"{who} keeps its key: {error}", err=True)
    else:
        click.echo(f"{who} shows the key {key.pin.hex()}")


def _listed_place(listed: Listed) -> Place:
    from telsdk.net.route import hop_to

    hop = hop_to(listed)
    return hop.host, hop.port
