"""NumberMarket: numbers for sale at a fixed price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from telsdk.chain import revert
from telsdk.chain.access import Batch, Read, Receipt, Session
from telsdk.chain.contracts.base import Contract
from telsdk.chain.contracts.registry import NumberRegistry
from telsdk.chain.errors import ContractRefused
from telsdk.chain.inputs import of_kind
from telsdk.chain.units import ether, wei
from telsdk.directory import Domain
from telsdk.number import Number


@dataclass(frozen=True, slots=True)
class Offer:
    """A number for sale, as the buyer saw it."""

    number: Number
    price: Decimal  # ether
    seller: str  # EIP-55 address
    fingerprint: bytes  # of all about the number that matters to a buyer (ERC-5646)


class NumberMarket(Contract):
    """The market. It has no escrow: the seller keeps the number until it is bought."""

    NAME = "NumberMarket"

    def __init__(self, session: Session, address: str, domain: Domain, registry: NumberRegistry) -> None:
        super().__init__(session, address, domain)
        self._registry = registry

    def offer(self, number: Number, block: int | None = None) -> Offer | None:
        """Return the offer of `number`, or None when it is not for sale."""
        with Batch(self.session, block) as batch:
            price = batch.add(self.price_read(number))
            custody = batch.add(self._registry.custody_read(number))
            fingerprint = batch.add(self._registry.fingerprint_read(number))
        asked = price.get()
        # If nobody holds the number, the other two answers are refusals.
        return None if asked is None else Offer(number, asked, custody.get().owner, fingerprint.get())

    def price_read(self, number: Number) -> Read[Decimal | None]:
        """Return the question for the price of `number` in ether, None when it is not for sale, for a batch."""
        return self.later("listing", number, parse=lambda answer: ether(answer[0]) if answer[1] else None)

    def list(self, number: Number, price: Decimal) -> Receipt:
        """Offer `number` for `price` ether, or change its price. Approve the market first, where that is needed.

        Raises:
            revert.NotOwner: the number is not this account's.
            revert.PriceOutOfRange: `price` is zero, or enormous.
        """
        try:
            return self.write("list", number, wei(price))
        except ContractRefused as refusal:
            if not isinstance(refusal, revert.MarketNotApproved):
                raise
        self._registry.approve_market(number, self.address)
        return self.write("list", number, wei(price))

    def cancel(self, number: Number) -> Receipt:
        """Take the offer back.

        Raises:
            revert.NotOwner: the number is not this account's.
            revert.NotListed: the number is not offered.
        """
        return self.write("cancel", number)

    def buy(self, offer: Offer) -> Receipt:
        """Buy the number, if all is still as it was when `offer` was seen.

        Raises:
            revert.NotListed, revert.PriceDiffers, revert.FingerprintDiffers: it is not. Nothing was paid.
            revert.BuyerIsOwner: the number is this account's own.
        """
        of_kind(offer, Offer, "offer")
        price = wei(offer.price)
        return self.write("buy", offer.number, price, offer.fingerprint, value=price)

    def owed(self, account: str) -> Decimal:
        """Return what `account` may withdraw, in ether."""
        return ether(self.read("owed", account))

    def withdraw(self) -> Receipt:
        """Withdraw what this account is owed for numbers that it sold.

        Raises:
            revert.NothingOwed: nothing is owed.
        """
        return self.write("withdraw")
