"""Hear of it when a number changes hands: python -m examples.watch_sales"""

from __future__ import annotations

import asyncio
from decimal import Decimal

import telsdk
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.rollout import deploy
from telsdk.follow import Follower

NUMBER = telsdk.Number(5551234)


def sell(alice: telsdk.Client, bob: telsdk.Client) -> None:
    """Alice offers the number, and Bob takes it. Blocks, as all that writes to the chain."""
    alice.market.list(NUMBER, Decimal("1.5"))
    offer = bob.market.offer(NUMBER)
    assert offer is not None
    print(f"{NUMBER} is for sale at {offer.price} ether")
    bob.market.buy(offer)


async def main() -> None:
    chain = EmbeddedChain()
    deployment = deploy(chain.w3, chain.accounts[0], name="example")
    alice, bob = (telsdk.Client(chain.w3, deployment, account) for account in chain.accounts[1:3])
    names: dict[str, str] = {chain.accounts[1].address: "Alice", chain.accounts[2].address: "Bob"}
    owners: dict[telsdk.Number, str] = {}

    with telsdk.ChainIndex(alice) as index:

        def changed(numbers: frozenset[telsdk.Number]) -> None:
            """Look what is new: called on the event loop, and nothing here waits for the chain."""
            for number in numbers:
                facts = index.number(number)
                if facts is not None and facts.owner != owners.get(number):
                    owners[number] = facts.owner
                    print(f"{number} belongs to {names[facts.owner]} now")

        follower = Follower(index, changed, interval=0.1)
        await follower.start()
        await asyncio.to_thread(alice.buy_number, NUMBER, wait=chain.advance_time)
        await follower.next_look()
        await asyncio.to_thread(sell, alice, bob)
        await follower.next_look()
        await follower.stop()


asyncio.run(main())
