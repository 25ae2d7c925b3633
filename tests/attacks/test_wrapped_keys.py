"""The backup's key lies beside the backup, wrapped. Stores, old passwords and other wallets try to gain by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from coincurve import PrivateKey

from telsdk.backup.blocks import FolderStore
from telsdk.backup.cid import cid_of
from telsdk.backup.errors import BlockCorrupt, SealBroken
from telsdk.backup.seal import BackupIdentity, seal
from telsdk.backup.snapshot import SnapshotManifest, restore, snapshot
from telsdk.backup.wrap import LIGHT, Wrap, wrap
from telsdk.credential.light import LightKey
from telsdk.uc.backupkey import BackupKey
from telsdk.uc.store import Store
from telsdk.uc.vault import Vault
from tests.facts import DOMAIN
from tests.uc.test_vault import Pointer

WHERE = (DOMAIN, 5551234, 3)
PASSWORD, GUESS = LightKey(PrivateKey(b"\x07" * 32)), LightKey(PrivateKey(b"\x08" * 32))
MALLORY = BackupIdentity.random()


@pytest.fixture
def key() -> BackupKey:
    """Alice's: she has a passkey, and so a random key that her password opens."""
    return BackupKey.made(None, *WHERE).for_password(PASSWORD, *WHERE)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "alice.db") as store:
        store.add_contact("bob.eth")
        yield store


def test_the_owner_has_it_again_by_the_password_else_the_attacks_below_would_show_nothing(
    key: BackupKey, tmp_path: Path
) -> None:
    blocks = FolderStore(tmp_path)
    pointer = snapshot(b"history", [key.identity.public], blocks, key.wraps)
    again = BackupKey.by_password(pointer, blocks, PASSWORD, *WHERE)
    assert restore(pointer, again.identity, blocks) == b"history"


def test_a_store_puts_a_key_of_its_own_beside_a_backup(key: BackupKey, tmp_path: Path) -> None:
    """So that what the owner backs up next is sealed for the store."""
    blocks = FolderStore(tmp_path)
    pointer = snapshot(b"history", [key.identity.public], blocks, key.wraps)
    honest = SnapshotManifest.decode(blocks.get(pointer))
    light = BackupKey.made(None, *WHERE).for_password(PASSWORD, *WHERE).wraps
    forged = SnapshotManifest(honest.size, honest.blocks, light)
    (tmp_path / cid_of(pointer)).write_bytes(forged.encode())
    with pytest.raises(BlockCorrupt):
        BackupKey.by_password(pointer, blocks, PASSWORD, *WHERE)


def test_a_device_that_may_back_up_slips_another_key_to_the_others(
    key: BackupKey, store: Store, tmp_path: Path
) -> None:
    """Its wrap says that it holds the owner's key, and holds Mallory's."""
    blocks, pointer = FolderStore(tmp_path), Pointer()
    light = key.wraps[0]
    # Who sees the chain and the store has no key of Alice's password, but say that they had its public half.
    lie = Wrap(LIGHT, key.identity.public, seal(MALLORY.secret, [MALLORY.public]))
    pointer.now = snapshot(b"", [key.identity.public], blocks, (lie, light))
    again = BackupKey.by_password(pointer.now, blocks, PASSWORD, *WHERE)
    assert again.identity == key.identity
    with pytest.raises(SealBroken):
        BackupKey._opened(pointer.now, blocks, MALLORY)


def test_a_buyer_carries_the_sellers_wrapped_keys_along(key: BackupKey, store: Store, tmp_path: Path) -> None:
    """A seller who left wraps of an identity of their own beside a backup reads nothing that comes after."""
    blocks, pointer = FolderStore(tmp_path), Pointer()
    seller = BackupIdentity.random()
    log = Vault(store, blocks, seller, pointer, recipients=[key.identity.public])
    log.wraps = (wrap(seller, "recovery", MALLORY),)
    log.backup()
    with Store(tmp_path / "buyer.db") as mine:
        vault = Vault(mine, blocks, key.identity, pointer, wraps=key.wraps)
        vault.backup()
        assert vault.wraps == key.wraps
    assert pointer.now is not None
    for other in (seller, MALLORY):
        with pytest.raises(SealBroken):
            restore(pointer.now, other, blocks)


def test_a_wrong_password_opens_a_backup(key: BackupKey, tmp_path: Path) -> None:
    blocks = FolderStore(tmp_path)
    pointer = snapshot(b"history", [key.identity.public], blocks, key.wraps)
    with pytest.raises(SealBroken):
        BackupKey.by_password(pointer, blocks, GUESS, *WHERE)
    with pytest.raises(SealBroken):
        BackupKey.by_password(pointer, blocks, PASSWORD, DOMAIN, 5551234, 4)
