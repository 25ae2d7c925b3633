"""Read and set the backup pointer on the chain, as `telsdk.uc.vault` wants it."""

from __future__ import annotations

from telsdk.chain import revert
from telsdk.chain.client.client import Client
from telsdk.number import Number


class ChainPointer:
    """The backup pointer of `number`, which the client's account writes."""

    def __init__(self, client: Client, number: Number) -> None:
        self._client = client
        self._number = number

    def read(self) -> bytes | None:
        return self._client.records.get(self._number).backup

    def swap(self, expected: bytes | None, new: bytes) -> bool:
        try:
            self._client.records.set_backup(self._number, expected, new)
        except revert.BackupConflict:
            return False
        return True
