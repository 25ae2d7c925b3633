"""NumberMarket as the SDK shows it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from telsdk.chain import revert
from telsdk.chain.client import Client
from telsdk.chain.contracts import Custody, Offer
from tests.chain.actors import NUMBER, me

PRICE = Decimal("1.5")


def offered(seller: Client, buyer: Client) -> Offer:
    seller.market.list(NUMBER, PRICE)
    offer = buyer.market.offer(NUMBER)
    assert offer is not None
    return offer


def test_a_sale_gives_the_number_to_the_buyer_and_the_price_to_the_seller(alice: Client, bob: Client) -> None:
    offer = offered(alice, bob)
    assert (offer.number, offer.price, offer.seller) == (NUMBER, PRICE, me(alice))
    bob.market.buy(offer)
    assert bob.registry.custody(NUMBER) == Custody(me(bob), epoch=2, session=0)
    assert bob.market.owed(me(alice)) == PRICE
    before = alice.balance()
    alice.market.withdraw()
    assert Decimal("1.49") < alice.balance() - before < PRICE
    with pytest.raises(revert.NothingOwed):
        alice.market.withdraw()


def test_the_price_can_be_changed(alice: Client) -> None:
    alice.market.list(NUMBER, PRICE)
    receipt = alice.market.list(NUMBER, PRICE * 2)
    assert receipt.event("Listed").args["price"] == 3 * 10**18


def test_an_offer_is_refused_when_anything_changed_since_it_was_seen(alice: Client, bob: Client) -> None:
    offer = offered(alice, bob)
    alice.registry.revoke_sessions(NUMBER)
    with pytest.raises(revert.FingerprintDiffers, match="look again"):
        bob.market.buy(offer)
    alice.market.list(NUMBER, PRICE * 2)
    with pytest.raises(revert.PriceDiffers, match=r"5551234 costs 3 ether, not 1\.5"):
        bob.market.buy(offer)
    assert alice.registry.custody(NUMBER).owner == me(alice)


def test_a_withdrawn_offer_is_none(alice: Client, bob: Client) -> None:
    offer = offered(alice, bob)
    alice.market.cancel(NUMBER)
    assert bob.market.offer(NUMBER) is None
    with pytest.raises(revert.NotListed):
        bob.market.buy(offer)


def test_what_is_not_for_sale_is_no_offer(alice: Client, bob: Client) -> None:
    assert bob.market.offer(NUMBER) is None
    with pytest.raises(revert.NotOwner):
        bob.market.list(NUMBER, PRICE)
    assert alice.market.offer(NUMBER) is None


def test_nobody_buys_his_own(alice: Client) -> None:
    with pytest.raises(revert.BuyerIsOwner):
        alice.market.buy(offered(alice, alice))


def test_a_price_of_nothing_is_refused_before_the_market_is_let_in(alice: Client) -> None:
    with pytest.raises(revert.PriceOutOfRange):
        alice.market.list(NUMBER, Decimal(0))
    assert alice.registry.read("getApproved", NUMBER) == "0x" + "0" * 40


def test_a_made_up_price_is_refused(alice: Client, bob: Client) -> None:
    with pytest.raises(revert.PriceDiffers):
        bob.market.buy(replace(offered(alice, bob), price=Decimal("0.01")))
