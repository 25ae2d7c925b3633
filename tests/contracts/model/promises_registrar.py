"""What NumberRegistrar promises."""

from __future__ import annotations

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.contracts.evm import CHAIN_ID
from tests.contracts.model.promises import promise
from tests.contracts.model.world import Step, World

CAPS = {5: 10**19, 6: 3 * 10**18, 7: 10**18, 8: 3 * 10**17, 9: 10**17, 10: 10**16}
"""The highest price by digits, in wei."""


@promise(
    "G1",
    "A reveal needs a commitment to this chain, registrar, owner, number, secret and ceiling, made 60 s to 24 h "
    "before; the number goes to that owner.",
    "NumberRegistrar.register",
)
def _(world: World, step: Step) -> None:
    number, owner, secret, ceiling = step.args
    registrar = world.suite.registrar.address
    words = ["uint256", "address", "address", "uint256", "bytes32", "uint256"]
    bound = keccak(encode(words, [CHAIN_ID, registrar, owner, number, secret, ceiling]))
    assert 60 <= step.time - step.before.commitments[bound] <= 86_400
    assert step.after.owner_of(number) == owner


@promise("G2", "A commitment serves one reveal, and one that stands is not made again.", "NumberRegistrar.*")
def _(world: World, step: Step) -> None:
    before, after = step.before.commitments, step.after.commitments
    if step.function == "register":
        assert len(before) - len(after) == 1
    elif step.function == "commit":
        assert step.time > before.get(step.args[0], -1) + 86_400 or step.args[0] not in before
    else:
        assert before == after


@promise(
    "G3",
    "Whoever reveals pays the price of the number's length, which is at most the ceiling, and gets the rest back.",
    "NumberRegistrar.register",
)
def _(world: World, step: Step) -> None:
    number, _, _, ceiling = step.args
    price = step.before.prices[min(10, len(str(number)))]
    assert price <= ceiling
    assert step.gained(step.sender.address) == -price
    assert step.after.income - step.before.income == price


@promise("G4", "A price changes by the treasury's call only, and is never above its cap.")
def _(world: World, step: Step) -> None:
    assert all(price <= CAPS[digits] for digits, price in step.after.prices.items())
    if step.before.prices != step.after.prices:
        assert (step.function, step.sender.address) == ("setPrice", step.before.treasury)


@promise("G5", "The registrar holds the income, and gives it to the treasury and nobody else.")
def _(world: World, step: Step) -> None:
    registrar = world.suite.registrar.address
    assert step.balances[1][registrar] == step.after.income
    if step.after.income < step.before.income:
        assert step.after.income == 0
        assert step.gained(step.before.treasury) == step.before.income


@promise(
    "G6", "The treasury is another only when the treasury proposed it and the proposed account accepted."
)
def _(world: World, step: Step) -> None:
    before, after = step.before, step.after
    if (step.contract, step.function) == ("NumberRegistrar", "acceptTreasury"):
        assert step.sender.address == after.treasury == before.pending_treasury
        return
    assert before.treasury == after.treasury
    if before.pending_treasury != after.pending_treasury:
        assert (step.function, step.sender.address) == ("proposeTreasury", before.treasury)
