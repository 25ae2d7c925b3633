"""A snapshot: data compressed, sealed and cut into blocks, and a manifest block that names them.

The manifest's digest is the backup pointer on the chain. Everything is checked against it, so a store cannot change,
drop or add a byte.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from telsdk.backup.blocks import BlockStore
from telsdk.backup.cid import DIGEST_LENGTH
from telsdk.backup.errors import SnapshotRefused
from telsdk.backup.seal import BackupIdentity, seal, unseal
from telsdk.backup.wrap import MAX_WRAPS, Wrap
from telsdk.nesting import check_nesting

VERSION: Final = 1
WITH_WRAPS: Final = (
    2  # the version of a manifest that has some: programs from before them say that they are too old
)
BLOCK: Final = 1_000_000  # octets: under 1 MiB, the manifest included
MAX_DATA: Final = 256 << 20  # octets uncompressed: more than this a restore does not take into memory
MAX_BLOCKS: Final = MAX_DATA // BLOCK + 2
_LEVEL: Final = 6  # of zlib


@dataclass(frozen=True, slots=True)
class SnapshotManifest:
    """The blocks of a snapshot, in order."""

    size: int  # octets of all blocks together
    blocks: tuple[bytes, ...]  # digests
    wraps: tuple[Wrap, ...] = ()  # of the identity that it is sealed for

    def encode(self) -> bytes:
        """Return the manifest block."""
        blocks = [digest.hex() for digest in self.blocks]
        content: dict[str, object] = {"blocks": blocks, "size": self.size, "version": VERSION}
        if self.wraps:
            wraps = [[one.kind, one.public.hex(), one.sealed.hex()] for one in self.wraps]
            content |= {"version": WITH_WRAPS, "wraps": wraps}
        return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, data: bytes) -> SnapshotManifest:
        """Read the manifest in a block.

        Raises:
            SnapshotRefused: it is not a manifest of telsdk, or has too many blocks.
        """
        try:
            content = json.loads(check_nesting(data.decode()))
            version, size, blocks = content["version"], content["size"], content["blocks"]
            digests = tuple(bytes.fromhex(block) for block in blocks)
            wraps = tuple(
                Wrap(kind, bytes.fromhex(public), bytes.fromhex(sealed))
                for kind, public, sealed in content.get("wraps", ())
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise SnapshotRefused("the pointer leads to a block that is no backup of telsdk") from error
        if version not in (VERSION, WITH_WRAPS):
            raise SnapshotRefused(
                f"the backup has version {version}, this program knows {WITH_WRAPS}: update it"
            )
        if len(wraps) > MAX_WRAPS:
            raise SnapshotRefused(f"the backup has {len(wraps)} wrapped keys, more than {MAX_WRAPS}")
        manifest = cls(size, digests, wraps)
        lengths = {len(digest) for digest in digests}
        if type(size) is not int or lengths - {DIGEST_LENGTH} or manifest.encode() != data:
            raise SnapshotRefused("the backup's manifest is malformed")
        if len(digests) > MAX_BLOCKS:
            raise SnapshotRefused(f"the backup has {len(digests)} blocks, more than {MAX_BLOCKS}")
        return manifest


def wraps_of(pointer: bytes, store: BlockStore) -> tuple[Wrap, ...]:
    """Return what a snapshot has beside it of the identity that it is sealed for, wrapped for other keys.

    Raises:
        BlockError, SnapshotRefused, StoreUnreachable: see `restore`.
    """
    return SnapshotManifest.decode(store.get(pointer)).wraps


def snapshot(
    data: bytes, recipients: Iterable[bytes], store: BlockStore, wraps: Iterable[Wrap] = ()
) -> bytes:
    """Seal `data`, put it into `store`, and return the pointer to it.

    Args:
        recipients: the X25519 public keys that may restore it, such as the number's `message_key`.
        wraps: their identity, wrapped for further keys.

    Raises:
        BackupError: `data` is larger than `MAX_DATA`, or the store does not take it. An older pointer stays good.
        ValueError: there is no recipient, or one is no key.
    """
    if len(data) > MAX_DATA:
        raise SnapshotRefused(f"{len(data)} bytes to back up: {MAX_DATA} are allowed")
    sealed = seal(zlib.compress(data, _LEVEL), recipients)
    blocks = tuple(store.put(part) for part in _cut(sealed))
    return store.put(SnapshotManifest(len(sealed), blocks, tuple(wraps)).encode())


def restore(pointer: bytes, identity: BackupIdentity, store: BlockStore, *former: BackupIdentity) -> bytes:
    """Return the data of a snapshot.

    Args:
        pointer: the backup pointer on the chain.
        former: further identities, for one of which it may be sealed instead.

    Raises:
        BlockError: a block is missing or not the one that was written; `digest` says which.
        SealBroken: it was sealed for none of these identities.
        SnapshotRefused: the pointer leads to something else.
        StoreUnreachable: the store does not answer.
    """
    manifest = SnapshotManifest.decode(store.get(pointer))
    sealed = b"".join(store.get(digest) for digest in manifest.blocks)
    if len(sealed) != manifest.size:
        raise SnapshotRefused(f"the backup has {len(sealed)} bytes, its manifest says {manifest.size}")
    return _decompress(unseal(sealed, identity, *former))


def _cut(sealed: bytes) -> Iterator[bytes]:
    for start in range(0, len(sealed), BLOCK):
        yield sealed[start : start + BLOCK]


def _decompress(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        # One byte more than allowed, so that a bomb shows before it fills the memory.
        plain = inflater.decompress(data, MAX_DATA + 1)
    except zlib.error as error:
        raise SnapshotRefused(f"the backup is not compressed as ours are: {error}") from error
    if not inflater.eof or inflater.unused_data or len(plain) > MAX_DATA:
        raise SnapshotRefused(f"the backup is cut short, or larger than {MAX_DATA} bytes")
    return plain
