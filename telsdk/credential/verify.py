"""Judge whether a delegation holds now, by the chain's present facts.

Decoding, the elliptic curve and the hashes are done once for each delegation. The comparison with the chain is done
every time, so a sale, a changed credential or a revocation ends a session with the block that brings it.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from telsdk.clock import Wall
from telsdk.credential import erc6492, secp256k1
from telsdk.credential.bounded import keep
from telsdk.credential.delegation import Delegation, Role
from telsdk.credential.errors import (
    DelegationMalformed,
    EpochPassed,
    Expired,
    NotSignedByOwner,
    NotYetValid,
    RoleNotAllowed,
    SessionsRevoked,
    UnknownNumber,
    WalletNotDeployed,
)
from telsdk.credential.grant import Grant
from telsdk.credential.wallet import WalletAnswers
from telsdk.directory import Directory, NumberFacts
from telsdk.number import Number

CACHE_SIZE: Final = 10_000  # delegations; about 1 kB each
UNPROVEN: Final = "unproven"
"""The asker that all datagrams from where nothing was ever answered are taken for together."""
CLOCK_SKEW: Final = 30  # seconds that a device's clock may be ahead of ours


@dataclass(frozen=True, slots=True)
class Authority:
    """A session key that spoke for a number at the moment when the verifier was asked."""

    number: Number
    epoch: int
    session: int
    role: Role
    key: ec.EllipticCurvePublicKey
    delegation: Delegation
    grant: Grant  # what it rests on, to be compared with later facts

    @property
    def expiry(self) -> int:
        """When it ends, in seconds since 1970."""
        return self.delegation.expiry


@dataclass(frozen=True, slots=True)
class _Claim:
    """What is true of a delegation whatever the chain says."""

    authority: Authority
    digest: bytes
    signer: str | None  # EIP-55; None when it is no key's signature: then a contract may still take it
    credential: bytes | None  # keccak256 of the signer's address


class Verifier:
    """The judge of delegations. Its method `authority` is an `Authorise` of `telsdk.sip.auth.jws`.

    Args:
        deferred: whether to raise `WalletToAsk` rather than ask a contract wallet here, for a caller that must not
            wait for the network.
    """

    def __init__(self, directory: Directory, cache_size: int = CACHE_SIZE, *, deferred: bool = False) -> None:
        self._directory = directory
        self._size = cache_size
        self._claims: OrderedDict[str, _Claim] = OrderedDict()
        self._wallets = WalletAnswers(directory, cache_size, deferred=deferred)

    def asked_by(self, asker: str) -> Callable[[str, Wall], Authority]:
        """Return `authority` for what `asker` sent: an `Authorise` of `telsdk.sip.auth.jws`."""
        return partial(self.authority, asker=asker)

    def authority(self, text: str, now: Wall, asker: str = "") -> Authority:
        """Return for whom the delegation `text` speaks at `now`, in seconds since 1970.

        Args:
            asker: where it comes from: by that questions to contract wallets are counted. An address, or `UNPROVEN` for
                all that may be forged.

        Raises:
            DelegationError: it gives no right, or no longer. Each way to fail is a subclass.
            WalletToAsk: a contract wallet has to be asked first.
        """
        claim = self._claims.get(text)
        known = claim is not None
        if claim is None:
            claim = self._read(text)
        facts = self._directory.number(claim.authority.number)
        if facts is None:
            raise UnknownNumber(_not_signed(claim.authority.number))
        _check_counters(claim.authority, facts)
        _check_times(claim.authority.delegation, now)
        # The signer last: only this may cost a question to the chain.
        by_wallet = self._check_signer(claim, facts, now, asker)
        # Only what the owner signed gets a place in the table, so that a stranger cannot push others out of it.
        if not known:
            keep(self._claims, text, claim, self._size)
        if not by_wallet:
            return claim.authority
        return replace(claim.authority, grant=replace(claim.authority.grant, owner=facts.owner))

    def _read(self, text: str) -> _Claim:
        delegation = Delegation.decode(text)
        try:
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), delegation.session_key)
        except ValueError as error:
            raise DelegationMalformed("the delegation's session key is no point of P-256") from error
        digest = delegation.typed(self._directory.domain).digest
        signer = secp256k1.recover(digest, delegation.signature)
        address = None if signer is None else secp256k1.checksum(signer)
        credential = None if signer is None else secp256k1.keccak256(signer)
        number, epoch, session = delegation.number, delegation.epoch, delegation.session
        role = delegation.role
        grant = Grant(number, epoch, session, address, credential if role is Role.LIGHT else None)
        authority = Authority(number, epoch, session, role, key, delegation, grant)
        return _Claim(authority, digest, address, credential)

    def _check_signer(self, claim: _Claim, facts: NumberFacts, now: Wall, asker: str) -> bool:
        """Return whether a contract wallet, and not a key, stands by the signature. Raise when nobody does."""
        if claim.signer == facts.owner:
            return False
        if claim.credential and facts.credential and hmac.compare_digest(claim.credential, facts.credential):
            if claim.authority.role is not Role.LIGHT:
                raise RoleNotAllowed(
                    f"the light key of {facts.number} cannot open a {claim.authority.role} session"
                )
            return False
        signature = claim.authority.delegation.signature
        if self._wallets.accepts(facts.owner, claim.digest, signature, now, asker, claim.signer):
            return True
        if erc6492.is_wrapped(signature) and self._wallets.has_no_code(facts.owner, now):
            raise WalletNotDeployed(f"{facts.owner}: {erc6492.NOT_DEPLOYED}")
        raise NotSignedByOwner(_not_signed(facts.number))


def _check_counters(authority: Authority, facts: NumberFacts) -> None:
    if authority.epoch != facts.epoch:
        raise EpochPassed(
            f"{facts.number} changed hands: the delegation is of epoch {authority.epoch}, not {facts.epoch}"
        )
    if authority.session != facts.session:
        raise SessionsRevoked(f"the owner of {facts.number} has ended its sessions: log in again")


def _check_times(delegation: Delegation, now: Wall) -> None:
    if now >= delegation.expiry:
        raise Expired(f"the session of {delegation.number} ended at {delegation.expiry}: log in again")
    if now + CLOCK_SKEW < delegation.not_before:
        raise NotYetValid(
            f"the session of {delegation.number} begins at {delegation.not_before}: check both clocks"
        )


def _not_signed(number: Number) -> str:
    return f"the delegation is signed neither by the owner nor by the light key of {number}"
