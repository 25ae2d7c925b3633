"""An RPC that lies about blocks: what it says is believed as far as it stands by it, and nothing is kept of a lie.

Whoever follows a chain by one RPC believes what that says the newest block is, and which events are in the blocks; see
docs/architecture.md. It cannot mix two chains, and a lie about one block ends with the next honest answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from telsdk.chain.client import Client
from telsdk.chain.deployments import Deployment
from telsdk.chain.embedded import EmbeddedChain
from telsdk.chain.events import Event
from telsdk.directory import Head
from telsdk.uc.trust import Trust
from tests.attacks.test_revocation import judged
from tests.chainnetwork import ChainNetwork
from tests.network import ALICE, BOB

OTHER = b"\xee" * 32
Lie = Callable[[Head, int | None], Head]


def of_another_newest_block(head: Head, asked: int | None) -> Head:
    return head if asked not in (None, head.number) else replace(head, hash=OTHER)


def of_another_newest_block_until_asked_again(head: Head, asked: int | None) -> Head:
    return replace(head, hash=OTHER) if asked is None else head


def of_other_blocks_before(head: Head, asked: int | None) -> Head:
    return head if asked is None else replace(head, hash=OTHER)


def of_an_older_newest_block(head: Head, asked: int | None) -> Head:
    return replace(head, number=head.number - 3) if asked is None else head


def of_a_block_to_come(head: Head, asked: int | None) -> Head:
    return replace(head, number=head.number + 5, hash=OTHER) if asked is None else head


@dataclass
class Liar:
    """All RPCs of a network: honest, but for what `lie` makes of a block."""

    lie: Lie | None = None
    told: int = 0
    clients: list[Client] = field(default_factory=list)

    def source(self, client: Client) -> LyingSource:
        return LyingSource(client, self)


class LyingSource:
    """One of them."""

    def __init__(self, client: Client, liar: Liar) -> None:
        self._client = client
        self._liar = liar
        self.deployment = client.deployment
        self.is_valid_signature = client.is_valid_signature
        self.name_stands = client.name_stands

    def head(self, block: int | None = None) -> Head:
        head = self._client.head(block)
        if self._liar.lie is None:
            return head
        self._liar.told += 1
        return self._liar.lie(head, block)

    def events(self, first: int, last: int) -> list[Event]:
        return self._client.events(first, last)


@pytest.mark.parametrize(
    "lie",
    [
        of_another_newest_block,
        of_another_newest_block_until_asked_again,
        of_other_blocks_before,
        of_an_older_newest_block,
        of_a_block_to_come,
    ],
    ids=lambda lie: lie.__name__,
)
async def test_a_lie_about_a_block_ends_no_right_gives_none_and_is_forgotten(
    chain: EmbeddedChain, deployment: Deployment, lie: Lie
) -> None:
    liar = Liar()
    async with ChainNetwork(chain, deployment, nodes=1, source=liar.source) as network:
        seller = network.settle(1, ALICE)
        network.settle(2, BOB)
        await network.taken_in()
        alice, bob = await network.user(network.deep(1, ALICE)), await network.user(network.deep(2, BOB))
        with network.phone(ALICE, node=0) as phone:
            assert (await phone.register()).status == 200
            bound = len(network.nodes[0].registrar.bindings(str(ALICE)))

            liar.lie = lie
            chain.mine(1)
            async with asyncio.timeout(30):
                while liar.told < 5 * len(network.followers):  # noqa: ASYNC110 - everybody, again and again
                    await asyncio.sleep(0.05)
            assert len(network.nodes[0].registrar.bindings(str(ALICE))) == bound == 2
            assert (alice.ended, judged(bob, alice).trust) == (None, Trust.VERIFIED)

            liar.lie = None
            block = await asyncio.to_thread(
                lambda: seller.registry.transfer(ALICE, chain.accounts[3].address).block
            )
            await network.taken_in()
            for party in (*network.followers,):
                assert party._directory.head == seller.head()
            assert seller.head().number == block
            assert network.nodes[0].registrar.bindings(str(ALICE)) == []
            assert judged(bob, alice).trust is Trust.REFUSED
            assert (await phone.register()).status != 200
