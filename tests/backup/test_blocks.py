"""A folder of blocks gives back what was put in, or says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from telsdk.backup.blocks import MAX_BLOCK, FolderStore
from telsdk.backup.cid import cid_of, digest_of
from telsdk.backup.errors import BlockCorrupt, BlockMissing, BlockTooLarge, StoreUnreachable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "blocks"


@pytest.fixture
def store(folder: Path) -> FolderStore:
    return FolderStore(folder)


@pytest.mark.parametrize("data", [b"", b"data", b"x" * MAX_BLOCK], ids=len)
def test_what_is_put_is_got(store: FolderStore, data: bytes) -> None:
    assert store.put(data) == digest_of(data)
    assert store.get(digest_of(data)) == data


def test_a_block_is_a_file_named_by_its_cid(store: FolderStore, folder: Path) -> None:
    digest = store.put(b"data")
    assert [path.name for path in folder.iterdir()] == [cid_of(digest)]


def test_putting_twice_changes_nothing(store: FolderStore, folder: Path) -> None:
    store.put(b"data")
    before = (folder / cid_of(digest_of(b"data"))).stat()
    store.put(b"data")
    assert (folder / cid_of(digest_of(b"data"))).stat().st_mtime_ns == before.st_mtime_ns


def test_a_missing_block_is_named(store: FolderStore) -> None:
    with pytest.raises(BlockMissing, match=cid_of(digest_of(b"data"))) as error:
        store.get(digest_of(b"data"))
    assert error.value.digest == digest_of(b"data")


@pytest.mark.parametrize("content", [b"other", b"", b"data ", b"x" * (MAX_BLOCK + 5)], ids=len)
def test_a_changed_block_is_named_and_putting_it_again_heals_it(
    store: FolderStore, folder: Path, content: bytes
) -> None:
    digest = store.put(b"data")
    (folder / cid_of(digest)).write_bytes(content)
    with pytest.raises(BlockCorrupt, match=cid_of(digest)) as error:
        store.get(digest)
    assert error.value.digest == digest
    store.put(b"data")
    assert store.get(digest) == b"data"


def test_a_block_too_large_is_refused(store: FolderStore, folder: Path) -> None:
    with pytest.raises(BlockTooLarge):
        store.put(b"x" * (MAX_BLOCK + 1))
    assert not folder.exists()


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = FolderStore(tmp_path / "file")
    with pytest.raises(StoreUnreachable, match="file"):
        store.put(b"data")
    with pytest.raises(StoreUnreachable, match="file"):
        store.get(digest_of(b"data"))


def test_a_failed_write_leaves_nothing_behind(store: FolderStore, folder: Path) -> None:
    (folder / cid_of(digest_of(b"data"))).mkdir(parents=True)
    with pytest.raises(StoreUnreachable):
        store.put(b"data")
    assert [path.name for path in folder.iterdir()] == [cid_of(digest_of(b"data"))]
