"""NumberMarket: numbers listed and bought, and what sellers are owed."""

from __future__ import annotations

from eth_account.signers.local import LocalAccount

from benchmarks.world import ETHER, NUMBER, SECOND, THIRD, World


def listings(w: World) -> None:
    w.do(w.registry, "approve", w.market.address, NUMBER, sender=w.alice)
    w.measure("new", w.market, "list", NUMBER, ETHER, sender=w.alice)
    w.measure("new price", w.market, "list", NUMBER, 2 * ETHER, sender=w.alice)
    w.measure("own", w.market, "cancel", NUMBER, sender=w.alice)


def listings_by_whole_approval(w: World) -> None:
    w.do(w.registry, "setApprovalForAll", w.market.address, True, sender=w.alice)
    w.measure("new, market approved for all numbers", w.market, "list", NUMBER, ETHER, sender=w.alice)


def listings_over_a_dead_one(w: World) -> None:
    w.list(w.alice)
    w.do(w.registry, "transferFrom", w.alice.address, w.bob.address, NUMBER, sender=w.alice)
    w.do(w.registry, "approve", w.market.address, NUMBER, sender=w.bob)
    w.measure("over the listing of an earlier owner", w.market, "list", NUMBER, ETHER, sender=w.bob)


def sales(w: World) -> None:
    with w.undone():
        w.list(w.alice)
        _buy(w, "last number, first income of the seller, to new holder", w.bob)
    with w.undone():
        w.set_everything()
        variant = "last number with all records and name, first income of the seller, to new holder"
        _buy(w, variant, w.bob)


def sales_of_who_trades(w: World) -> None:
    for number, owner in ((SECOND, w.alice), (THIRD, w.bob)):
        w.register(owner, number)
    w.list(w.alice, SECOND)
    _buy_quietly(w, SECOND, w.bob)
    w.register(w.alice, SECOND + 1)
    w.set_everything()
    _buy(w, "one of several with all records and name, later income, to known holder", w.bob)


def income(w: World) -> None:
    w.list(w.alice)
    _buy_quietly(w, NUMBER, w.bob)
    w.measure("all", w.market, "withdraw", sender=w.alice)


def _buy(w: World, variant: str, buyer: LocalAccount) -> None:
    args = (NUMBER, ETHER, w.fingerprint())
    w.measure(variant, w.market, "buy", *args, sender=buyer, value=ETHER)


def _buy_quietly(w: World, number: int, buyer: LocalAccount) -> None:
    w.do(w.market, "buy", number, ETHER, w.fingerprint(number), sender=buyer, value=ETHER)


SCENARIOS = (
    listings,
    listings_by_whole_approval,
    listings_over_a_dead_one,
    sales,
    sales_of_who_trades,
    income,
)
