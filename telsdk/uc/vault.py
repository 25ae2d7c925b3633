"""Back up a UC's data, sealed: its blocks in a store that may lie, the pointer to them on the chain.

Everything here blocks: use it in a worker thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from telsdk.backup.blocks import BlockStore
from telsdk.backup.errors import BackupError, SealBroken, StoreUnreachable
from telsdk.backup.seal import BackupIdentity
from telsdk.backup.snapshot import MAX_DATA, restore, snapshot, wraps_of
from telsdk.backup.wrap import Wrap, merged
from telsdk.errors import TelError
from telsdk.uc.backuplog import backup_log
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


class BackupUnreadable(BackupError):
    """The newest backup cannot be read, and so not be taken in before a new one."""


class Vault:
    """Backup and restore of one UC's store.

    Args:
        identity: of the wallet that holds the number; backups are sealed for it.
        former: of wallets that held the number before it was moved (`NumberRegistry.moveTo` keeps the backup pointer):
            a backup that is still sealed for one of them is opened too.
        recipients: further public keys for which to seal.
        wraps: of `identity`, for further keys, where the wallet cannot derive it again (`telsdk.uc.backupkey`).
        limit: bytes of the log that go into a backup; see `telsdk.uc.backuplog`.

    Attributes:
        left_out: how many events did not fit into the last backup.
        wraps: those given, and those that other devices have put beside their backups: keep them.
    """

    def __init__(
        self,
        store: Store,
        blocks: BlockStore,
        identity: BackupIdentity,
        pointer: Pointer,
        *,
        former: Iterable[BackupIdentity] = (),
        recipients: Iterable[bytes] = (),
        wraps: Iterable[Wrap] = (),
        limit: int = MAX_DATA,
    ) -> None:
        self._store = store
        self._blocks = blocks
        self._identity = identity
        self._former = tuple(former)
        self._recipients = (identity.public, *recipients)
        self._pointer = pointer
        self._limit = limit
        self.left_out = 0
        self.wraps = tuple(wraps)

    def backup(self, *, anew: bool = False) -> bytes:
        """Put all events into the block store, point the chain to them, and return the pointer.

        It first takes in what another UC of the same number has backed up, so nothing is lost. A backup all of which
        is in this store already (it was made or restored here) is not read again: so a lost block of it, or a key that
        is another since the number was moved, is mended by backing up.

        Args:
            anew: leave what cannot be read of the newest backup; what only other devices had is then lost from it.

        Raises:
            BackupContended: another device was quicker `ATTEMPTS` times.
            BackupUnreadable: the newest backup is another device's, and cannot be read.
            BackupError: the store takes no blocks, or gives back others. The old pointer stays.
        """
        for _ in range(ATTEMPTS):
            current = self._pointer.read()
            if current is not None and current != self._store.backed_up():
                self._take_in_first(current, anew)
            made = backup_log(self._store, self._limit)
            new = snapshot(made.log, self._recipients, self._blocks, self.wraps)
            if self._pointer.swap(current, new):
                self._store.note_backup(new)
                self.left_out = made.left_out
                return new
        raise BackupContended("other devices of this number keep backing up: try again in a minute")

    def restore(self) -> bytes:
        """Take in the backup to which the chain points, and return the pointer.

        Raises:
            NoBackup: the chain has no pointer.
            SealBroken: it is sealed for another wallet, and this store does not have all of it.
            BackupError: a byte is not as it was written. The store has not changed.
        """
        current = self._pointer.read()
        if current is None:
            raise NoBackup("this number has no backup: make one with `telsdk backup`")
        try:
            self._take_in(current)
        except SealBroken as error:
            if current != self._store.backed_up():  # else it would bring nothing
                raise SealBroken(
                    f"{error}. If the number was moved since, give the wallet that held it before as --former,"
                    " or use `telsdk backup` on a device that has the data"
                ) from error
        return current

    def _take_in_first(self, pointer: bytes, anew: bool) -> None:
        try:
            self._take_in(pointer)
        except StoreUnreachable:
            raise  # it takes no new blocks either
        except BackupError as error:
            if not anew:
                raise BackupUnreadable(
                    f"the newest backup cannot be read, so it may hold more than this device: {error}. Bring it back"
                    " (--folder, --ipfs; after a move --former), or leave it with --anew"
                ) from error

    def _take_in(self, pointer: bytes) -> None:
        self._store.merge(restore(pointer, self._identity, self._blocks, *self._former))
        self.wraps = merged(self.wraps, wraps_of(pointer, self._blocks), self._identity.public)
        self._store.note_backup(pointer)
