"""What owner and light key sign (EIP-712), always in the domain of the deployment's NumberRegistry.

The encoder is our own: a node needs a digest for every delegation that it meets, and a general encoder costs ten times
as much. The tests compare it with eth-account's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from telsdk.credential.secp256k1 import keccak256
from telsdk.directory import Domain

DOMAIN_NAME: Final = "telsdk"
DOMAIN_VERSION: Final = "1"
# A wallet shows this to the person who signs.
BACKUP_NOTICE: Final = (
    "Whoever gets this signature can read your backup. Sign it only in a program you trust."
)

Fields = tuple[tuple[str, str], ...]  # (name, Solidity type)
Value = int | str | bytes

_DOMAIN: Final[Fields] = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
)
DELEGATION: Final[Fields] = (
    ("number", "uint256"),
    ("epoch", "uint64"),
    ("session", "uint64"),
    ("sessionKey", "bytes"),
    ("role", "string"),
    ("device", "string"),
    ("notBefore", "uint64"),
    ("expiry", "uint64"),
)
BACKUP_KEY: Final[Fields] = (("number", "uint256"), ("epoch", "uint64"), ("notice", "string"))


@dataclass(frozen=True, slots=True)
class TypedData:
    """One message to sign: a flat struct in a domain."""

    domain: Domain
    type: str
    fields: Fields
    message: Mapping[str, Value]

    @property
    def digest(self) -> bytes:
        """The 32 bytes that are signed."""
        values = b"".join(_encode(kind, self.message[name]) for name, kind in self.fields)
        struct = keccak256(type_hash(self.type, self.fields) + values)
        return keccak256(b"\x19\x01" + domain_separator(self.domain) + struct)

    @property
    def payload(self) -> dict[str, object]:
        """The message as a wallet takes it: the second parameter of eth_signTypedData_v4, ready for JSON."""
        message = {n: "0x" + v.hex() if isinstance(v, bytes) else v for n, v in self.message.items()}
        return typed_data(self.domain, {self.type: self.fields}, self.type, message)


def typed_data(
    domain: Domain, structs: Mapping[str, Fields], primary: str, message: Mapping[str, object]
) -> dict[str, object]:
    """Return `message` as eth_signTypedData_v4 takes it.

    Args:
        structs: the members of the struct that is signed, and of those within it, by their names.
        primary: the name of the struct that is signed.
    """
    types = {"EIP712Domain": _DOMAIN, **structs}
    return {
        "types": {
            name: [{"name": key, "type": kind} for key, kind in fields] for name, fields in types.items()
        },
        "primaryType": primary,
        "domain": {
            "name": DOMAIN_NAME,
            "version": DOMAIN_VERSION,
            "chainId": domain.chain_id,
            "verifyingContract": domain.registry,
        },
        "message": dict(message),
    }


def backup_key(domain: Domain, number: int, epoch: int) -> TypedData:
    """Return what is signed to derive the key of the backups made in one epoch of a number."""
    message: dict[str, Value] = {"number": number, "epoch": epoch, "notice": BACKUP_NOTICE}
    return TypedData(domain, "BackupKey", BACKUP_KEY, message)


@lru_cache(maxsize=64)
def domain_separator(domain: Domain) -> bytes:
    """Return hashStruct of the EIP712Domain."""
    values: tuple[Value, ...] = (DOMAIN_NAME, DOMAIN_VERSION, domain.chain_id, domain.registry)
    encoded = b"".join(_encode(kind, value) for (_, kind), value in zip(_DOMAIN, values, strict=True))
    return keccak256(type_hash("EIP712Domain", _DOMAIN) + encoded)


@lru_cache(maxsize=64)
def type_hash(name: str, fields: Fields) -> bytes:
    """Return typeHash of a flat struct."""
    return keccak256(f"{name}({','.join(f'{kind} {field}' for field, kind in fields)})".encode())


def _encode(kind: str, value: Value) -> bytes:
    """Return encodeData of one member.

    Raises:
        TypeError: `value` does not fit `kind`: a mistake in the caller, never bad input.
    """
    if kind == "string" and isinstance(value, str):
        return keccak256(value.encode())
    if kind == "bytes" and isinstance(value, bytes):
        return keccak256(value)
    if kind == "bytes32" and isinstance(value, bytes) and len(value) == 32:
        return value
    if kind == "address" and isinstance(value, str):
        return bytes.fromhex(value.removeprefix("0x")).rjust(32, b"\0")
    if kind in ("uint256", "uint64") and isinstance(value, int) and 0 <= value < 1 << int(kind[4:]):
        return value.to_bytes(32, "big")
    raise TypeError(f"{value!r} is no {kind}")
