"""Reads a deployment back and compares it: ``ape run verify_deployment --network …``.

    ape run verify_deployment --network ethereum:local:http://127.0.0.1:8545 --name local
    ape run verify_deployment --network ethereum:sepolia:https://… --file sepolia.json

Prints a line for each thing compared, ok or differs, and ends with 1 when anything differs. A treasury that
was handed over to another since the deployment differs too, and rightly so: the file says who it was.
"""

from __future__ import annotations

from pathlib import Path

import click
from ape.api import ProviderAPI
from ape.cli import ConnectedProviderCommand

from telsdk.chain.interface import deployments
from telsdk.chain.rollout import verify
from telsdk.errors import TelError


@click.command(cls=ConnectedProviderCommand)
@click.option("--name", help="What the network is called; local, unless a file is given.")
@click.option(
    "--file", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its file instead."
)
def cli(provider: ProviderAPI, name: str | None, path: Path | None) -> None:
    """Compare a deployment with what is on the chain."""
    if name is not None and path is not None:
        raise click.UsageError("--name and --file both say which deployment: give one of them")
    try:
        deployment = deployments.load(name or "local") if path is None else deployments.read(path)
        wrong = 0
        for check in verify(provider.web3, deployment):
            click.echo(str(check))
            wrong += not check.ok
    except TelError as error:
        raise click.ClickException(str(error)) from error
    if wrong:
        raise click.ClickException(f"{wrong} of these differ: this is not the deployment {deployment.name}")
