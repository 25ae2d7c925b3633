"""A hub's side of KDF 2: what it makes of a blinded password, and the tickets of devices that it knows.

A hub keeps secrets of its own and nothing of users: a key for each password, and the proof in a ticket, are computed
of a secret and what they are for. See `telsdk.credential.kdf2` for the other side.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from telsdk.credential import oprf
from telsdk.credential.kdf2 import KEY_ID
from telsdk.directory import Domain

MIN_SECRET: Final = 32  # octets
HOLDER: Final = (
    8  # octets by which a hub counts a device: a collision would let two share a bucket, and no more
)
_PROOF: Final = 16  # octets
TICKET: Final = HOLDER + _PROOF

_OPRF_KEY: Final = b"telsdk kdf 2 hub key"
_KEY_ID: Final = b"telsdk kdf 2 key id"
_TICKET: Final = b"telsdk kdf 2 ticket"


@dataclass(frozen=True, slots=True)
class Password:
    """Which password is meant: one of one number, by the nonce that it was set with."""

    domain: Domain
    number: int
    epoch: int
    nonce: bytes

    def named(self, purpose: bytes) -> bytes:
        """Return octets that stand for it and `purpose`, and for no other."""
        return purpose + self.domain.octets_of(self.number) + self.epoch.to_bytes(32, "big") + self.nonce


class HubSecrets:
    """The secrets of one hub, by their ids.

    Args:
        newest_first: the first is for new passwords; those set with an older one work as long as it is here.

    Raises:
        GroupMissing: this machine does not load the group.
        ValueError: none, one of less than `MIN_SECRET` octets, or two under one id.
    """

    def __init__(self, newest_first: Sequence[bytes]) -> None:
        if not newest_first or min(map(len, newest_first)) < MIN_SECRET:
            raise ValueError(f"light logins need a secret of {MIN_SECRET} bytes or more")
        self._secrets = {key_id(one): one for one in newest_first}
        if len(self._secrets) != len(newest_first):
            raise ValueError("two secrets for light logins are the same, or have one id: make another")
        oprf.load()

    @property
    def newest(self) -> bytes:
        """The id of the secret that new passwords are set with."""
        return next(iter(self._secrets))

    def __contains__(self, key: bytes) -> bool:
        return key in self._secrets

    def evaluate(self, key: bytes, password: Password, element: bytes) -> bytes:
        """Return what the hub makes of a blinded element with its key for `password`.

        Args:
            key: the id of the secret.

        Raises:
            KeyError: no secret has that id.
            NoGroupElement: see `telsdk.credential.oprf.evaluate`.
        """
        return oprf.evaluate(oprf_key(self._secrets[key], password), element)

    def ticket(self, key: bytes, password: Password, session_key: bytes) -> bytes:
        """Return the ticket of a device: the same each time for one session, so that a session has one bucket.

        Args:
            session_key: the public key that the delegation names.
        """
        holder = sha256(session_key).digest()[:HOLDER]
        return holder + self._proof(key, password, holder)

    def holder(self, key: bytes, password: Password, ticket: bytes) -> bytes | None:
        """Return by what the device that shows `ticket` is counted; None when the ticket is not of this hub.

        A ticket is good for one password: it ends when that is changed, or the number is sold.
        """
        holder, proof = ticket[:HOLDER], ticket[HOLDER:]
        return holder if hmac.compare_digest(proof, self._proof(key, password, holder)) else None

    def _proof(self, key: bytes, password: Password, holder: bytes) -> bytes:
        return hmac.digest(self._secrets[key], password.named(_TICKET) + holder, "sha256")[:_PROOF]


def key_id(secret: bytes) -> bytes:
    """Return the id by which the chain tells a hub's secrets apart. It says nothing of the secret."""
    return sha256(_KEY_ID + secret).digest()[:KEY_ID]


def oprf_key(secret: bytes, password: Password) -> bytes:
    """Return the key of a hub with `secret` for one password: DeriveKeyPair of an HMAC over all that names it."""
    return oprf.derive_key(hmac.digest(secret, password.named(_OPRF_KEY), "sha256"), _OPRF_KEY)
