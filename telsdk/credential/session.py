"""A session: a P-256 key made on the device, and the delegation that lets it speak for a number."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from telsdk.clock import Wall
from telsdk.credential import light, secp256k1
from telsdk.credential.delegation import DEFAULT_LIFETIME, Delegation, Role, Signer
from telsdk.credential.errors import NotHolder, WrongPassword
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
    """What a UC holds once a person has logged in."""

    number: Number
    name: Name | None
    domain: Domain
    delegation: Delegation
    key: SessionKey

    @property
    def text(self) -> str:
        """The delegation, for the `dlg` claim of tokens."""
        return self.delegation.encode()


class Contracts(Protocol):
    """What is asked of the chain when an owner may be a contract. `telsdk.chain.client.Client` answers it."""

    def is_contract(self, account: str, /) -> bool: ...

    def is_valid_signature(self, account: str, digest: bytes, signature: bytes, /) -> bool:
        """Return whether the contract at `account` accepts `signature` over `digest` (ERC-1271)."""
        ...


def login_deep(
    signer: Signer,
    facts: NumberFacts,
    domain: Domain,
    device: str,
    now: Wall,
    lifetime: int = DEFAULT_LIFETIME,
    *,
    role: Role = Role.DEEP,
    contracts: Contracts | None = None,
) -> Login:
    """Open a session by the owner's account, which signs once.

    Where the owner is a contract, an account that may sign for it does, and the contract is asked whether it takes the
    signature.

    Args:
        device: what the person calls this device; the wallet shows it.
        now: seconds since 1970.
        lifetime: seconds.
        role: an owner may also open a session that can do no more than a light one.
        contracts: what to ask about contracts; without it an owner that is a contract cannot log in.

    Raises:
        NotHolder: `signer` is not the owner, signed with another account, or may not sign for the owner, a contract.
        DelegationMalformed: `device`, `lifetime` or the signature is out of range.
        TelError: the wallet gives no signature, or the chain cannot be asked.
    """
    if signer.address != facts.owner and not (contracts and contracts.is_contract(facts.owner)):
        raise NotHolder(
            f"{facts.number} is held by {facts.owner}, not by {signer.address}: use the owner's key"
        )
    login = _open(signer, facts, domain, role, device, now, lifetime)
    _check_signer(login, signer, facts, contracts)
    return login


def _check_signer(login: Login, signer: Signer, facts: NumberFacts, contracts: Contracts | None) -> None:
    """Refuse a signature that no node would take: a wallet may sign with another account than it was asked for."""
    login.delegation.encode()
    digest, signature = login.delegation.typed(login.domain).digest, login.delegation.signature
    found = secp256k1.recover(digest, signature)
    signed_by = None if found is None else secp256k1.checksum(found)
    if signed_by == facts.owner:
        return
    if contracts is None or not contracts.is_contract(facts.owner):
        raise NotHolder(
            f"{facts.number} is held by {facts.owner}, and the signature is "
            f"{f'that of {signed_by}' if signed_by else 'no signature of a key'}: "
            "choose the owner's account in the wallet"
        )
    if not contracts.is_valid_signature(facts.owner, digest, signature):
        raise NotHolder(
            f"{facts.number} is held by the contract {facts.owner}, which does not take the signature of "
            f"{signed_by or signer.address}: sign with a key that it knows; where it wants several, or a form "
            "of its own, sign with --wallet in the wallet's own program"
        )


def login_light(
    password: str,
    facts: NumberFacts | None,
    domain: Domain,
    device: str,
    now: Wall,
    lifetime: int = DEFAULT_LIFETIME,
) -> Login:
    """Open a session by number and password.

    Args:
        facts: what the chain says of the number; None when nobody holds it. That takes as long and says the same as
            a wrong password, so that nobody learns the difference.

    Raises:
        WrongPassword: the password is wrong, or there is none, or nobody holds the number.
        UnknownKdf, WeakPassword, DelegationMalformed: see `light.derive` and `login_deep`.
    """
    if facts is None or facts.credential is None:
        # In vain, but as slow as for a real number: the time must not say which of the two it is.
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
    now: Wall,
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
    # Encode once before signing: a field out of range is refused before the wallet asks the person.
    unsigned.encode()
    return Login(facts.number, facts.name, domain, unsigned.signed_by(signer, domain), key)
