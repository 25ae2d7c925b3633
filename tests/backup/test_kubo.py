"""An IPFS daemon keeps blocks under the same CIDs as a folder, and is believed nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from telsdk.backup.blocks import MAX_BLOCK
from telsdk.backup.cid import cid_of, digest_of
from telsdk.backup.errors import BlockCorrupt, BlockMissing, BlockTooLarge, StoreUnreachable
from telsdk.backup.kubo import KuboStore
from tests.backup.daemon import Daemon, running

pytestmark = pytest.mark.filterwarnings(
    "ignore:The 'strict' parameter:FutureWarning"
)  # see telsdk.backup.kubo


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    with running() as daemon:
        yield daemon


@pytest.fixture
def store(daemon: Daemon) -> KuboStore:
    return KuboStore(daemon.multiaddress, timeout=5)


@pytest.mark.parametrize("data", [b"", b"data\r\n--", bytes(range(256)) * 4096], ids=len)
def test_what_is_put_is_got(daemon: Daemon, store: KuboStore, data: bytes) -> None:
    digest = store.put(data)
    assert daemon.blocks == {cid_of(digest): data}
    assert store.get(digest) == data


def test_a_missing_block_is_named(store: KuboStore) -> None:
    with pytest.raises(BlockMissing, match=cid_of(digest_of(b"data"))):
        store.get(digest_of(b"data"))


@pytest.mark.parametrize("lie", [b"other", b"", b"x" * (MAX_BLOCK * 3)], ids=len)
def test_a_lying_daemon_is_caught(daemon: Daemon, store: KuboStore, lie: bytes) -> None:
    digest = store.put(b"data")
    daemon.lie_block = lie
    with pytest.raises(BlockCorrupt, match=cid_of(digest)):
        store.get(digest)


def test_a_daemon_that_keeps_a_block_under_another_name_is_caught(daemon: Daemon, store: KuboStore) -> None:
    daemon.lie_key = cid_of(digest_of(b"another"))
    with pytest.raises(BlockCorrupt, match="do not trust"):
        store.put(b"data")


def test_a_daemon_that_speaks_something_else_is_said_to(daemon: Daemon, store: KuboStore) -> None:
    daemon.status = 502
    with pytest.raises(StoreUnreachable, match=r"127\.0\.0\.1"):
        store.put(b"data")
    with pytest.raises(StoreUnreachable, match=r"127\.0\.0\.1"):
        store.get(digest_of(b"data"))


def test_a_block_too_large_never_reaches_the_daemon(daemon: Daemon, store: KuboStore) -> None:
    with pytest.raises(BlockTooLarge):
        store.put(b"x" * (MAX_BLOCK + 1))
    assert not daemon.blocks


def test_no_daemon_is_said_to() -> None:
    with running() as gone:
        store = KuboStore(gone.multiaddress, timeout=1)
    with pytest.raises(StoreUnreachable, match="does not serve"):
        store.put(b"data")
    with pytest.raises(StoreUnreachable, match="does not serve"):
        store.get(digest_of(b"data"))


@pytest.mark.parametrize("address", ["", "nonsense", "/ip4/127.0.0.1", "http://127.0.0.1:5001"])
def test_an_address_that_is_none_is_said_to(address: str) -> None:
    with pytest.raises(StoreUnreachable, match="no address"):
        KuboStore(address)
