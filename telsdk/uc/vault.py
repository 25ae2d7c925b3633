"""Back up a UC's data, sealed: its blocks in a store that may lie, the pointer to them on the chain.

Everything here blocks: use it in a worker thread.
"""

from __future__ import annotations

from typing import Protocol

from telsdk.backup.blocks import BlockStore
from telsdk.backup.seal import BackupIdentity
from telsdk.backup.snapshot import restore, snapshot
from telsdk.errors import TelError
from telsdk.uc.store import Store

ATTEMPTS = 5  # to set the pointer, when other UCs of the number back up at the same time


class Pointer(Protocol):
    """The backup pointer of one number, on the chain."""

    def read(self) -> bytes | None:
        """Return the digest of the newest backup's manifest; None when there is none in this epoch."""
        ...

    def swap(self, expected: bytes | None, new: bytes) -> bool:
        """Set the pointer to `new` if it still is `expected`. Return False when another device was quicker."""
        ...


class NoBackup(TelError):
    """There is nothing to restore."""


class BackupContended(TelError):
    """Other UCs of the number kept backing up at the same time."""


class Vault:
    """Backup and restore of one UC's store."""

    def __init__(self, store: Store, blocks: BlockStore, identity: BackupIdentity, pointer: Pointer) -> None:
        self._store = store
        self._blocks = blocks
        self._identity = identity
        self._pointer = pointer

    def backup(self) -> bytes:
        """Put all events into the block store, point the chain to them, and return the pointer.

        It first takes in what another UC of the same number has backed up, so nothing is lost.

        Raises:
            BackupContended: another device was quicker `ATTEMPTS` times.
            BackupError: the store takes no blocks, or gives back others. The old pointer stays.
        """
        for _ in range(ATTEMPTS):
            current = self._pointer.read()
            if current is not None:
                self._store.merge(restore(current, self._identity, self._blocks))
            new = snapshot(self._store.export(), [self._identity.public], self._blocks)
            if self._pointer.swap(current, new):
                return new
        raise BackupContended("other devices of this number keep backing up: try again in a minute")

    def restore(self) -> bytes:
        """Take in the backup to which the chain points, and return the pointer.

        Raises:
            NoBackup: the chain has no pointer.
            BackupError: a byte is not as it was written. The store has not changed.
        """
        current = self._pointer.read()
        if current is None:
            raise NoBackup("this number has no backup: make one with `telsdk backup`")
        self._store.merge(restore(current, self._identity, self._blocks))
        return current
