"""Sign with an account in a wallet elsewhere, whose key never comes to this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click
from click.core import ParameterSource

from telsdk.cli.common.options import CommandFunction, Options
from telsdk.cli.common.output import working
from telsdk.cli.common.params import ACCOUNT

if TYPE_CHECKING:
    from telsdk.chain.client import Client
    from telsdk.credential.delegation import Signer

MAX_MINUTES: Final = 1_440  # a day: for longer there are files (`telsdk.cli.common.requested`)


def wallet_options(function: CommandFunction) -> CommandFunction:
    """Add --wallet, --wallet-account and --wallet-minutes."""
    for option in (
        click.option(
            "--wallet-minutes",
            type=click.IntRange(1, MAX_MINUTES),
            default=2,
            show_default=True,
            metavar="N",
            help="How long the wallet may take to confirm: several people may have to.",
        ),
        click.option(
            "--wallet-account",
            type=ACCOUNT,
            metavar="ACCOUNT",
            help="The wallet's account that signs; by default the owner's, or its only one.",
        ),
        click.option(
            "--wallet",
            metavar="URL",
            help="A wallet that signs in place of --account, by its JSON-RPC (eth_signTypedData_v4).",
        ),
    ):
        function = option(function)
    return function


@contextmanager
def signing_for(
    options: Options,
    client: Client,
    owner: str,
    wallet: str | None,
    wallet_account: str | None,
    minutes: int,
) -> Iterator[Signer]:
    """Yield the signer for `owner`: the wallet at `wallet`, or without one the keystore of --account.

    Args:
        minutes: how long the wallet may take.

    Raises:
        WalletError, KeystoreError: it cannot be used.
        click.UsageError: both are named, or neither.
    """
    from telsdk.credential.deep import KeystoreSigner, WalletSigner

    if wallet is None:
        if wallet_account is not None:
            raise click.UsageError("--wallet-account names an account of a wallet: give --wallet URL too")
        yield KeystoreSigner(options.signer())
        return
    said = click.get_current_context().get_parameter_source("account")
    if said is ParameterSource.COMMANDLINE:
        raise click.UsageError("give --wallet or --account, not both")
    from telsdk.chain.access import RemoteWallet

    remote = RemoteWallet(wallet, confirm_timeout=minutes * 60.0)
    with working(f"asking the wallet at {remote.place} for its accounts"):
        account = remote.choose(wallet_account, owner, contract=client.is_contract(owner))
    with working(f"confirm in the wallet at {remote.place}, as {account}, within {minutes} min"):
        yield WalletSigner(account, remote)
