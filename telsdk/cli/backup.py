"""``telsdk backup`` and ``telsdk restore``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from telsdk.cli.common import places
from telsdk.cli.common.account import open_account
from telsdk.cli.common.failure import extra
from telsdk.cli.common.options import CommandFunction, Options, writing
from telsdk.cli.common.output import print_facts, print_line, working
from telsdk.cli.common.params import NUMBER
from telsdk.number import Number

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from telsdk.backup.blocks import BlockStore
    from telsdk.chain.client import Client
    from telsdk.uc.vault import Vault


def block_options(function: CommandFunction) -> CommandFunction:
    """Add --folder and --ipfs, which say where the blocks of backups are; see `blocks_at`."""
    folder = click.Path(file_okay=False, path_type=Path)
    for option in (
        click.option(
            "--ipfs",
            metavar="ADDRESS",
            help="Keep the blocks with a Kubo daemon instead, such as /ip4/127.0.0.1/tcp/5001.",
        ),
        click.option(
            "--folder", type=folder, help="The folder of the blocks; by default your own on this machine."
        ),
    ):
        function = option(function)
    return function


def _store_options(function: CommandFunction) -> CommandFunction:
    former = click.option(
        "--former",
        multiple=True,
        metavar="FILE",
        help="The keystore (or ape:ALIAS) of a wallet that held the number before it was moved.",
    )
    return writing(block_options(former(function)))


@click.command()
@click.argument("number", type=NUMBER)
@click.option(
    "--anew",
    is_flag=True,
    help="Leave the newest backup where it cannot be read, and back up what this device has.",
)
@_store_options
def backup(
    options: Options,
    number: Number,
    anew: bool,
    folder: Path | None,
    ipfs: str | None,
    former: tuple[str, ...],
    as_json: bool,
) -> None:
    """Back up contacts, calls and messages of NUMBER.

    They are sealed for the owner's key. What other devices have backed up is taken in first. The chain keeps
    the pointer to the backup. After `telsdk number move`, the device that backed up last seals for the new wallet
    by itself; another one needs --former.

    \b
    Examples:
      telsdk backup 5551234 --account me.json
      telsdk backup 5551234 --account me.json --ipfs /ip4/127.0.0.1/tcp/5001
      telsdk backup 5551234 --account new.json --former old.json
    """
    with _vault(options, number, folder, ipfs, former) as vault, working("backing up"):
        pointer = vault.backup(anew=anew)
    if vault.left_out:
        print_line(
            f"{vault.left_out} events did not fit, the oldest of strangers first. They are on this machine only:"
            " `telsdk history delete` makes room",
            err=True,
        )
    _say(number, pointer, as_json)


@click.command()
@click.argument("number", type=NUMBER)
@_store_options
def restore(
    options: Options,
    number: Number,
    folder: Path | None,
    ipfs: str | None,
    former: tuple[str, ...],
    as_json: bool,
) -> None:
    """Restore what was backed up of NUMBER.

    It needs nothing but the owner's key and the blocks; and where the number was moved since the backup, the key
    that it was made with, as --former. Every byte is checked against the pointer on the
    chain, so a block store cannot change or leave out anything.

    \b
    Examples:
      telsdk restore 5551234 --account me.json
      telsdk restore 5551234 --account me.json --folder /media/stick/blocks
      telsdk restore 5551234 --account new.json --former old.json
    """
    with _vault(options, number, folder, ipfs, former) as vault, working("restoring"):
        pointer = vault.restore()
    _say(number, pointer, as_json)


def _say(number: Number, pointer: bytes, as_json: bool) -> None:
    from telsdk.backup.cid import cid_of

    print_facts({"number": int(number), "pointer": f"0x{pointer.hex()}", "cid": cid_of(pointer)}, as_json)


@contextmanager
def _vault(
    options: Options, number: Number, folder: Path | None, ipfs: str | None, former: tuple[str, ...]
) -> Iterator[Vault]:
    """Yield the vault of a number's store on this machine, opened by the owner's key."""
    blocks = blocks_at(folder, ipfs)
    client = options.client()
    signer = options.signer()
    _check_owner(signer.address, client.registry.custody(number).owner, number)
    earlier = [open_account(named) for named in former]
    with _opened(client.as_account(signer), number, blocks, signer, former=earlier) as vault:
        yield vault


def seal_for_both(
    client: Client, number: Number, blocks: BlockStore, owner: LocalAccount, to: LocalAccount
) -> None:
    """Back up anew, so that the wallet `to` can restore it as `owner` can, which writes the pointer.

    Raises:
        TelError: it cannot be done. The backup is as it was.
    """
    with _opened(client, number, blocks, owner, recipients=[to]) as vault:
        vault.backup()


@contextmanager
def _opened(
    client: Client,
    number: Number,
    blocks: BlockStore,
    owner: LocalAccount,
    *,
    former: Sequence[LocalAccount] = (),
    recipients: Sequence[LocalAccount] = (),
) -> Iterator[Vault]:
    from telsdk.backup.seal import BackupIdentity
    from telsdk.chain.client import ChainPointer
    from telsdk.credential.deep import KeystoreSigner, backup_secret
    from telsdk.uc.store import Store
    from telsdk.uc.vault import Vault

    epoch = client.registry.custody(number).epoch

    def identity(account: LocalAccount) -> BackupIdentity:
        return BackupIdentity.derive(backup_secret(KeystoreSigner(account), client.domain, number, epoch))

    with Store(places.Own(number, client.domain.chain_id).store) as store:
        yield Vault(
            store,
            blocks,
            identity(owner),
            ChainPointer(client, number),
            former=map(identity, former),
            recipients=[identity(account).public for account in recipients],
        )


def _check_owner(address: str, owner: str, number: Number) -> None:
    """Refuse another account's key here: later it would only fail at a seal that it cannot open, and say less."""
    from telsdk.credential.errors import NotHolder

    if address != owner:
        raise NotHolder(f"{number} is held by {owner}, not by {address}: use the owner's key")


def blocks_at(folder: Path | None, ipfs: str | None) -> BlockStore:
    """Return the block store that --folder or --ipfs names.

    Raises:
        click.UsageError: both are given.
        Failure: what backups need is not installed.
    """
    if folder is not None and ipfs is not None:
        raise click.UsageError("give --folder or --ipfs, not both")
    with extra("uc"):
        import_module("telsdk.uc.vault")  # so that this is said before a chain is asked or a passphrase typed
    if ipfs is not None:
        with extra("uc"):
            from telsdk.backup.kubo import KuboStore
        return KuboStore(ipfs)
    from telsdk.backup.blocks import FolderStore

    return FolderStore(folder or places.data("blocks", "any").parent)
