"""An oblivious pseudorandom function: RFC 9497, ristretto255-SHA512, mode OPRF.

A client learns the function's value at its input, a server that has the key learns nothing, of input or value. The
client sends `blind`'s element, the server answers with what `evaluate` makes of it, and `finalize` takes the blinding
off. Mode OPRF alone, without proofs: whoever can check one server's answer can try guesses against that server alone.

The group is libsodium's, by `rbcl`; here are the hashing to it (RFC 9380) and the steps of RFC 9497.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

from telsdk.credential.errors import GroupMissing, NoGroupElement

ELEMENT: Final = 32  # octets of an encoded element of the group, and of a scalar
OUTPUT: Final = 64  # octets of the function's value: of SHA-512

_ORDER: Final = 2**252 + 27742317777372353535851937790883648493  # of the group, RFC 9496 section 4
_IDENTITY: Final = bytes(ELEMENT)
_SUITE: Final = b"ristretto255-SHA512"
_CONTEXT: Final = (
    b"OPRFV1-" + b"\0" + b"-" + _SUITE
)  # CreateContextString, RFC 9497 section 3.1; mode 0 is OPRF
_BLOCK: Final = hashlib.sha512().block_size
_DIGEST: Final = hashlib.sha512().digest_size
_MOST_TRIES: Final = 256  # of DeriveKeyPair: the counter is one octet


@dataclass(frozen=True, slots=True)
class Blinded:
    """What a client keeps until the server answers, and what it sends."""

    scalar: bytes = field(repr=False)  # takes the blinding off again
    element: bytes  # says nothing of the input


def blind(data: bytes, scalar: bytes | None = None) -> Blinded:
    """Blind `data` (RFC 9497 section 3.3.1).

    Args:
        scalar: not 0 and below the group's order, little-endian; a random one unless a test vector gives it.

    Raises:
        NoGroupElement: `data` hashes to the identity, which nobody can bring about.
    """
    element = hash_to_group(data)
    if element == _IDENTITY:
        raise NoGroupElement("this password cannot be blinded: choose another")
    chosen = _random_scalar() if scalar is None else scalar
    return Blinded(chosen, _times(chosen, element))


def evaluate(key: bytes, element: bytes) -> bytes:
    """Return the element that a server with `key` answers to a blinded one (BlindEvaluate, RFC 9497 section 3.3.1).

    Raises:
        NoGroupElement: `element` is none in its one encoding, or is the identity.
    """
    check_element(element)
    return _times(key, element)


def finalize(data: bytes, scalar: bytes, evaluated: bytes) -> bytes:
    """Return the function's value at `data`, 64 octets (Finalize, RFC 9497 section 3.3.1).

    Args:
        scalar: that of `blind`.
        evaluated: what the server answered. If it used another key the value is another one; nothing tells.

    Raises:
        NoGroupElement: `evaluated` is none in its one encoding, or is the identity.
    """
    check_element(evaluated)
    unblinded = _times(_group().crypto_core_ristretto255_scalar_invert(scalar), evaluated)
    return hashlib.sha512(_with_length(data) + _with_length(unblinded) + b"Finalize").digest()


def derive_key(seed: bytes, info: bytes) -> bytes:
    """Return the secret key that `seed` and `info` stand for (DeriveKeyPair, RFC 9497 section 3.2.1).

    Mode OPRF has no use for the public key: that would let a client check one server's answer.
    """
    for counter in range(_MOST_TRIES):
        key = _hash_to_scalar(seed + _with_length(info) + bytes([counter]), b"DeriveKeyPair" + _CONTEXT)
        if key != _IDENTITY:
            return key
    raise AssertionError("256 hashes in a row were 0")  # DeriveKeyPairError; its chance is 2^-64000


def hash_to_group(data: bytes) -> bytes:
    """Return the element that `data` hashes to (RFC 9380 appendix B, expand_message_xmd with SHA-512)."""
    uniform = expand_message_xmd(data, b"HashToGroup-" + _CONTEXT, 64)
    element: bytes = _group().crypto_core_ristretto255_from_hash(uniform)
    return element


def expand_message_xmd(message: bytes, tag: bytes, length: int) -> bytes:
    """Return `length` uniform octets (RFC 9380 section 5.3.1, with SHA-512).

    Args:
        tag: the domain separation tag, at most 255 octets.
    """
    rounds = -(-length // _DIGEST)
    suffix = tag + bytes([len(tag)])
    first = hashlib.sha512(bytes(_BLOCK) + message + length.to_bytes(2, "big") + b"\0" + suffix).digest()
    blocks = [hashlib.sha512(first + b"\1" + suffix).digest()]
    for counter in range(2, rounds + 1):
        mixed = bytes(a ^ b for a, b in zip(first, blocks[-1], strict=True))
        blocks.append(hashlib.sha512(mixed + bytes([counter]) + suffix).digest())
    return b"".join(blocks)[:length]


def _hash_to_scalar(data: bytes, tag: bytes) -> bytes:
    wide = expand_message_xmd(data, tag, 64)
    return (int.from_bytes(wide, "little") % _ORDER).to_bytes(ELEMENT, "little")


def _random_scalar() -> bytes:
    return (secrets.randbelow(_ORDER - 1) + 1).to_bytes(ELEMENT, "little")


def check_element(element: bytes) -> None:
    """Refuse what neither side may take (RFC 9497 section 4.1, RFC 9496 section 4.3.1).

    Raises:
        NoGroupElement: it is no element in its one encoding, or is the identity.
    """
    known = len(element) == ELEMENT and _group().crypto_core_ristretto255_is_valid_point(element)
    if not known or element == _IDENTITY:  # libsodium finds the identity valid
        raise NoGroupElement(
            f"{element[:ELEMENT].hex() or 'nothing'} is no element of ristretto255, or the identity"
        )


def _times(scalar: bytes, element: bytes) -> bytes:
    product: bytes = _group().crypto_scalarmult_ristretto255(scalar, element)
    return product


def _with_length(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def load() -> None:
    """Load the group now, which takes 0.1 s, rather than when it is first needed: for servers.

    Raises:
        GroupMissing: it cannot be loaded.
    """
    _group()


@lru_cache(maxsize=1)
def _group() -> ModuleType:
    """Load the group when it is first needed: most programs never need it."""
    try:
        group = import_module("rbcl")
    except OSError as error:
        raise GroupMissing(
            f"libsodium cannot be loaded by way of the folder for temporary files ({error}): "
            "name one by TMPDIR that has room, and from which programs may be run"
        ) from error
    # It loads libsodium by way of a temporary file, which would be left behind with each start of a program.
    if written := getattr(import_module("rbcl._sodium"), "lib_path", None):
        Path(written).unlink(missing_ok=True)
    return group
