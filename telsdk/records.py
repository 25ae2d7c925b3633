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
from typing import Any, NamedTuple, TypeVar

CONTRACT = "NumberRecords"
ZEROS: dict[str, bytes | int] = {
    "bytes": b"",
    "bytes20": bytes(20),
    "bytes32": bytes(32),
    "uint8": 0,
    "uint32": 0,
    "bool": False,
}
"""What stands on the chain for a word that is not set, by the word's type in Solidity."""

Inputs = tuple[tuple[str, str], ...]  # (name, type in Solidity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The records of a number in its present epoch; those of an earlier epoch are void."""

    credential: bytes | None = None  # keccak256 of the light key's address
    kdf: int = 0  # how the light key is derived, see telsdk.credential.light; 0 without credential
    kdf_parameters: bytes = b""  # what that derivation needs besides; empty where it needs nothing
    hub: int | None = None  # id of the home hub
    backup: bytes | None = None  # sha2-256 digest of the backup's manifest block, a raw CIDv1 block
    message_key: bytes | None = None  # X25519
    answers_verified: bool = False  # the promise: who answers proves it, or is refused


class Credential(NamedTuple):
    """A light credential, as an owner sets it."""

    hash: bytes  # keccak256 of the light key's address
    kdf: int  # from 1; see telsdk.credential.light
    parameters: bytes = b""  # what the KDF needs besides, of at most MAX_KDF_PARAMETERS octets


class Keep(Enum):
    """Stands for what an `Update` leaves as it is."""

    KEEP = "keep"


KEEP = Keep.KEEP


@dataclass(frozen=True, slots=True)
class Update:
    """Several records to write at once. None clears one."""

    credential: Credential | Keep | None = KEEP
    hub: int | Keep | None = KEEP
    backup: tuple[bytes | None, bytes | None] | Keep = KEEP  # expected and next
    message_key: bytes | Keep | None = KEEP
    answers_verified: bool | Keep | None = KEEP

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
    hashed: bool = False  # whether the contract keeps only its hash, and its event alone tells it

    @property
    def member(self) -> str:
        """What the struct ``Update`` calls it."""
        first, *others = self.name.split("_")
        return first + "".join(map(str.capitalize, others))

    @property
    def kept(self) -> tuple[str, str]:
        """What ``recordsOf`` calls it, and its type there."""
        return (f"{self.member}Hash", "bytes20") if self.hashed else (self.member, self.type)

    @property
    def zero(self) -> bytes | int:
        """What stands on the chain for nothing."""
        return ZEROS[self.type]

    @property
    def kept_zero(self) -> bytes | int:
        """What ``recordsOf`` says for nothing."""
        return ZEROS[self.kept[1]]

    def value(self, word: Any) -> Any:
        """Return `word`, read from the chain, as `Records` has it."""
        if word == self.zero:
            return _DEFAULTS[self.name]
        return bool(word) if self.type == "bool" else word  # SQLite knows no bool


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
        (
            Word("credential", "bytes32", "hash", brief=True),
            Word("kdf", "uint8", "kdf"),
            Word("kdf_parameters", "bytes", "parameters", hashed=True),
        ),
    ),
    Record("hub", "HubSet", (Word("hub", "uint32", "hubId", brief=True),)),
    Record("backup", "BackupSet", (Word("backup", "bytes32", "digest", brief=True),), swapped=True),
    Record("message_key", "MessageKeySet", (Word("message_key", "bytes32", "key"),)),
    Record(
        "answers_verified", "AnswersVerifiedSet", (Word("answers_verified", "bool", "promised", brief=True),)
    ),
)
"""All records, in the order of the bits by which ``setMany`` names them."""

WORDS = tuple(word for record in RECORDS for word in record.words)
"""The words of all records, in the order of ``recordsOf``."""

UPDATE: Inputs = (("fields", "uint8"), *(member for record in RECORDS for member in record.members))
"""The struct ``Update``."""

BY_NAME = {record.name: record for record in RECORDS}

_DEFAULTS: dict[str, Any] = {field.name: field.default for field in fields(Records)}

T = TypeVar("T", bound=Records)


class RecordsAnswer(NamedTuple):
    """What ``recordsOf`` answered."""

    records: Records  # without the KDF's parameters, of which the contract keeps only the hash
    kdf_parameters_hash: bytes  # the first 20 octets of their keccak256; zeros when they are empty
    kdf_parameters_block: int  # the block whose CredentialSet has them; 0 when they are empty


def answered(answer: tuple[Any, ...]) -> RecordsAnswer:
    """Read what ``recordsOf`` answered."""
    *words, block = answer
    pairs = list(zip(WORDS, words, strict=True))
    told: dict[str, Any] = {w.name: w.value(value) for w, value in pairs if not w.hashed}
    (digest,) = [value for w, value in pairs if w.hashed]
    return RecordsAnswer(Records(**told), digest, block)


def values(records: Records) -> dict[str, Any]:
    """Return the records alone of `records`, which may be more than that, by name."""
    return {word.name: getattr(records, word.name) for word in WORDS}


def with_records(target: T, records: Records) -> T:
    """Return `target` with the records of `records` in the place of its own."""
    return replace(target, **values(records))


def shown(records: Records, *, brief: bool) -> dict[str, str | int | None]:
    """Return the records as JSON and people get them: the `brief` ones, or the others. Bytes are 0x…, or null."""
    told = {word.name: getattr(records, word.name) for word in WORDS if word.brief is brief}
    return {name: _text(value) if isinstance(value, bytes) else value for name, value in told.items()}


def _text(value: bytes) -> str | None:
    return f"0x{value.hex()}" if value else None
