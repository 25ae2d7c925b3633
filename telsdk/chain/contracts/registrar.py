"""NumberRegistrar: how a number gets its first owner."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from telsdk.chain.access import Receipt
from telsdk.chain.contracts.base import Contract
from telsdk.chain.units import ether, moment, wei
from telsdk.number import Number


class NumberRegistrar(Contract):
    """The registrar: commit, wait, reveal. `Client.buy_number` does all three."""

    NAME = "NumberRegistrar"

    def price(self, number: Number) -> Decimal:
        """Return what `number` costs now, in ether, if nobody holds it."""
        return ether(self.read("priceOf", number))

    def min_commit_age(self) -> timedelta:
        """Return how old a commitment must be when it is revealed."""
        return timedelta(seconds=self.read("MIN_COMMIT_AGE"))

    def max_commit_age(self) -> timedelta:
        """Return how old a commitment may be when it is revealed."""
        return timedelta(seconds=self.read("MAX_COMMIT_AGE"))

    def commitment(self, number: Number, owner: str, secret: bytes, max_price: Decimal) -> bytes:
        """Return what to commit to. Only with `secret` can anybody tell from it which number is wanted."""
        return bytes(self.read("makeCommitment", number, owner, secret, wei(max_price)))

    def committed_at(self, commitment: bytes) -> datetime | None:
        """Return when `commitment` was made, by the chain's clock; None when it was not."""
        since = self.read("committedAt", commitment)
        return moment(since) if since else None

    def commit(self, commitment: bytes) -> Receipt:
        """Make the commitment.

        Raises:
            revert.AlreadyCommitted: it stands already.
        """
        return self.write("commit", commitment)

    def register(self, number: Number, owner: str, secret: bytes, max_price: Decimal) -> Receipt:
        """Reveal the commitment, pay the price, and make `owner` the first owner of `number`.

        Raises:
            revert.NotCommitted, revert.CommitmentTooNew, revert.CommitmentExpired: this is not the time.
            revert.PriceAboveCeiling: the number costs more than `max_price`.
            revert.ERC721InvalidSender: somebody was quicker.
        """
        price = self.read("priceOf", number)
        return self.write("register", number, owner, secret, wei(max_price), value=price)

    def price_cap(self, digits: int) -> Decimal:
        """Return the highest price that the code allows for so many digits (5 to 10), in ether."""
        return ether(self.read("priceCap", digits))

    def set_price(self, digits: int, price: Decimal) -> Receipt:
        """Set the price of numbers of so many digits; 10 stands for longer ones too. The treasury's call."""
        return self.write("setPrice", digits, wei(price))

    def withdraw(self) -> Receipt:
        """Send the income to the treasury."""
        return self.write("withdraw")

    def treasury(self) -> str:
        """Return the account that gets the income and sets prices."""
        return str(self.read("treasury"))

    def propose_treasury(self, account: str) -> Receipt:
        """Offer the office of treasury to `account`. The treasury's call."""
        return self.write("proposeTreasury", account)

    def accept_treasury(self) -> Receipt:
        """Take the office over. The proposed account's call."""
        return self.write("acceptTreasury")
