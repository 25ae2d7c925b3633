"""The light key: a secp256k1 key made from number and password, the same on every device.

The chain has only keccak256 of its address, and the id of the derivation. Light keys of two numbers, epochs or
deployments have nothing in common, even under one password: the salt names all three.

KDF 1 makes the key here, of the password alone. So whoever reads the chain may try passwords for ever: it is for
passphrases that a program made. KDF 2 needs hubs besides, which count the tries: `telsdk.credential.kdf2`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from argon2.low_level import Type, hash_secret_raw
from coincurve import PrivateKey

from telsdk.credential import secp256k1
from telsdk.credential.eip712 import TypedData
from telsdk.credential.errors import UnknownKdf
from telsdk.credential.passphrase import normalise
from telsdk.directory import Domain


@dataclass(frozen=True, slots=True)
class Kdf:
    """What one derivation costs: the parameters of Argon2id (RFC 9106)."""

    memory_kib: int
    time: int  # passes over the memory
    parallelism: int


KDFS: Final[dict[int, Kdf]] = {1: Kdf(memory_kib=64 * 1024, time=3, parallelism=1)}
"""The derivations of the password alone, by the id that the chain has. An id keeps its meaning for ever: keys were
made with it."""

DEFAULT_KDF: Final = 1
WITH_HUBS: Final = 2
"""The id of the derivation that needs hubs: `telsdk.credential.kdf2`."""

_PURPOSE: Final = b"telsdk light key"
WIDE: Final = 48  # octets: reducing 384 bits modulo the order leaves no bias worth naming (FIPS 186-5, A.2.1)


class LightKey:
    """The key that a number and its password make. It signs delegations; no contract obeys it."""

    __slots__ = ("_key", "address_bytes")

    def __init__(self, key: PrivateKey) -> None:
        self._key = key
        self.address_bytes: Final = secp256k1.address_of(key.public_key)

    @classmethod
    def of(cls, wide: bytes) -> Self:
        """Return the key that `WIDE` uniform octets stand for."""
        scalar = int.from_bytes(wide, "big") % (secp256k1.ORDER - 1) + 1
        return cls(PrivateKey(scalar.to_bytes(32, "big")))

    @property
    def address(self) -> str:
        """The key's address (EIP-55)."""
        return secp256k1.checksum(self.address_bytes)

    @property
    def credential(self) -> bytes:
        """What the chain has of the key: keccak256 of the 20-byte address."""
        return secp256k1.keccak256(self.address_bytes)

    def sign(self, typed: TypedData) -> bytes:
        return secp256k1.sign(self._key, typed.digest)

    def __repr__(self) -> str:
        return f"LightKey({self.address})"


def derive(password: str, domain: Domain, number: int, epoch: int, kdf: int = DEFAULT_KDF) -> LightKey:
    """Derive the light key of `number` in `epoch`. With KDF 1 it takes about 0.2 s and 64 MiB.

    Raises:
        UnknownKdf: no KDF of the password alone has that id.
        WeakPassword: see `stretch`.
    """
    if kdf == WITH_HUBS:
        raise UnknownKdf(
            f"the password of {number} works with its hubs alone (KDF {kdf}): log in by "
            "`telsdk login light`, or telsdk.uc.light_login in a program"
        )
    if kdf not in KDFS:
        known = sorted([*KDFS, WITH_HUBS])
        raise UnknownKdf(f"the chain names KDF {kdf}, this program knows {known}: update it")
    return LightKey.of(stretch(password, domain, number, epoch, kdf))


def stretch(password: str, domain: Domain, number: int, epoch: int, kdf: int = DEFAULT_KDF) -> bytes:
    """Return the `WIDE` octets that Argon2id makes of a password. This is what takes the time and the memory.

    Args:
        kdf: one of `KDFS`.

    Raises:
        WeakPassword: `password` is empty, overlong or has control characters. How strong it is, only
            `check_strength` judges.
    """
    price = KDFS[kdf]
    return hash_secret_raw(
        secret=normalise(password),
        salt=salt(domain, number, epoch),
        time_cost=price.time,
        memory_cost=price.memory_kib,
        parallelism=price.parallelism,
        hash_len=WIDE,
        type=Type.ID,
    )


def salt(domain: Domain, number: int, epoch: int) -> bytes:
    """Return keccak256 over purpose, chain id, registry, number and epoch, each of fixed width."""
    return secp256k1.keccak256(_PURPOSE + domain.octets_of(number) + epoch.to_bytes(32, "big"))
