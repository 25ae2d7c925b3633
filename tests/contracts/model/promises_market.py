"""What NumberMarket promises."""

from __future__ import annotations

from collections import Counter

from tests.contracts.model.promises import promise
from tests.contracts.model.world import Step, World


@promise("M1", "What is for sale is its seller's, and the market may transfer it.")
def _(world: World, step: Step) -> None:
    market = world.suite.market
    for number, seller in step.after.live.items():
        assert market.read("listing", number)[1]
        assert step.after.owner_of(number) == seller
        assert step.after.may_transfer(number, market.address)


@promise("M2", "Only the owner lists a number or takes it back.", "NumberMarket.list", "NumberMarket.cancel")
def _(world: World, step: Step) -> None:
    assert step.sender.address == step.before.owner_of(step.args[0])


@promise(
    "M3",
    "A purchase goes through only at the price listed, named and paid, with the fingerprint that the number has; "
    "the buyer gets the number and the seller is owed the price.",
    "NumberMarket.buy",
)
def _(world: World, step: Step) -> None:
    number, price, _ = step.args
    seller = step.before.live[number]
    assert step.before.asked[number] == price == step.value == -step.gained(step.sender.address)
    assert seller == step.before.owner_of(number) != step.sender.address == step.after.owner_of(number)
    assert step.after.owed - step.before.owed == {seller: price}


@promise("M4", "A listing that is dead comes to life by the owner's listing only.")
def _(world: World, step: Step) -> None:
    for number in step.after.live.keys() - step.before.live.keys():
        assert (step.contract, step.function, step.args[0]) == ("NumberMarket", "list", number)


@promise("M5", "The market holds exactly what it owes.")
def _(world: World, step: Step) -> None:
    market = world.suite.market
    owed = sum(market.read("owed", actor.address) for actor in world.actors)
    assert step.balances[1][market.address] == owed == sum(step.after.owed.values())


@promise(
    "M6",
    "What is owed to an account goes to that account, all of it, and to no other.",
    "NumberMarket.withdraw",
)
def _(world: World, step: Step) -> None:
    account = step.sender.address
    assert step.gained(account) == step.before.owed[account] > 0
    assert step.after.owed == Counter({**step.before.owed, account: 0})
