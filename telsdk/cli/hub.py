"""``telsdk hub``."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from telsdk.cli.common import places
from telsdk.cli.common.failure import Failure, extra
from telsdk.cli.common.options import Options
from telsdk.cli.common.output import print_line
from telsdk.cli.common.params import Place
from telsdk.cli.common.secret import make_secret, secret_bytes
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
@click.option(
    "--login-secret",
    "secrets",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Serve light logins by this secret. Give it again for older ones, the newest first.",
)
@click.option(
    "--tries",
    "counters",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where it counts how often passwords are tried; by default with its other data.",
)
@server_options
def run_hub(
    options: Options,
    hub_id: int | None,
    secrets: tuple[Path, ...],
    counters: Path | None,
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

    With --login-secret it helps people to log in by a password that nobody can guess offline (KDF 2). It learns nothing
    of the password, and counts on disk how often each is tried.

    \b
    Examples:
      telsdk hub run --show-pin
      telsdk hub run --hub 1
      telsdk hub run --hub 1 --listen 192.0.2.7:5061 --key-file hub.pem
      telsdk hub run --hub 1 --limit gate.source=200/800
      telsdk hub run --hub 1 --login-secret login.secret
    """
    with extra("node"):
        from telsdk.credential.hubsecrets import HubSecrets
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
    light: tuple[HubSecrets, Path] | None = None
    if secrets:
        try:
            held = HubSecrets([secret_bytes(one) for one in secrets])
        except ValueError as error:
            raise Failure(f"{', '.join(map(str, secrets))}: {error}") from error
        light = (held, counters or places.data(f"hub-{number}.tries.db"))

    async def launch(
        directory: ChainIndex, sockets: BoundSockets, key: TlsIdentity
    ) -> tuple[Hub, Coroutine[Any, Any, str]]:
        running = await Hub.launch(directory, number, sockets, key, settings=settings, light=light)
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


@hub.command("new-login-secret")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def new_login_secret(file: Path) -> None:
    """Make the secret behind light logins, in FILE.

    Passwords are set with it, and stop working when it is lost: keep a copy as safe as the file. To replace it, run
    the hub with `--login-secret NEW --login-secret OLD`: new passwords take the new one, and those set with the old
    one work as long as it is there.

    \b
    Examples:
      telsdk hub new-login-secret login.secret
      telsdk hub run --hub 1 --login-secret login.secret
    """
    make_secret(file)
    print_line(f"{file} holds a new secret; run the hub with --login-secret {file}")


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
