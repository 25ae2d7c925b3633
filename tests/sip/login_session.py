"""Session keys and the authority they have, in the place of `telsdk.credential.verify`."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from telsdk.clock import Wall
from telsdk.errors import NotFound, Refused

NOW = Wall(1_800_000_000.5)


@dataclass(frozen=True)
class Session:
    """What the delegation `text` lets `key` speak for."""

    text: str
    number: int
    private: ec.EllipticCurvePrivateKey
    role: str = "deep"
    expiry: int = int(NOW) + 86400

    @property
    def key(self) -> ec.EllipticCurvePublicKey:
        return self.private.public_key()


BOB = Session("bobs-delegation", 5551234, ec.derive_private_key(11, ec.SECP256R1()))
MALLORY = Session("mallorys-delegation", 6660000, ec.derive_private_key(66, ec.SECP256R1()))


def authorise(text: str, now: Wall) -> Session:
    """Knows two delegations, and no other; both end a day after NOW."""
    for session in (BOB, MALLORY):
        if text == session.text and now < session.expiry:
            return session
    raise Refused(f"the delegation {text} gives no right")


def number_of(user: str) -> int | None:
    """Knows the name bob.eth, and digits."""
    if user == "bob.eth":
        return 5551234
    if not user.isdecimal():
        raise NotFound(f"{user} stands for no number")
    return int(user)
