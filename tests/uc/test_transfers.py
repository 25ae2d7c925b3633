"""A running call is handed on to somebody else, by those who proved who they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from telsdk.errors import NotFound
from telsdk.uc.call import PhoneCall
from telsdk.uc.client import UserClient
from telsdk.uc.errors import CallRejected
from telsdk.uc.transfers import TransferRequest
from telsdk.uc.trust import Trust
from tests.network import ALICE, BOB, CAROL, Network
from tests.uc.test_client import connect, ring


@dataclass
class Three:
    """Alice talks to Bob; Carol is there."""

    network: Network
    alice: UserClient
    bob: UserClient
    carol: UserClient
    call: PhoneCall  # as Alice has it
    theirs: PhoneCall  # as Bob has it

    async def asked(self) -> TransferRequest:
        """What Bob's program gets to decide."""
        return await asyncio.wait_for(self.bob.transfers.get(), 10)

    async def still_talking(self) -> None:
        for call in (self.call, self.theirs):
            assert call.ended_by is None
            assert call.media is not None
            await asyncio.wait_for(call.media.wait_for_audio((await call.media.stats()).seconds + 0.1), 10)


@asynccontextmanager
async def three() -> AsyncIterator[Three]:
    async with Network(2) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB)
        carol = await network.user(CAROL, "carol.eth")
        yield Three(network, alice, bob, carol, *await connect(alice, bob, str(BOB)))


async def test_bob_goes_on_with_carol_and_alice_is_through() -> None:
    async with three() as line:
        transferring = asyncio.create_task(line.alice.transfer(line.call, "carol.eth"))
        asked = await line.asked()
        assert (asked.address, asked.call, asked.party.number) == ("carol.eth", line.theirs, ALICE)
        going_on = asyncio.create_task(asked.accept())
        incoming = await asyncio.wait_for(line.carol.incoming.get(), 10)
        assert incoming.party is not None
        assert (incoming.party.trust, incoming.party.number) == (Trust.VERIFIED, BOB)
        await incoming.answer()
        new = await asyncio.wait_for(going_on, 10)
        await asyncio.wait_for(transferring, 10)
        await line.theirs.wait_ended(10)
        assert (line.call.ended_by, line.theirs.ended_by) == ("local", "remote")
        assert new.media is not None
        await asyncio.wait_for(new.media.wait_for_audio(0.2), 10)
        new.hang_up()
        await asyncio.gather(new.wait_ended(10), incoming.wait_ended(10))


async def test_bob_does_not_want_to_and_the_call_goes_on() -> None:
    async with three() as line:
        transferring = asyncio.create_task(line.alice.transfer(line.call, str(CAROL)))
        (await line.asked()).refuse()
        with pytest.raises(CallRejected, match="603.*still with you"):
            await asyncio.wait_for(transferring, 10)
        await line.still_talking()


async def test_carol_is_busy_and_both_hear_so() -> None:
    async with three() as line:
        transferring = asyncio.create_task(line.alice.transfer(line.call, str(CAROL)))
        going_on = asyncio.create_task((await line.asked()).accept())
        (await asyncio.wait_for(line.carol.incoming.get(), 10)).reject()
        for waiting in (transferring, going_on):
            with pytest.raises(CallRejected, match="486"):
                await asyncio.wait_for(waiting, 10)
        await line.still_talking()


async def test_a_call_that_ends_takes_its_transfer_with_it() -> None:
    async with three() as line:
        transferring = asyncio.create_task(line.alice.transfer(line.call, str(CAROL)))
        asked = await line.asked()
        line.theirs.hang_up()
        with pytest.raises(CallRejected, match="487"):
            await asyncio.wait_for(transferring, 10)
        with pytest.raises(CallRejected, match="the transfer is off"):
            await asked.accept()
        asked.refuse()


async def test_nobody_is_sent_to_who_does_not_exist() -> None:
    async with three() as line:
        with pytest.raises(NotFound):
            await line.alice.transfer(line.call, "5559999")
        await line.still_talking()


async def test_a_call_that_rings_cannot_be_transferred() -> None:
    async with Network(1) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB)
        network.own(CAROL)
        calling, incoming = await ring(alice, bob, str(BOB))
        with pytest.raises(CallRejected, match="cannot be transferred"):
            await bob.transfer(incoming, str(CAROL))
        incoming.reject()
        with pytest.raises(CallRejected):
            await calling
