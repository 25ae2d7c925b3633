"""A UC's data, sealed and kept outside: blocks in a store that may lie, their pointer on the chain.

Blocking, for use in a worker thread.
"""

from __future__ import annotations

from typing import Protocol

from telsdk.backup.blocks import BlockStore
from telsdk.backup.seal import BackupIdentity
from telsdk.backup.snapshot import restore, snapshot
from telsdk.errors import TelError
from telsdk.uc.store import Store

ATTEMPTS = 5  # at the pointer, when other UCs of the number back up at the same time


class Pointer(Protocol):
    """The backup pointer of one number, on the chain."""

    def read(self) -> bytes | None:
        """The digest of the newest backup's manifest; None when there is none in this epoch."""
        ...

    def swap(self, expected: bytes | None, new: bytes) -> bool:
        """Sets `new` where `expected` still stands; False when somebody else was quicker."""
        ...


class NoBackup(TelError):
    """There is nothing to restore."""


class BackupContended(TelError):
    """Other UCs kept backing up at the same time."""


class Vault:
    """Backup and restore of one UC's store."""

    def __init__(self, store: Store, blocks: BlockStore, identity: BackupIdentity, pointer: Pointer) -> None:
        self._store = store
        self._blocks = blocks
        self._identity = identity
        self._pointer = pointer

    def backup(self) -> bytes:
        """Puts all events in the block store and points the chain to them. Returns the pointer.

        What another UC of the same number has backed up is taken in first, so nothing is lost.

        Raises:
            BackupContended: somebody else was quicker `ATTEMPTS` times.
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
        """Takes in what the chain points to. Returns the pointer.

        Raises:
            NoBackup: the chain points nowhere.
            BackupError: a byte is not as it was written; the store is not changed.
        """
        current = self._pointer.read()
        if current is None:
            raise NoBackup("this number has no backup: make one with `telsdk backup`")
        self._store.merge(restore(current, self._identity, self._blocks))
        return current
