"""The light key: a secp256k1 key made from number and password, the same on every device.

On the chain stands only keccak256 of its address, and which derivation to use. Light keys of two numbers,
epochs or deployments have nothing in common, even under one password: the salt names them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from argon2.low_level import Type, hash_secret_raw
from coincurve import PrivateKey

from telsdk.credential import secp256k1
from telsdk.credential.eip712 import TypedData
from telsdk.credential.errors import UnknownKdf
from telsdk.credential.passphrase import normalise
from telsdk.directory import Domain


@dataclass(frozen=True, slots=True)
class Kdf:
    """Argon2id (RFC 9106) at one price."""

    memory_kib: int
    time: int  # passes over the memory
    parallelism: int


KDFS: Final[dict[int, Kdf]] = {1: Kdf(memory_kib=64 * 1024, time=3, parallelism=1)}
"""By the id that stands on the chain. An id once used keeps its meaning for ever."""

DEFAULT_KDF: Final = 1

_PURPOSE: Final = b"telsdk light key"
_WIDE: Final = (
    48  # octets: reducing 384 bits modulo the order leaves no bias worth naming (FIPS 186-5, A.2.1)
)


class LightKey:
    """What a number and its password make. Signs delegations, and nothing on the chain obeys it."""

    __slots__ = ("_key", "address_bytes")

    def __init__(self, key: PrivateKey) -> None:
        self._key = key
        self.address_bytes: Final = secp256k1.address_of(key.public_key)

    @property
    def address(self) -> str:
        """EIP-55 address."""
        return secp256k1.checksum(self.address_bytes)

    @property
    def credential(self) -> bytes:
        """What stands on the chain: keccak256 of the 20-byte address."""
        return secp256k1.keccak256(self.address_bytes)

    def sign(self, typed: TypedData) -> bytes:
        return secp256k1.sign(self._key, typed.digest)

    def __repr__(self) -> str:
        return f"LightKey({self.address})"


def derive(password: str, domain: Domain, number: int, epoch: int, kdf: int = DEFAULT_KDF) -> LightKey:
    """The light key of `number` in `epoch`. Takes about 0.2 s and 64 MiB with KDF 1.

    Raises:
        UnknownKdf: no KDF has that id.
        WeakPassword: `password` is empty, overlong or has control characters; strength is `check_strength`'s
            to judge.
    """
    price = KDFS.get(kdf)
    if price is None:
        raise UnknownKdf(f"the chain names KDF {kdf}, this program knows {sorted(KDFS)}: update it")
    wide = hash_secret_raw(
        secret=normalise(password),
        salt=salt(domain, number, epoch),
        time_cost=price.time,
        memory_cost=price.memory_kib,
        parallelism=price.parallelism,
        hash_len=_WIDE,
        type=Type.ID,
    )
    scalar = int.from_bytes(wide, "big") % (secp256k1.ORDER - 1) + 1
    return LightKey(PrivateKey(scalar.to_bytes(32, "big")))


def salt(domain: Domain, number: int, epoch: int) -> bytes:
    """keccak256 over purpose, chain id, registry, number and epoch, each of fixed width."""
    return secp256k1.keccak256(
        _PURPOSE
        + domain.chain_id.to_bytes(32, "big")
        + bytes.fromhex(domain.registry.removeprefix("0x"))
        + number.to_bytes(32, "big")
        + epoch.to_bytes(32, "big")
    )
