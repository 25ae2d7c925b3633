"""Stores of blocks, and the one in a folder. Whatever a store answers is checked: stores are not trusted."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Final, Protocol

from telsdk.backup.cid import cid_of, digest_of
from telsdk.backup.errors import BlockCorrupt, BlockMissing, BlockTooLarge, StoreUnreachable
from telsdk.files import write_whole

MAX_BLOCK: Final = 1 << 20  # octets: what IPFS nodes exchange without complaint


class BlockStore(Protocol):
    """A store that keeps blocks under the digest of their content."""

    def put(self, data: bytes) -> bytes:
        """Keep a block, and return its digest.

        Raises:
            BlockTooLarge: more than `MAX_BLOCK` octets.
            StoreUnreachable: it could not be kept.
        """
        ...

    def get(self, digest: bytes) -> bytes:
        """Return the block with this digest, checked.

        Raises:
            BlockMissing: the store does not have it.
            BlockCorrupt: the store answers with other bytes.
            StoreUnreachable: the store does not answer.
        """
        ...


class FolderStore:
    """A store in a folder: each block is a file named by its CID."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, data: bytes) -> bytes:
        digest = check_size(data)
        path = self._path(digest)
        try:
            if not (path.is_file() and path.read_bytes() == data):
                write_whole(path, data)
        except OSError as error:
            raise StoreUnreachable(f"cannot write to {self._folder}: {error.strerror}") from error
        return digest

    def get(self, digest: bytes) -> bytes:
        try:
            with self._path(digest).open("rb") as file:
                return check_block(digest, file.read(MAX_BLOCK + 1))
        except FileNotFoundError:
            raise BlockMissing(f"{self._folder} does not have block {cid_of(digest)}", digest) from None
        except OSError as error:
            raise StoreUnreachable(f"cannot read from {self._folder}: {error.strerror}") from error

    def _path(self, digest: bytes) -> Path:
        return self._folder / cid_of(digest)


def check_size(data: bytes) -> bytes:
    """Return the digest of a block that is about to be kept.

    Raises:
        BlockTooLarge: it has more than `MAX_BLOCK` octets.
    """
    digest = digest_of(data)
    if len(data) > MAX_BLOCK:
        raise BlockTooLarge(f"a block of {len(data)} bytes: {MAX_BLOCK} are allowed", digest)
    return digest


def check_block(digest: bytes, data: bytes) -> bytes:
    """Return `data`, if it is the block that was asked for.

    Raises:
        BlockCorrupt: it is not.
    """
    if len(data) > MAX_BLOCK or not hmac.compare_digest(digest_of(data), digest):
        raise BlockCorrupt(f"the store has other bytes under {cid_of(digest)}: do not trust it", digest)
    return data
