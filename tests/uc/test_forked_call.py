"""One number on several devices: all ring for one who is proven, and the caller hears who of them answered."""

from __future__ import annotations

import asyncio

from telsdk.uc.trust import Trust
from tests.network import ALICE, BOB, Network


async def test_every_device_judges_the_caller_and_the_one_that_answers_is_proven_too() -> None:
    async with Network(1) as network:
        await network.start()
        alice = await network.user(ALICE)
        desk, mobile = await network.user(BOB), await network.user(BOB)
        calling = asyncio.create_task(alice.call(str(BOB)))
        at_desk = await asyncio.wait_for(desk.incoming.get(), 10)
        at_mobile = await asyncio.wait_for(mobile.incoming.get(), 10)
        for ringing in (at_desk, at_mobile):
            assert ringing.party is not None
            assert (ringing.party.trust, ringing.party.number) == (Trust.VERIFIED, ALICE)
        await at_mobile.answer()
        outgoing = await asyncio.wait_for(calling, 10)
        await at_desk.wait_ended(10)
        assert outgoing.party is not None
        assert (outgoing.party.trust, outgoing.party.number) == (Trust.VERIFIED, BOB)
        assert outgoing.party.pin == mobile._identity.pin
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), at_mobile.wait_ended(10))
