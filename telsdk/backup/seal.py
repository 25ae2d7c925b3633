"""Seal with age (age-encryption.org/v1) for X25519 recipients: any `age` program can open the result.

A number's identity is derived from a signature that only the owner's key can make, the same each time. So the owner
needs the key to restore a backup, and nothing besides. Where the wallet signs differently each time it is random, and
`telsdk.backup.wrap` says how it is had again.
"""

from __future__ import annotations

import secrets
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
    def random(cls) -> BackupIdentity:
        """Return a new identity, which follows from nothing: see `telsdk.backup.wrap`."""
        return cls.of(secrets.token_bytes(KEY_LENGTH))

    @classmethod
    def derive(cls, secret: bytes, info: bytes = _INFO) -> BackupIdentity:
        """Derive the identity from `secret`, such as a signature, by HKDF-SHA256 (RFC 5869).

        Args:
            info: what it is for; by default a number's backups.

        Raises:
            ValueError: `secret` is shorter than 32 octets.
        """
        if len(secret) < _MIN_SECRET:
            raise ValueError(f"an identity needs {_MIN_SECRET} secret bytes, not {len(secret)}")
        return cls.of(HKDF(hashes.SHA256(), KEY_LENGTH, salt=None, info=info).derive(secret))

    @classmethod
    def of(cls, secret: bytes) -> BackupIdentity:
        """Return the identity whose private key is `secret`."""
        public = X25519PrivateKey.from_private_bytes(secret).public_key()
        return cls(secret, public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))

    @property
    def text(self) -> str:
        """The private key as an `age` program takes it: ``AGE-SECRET-KEY-1…``. It is secret."""
        return _bech32("age-secret-key-", self.secret).upper()


def recipient(public: bytes) -> str:
    """Return the ``age1…`` text of an X25519 public key, such as the message key in a number's records."""
    return _bech32("age", public)


def seal(data: bytes, recipients: Iterable[bytes]) -> bytes:
    """Seal `data` so that each of the X25519 keys can open it.

    Args:
        recipients: public keys.

    Raises:
        ValueError: there is no recipient, or one is no public key.
    """
    keys = [pyrage.x25519.Recipient.from_str(recipient(public)) for public in recipients]
    if not keys:
        raise ValueError("sealing needs a recipient")
    return bytes(pyrage.encrypt(data, keys))


def unseal(sealed: bytes, *identities: BackupIdentity) -> bytes:
    """Open what was sealed for one of `identities`.

    Raises:
        SealBroken: it was sealed for others, or changed, or is no age file.
    """
    try:
        keys = [pyrage.x25519.Identity.from_str(identity.text) for identity in identities]
        return bytes(pyrage.decrypt(sealed, keys))
    except pyrage.DecryptError as error:
        raise SealBroken(f"the backup cannot be opened with this key, or was changed: {error}") from error


def _bech32(prefix: str, key: bytes) -> str:
    """Encode 32 octets by BIP 173, without its limit of 90 characters, which is meant for addresses.

    Raises:
        ValueError: `key` has another length.
    """
    words = convertbits(key, 8, 5)
    if len(key) != KEY_LENGTH or words is None:
        raise ValueError(f"an X25519 key has {KEY_LENGTH} bytes, not {len(key)}")
    return str(bech32_encode(prefix, words))
