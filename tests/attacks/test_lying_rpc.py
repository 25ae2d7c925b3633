"""An RPC that lies about blocks: what it says is believed as far as it stands by it, and nothing is kept of a lie.

Whoever follows a chain by one RPC believes what that says the newest block is, and which events are in the blocks; see
docs/architecture.md. It cannot mix two chains, and a lie about one block ends with the next honest answer. Where a
witness is asked besides (`telsdk.chain.index.witness`), no event can be invented or kept back either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.index import Witnessed
from telsdk.chain.interface import ChainEvent, Deployment, Header
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
    invented: list[tuple[str, dict[str, object]]] = field(
        default_factory=list
    )  # of the registry, in every block
    clients: list[Client] = field(default_factory=list)

    def source(self, client: Client) -> LyingSource:
        return LyingSource(client, self)


class LyingSource:
    """One of them."""

    def __init__(self, client: Client, liar: Liar) -> None:
        self._client = client
        self._liar = liar
        self.deployment = client.deployment
        self.check = client.check
        self.is_contract = client.is_contract
        self.is_valid_signature = client.is_valid_signature
        self.names_stand = client.names_stand

    def header(self, block: int | bytes | None = None) -> Header:
        header = self._client.header(block)
        if self._liar.lie is None:
            return header
        self._liar.told += 1
        height = header.number if isinstance(block, bytes) else block
        return replace(header, head=self._liar.lie(header.head, height))

    def events(self, first: int, last: int) -> list[ChainEvent]:
        told = self._client.events(first, last)
        if not self._liar.invented:
            return told
        self._liar.told += 1
        return told + self._invented(self._client.head(last))

    def events_in(self, block: Header) -> list[ChainEvent]:
        told = self._client.events_in(block)
        return told + self._invented(block.head) if self._liar.invented else told

    def _invented(self, block: Head) -> list[ChainEvent]:
        return [
            ChainEvent("NumberRegistry", name, args, block.number, 1_000 + place, block.hash)
            for place, (name, args) in enumerate(self._liar.invented)
        ]


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


async def test_a_sale_that_an_rpc_invents_takes_nothing_from_anybody_where_a_witness_is_asked(
    chain: EmbeddedChain, deployment: Deployment
) -> None:
    liar, mallory = Liar(), chain.accounts[4]

    def source(client: Client) -> Witnessed:
        return Witnessed(liar.source(client), [client])

    async with ChainNetwork(chain, deployment, nodes=1, source=source) as network:
        seller = network.settle(1, ALICE)
        network.settle(2, BOB)
        await network.taken_in()
        alice, bob = await network.user(network.deep(1, ALICE)), await network.user(network.deep(2, BOB))
        owner = network.facts(ALICE).owner
        liar.invented = [
            ("Transfer", {"from": owner, "to": mallory.address, "tokenId": int(ALICE)}),
            ("EpochAdvanced", {"number": int(ALICE), "epoch": 2}),
        ]
        chain.mine(1)
        async with asyncio.timeout(30):
            while liar.told < 3 * len(network.followers):  # noqa: ASYNC110 - everybody, again and again
                await asyncio.sleep(0.05)
        assert len(network.nodes[0].registrar.bindings(str(ALICE))) == 1
        assert (alice.ended, judged(bob, alice).trust) == (None, Trust.VERIFIED)
        for follower in network.followers:
            facts = follower._directory.number(ALICE)
            assert facts is not None
            assert (facts.owner, facts.epoch) == (owner, 1)
            assert "disagree about what happened" in (follower.last_error or "")

        liar.invented = []
        await asyncio.to_thread(lambda: seller.registry.revoke_sessions(ALICE))
        await network.taken_in()
        assert network.nodes[0].registrar.bindings(str(ALICE)) == []
