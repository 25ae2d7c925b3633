"""A node's key changes while a phone that others wrote is in a call through it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.interface import Deployment
from telsdk.net.driver import Wire
from telsdk.uc.settings import UnverifiedAnswer
from tests.chainnetwork import ChainNetwork
from tests.interop.test_phones import baresip
from tests.network import ALICE, BOB, CAROL
from tests.node.test_key_rotation import rotate
from tests.uc.test_client import connect

pytestmark = pytest.mark.interop


async def test_a_call_by_way_of_the_node_outlives_its_key_and_is_ended_by_way_of_the_new_one(
    tmp_path: Path, chain: EmbeddedChain, deployment: Deployment
) -> None:
    seen: list[Wire] = []
    async with ChainNetwork(chain, deployment, nodes=1) as network:
        for account, number in enumerate((ALICE, BOB, CAROL), 1):
            network.settle(account, number)
        await network.taken_in()
        alice = await network.user(network.deep(1, ALICE), tap=seen.append)
        bob = await network.user(network.deep(2, BOB))
        async with baresip(tmp_path / "phone", network, CAROL, answer=True):
            direct, _ = await connect(alice, bob, str(BOB))
            by_node = await asyncio.wait_for(alice.call(str(CAROL), unverified=UnverifiedAnswer.ALLOW), 15)
            assert by_node.call.dialog is not None
            assert by_node.call.dialog.route_set  # the node stays in its path
            await rotate(network, [alice, bob], [direct, by_node])
            assert network.nodes[0].registrar.bindings(str(CAROL))
            for call in (by_node, direct):
                call.hang_up()
                await call.wait_ended(10)
    byes = [wire for wire in seen if wire.direction == "received" and b" BYE\r\n" in wire.data]
    assert [wire.data.startswith(b"SIP/2.0 200") for wire in byes] == [True, True]
