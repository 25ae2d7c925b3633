"""Sealing with age (age-encryption.org/v1) for X25519 recipients, as any `age` program could open it.

A number's identity is derived from a signature that only its owner's key can make, and make again: whoever
holds the key can restore, and nothing else has to be kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import pyrage
from bech32 import bech32_encode, convertbits
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from telsdk.backup.errors import SealBroken

KEY_LENGTH: Final = 32  # octets, private or public
_MIN_SECRET: Final = 32  # octets
_INFO: Final = b"telsdk backup identity 1"


@dataclass(frozen=True, slots=True)
class BackupIdentity:
    """An X25519 key pair that opens what was sealed for it."""

    secret: bytes = field(repr=False)
    public: bytes

    @classmethod
    def derive(cls, secret: bytes) -> BackupIdentity:
        """The identity that follows from `secret`: HKDF-SHA256 (RFC 5869) of a signature, say.

        Raises:
            ValueError: `secret` is shorter than 32 octets.
        """
        if len(secret) < _MIN_SECRET:
            raise ValueError(f"an identity needs {_MIN_SECRET} secret bytes, not {len(secret)}")
        return cls.of(HKDF(hashes.SHA256(), KEY_LENGTH, salt=None, info=_INFO).derive(secret))

    @classmethod
    def of(cls, secret: bytes) -> BackupIdentity:
        """The identity whose private key is `secret`."""
        public = X25519PrivateKey.from_private_bytes(secret).public_key()
        return cls(secret, public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))

    @property
    def text(self) -> str:
        """``AGE-SECRET-KEY-1…``, as an `age` program takes it. Secret."""
        return _bech32("age-secret-key-", self.secret).upper()


def recipient(public: bytes) -> str:
    """The ``age1…`` text of an X25519 public key, such as the message key in a number's records."""
    return _bech32("age", public)


def seal(data: bytes, recipients: Iterable[bytes]) -> bytes:
    """`data`, to be opened by whoever holds one of the X25519 keys.

    Args:
        recipients: public keys.

    Raises:
        ValueError: there is none, or one is no public key.
    """
    keys = [pyrage.x25519.Recipient.from_str(recipient(public)) for public in recipients]
    if not keys:
        raise ValueError("sealing needs a recipient")
    return bytes(pyrage.encrypt(data, keys))


def unseal(sealed: bytes, identity: BackupIdentity) -> bytes:
    """What was sealed for `identity`.

    Raises:
        SealBroken: it was sealed for others, or changed, or is no age file.
    """
    try:
        return bytes(pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(identity.text)]))
    except pyrage.DecryptError as error:
        raise SealBroken(f"the backup cannot be opened with this key, or was changed: {error}") from error


def _bech32(prefix: str, key: bytes) -> str:
    """BIP 173 of 32 octets, without the limit on length that only addresses have.

    Raises:
        ValueError: `key` has another length.
    """
    words = convertbits(key, 8, 5)
    if len(key) != KEY_LENGTH or words is None:
        raise ValueError(f"an X25519 key has {KEY_LENGTH} bytes, not {len(key)}")
    return str(bech32_encode(prefix, words))
