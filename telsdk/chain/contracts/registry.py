"""NumberRegistry: who holds which number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from telsdk.chain import inputs
from telsdk.chain.access import PERMIT_LIFETIME, Block, Permit, PermitData, Read, Receipt
from telsdk.chain.contracts.base import SigningContract
from telsdk.chain.interface import NOBODY
from telsdk.errors import NotFound
from telsdk.number import Number


@dataclass(frozen=True, slots=True)
class Custody:
    """The holder of a number, and its two counters."""

    owner: str  # EIP-55 address
    epoch: int
    session: int


class NumberRegistry(SigningContract):
    """The registry, an ERC-721 contract. A number's token id is its integer value."""

    NAME = "NumberRegistry"

    def custody(self, number: Number, block: Block = "latest") -> Custody:
        """Return the custody of `number`.

        Raises:
            NotFound: nobody holds it.
        """
        return self.ask(self.custody_read(number), block)

    def custody_read(self, number: Number) -> Read[Custody]:
        """Return the question of `custody`, for a batch."""

        def parse(answer: tuple[str, int, int]) -> Custody:
            if answer[0] == NOBODY:
                raise NotFound(f"nobody holds {number}: buy it with `telsdk number buy-new {number}`")
            return Custody(*answer)

        return self.later("custodyOf", number, parse=parse)

    def balance(self, account: str) -> int:
        """Return how many numbers `account` holds."""
        return int(self.read("balanceOf", account))

    def fingerprint(self, number: Number, block: Block = "latest") -> bytes:
        """Return a value that changes whenever anything changes that matters to a buyer (ERC-5646)."""
        return self.ask(self.fingerprint_read(number), block)

    def fingerprint_read(self, number: Number) -> Read[bytes]:
        """Return the question of `fingerprint`, for a batch."""
        return self.later("getStateFingerprint", number, parse=bytes)

    def token_uri(self, number: Number) -> str:
        """Return the number's card: a data URI of JSON, with an SVG image in it."""
        return str(self.read("tokenURI", number))

    def transfer(self, number: Number, to: str) -> Receipt:
        """Give `number` to `to`. A new epoch begins, and all records are void.

        Raises:
            NotFound: nobody holds it.
            revert.ERC721InsufficientApproval: this account may not give it.
            revert.ERC721InvalidReceiver: `to` is a contract that takes no numbers.
        """
        inputs.account(to, "to")
        owner = self.custody(number).owner
        return self.write("safeTransferFrom(address,address,uint256)", owner, to, number)

    def permit_move(self, number: Number, lifetime: timedelta = PERMIT_LIFETIME) -> Permit:
        """Sign this account's consent to receive `number` from its present owner. Only the owner can `relay` it.

        Raises:
            NotFound: nobody holds it.
        """
        number = inputs.number(number)
        custody = self.custody(number)
        to = self.session.signer().address
        deadline = self.session.deadline(lifetime)
        data = PermitData(
            "Move",
            (
                *(("number", "uint256"), ("from", "address"), ("to", "address")),
                *(("epoch", "uint64"), ("nonce", "uint256"), ("deadline", "uint256")),
            ),
            {
                "number": int(number),
                "from": custody.owner,
                "to": to,
                "epoch": custody.epoch,
                "nonce": self.nonce(to),
                "deadline": deadline,
            },
        )
        return self._permit("moveTo", (int(number), to), data, deadline)

    def approve_market(self, number: Number, market: str) -> Receipt:
        """Let the contract `market` sell `number`."""
        return self.write("approve", market, number)

    def revoke_sessions(self, number: Number) -> Receipt:
        """End all sessions of `number`, on every device. Records stay."""
        return self.write("revokeSessions", number)

    def permit_revoke_sessions(self, number: Number, lifetime: timedelta = PERMIT_LIFETIME) -> Permit:
        """Sign a permit by which anyone can end all sessions of `number`.

        Raises:
            NotFound: nobody holds it.
        """
        number = inputs.number(number)
        custody = self.custody(number)
        deadline = self.session.deadline(lifetime)
        data = PermitData(
            "RevokeSessions",
            (
                *(("number", "uint256"), ("epoch", "uint64"), ("session", "uint64")),
                *(("nonce", "uint256"), ("deadline", "uint256")),
            ),
            {
                "number": int(number),
                "epoch": custody.epoch,
                "session": custody.session,
                "nonce": self.nonce(self.session.signer().address),
                "deadline": deadline,
            },
        )
        return self._permit("revokeSessionsFor", (int(number),), data, deadline)
