"""NumberRecords: what an owner writes about his number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from telsdk.chain.batch import Read
from telsdk.chain.contracts.base import SigningContract
from telsdk.chain.contracts.registry import NumberRegistry
from telsdk.chain.permits import LIFETIME, Fields, Permit, PermitData
from telsdk.chain.session import Block, Receipt, Session
from telsdk.directory import Domain
from telsdk.number import Number

_ZERO = bytes(32)
_UPDATE: Fields = (
    *(("fields", "uint8"), ("credential", "bytes32"), ("kdf", "uint8"), ("hub", "uint32")),
    *(("expectedBackup", "bytes32"), ("backup", "bytes32"), ("messageKey", "bytes32")),
)


@dataclass(frozen=True, slots=True)
class Records:
    """The records of a number in its present epoch."""

    credential: bytes | None  # keccak256 of the light key's address
    kdf: int  # how the light key is derived; 0 without credential
    hub: int | None
    backup: bytes | None  # sha2-256 digest of a raw CIDv1 block
    message_key: bytes | None  # X25519


class Keep(Enum):
    """Stands for what an `Update` leaves as it is."""

    KEEP = "keep"


KEEP = Keep.KEEP


@dataclass(frozen=True, slots=True)
class Update:
    """Several records to write at once. None clears one."""

    credential: tuple[bytes, int] | Keep | None = KEEP  # hash and KDF id
    hub: int | Keep | None = KEEP
    backup: tuple[bytes | None, bytes | None] | Keep = KEEP  # expected and next
    message_key: bytes | Keep | None = KEEP

    def struct(self) -> tuple[int, bytes, int, int, bytes, bytes, bytes]:
        """The Solidity struct ``Update``."""
        given = (self.credential, self.hub, self.backup, self.message_key)
        fields = sum(1 << place for place, value in enumerate(given) if value is not KEEP)
        hash_, kdf = (_ZERO, 0) if isinstance(self.credential, Keep) else self.credential or (_ZERO, 0)
        expected, next_ = (None, None) if isinstance(self.backup, Keep) else self.backup
        hub = 0 if isinstance(self.hub, Keep) else self.hub or 0
        key = None if isinstance(self.message_key, Keep) else self.message_key
        return fields, hash_, kdf, hub, expected or _ZERO, next_ or _ZERO, key or _ZERO


class NumberRecords(SigningContract):
    """Written by the owner himself, or by anyone whom he gave a permit.

    Every setter raises revert.NotOwner when the number is not this account's. Every ``permit_…`` signs what
    the setter of that name would do, for another to `relay`; it must be called with the owner's account.
    """

    NAME = "NumberRecords"

    def __init__(self, session: Session, address: str, domain: Domain, registry: NumberRegistry) -> None:
        super().__init__(session, address, domain)
        self._registry = registry

    def get(self, number: Number, block: Block = "latest") -> Records:
        """The records of `number`."""
        return self.ask(self.get_read(number), block)

    def get_read(self, number: Number) -> Read[Records]:
        """`get`, for a batch."""
        return self.later("recordsOf", number, parse=_records)

    def set_credential(self, number: Number, hash: bytes, kdf: int) -> Receipt:
        """Sets the light credential: keccak256 of the light key's address, and how that key is derived."""
        return self.write("setCredential", number, hash, kdf)

    def permit_credential(
        self, number: Number, hash: bytes, kdf: int, lifetime: timedelta = LIFETIME
    ) -> Permit:
        fields = (("hash", "bytes32"), ("kdf", "uint8"))
        return self._sign("setCredential", number, fields, (hash, kdf), lifetime)

    def clear_credential(self, number: Number) -> Receipt:
        """Takes the light credential away: no light login is left."""
        return self.write("clearCredential", number)

    def permit_clear_credential(self, number: Number, lifetime: timedelta = LIFETIME) -> Permit:
        return self._sign("clearCredential", number, (), (), lifetime)

    def set_hub(self, number: Number, hub: int | None) -> Receipt:
        """Sets the home hub, or none."""
        return self.write("setHub", number, hub or 0)

    def permit_hub(self, number: Number, hub: int | None, lifetime: timedelta = LIFETIME) -> Permit:
        return self._sign("setHub", number, (("hubId", "uint32"),), (hub or 0,), lifetime)

    def set_backup(self, number: Number, expected: bytes | None, next: bytes | None) -> Receipt:
        """Sets the backup pointer to `next`, if it still is `expected`.

        Raises:
            revert.BackupConflict: another device wrote one in between.
        """
        return self.write("setBackup", number, expected or _ZERO, next or _ZERO)

    def permit_backup(
        self, number: Number, expected: bytes | None, next: bytes | None, lifetime: timedelta = LIFETIME
    ) -> Permit:
        fields = (("expected", "bytes32"), ("next", "bytes32"))
        return self._sign("setBackup", number, fields, (expected or _ZERO, next or _ZERO), lifetime)

    def set_message_key(self, number: Number, key: bytes | None) -> Receipt:
        """Sets the X25519 public key that messages to `number` are sealed to, or none."""
        return self.write("setMessageKey", number, key or _ZERO)

    def permit_message_key(self, number: Number, key: bytes | None, lifetime: timedelta = LIFETIME) -> Permit:
        return self._sign("setMessageKey", number, (("key", "bytes32"),), (key or _ZERO,), lifetime)

    def set_many(self, number: Number, update: Update) -> Receipt:
        """Writes several records in one transaction."""
        return self.write("setMany", number, update.struct())

    def permit_many(self, number: Number, update: Update, lifetime: timedelta = LIFETIME) -> Permit:
        return self._sign("setMany", number, (("update", "Update"),), (update.struct(),), lifetime)

    def _sign(
        self, function: str, number: Number, fields: Fields, args: tuple[Any, ...], lifetime: timedelta
    ) -> Permit:
        deadline = self.session.deadline(lifetime)
        before: Fields = (("number", "uint256"), ("epoch", "uint64"))
        after: Fields = (("nonce", "uint256"), ("deadline", "uint256"))
        values = {key: _named(kind, value) for (key, kind), value in zip(fields, args, strict=True)}
        epoch = self._registry.custody(number).epoch
        nonce = self.nonce(self.session.signer().address)
        data = PermitData(
            function[0].upper() + function[1:],
            (*before, *fields, *after),
            {"number": int(number), "epoch": epoch, **values, "nonce": nonce, "deadline": deadline},
            {"Update": _UPDATE} if any(kind == "Update" for _, kind in fields) else {},
        )
        return self._permit(f"{function}For", (int(number), *args), data, deadline)


def _named(kind: str, value: Any) -> Any:
    return dict(zip((key for key, _ in _UPDATE), value, strict=True)) if kind == "Update" else value


def _records(answer: tuple[bytes, int, int, bytes, bytes]) -> Records:
    credential, kdf, hub, backup, key = answer
    return Records(_or_none(credential), kdf, hub or None, _or_none(backup), _or_none(key))


def _or_none(word: bytes) -> bytes | None:
    return word if any(word) else None
