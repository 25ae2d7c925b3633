"""NumberMarket: sold as seen, or not at all."""

from __future__ import annotations

import pytest

from tests.contracts.evm import Reverted
from tests.contracts.suite import ETHER, NUMBER, ZERO, Suite


def test_a_number_is_sold_and_the_seller_takes_the_price(owned: Suite) -> None:
    alice, bob = owned.alice.address, owned.bob.address
    fingerprint = owned.list(alice)
    assert owned.market.read("listing", NUMBER) == (ETHER, True)
    result = owned.market.send("buy", NUMBER, ETHER, fingerprint, sender=bob, value=ETHER)
    assert result.event("Bought") == {"number": NUMBER, "seller": alice, "buyer": bob, "price": ETHER}
    assert owned.registry.read("ownerOf", NUMBER) == bob
    assert owned.market.read("listing", NUMBER) == (0, False)
    assert owned.market.read("owed", alice) == ETHER
    before = owned.chain.balance(alice)
    owned.market.send("withdraw", sender=alice)
    assert owned.chain.balance(alice) - before == ETHER
    with pytest.raises(Reverted, match="NothingOwed"):
        owned.market.send("withdraw", sender=alice)


def test_a_listing_needs_the_owner_and_his_approval(owned: Suite) -> None:
    with pytest.raises(Reverted, match="NotOwner"):
        owned.market.send("list", NUMBER, ETHER, sender=owned.bob.address)
    with pytest.raises(Reverted) as refused:
        owned.market.send("list", NUMBER, ETHER, sender=owned.alice.address)
    assert (refused.value.name, refused.value.values) == ("MarketNotApproved", (NUMBER,))


@pytest.mark.parametrize("price", [0, 2**128, 2**256 - 1])
def test_prices_have_a_range(owned: Suite, price: int) -> None:
    with pytest.raises(Reverted) as refused:
        owned.list(owned.alice.address, price=price)
    assert (refused.value.name, refused.value.values) == ("PriceOutOfRange", (price,))


def test_the_highest_price_is_kept_whole(owned: Suite) -> None:
    owned.list(owned.alice.address, price=2**128 - 1)
    assert owned.market.read("listing", NUMBER) == (2**128 - 1, True)


def test_the_buyer_names_what_he_saw(owned: Suite) -> None:
    alice, bob = owned.alice.address, owned.bob.address
    fingerprint = owned.list(alice)
    for price, seen, paid, error in [
        (ETHER - 1, fingerprint, ETHER - 1, "PriceDiffers"),
        (ETHER, bytes(32), ETHER, "FingerprintDiffers"),
        (ETHER, fingerprint, ETHER - 1, "WrongPayment"),
        (ETHER, fingerprint, ETHER + 1, "WrongPayment"),
    ]:
        with pytest.raises(Reverted, match=error):
            owned.market.send("buy", NUMBER, price, seen, sender=bob, value=paid)
    assert owned.registry.read("ownerOf", NUMBER) == alice


def test_the_owner_does_not_buy_his_own(owned: Suite) -> None:
    fingerprint = owned.list(owned.alice.address)
    with pytest.raises(Reverted, match="BuyerIsOwner"):
        owned.market.send("buy", NUMBER, ETHER, fingerprint, sender=owned.alice.address, value=ETHER)


def test_a_cancelled_listing_is_gone(owned: Suite) -> None:
    alice = owned.alice.address
    fingerprint = owned.list(alice)
    with pytest.raises(Reverted, match="NotOwner"):
        owned.market.send("cancel", NUMBER, sender=owned.mallory.address)
    owned.market.send("cancel", NUMBER, sender=alice)
    assert owned.market.read("listing", NUMBER) == (0, False)
    with pytest.raises(Reverted, match="NotListed"):
        owned.market.send("buy", NUMBER, ETHER, fingerprint, sender=owned.bob.address, value=ETHER)
    with pytest.raises(Reverted, match="NotListed"):
        owned.market.send("cancel", NUMBER, sender=alice)


def test_what_was_never_listed_is_not_for_sale(suite: Suite) -> None:
    assert suite.market.read("listing", NUMBER) == (0, False)
    with pytest.raises(Reverted, match="NotListed"):
        suite.market.send("buy", NUMBER, 0, bytes(32), sender=suite.bob.address)


def test_an_operators_approval_lists_too(owned: Suite) -> None:
    alice = owned.alice.address
    owned.registry.send("setApprovalForAll", owned.market.address, True, sender=alice)
    owned.market.send("list", NUMBER, ETHER, sender=alice)
    fingerprint = owned.fingerprint()
    owned.market.send("buy", NUMBER, ETHER, fingerprint, sender=owned.bob.address, value=ETHER)
    assert owned.registry.read("ownerOf", NUMBER) == owned.bob.address


def test_another_operators_approval_leaves_a_listing_alive(owned: Suite) -> None:
    owned.list(owned.alice.address)
    owned.registry.send("setApprovalForAll", owned.bob.address, True, sender=owned.alice.address)
    assert owned.market.read("listing", NUMBER) == (ETHER, True)


def test_proceeds_add_up(owned: Suite) -> None:
    alice, bob = owned.alice.address, owned.bob.address
    owned.register(alice, NUMBER + 1)
    for number in (NUMBER, NUMBER + 1):
        fingerprint = owned.list(alice, number)
        owned.market.send("buy", number, ETHER, fingerprint, sender=bob, value=ETHER)
    assert owned.market.read("owed", alice) == 2 * ETHER == owned.chain.balance(owned.market.address)


def test_a_withdrawn_approval_kills_the_listing(owned: Suite) -> None:
    owned.list(owned.alice.address)
    owned.registry.send("approve", ZERO, NUMBER, sender=owned.alice.address)
    assert owned.market.read("listing", NUMBER) == (ETHER, False)


def test_listing_cancelling_and_paying_out_are_told(owned: Suite) -> None:
    alice, bob, market = owned.alice.address, owned.bob.address, owned.market
    owned.registry.send("approve", market.address, NUMBER, sender=alice)
    listed = market.send("list", NUMBER, ETHER, sender=alice)
    assert listed.event("Listed") == {"number": NUMBER, "epoch": 1, "price": ETHER, "seller": alice}
    assert market.send("cancel", NUMBER, sender=alice).event("Cancelled") == {"number": NUMBER}
    market.send("buy", NUMBER, ETHER, owned.list(alice), sender=bob, value=ETHER)
    paid = market.send("withdraw", sender=alice)
    assert paid.event("Withdrawn") == {"account": alice, "amount": ETHER}
