"""Buy a number that nobody holds: commit, wait, reveal.

The secret of the commitment is made from the buyer's key. So a buyer whose machine is lost in between only has to buy
again: the same key, number and highest price make the same commitment.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from eth_utils.crypto import keccak

from telsdk.chain import inputs
from telsdk.chain.access import Account, PermitData, Receipt, Session
from telsdk.chain.contracts import NumberRegistrar, NumberRegistry
from telsdk.chain.errors import ClockStopped, NumberTaken, PriceTooHigh
from telsdk.chain.units import ether, moment, wei
from telsdk.directory import Domain, Head
from telsdk.errors import NotFound
from telsdk.number import Number

Wait = Callable[[float], object]  # lets so many seconds pass

_LOOKS = 600  # looks at the chain's clock before it counts as stopped
_PATIENCE = 1.0  # seconds between two looks, at least


class Buyer(Protocol):
    """What a purchase asks of the chain. `telsdk.chain.client.Client` answers it."""

    @property
    def session(self) -> Session: ...

    @property
    def domain(self) -> Domain: ...

    @property
    def registry(self) -> NumberRegistry: ...

    @property
    def registrar(self) -> NumberRegistrar: ...

    def head(self, block: int | None = None) -> Head: ...


def secret(domain: Domain, account: Account, number: Number, owner: str) -> bytes:
    """Return the secret with which `account` buys `number` for `owner`, the same each time.

    eth-account signs deterministically (RFC 6979). A wallet that does not can buy, but cannot resume a purchase.
    """
    data = PermitData(
        "PurchaseSecret",
        (("number", "uint256"), ("owner", "address")),
        {"number": int(number), "owner": owner},
    )
    return keccak(data.sign(domain, account))


def buy_number(
    client: Buyer,
    number: Number,
    owner: str | None = None,
    max_price: Decimal | None = None,
    wait: Wait = time.sleep,
) -> Receipt:
    """Buy `number` for `owner`, by default this account, for at most `max_price` ether, by default its price now.

    `wait` lets time pass: a development chain's `advance_time`, or `time.sleep`. A purchase that was cut off
    goes on where it was.

    Raises:
        NumberTaken: somebody holds it. Nothing was sent.
        PriceTooHigh: it costs more than `max_price`. Nothing was sent.
        revert.ERC721InvalidSender: somebody was quicker.
        ClockStopped: the chain's blocks have stopped; the purchase goes on when it is called again.
        TransactionError: what became of a transaction that was sent is not known; it has the hash.
    """
    account = client.session.signer()
    number = inputs.number(number)
    owner = account.address if owner is None else inputs.account(owner, "owner")
    if max_price is not None:
        max_price = ether(wei(max_price))
    max_price = _check(client, number, max_price)
    key = secret(client.domain, account, number, owner)
    since = _commit(client, client.registrar.commitment(number, owner, key, max_price))
    _wait_until(client, since + client.registrar.min_commit_age(), wait)
    return client.registrar.register(number, owner, key, max_price)


def _check(client: Buyer, number: Number, max_price: Decimal | None) -> Decimal:
    """Return the highest price to commit to."""
    with suppress(NotFound):
        owner = client.registry.custody(number).owner
        raise NumberTaken(f"{number} is held by {owner}: see `telsdk lookup {number}`, or choose another")
    price = client.registrar.price(number)
    if max_price is not None and price > max_price:
        raise PriceTooHigh(f"{number} costs {price} ether, more than {max_price}: allow more")
    return price if max_price is None else max_price


def _commit(client: Buyer, commitment: bytes) -> datetime:
    """Return when the commitment was made, by the chain's clock: now, or by an earlier run."""
    registrar = client.registrar
    since = registrar.committed_at(commitment)
    if since is None or since + registrar.max_commit_age() < moment(client.session.clock()):
        receipt = registrar.commit(commitment)
        since = moment(client.head(receipt.block).timestamp)
    return since


def _wait_until(client: Buyer, ready: datetime, wait: Wait) -> None:
    for _ in range(_LOOKS):
        left = (ready - moment(client.session.clock())).total_seconds()
        if left <= 0:
            return
        wait(max(left, _PATIENCE))
    raise ClockStopped(
        "the chain's clock does not get on: its blocks have stopped; ask again later, the purchase will go on"
    )
