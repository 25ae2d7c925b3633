"""A session: a P-256 key made on the device, and the delegation that lets it speak for a number."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from telsdk.clock import Wall
from telsdk.credential import erc6492, light, secp256k1
from telsdk.credential.delegation import DEFAULT_LIFETIME, Delegation, Role, Signer
from telsdk.credential.errors import LoginExpired, NotHolder, WrongPassword
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
    tickets: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    """By hub: what lets this device try the password where strangers have used up the tries of the number (KDF 2)."""

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
    asked = request_deep(facts, domain, device, now, lifetime, role=role)
    signature = signer.sign(asked.delegation.typed(domain))
    return signed_deep(asked, signature, facts, now, signer=signer.address, contracts=contracts)


def request_deep(
    facts: NumberFacts,
    domain: Domain,
    device: str,
    now: Wall,
    lifetime: int = DEFAULT_LIFETIME,
    *,
    role: Role = Role.DEEP,
) -> Login:
    """Return a session that the owner has yet to sign, at any time before it ends; see `signed_deep`.

    The arguments are those of `login_deep`.

    Raises:
        DelegationMalformed: `device` or `lifetime` is out of range.
    """
    return _unsigned(facts, domain, role, device, now, lifetime)


def signed_deep(
    asked: Login,
    signature: bytes,
    facts: NumberFacts,
    now: Wall,
    *,
    signer: str | None = None,
    contracts: Contracts | None = None,
) -> Login:
    """Return the session `asked` with the owner's `signature`; see `signed_delegation`."""
    signed = signed_delegation(
        asked.delegation, asked.domain, signature, facts, now, signer=signer, contracts=contracts
    )
    return replace(asked, delegation=signed)


def signed_delegation(
    asked: Delegation,
    domain: Domain,
    signature: bytes,
    facts: NumberFacts,
    now: Wall,
    *,
    signer: str | None = None,
    contracts: Contracts | None = None,
) -> Delegation:
    """Return the delegation `asked` with the owner's `signature`, once it is sure that nodes take it.

    What a wallet signed before it was deployed (ERC-6492) is taken out of its wrapper.

    Args:
        facts: what the chain says of the number now.
        signer: the account that was to sign, for an error.
        contracts: what to ask about contracts; without it an owner that is a contract cannot log in.

    Raises:
        NotHolder: the owner did not sign this, or cannot be asked because it is not deployed yet, or the number
            changed hands or ended its sessions since.
        LoginExpired: the session would have ended by now.
        DelegationMalformed: the signature is too long.
        TelError: the chain cannot be asked.
    """
    delegation = replace(asked, signature=erc6492.unwrapped(signature))
    if (delegation.number, delegation.epoch, delegation.session) != (
        facts.number,
        facts.epoch,
        facts.session,
    ):
        raise NotHolder(
            f"{facts.number} changed hands, or ended its sessions, since this was asked for: ask anew"
        )
    if delegation.expiry <= now:
        raise LoginExpired(f"the session that was asked for ended at {delegation.expiry}: ask anew")
    delegation.encode()
    digest = delegation.typed(domain).digest
    found = secp256k1.recover(digest, delegation.signature)
    signed_by = None if found is None else secp256k1.checksum(found)
    # The key first, and then the contract: an account may be both (EIP-7702), and nodes judge in this order.
    if signed_by == facts.owner:
        return delegation
    if contracts is None or not contracts.is_contract(facts.owner):
        if erc6492.is_wrapped(signature):
            raise NotHolder(f"{facts.owner}: {erc6492.NOT_DEPLOYED}")
        raise NotHolder(
            f"{facts.number} is held by {facts.owner}, and the signature is "
            f"{f'that of {signed_by}' if signed_by else 'no signature of a key'}: "
            "choose the owner's account in the wallet"
        )
    if not contracts.is_valid_signature(facts.owner, digest, delegation.signature):
        raise NotHolder(
            f"{facts.number} is held by the contract {facts.owner}, which does not take the signature of "
            f"{signed_by or signer or 'this wallet'}: sign with a key that it knows; where it wants several, or a "
            "form of its own, let its own program sign: --request FILE, then --signature FILE"
        )
    return delegation


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
        raise wrong_password()
    key = light.derive(password, domain, facts.number, facts.epoch, facts.kdf)
    return open_light(key, facts, domain, device, now, lifetime)


def open_light(
    key: light.LightKey,
    facts: NumberFacts,
    domain: Domain,
    device: str,
    now: Wall,
    lifetime: int = DEFAULT_LIFETIME,
) -> Login:
    """Open a session by a light key, however that was made.

    Raises:
        WrongPassword: it is not the key whose hash the chain has.
        DelegationMalformed: see `login_deep`.
    """
    if facts.credential is None or not hmac.compare_digest(key.credential, facts.credential):
        raise wrong_password()
    unsigned = _unsigned(facts, domain, Role.LIGHT, device, now, lifetime)
    return replace(unsigned, delegation=unsigned.delegation.signed_by(key, domain))


def wrong_password() -> WrongPassword:
    """Return the refusal that says nothing of what was wrong."""
    return WrongPassword(
        "the number or the password is wrong, or the number has no password: set one with `telsdk credential set`"
    )


def _unsigned(facts: NumberFacts, domain: Domain, role: Role, device: str, now: Wall, lifetime: int) -> Login:
    key = SessionKey.generate()
    delegation = Delegation(
        number=facts.number,
        epoch=facts.epoch,
        session=facts.session,
        session_key=key.public_bytes,
        role=role,
        device=device,
        not_before=int(now),
        expiry=int(now) + lifetime,
    )
    # Encode once before signing: a field out of range is refused before the wallet asks the person.
    delegation.encode()
    return Login(facts.number, facts.name, domain, delegation, key)
