"""A real Kubo keeps our blocks under the CIDs that we compute, and gives every byte back.

Runs where `ipfs` is on the path, or where TELSDK_KUBO names it: offline, on loopback, with a repository of
its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from telsdk.backup.blocks import MAX_BLOCK, FolderStore
from telsdk.backup.cid import cid_of, digest_of
from telsdk.backup.errors import BlockMissing
from telsdk.backup.kubo import KuboStore
from telsdk.backup.seal import BackupIdentity
from telsdk.backup.snapshot import restore, snapshot

IPFS = os.environ.get("TELSDK_KUBO") or shutil.which("ipfs") or ""
OWNER = BackupIdentity.derive(b"o" * 64)

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        not IPFS and not os.environ.get("CI"),
        reason="no ipfs here: put Kubo on the path, or name it in TELSDK_KUBO",
    ),
    pytest.mark.filterwarnings("ignore:The 'strict' parameter:FutureWarning"),  # see telsdk.backup.kubo
]


class Kubo:
    """A daemon and the command line beside it."""

    def __init__(self, repository: Path) -> None:
        self._environment = {**os.environ, "IPFS_PATH": str(repository)}
        self.run("init", "--profile=test")

    @property
    def address(self) -> str:
        return (Path(self._environment["IPFS_PATH"]) / "api").read_text().strip()

    def run(self, *arguments: str) -> bytes:
        return subprocess.run(
            [IPFS, *arguments], env=self._environment, check=True, capture_output=True, timeout=30
        ).stdout

    def daemon(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [IPFS, "daemon", "--offline"],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "Daemon is ready" in line:
                return process
        raise AssertionError("Kubo did not start: " + "".join(said))


@pytest.fixture(scope="module")
def kubo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubo]:
    kubo = Kubo(tmp_path_factory.mktemp("kubo"))
    process = kubo.daemon()
    yield kubo
    process.terminate()
    process.communicate(timeout=30)


@pytest.fixture
def store(kubo: Kubo) -> KuboStore:
    return KuboStore(kubo.address, timeout=10)


@pytest.mark.parametrize("data", [b"", b"data\r\n--", os.urandom(MAX_BLOCK)], ids=len)
def test_a_block_has_the_cid_that_we_compute(kubo: Kubo, store: KuboStore, data: bytes) -> None:
    digest = store.put(data)
    assert digest == digest_of(data)
    assert store.get(digest) == data
    assert kubo.run("block", "get", cid_of(digest)) == data


def test_a_snapshot_is_restored_and_its_blocks_are_those_of_a_folder(
    store: KuboStore, tmp_path: Path
) -> None:
    data = os.urandom(2_500_000)
    pointer = snapshot(data, [OWNER.public], store)
    assert restore(pointer, OWNER, store) == data
    folder = FolderStore(tmp_path)
    assert folder.put(store.get(pointer)) == pointer


def test_blocks_survive_garbage_collection(kubo: Kubo, store: KuboStore) -> None:
    digest = store.put(b"to be kept")
    kubo.run("repo", "gc")
    assert store.get(digest) == b"to be kept"


def test_a_block_that_was_never_put_is_missing(store: KuboStore) -> None:
    with pytest.raises(BlockMissing, match=cid_of(digest_of(b"never put"))):
        store.get(digest_of(b"never put"))
