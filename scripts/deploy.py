"""Deploys the six contracts and links them: ``ape run deploy --network …``.

    ape run deploy --network ethereum:local:http://127.0.0.1:8545 --account TEST::0 --name local
    ape run deploy --network ethereum:sepolia:node --account mine --name sepolia --treasury 0x…
    ape run deploy --network ethereum:sepolia:https://… --account mine --name sepolia --treasury 0x…

Where there is ENS, give its addresses too; names end in .eth then, and ENS says whose they are. On mainnet, Sepolia and
Holesky it is there, and without them this refuses and says them. Elsewhere names end in .tel, and go to whoever comes
first. That cannot be changed later.

The last part of a network is who serves it: an address, or ``node``, which is the address that ape-config.yaml
names for it. To add a testnet, name its node there: without, ape takes one of the public ones by chance.

Writes where they stand as NAME.json into telsdk's folder for deployments, or where --output says; then
``telsdk --network NAME`` finds them. A second run finds the file, looks whether the contracts are there, and
does nothing. When a run is cut off, the same command goes on where it was: beside the file, NAME.json.progress
says how far it came.
"""

from __future__ import annotations

from pathlib import Path

import click
from ape.api import AccountAPI, ProviderAPI
from ape.cli import ConnectedProviderCommand, account_option
from web3 import Web3

from telsdk.chain.access import ApeAccount
from telsdk.chain.interface import NOBODY, deployments
from telsdk.chain.rollout import EnsAddresses, deploy, standing
from telsdk.errors import TelError


def _path(name: str, output: Path | None) -> Path:
    return output or deployments.user_folder() / f"{name}.json"


@click.command(cls=ConnectedProviderCommand)
@account_option()
@click.option("--name", default="local", show_default=True, help="What the network will be called.")
@click.option("--treasury", help="Who gets the income; the account itself, unless given.")
@click.option(
    "--ens",
    help="The ENS registry's address, where there is ENS. On chains that have it you are asked for it.",
)
@click.option("--wrapper", default=NOBODY, help="The address of ENS's name wrapper.")
@click.option(
    "--universal-resolver", default=NOBODY, help="The address of ENS's Universal Resolver, a proxy."
)
@click.option("--rpc", help="The RPC address that the file will offer to who has none.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
def cli(
    provider: ProviderAPI,
    account: AccountAPI,
    name: str,
    treasury: str | None,
    ens: str | None,
    wrapper: str,
    universal_resolver: str,
    rpc: str | None,
    output: Path | None,
) -> None:
    """Deploy the contracts, link them, and write down where they are."""
    w3: Web3 = provider.web3
    path = _path(name, output)
    try:
        if standing(w3, path) is not None:
            click.echo(f"{path}: deployed already")
            return
        made = deploy(
            w3,
            ApeAccount(account, provider),
            name=name,
            treasury=treasury,
            ens=None if ens is None else EnsAddresses(ens, wrapper, universal_resolver),
            rpc=rpc,
            path=path,
        )
    except TelError as error:
        raise click.ClickException(str(error)) from error
    for contract, address in made.addresses.items():
        click.echo(f"{contract:16} {address}")
    click.echo(f"{path}: written")
