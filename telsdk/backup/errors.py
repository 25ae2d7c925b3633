"""Why a backup could not be made or restored.

TelError
  BackupError
    SealBroken          this is not the key, or a byte was changed
    SnapshotRefused     the pointer names something that is no snapshot, or one too large
    BlockError          .digest names the block
      BlockMissing      also LookupError
      BlockCorrupt      the store lies, or is broken
      BlockTooLarge
    StoreUnreachable    the block store does not answer, or refuses
"""

from __future__ import annotations

from telsdk.errors import TelError


class BackupError(TelError):
    """A backup was not made, or not restored."""


class SealBroken(BackupError):
    """What was sealed cannot be opened with this key: it was sealed for another, or changed since."""


class SnapshotRefused(BackupError):
    """The pointer leads to something that is no snapshot, or to one larger than telsdk ever makes."""


class BlockError(BackupError):
    """One block is not as it must be.

    Attributes:
        digest: the SHA-256 by which the block was asked for.
    """

    def __init__(self, message: str, digest: bytes) -> None:
        super().__init__(message)
        self.digest = digest


class BlockMissing(BlockError, LookupError):
    """The store does not have the block."""


class BlockCorrupt(BlockError):
    """The store answered with other bytes than were asked for."""


class BlockTooLarge(BlockError):
    """The block is longer than blocks may be."""


class StoreUnreachable(BackupError):
    """The block store does not answer, or refuses to serve."""
