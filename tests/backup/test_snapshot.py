"""A restore gives every byte that was backed up, or names what it could not trust."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path

import pytest

from telsdk.backup import snapshot as module
from telsdk.backup.blocks import FolderStore
from telsdk.backup.cid import cid_of, digest_of
from telsdk.backup.errors import BlockCorrupt, BlockMissing, SealBroken, SnapshotRefused
from telsdk.backup.seal import BackupIdentity, seal
from telsdk.backup.snapshot import BLOCK, SnapshotManifest, restore, snapshot

OWNER = BackupIdentity.derive(b"o" * 64)
LIGHT = BackupIdentity.derive(b"l" * 64)
BUYER = BackupIdentity.derive(b"b" * 64)
RANDOM = os.urandom(2_500_000)  # does not compress: three blocks


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path)


@pytest.mark.parametrize("data", [b"", b"history", RANDOM], ids=len)
def test_what_is_backed_up_is_restored(store: FolderStore, data: bytes) -> None:
    assert restore(snapshot(data, [OWNER.public], store), OWNER, store) == data


def test_no_block_is_longer_than_ipfs_likes(store: FolderStore, tmp_path: Path) -> None:
    snapshot(RANDOM, [OWNER.public], store)
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) == 4
    assert max(sizes) <= BLOCK < 1 << 20


def test_nothing_of_the_data_can_be_read_in_the_blocks(store: FolderStore, tmp_path: Path) -> None:
    snapshot(b"a secret message " * 100, [OWNER.public], store)
    assert all(b"secret" not in path.read_bytes() for path in tmp_path.iterdir())


def test_the_light_key_may_be_let_in_and_the_buyer_never_is(store: FolderStore) -> None:
    pointer = snapshot(b"history", [OWNER.public, LIGHT.public], store)
    assert restore(pointer, LIGHT, store) == b"history"
    with pytest.raises(SealBroken):
        restore(pointer, BUYER, store)


def test_any_changed_or_missing_block_is_named(store: FolderStore, tmp_path: Path) -> None:
    pointer = snapshot(RANDOM, [OWNER.public], store)
    for path in list(tmp_path.iterdir()):
        good = path.read_bytes()
        path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        with pytest.raises(BlockCorrupt, match=path.name):
            restore(pointer, OWNER, store)
        path.unlink()
        with pytest.raises(BlockMissing, match=path.name) as error:
            restore(pointer, OWNER, store)
        assert cid_of(error.value.digest) == path.name
        path.write_bytes(good)
    assert restore(pointer, OWNER, store) == RANDOM


def test_a_pointer_to_another_block_is_refused(store: FolderStore) -> None:
    for block in (
        b"",
        b"anything",
        b"[]",
        b"{}",
        b'{"blocks":[],"size":0,"version":2}',
        b'{"blocks":["00"],"size":0,"version":1}',
        b'{"blocks":[5],"size":0,"version":1}',
        b'{"blocks":[],"size":true,"version":1}',
        b'{"blocks":[],"size":0,"version":1} ',
        b"[" * 100_000,
    ):
        with pytest.raises(SnapshotRefused):
            restore(store.put(block), OWNER, store)


def test_a_manifest_that_names_endless_blocks_is_refused_before_one_is_fetched(store: FolderStore) -> None:
    endless = SnapshotManifest(1, (digest_of(b"never put"),) * (module.MAX_BLOCKS + 1))
    with pytest.raises(SnapshotRefused, match="blocks, more than"):
        restore(store.put(endless.encode()), OWNER, store)


def test_a_manifest_with_the_wrong_size_is_refused(store: FolderStore) -> None:
    pointer = snapshot(b"history", [OWNER.public], store)
    content = json.loads(store.get(pointer)) | {"size": 1}
    wrong = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(SnapshotRefused, match="manifest says 1"):
        restore(store.put(wrong), OWNER, store)


@pytest.mark.parametrize("cut", ["no zlib", "cut", "more", "bomb"])
def test_what_is_sealed_but_not_ours_is_refused(
    store: FolderStore, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_DATA", 10_000)
    packed = zlib.compress(b"history")
    data = {
        "no zlib": b"history",
        "cut": packed[:-1],
        "more": packed + b"x",
        "bomb": zlib.compress(bytes(10_001)),
    }[cut]
    sealed = seal(data, [OWNER.public])
    pointer = store.put(SnapshotManifest(len(sealed), (store.put(sealed),)).encode())
    with pytest.raises(SnapshotRefused):
        restore(pointer, OWNER, store)


def test_as_much_as_is_allowed_is_backed_up_and_no_more(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_DATA", 10_000)
    assert restore(snapshot(bytes(10_000), [OWNER.public], store), OWNER, store) == bytes(10_000)
    with pytest.raises(SnapshotRefused, match="10001 bytes"):
        snapshot(bytes(10_001), [OWNER.public], store)
