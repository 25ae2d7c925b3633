"""``telsdk backup`` and ``telsdk restore``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from telsdk.cli.common import places
from telsdk.cli.common.failure import extra
from telsdk.cli.common.options import Function, Options, writing
from telsdk.cli.common.output import print_facts, working
from telsdk.cli.common.params import NUMBER
from telsdk.number import Number

if TYPE_CHECKING:
    from telsdk.backup.blocks import BlockStore
    from telsdk.uc.vault import Vault


def _store_options(function: Function) -> Function:
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
    return writing(function)


@click.command()
@click.argument("number", type=NUMBER)
@_store_options
def backup(options: Options, number: Number, folder: Path | None, ipfs: str | None, as_json: bool) -> None:
    """Back up contacts, calls and messages of NUMBER.

    They are sealed for the owner's key. What other devices have backed up is taken in first. The chain keeps
    the pointer to the backup.

    \b
    Examples:
      telsdk backup 5551234 --account me.json
      telsdk backup 5551234 --account me.json --ipfs /ip4/127.0.0.1/tcp/5001
    """
    with _vault(options, number, folder, ipfs) as vault, working("backing up"):
        pointer = vault.backup()
    _say(number, pointer, as_json)


@click.command()
@click.argument("number", type=NUMBER)
@_store_options
def restore(options: Options, number: Number, folder: Path | None, ipfs: str | None, as_json: bool) -> None:
    """Restore what was backed up of NUMBER.

    It needs nothing but the owner's key and the blocks. Every byte is checked against the pointer on the
    chain, so a block store cannot change or leave out anything.

    \b
    Examples:
      telsdk restore 5551234 --account me.json
      telsdk restore 5551234 --account me.json --folder /media/stick/blocks
    """
    with _vault(options, number, folder, ipfs) as vault, working("restoring"):
        pointer = vault.restore()
    _say(number, pointer, as_json)


def _say(number: Number, pointer: bytes, as_json: bool) -> None:
    from telsdk.backup.cid import cid_of

    print_facts({"number": int(number), "pointer": f"0x{pointer.hex()}", "cid": cid_of(pointer)}, as_json)


@contextmanager
def _vault(options: Options, number: Number, folder: Path | None, ipfs: str | None) -> Iterator[Vault]:
    """Yield the vault of a number's store on this machine, opened by the owner's key."""
    with extra("uc"):
        from telsdk.backup.seal import BackupIdentity
        from telsdk.uc.store import Store
        from telsdk.uc.vault import Vault
    from telsdk.chain.client import ChainPointer
    from telsdk.credential.deep import KeystoreSigner, backup_secret

    if folder is not None and ipfs is not None:
        raise click.UsageError("give --folder or --ipfs, not both")
    client = options.client()
    custody = client.registry.custody(number)
    signer = options.signer()
    _check_owner(signer.address, custody.owner, number)
    secret = backup_secret(KeystoreSigner(signer), client.domain, number, custody.epoch)
    blocks = _blocks(folder, ipfs)
    with Store(places.Own(number, client.domain.chain_id).store) as store:
        pointer = ChainPointer(client.as_account(signer), number)
        yield Vault(store, blocks, BackupIdentity.derive(secret), pointer)


def _check_owner(address: str, owner: str, number: Number) -> None:
    """Refuse another account's key here: later it would only fail at a seal that it cannot open, and say less."""
    from telsdk.credential.errors import NotHolder

    if address != owner:
        raise NotHolder(f"{number} is held by {owner}, not by {address}: use the owner's key")


def _blocks(folder: Path | None, ipfs: str | None) -> BlockStore:
    if ipfs is not None:
        with extra("uc"):
            from telsdk.backup.kubo import KuboStore
        return KuboStore(ipfs)
    from telsdk.backup.blocks import FolderStore

    return FolderStore(folder or places.data("blocks", "any").parent)
