"""A session: a P-256 key made on the device, and the delegation that lets it speak for a number."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from telsdk.credential import light
from telsdk.credential.delegation import DEFAULT_LIFETIME, Delegation, Role, Signer
from telsdk.credential.errors import NotOwner, WrongPassword
from telsdk.directory import Domain, NumberFacts
from telsdk.name import Name
from telsdk.number import Number


class SessionKey:
    """The key that a device signs its tokens with."""

    __slots__ = ("private", "public_bytes")

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self.private: Final = private
        self.public_bytes: Final = private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
        )

    @classmethod
    def generate(cls) -> SessionKey:
        return cls(ec.generate_private_key(ec.SECP256R1()))

    def __repr__(self) -> str:
        return f"SessionKey({self.public_bytes.hex()})"


@dataclass(frozen=True, slots=True)
class Login:
    """What a UC holds once somebody has logged in."""

    number: Number
    name: Name | None
    domain: Domain
    delegation: Delegation
    key: SessionKey

    @property
    def text(self) -> str:
        """The delegation, for the `dlg` claim of tokens."""
        return self.delegation.encode()


def login_deep(
    signer: Signer,
    facts: NumberFacts,
    domain: Domain,
    device: str,
    now: float,
    lifetime: int = DEFAULT_LIFETIME,
    *,
    role: Role = Role.DEEP,
) -> Login:
    """A session opened by the owner's account, which signs once.

    Args:
        device: what the person calls this device; the wallet shows it.
        now: seconds since 1970.
        lifetime: seconds.
        role: an owner may open a session that can do no more than a light one.

    Raises:
        NotOwner: `signer` is another account.
        Malformed: `device` or `lifetime` is out of range.
    """
    if signer.address != facts.owner:
        raise NotOwner(
            f"{facts.number} is held by {facts.owner}, not by {signer.address}: use the owner's key"
        )
    return _open(signer, facts, domain, role, device, now, lifetime)


def login_light(
    password: str,
    facts: NumberFacts | None,
    domain: Domain,
    device: str,
    now: float,
    lifetime: int = DEFAULT_LIFETIME,
) -> Login:
    """A session opened by number and password.

    Args:
        facts: what the chain says of the number; None when nobody holds it, which costs and says the same as
            a wrong password.

    Raises:
        WrongPassword: the password is another, or there is none, or the number is nobody's.
        UnknownKdf, WeakPassword, Malformed: see `light.derive` and `login_deep`.
    """
    if facts is None or facts.credential is None:
        light.derive(password, domain, 0, 0)
        raise WrongPassword(_WRONG)
    key = light.derive(password, domain, facts.number, facts.epoch, facts.kdf)
    if not hmac.compare_digest(key.credential, facts.credential):
        raise WrongPassword(_WRONG)
    return _open(key, facts, domain, Role.LIGHT, device, now, lifetime)


_WRONG: Final = (
    "the number or the password is wrong, or the number has no password: set one with `telsdk credential set`"
)


def _open(
    signer: Signer,
    facts: NumberFacts,
    domain: Domain,
    role: Role,
    device: str,
    now: float,
    lifetime: int,
) -> Login:
    key = SessionKey.generate()
    unsigned = Delegation(
        number=facts.number,
        epoch=facts.epoch,
        session=facts.session,
        session_key=key.public_bytes,
        role=role,
        device=device,
        not_before=int(now),
        expiry=int(now) + lifetime,
        signature=b"\0",
    )
    # What is out of range must not reach the wallet.
    unsigned.encode()
    return Login(facts.number, facts.name, domain, unsigned.signed_by(signer, domain), key)
