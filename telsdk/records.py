"""What the owner of a number writes about it: the one description of the records.

`RECORDS` describes each record in the words of the contract NumberRecords. Made from it are the columns of the
chain index, the state that events add up to, the reading of ``recordsOf``, the arguments and typed data of the
setters, and the rows of ``telsdk lookup`` and ``telsdk number show``.

`Records` and `Update` name the same things as fields, so that a type checker knows them. A test holds the three
together, and to the contract's ABI.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any, TypeVar

CONTRACT = "NumberRecords"
ZEROS: dict[str, bytes | int] = {"bytes32": bytes(32), "uint8": 0, "uint32": 0}
"""What stands on the chain for a word that is not set, by the word's type in Solidity."""

Inputs = tuple[tuple[str, str], ...]  # (name, type in Solidity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The records of a number in its present epoch; those of an earlier epoch are void."""

    credential: bytes | None = None  # keccak256 of the light key's address
    kdf: int = 0  # how the light key is derived, see telsdk.credential.light; 0 without credential
    hub: int | None = None  # id of the home hub
    backup: bytes | None = None  # sha2-256 digest of the backup's manifest block, a raw CIDv1 block
    message_key: bytes | None = None  # X25519


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

    def struct(self) -> tuple[bytes | int, ...]:
        """Return the values of the Solidity struct ``Update``."""
        given = [(record, getattr(self, record.name)) for record in RECORDS]
        asked = sum(1 << place for place, (_, value) in enumerate(given) if value is not KEEP)
        return asked, *(word for record, value in given for word in record.words_of(value))


@dataclass(frozen=True, slots=True)
class Word:
    """One value of a record: a field of `Records`, and a column of the chain index."""

    name: str
    type: str  # in Solidity: one of ZEROS
    argument: str  # what the record's event calls it, and so does the setter
    brief: bool = False  # whether `telsdk lookup` tells it; `telsdk number show` tells all

    @property
    def member(self) -> str:
        """What ``recordsOf`` and the struct ``Update`` call it."""
        first, *others = self.name.split("_")
        return first + "".join(map(str.capitalize, others))

    @property
    def zero(self) -> bytes | int:
        """What stands on the chain for nothing."""
        return ZEROS[self.type]

    def value(self, word: bytes | int) -> bytes | int | None:
        """Return `word`, read from the chain, as `Records` has it."""
        return _DEFAULTS[self.name] if word == self.zero else word


@dataclass(frozen=True, slots=True)
class Record:
    """What one event of NumberRecords tells and one setter writes."""

    name: str  # a field of `Update`
    event: str
    words: tuple[Word, ...]
    swapped: bool = False  # of one word, and its writer names the present one too (compare-and-swap)

    @property
    def setter(self) -> str:
        """The function that writes it; its EIP-712 type is called the same, but for the first letter."""
        return f"set{self.event.removesuffix('Set')}"

    @property
    def inputs(self) -> Inputs:
        """What `setter` takes behind the number."""
        if self.swapped:
            return tuple((name, word.type) for word in self.words for name in ("expected", "next"))
        return tuple((word.argument, word.type) for word in self.words)

    @property
    def members(self) -> Inputs:
        """What stands for `inputs` in the struct ``Update``."""
        own = tuple((word.member, word.type) for word in self.words)
        expected = tuple((f"expected{name[0].upper()}{name[1:]}", kind) for name, kind in own)
        return (*expected, *own) if self.swapped else own

    def words_of(self, value: Any) -> tuple[bytes | int, ...]:
        """Return what stands for `value`, that of a field of `Update`, in the place of `inputs`."""
        given = value if isinstance(value, tuple) else (value,)
        if value is None or value is KEEP:
            given = (None,) * len(self.inputs)
        return tuple(
            ZEROS[kind] if word is None else word for word, (_, kind) in zip(given, self.inputs, strict=True)
        )

    def told(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of `Records` that `event` with `args` sets, and their values."""
        return {word.name: word.value(args[word.argument]) for word in self.words}


RECORDS = (
    Record(
        "credential",
        "CredentialSet",
        (Word("credential", "bytes32", "hash", brief=True), Word("kdf", "uint8", "kdf")),
    ),
    Record("hub", "HubSet", (Word("hub", "uint32", "hubId", brief=True),)),
    Record("backup", "BackupSet", (Word("backup", "bytes32", "digest", brief=True),), swapped=True),
    Record("message_key", "MessageKeySet", (Word("message_key", "bytes32", "key"),)),
)
"""All records, in the order of the bits by which ``setMany`` names them."""

WORDS = tuple(word for record in RECORDS for word in record.words)
"""The words of all records, in the order of ``recordsOf``."""

UPDATE: Inputs = (("fields", "uint8"), *(member for record in RECORDS for member in record.members))
"""The struct ``Update``."""

BY_NAME = {record.name: record for record in RECORDS}

_DEFAULTS: dict[str, Any] = {field.name: field.default for field in fields(Records)}

T = TypeVar("T", bound=Records)


def answered(answer: tuple[Any, ...]) -> Records:
    """Return what ``recordsOf`` answered."""
    told: dict[str, Any] = {w.name: w.value(value) for w, value in zip(WORDS, answer, strict=True)}
    return Records(**told)


def values(records: Records) -> dict[str, Any]:
    """Return the records alone of `records`, which may be more than that, by name."""
    return {word.name: getattr(records, word.name) for word in WORDS}


def with_records(target: T, records: Records) -> T:
    """Return `target` with the records of `records` in the place of its own."""
    return replace(target, **values(records))


def shown(records: Records, *, brief: bool) -> dict[str, str | int | None]:
    """Return the records as JSON and people get them, bytes as 0x…: the `brief` ones, or the others."""
    told = {word.name: getattr(records, word.name) for word in WORDS if word.brief is brief}
    return {name: f"0x{value.hex()}" if isinstance(value, bytes) else value for name, value in told.items()}
