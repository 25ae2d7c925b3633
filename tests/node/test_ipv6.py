"""A hub, nodes, user clients and a phone that have IPv6 and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from telsdk.uc.trust import Trust
from tests.network import ALICE, BOB, Network

pytestmark = pytest.mark.usefixtures("ipv6")

HOST = "::1"


async def test_two_users_at_two_nodes_talk() -> None:
    async with Network(2, HOST) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB)
        assert alice.registration.node is not None
        assert alice.registration.node.uri.startswith("sip:[::1]:")
        ringing = asyncio.create_task(alice.call(str(BOB)))
        incoming = await asyncio.wait_for(bob.incoming.get(), 15)
        await incoming.answer()
        call = await asyncio.wait_for(ringing, 15)
        assert call.party is not None
        assert call.party.trust is Trust.VERIFIED
        call.hang_up()
        await incoming.wait_ended(10)
