"""Ethereum's curve and hash. libsecp256k1 (coincurve) does the work, since every login needs it."""

from __future__ import annotations

from coincurve import PrivateKey, PublicKey
from eth_hash.auto import keccak as keccak256

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SIGNATURE_LENGTH = 65  # r, s, v
_HALF_ORDER = ORDER // 2
_V = (27, 28)

__all__ = ["ORDER", "SIGNATURE_LENGTH", "address_of", "checksum", "keccak256", "recover", "sign"]


def recover(digest: bytes, signature: bytes) -> bytes | None:
    """Return the 20-byte address whose key signed `digest`, or None when `signature` is no signature.

    A signature has one form only: 65 bytes, v 27 or 28, s in the lower half (EIP-2). So nobody can make a second
    valid signature out of a valid one.
    """
    if len(digest) != 32 or len(signature) != SIGNATURE_LENGTH or signature[64] not in _V:
        return None
    if int.from_bytes(signature[32:64], "big") > _HALF_ORDER:
        return None
    try:
        key = PublicKey.from_signature_and_message(
            signature[:64] + bytes([signature[64] - 27]), digest, hasher=None
        )
    except ValueError:
        return None
    return address_of(key)


def sign(key: PrivateKey, digest: bytes) -> bytes:
    """Sign `digest`, in the one form that `recover` takes. The signature is deterministic (RFC 6979)."""
    signature = key.sign_recoverable(digest, hasher=None)
    return signature[:64] + bytes([signature[64] + 27])


def address_of(key: PublicKey) -> bytes:
    """Return the 20-byte address of a key."""
    return keccak256(key.format(compressed=False)[1:])[12:]


def checksum(address: bytes) -> str:
    """Return `address` as text, with the checksum in its capitals (EIP-55)."""
    text = address.hex()
    hashed = keccak256(text.encode()).hex()
    return "0x" + "".join(c.upper() if int(h, 16) > 7 else c for c, h in zip(text, hashed, strict=False))
