"""``telsdk node``."""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from telsdk.cli.common import listeners
from telsdk.cli.common.failure import extra
from telsdk.cli.common.options import Options
from telsdk.cli.common.output import print_line
from telsdk.cli.common.params import Place
from telsdk.cli.common.secret import make_secret, secret_bytes
from telsdk.cli.common.server import identity, limited, next_identity, print_limits, run, server_options
from telsdk.errors import NotFound
from telsdk.sip.message import write_host

if TYPE_CHECKING:
    from telsdk.chain.index import ChainIndex
    from telsdk.directory import NodeFacts
    from telsdk.net.egress import Network
    from telsdk.net.pins import TlsIdentity
    from telsdk.net.sockets import BoundSockets, Listener
    from telsdk.node.node import Node

_SECRET = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def node() -> None:
    """Run a node: it serves users and connects calls.

    \b
    Examples:
      telsdk node run --show-pin
      telsdk node run --hub 1 --index 0
    """


@node.command("run")
@click.option("--hub", type=click.IntRange(min=1), help="The id of the hub whose list it is in.")
@click.option("--index", type=click.IntRange(min=0), help="Its place in that list.")
@click.option(
    "--phone-secret",
    "secrets",
    type=_SECRET,
    multiple=True,
    metavar="FILE",
    help="Let plain phones in, by the passwords issued with this secret. Give it twice while one replaces another.",
)
@click.option(
    "--digest",
    type=click.Choice(["MD5", "SHA-256", "SHA-512-256"], case_sensitive=False),
    default="MD5",
    show_default=True,
    help="The algorithm of the challenge to phones. Most know only MD5, with which these passwords are safe.",
)
@click.option(
    "--unverified-callers",
    type=click.Choice(["anonymous", "marked"]),
    default="anonymous",
    show_default=True,
    help="What plain phones show of a caller who is not proven: nothing, or what they say, marked as unverified.",
)
@click.option(
    "--ca",
    type=_SECRET,
    metavar="FILE",
    help="The authorities (PEM) to trust for servers that the chain does not list.",
)
@listeners.listener_options
@server_options
def run_node(
    options: Options,
    hub: int | None,
    index: int | None,
    secrets: tuple[Path, ...],
    digest: str,
    unverified_callers: str,
    ca: Path | None,
    listen_ws: Place | None,
    listen_wss: Place | None,
    listen_tcp: Place | None,
    listen_tls: Place | None,
    certificate: Path | None,
    certificate_key: Path | None,
    listen: Place | None,
    limits: tuple[tuple[str, str], ...],
    show_limits: bool,
    allowed_networks: tuple[Network, ...],
    key_file: Path | None,
    show_pin: bool,
    verbose: bool,
) -> None:
    """Run a node until Ctrl-C or SIGTERM. It says where it listens, and logs to stderr.

    First make its key and list it: `telsdk node run --show-pin`, then
    `telsdk hubs nodes HUB --add URI --pin PIN`. To change the key without a dropped call, list the next one beside it
    (`telsdk hubs rotate-key`), replace the key file by it, send SIGHUP, and retire the old one.

    It sends to addresses of the public Internet alone, and to its own network where it is listed in one that is not.
    Say by --allow-network which others are meant to be reached, such as that of the other nodes in a data centre.

    \b
    Examples:
      telsdk node run --show-pin
      telsdk node run --hub 1 --index 0
      telsdk node run --hub 1 --index 0 --listen-wss 192.0.2.7:443 --certificate c.pem --certificate-key k.pem
      telsdk node run --hub 1 --index 1 --listen 192.0.2.8:5061 --key-file second.pem --phone-secret secret
      telsdk node run --hub 1 --index 0 --limit max_users=20000 --limit gate.source=200/800
    """
    with extra("node"):
        from telsdk.net.certificates import TrustStore
        from telsdk.node.node import Node
        from telsdk.node.settings import NodeSettings, UnverifiedCallers
    settings = NodeSettings(
        digest_algorithm=digest,
        allowed_networks=allowed_networks,
        unverified_callers=UnverifiedCallers(unverified_callers),
        stale_after=options.stale_after,
    )
    settings = limited(settings, limits)
    if show_limits:
        print_limits(settings)
        return
    key = identity(key_file, "node")
    if show_pin:
        print_line(key.pin.hex())
        return
    if hub is None or index is None:
        raise click.UsageError("say by --hub and --index which node of the list this is")
    besides = listeners.extra(listen_ws, listen_wss, listen_tcp, listen_tls, certificate, certificate_key)
    place, phone_secrets = (hub, index), tuple(map(secret_bytes, secrets))
    trust = TrustStore(ca) if ca is not None else None

    async def launch(
        directory: ChainIndex, sockets: BoundSockets, key: TlsIdentity
    ) -> tuple[Node, Coroutine[Any, Any, str]]:
        bound = besides.bind(key)
        running = await Node.launch(
            directory,
            *place,
            sockets,
            key,
            settings=settings,
            phone_secrets=phone_secrets,
            listeners=bound,
            trust=trust,
        )
        return running, _serves(running, bound)

    run(
        options,
        f"node {index} of hub {hub}",
        key,
        listen,
        lambda chain: _listed(chain, *place),
        launch,
        verbose,
        lambda: next_identity(key_file, "node"),
    )


@node.command("new-phone-secret")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def new_phone_secret(file: Path) -> None:
    """Make the secret behind phone passwords, in FILE.

    All nodes of a hub use the same one: copy the file to them, readable by nobody else. To replace it, run the
    nodes with `--phone-secret NEW --phone-secret OLD` until the passwords issued with the old one have expired.

    \b
    Examples:
      telsdk node new-phone-secret phone.secret
      telsdk node run --hub 1 --index 0 --phone-secret phone.secret
    """
    make_secret(file)
    print_line(f"{file} holds a new secret; run the nodes with --phone-secret {file}")


async def _serves(node: Node, bound: list[Listener]) -> str:
    places = "".join(f", takes {one.transport} at {write_host(*one.address)}" for one in bound)
    return f"has the chain up to block {node.load().block}{places}"


def _listed(chain: ChainIndex, hub: int, index: int) -> NodeFacts:
    facts = chain.hub(hub)
    for found in facts.nodes if facts is not None else ():
        if found.index == index:
            return found
    raise NotFound(
        f"node {index} of hub {hub} is not in the list on chain: add it with `telsdk hubs nodes {hub} --add`"
    )
