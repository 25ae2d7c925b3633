"""``telsdk hub``."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from telsdk.cli.common.failure import extra
from telsdk.cli.common.options import Options
from telsdk.cli.common.output import print_line
from telsdk.cli.common.params import Place
from telsdk.cli.common.server import identity, limited, next_identity, print_limits, run, server_options
from telsdk.errors import NotFound

if TYPE_CHECKING:
    from telsdk.chain.index import ChainIndex
    from telsdk.directory import HubFacts
    from telsdk.hub.hub import Hub
    from telsdk.net.egress import Network
    from telsdk.net.pins import TlsIdentity
    from telsdk.net.sockets import BoundSockets


@click.group()
def hub() -> None:
    """Run a hub: it sends users and callers to its nodes.

    \b
    Examples:
      telsdk hub run --show-pin
      telsdk hub run --hub 1
    """


@hub.command("run")
@click.option(
    "--hub", "hub_id", type=click.IntRange(min=1), help="The id of this hub in the list on the chain."
)
@server_options
def run_hub(
    options: Options,
    hub_id: int | None,
    listen: Place | None,
    limits: tuple[tuple[str, str], ...],
    show_limits: bool,
    allowed_networks: tuple[Network, ...],
    key_file: Path | None,
    show_pin: bool,
    verbose: bool,
) -> None:
    """Run a hub until Ctrl-C or SIGTERM. It says where it listens, and logs to stderr.

    First make its key and list it: `telsdk hub run --show-pin`, then `telsdk hubs add URI --pin PIN`.

    It reaches nodes on the public Internet alone, and in its own network where it is listed in one that is not; others
    by --allow-network.

    \b
    Examples:
      telsdk hub run --show-pin
      telsdk hub run --hub 1
      telsdk hub run --hub 1 --listen 192.0.2.7:5061 --key-file hub.pem
      telsdk hub run --hub 1 --limit gate.source=200/800
    """
    with extra("node"):
        from telsdk.hub.hub import Hub
        from telsdk.hub.settings import HubSettings
    settings = HubSettings(allowed_networks=allowed_networks, stale_after=options.stale_after)
    settings = limited(settings, limits)
    if show_limits:
        print_limits(settings)
        return
    key = identity(key_file, "hub")
    if show_pin:
        print_line(key.pin.hex())
        return
    if hub_id is None:
        raise click.UsageError("say by --hub which hub of the list this is")
    number = hub_id

    async def launch(
        directory: ChainIndex, sockets: BoundSockets, key: TlsIdentity
    ) -> tuple[Hub, Coroutine[Any, Any, str]]:
        running = await Hub.launch(directory, number, sockets, key, settings=settings)
        return running, _all_heard(running)

    run(
        options,
        f"hub {number}",
        key,
        listen,
        lambda chain: _listed(chain, number),
        launch,
        verbose,
        lambda: next_identity(key_file, "hub"),
    )


async def _all_heard(hub: Hub) -> str:
    while True:
        with suppress(TimeoutError):
            await hub.health.all_heard()
            return "hears from all its nodes"


def _listed(chain: ChainIndex, hub: int) -> HubFacts:
    facts = chain.hub(hub)
    if facts is None:
        raise NotFound(f"hub {hub} is not in the list on chain: add it with `telsdk hubs add`")
    return facts
