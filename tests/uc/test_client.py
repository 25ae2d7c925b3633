"""User clients on a network of hub and nodes."""

import asyncio

import pytest

from telsdk.errors import NotFound
from telsdk.uc.call import PhoneCall
from telsdk.uc.client import UserClient
from telsdk.uc.errors import CallRejected, MessageNotDelivered, NotRegistered
from telsdk.uc.trust import Trust
from tests.network import ALICE, BOB, CAROL, Network


async def ring(
    caller: UserClient, callee: UserClient, address: str
) -> tuple[asyncio.Task[PhoneCall], PhoneCall]:
    calling = asyncio.create_task(caller.call(address))
    return calling, await asyncio.wait_for(callee.incoming.get(), 10)


async def connect(caller: UserClient, callee: UserClient, address: str) -> tuple[PhoneCall, PhoneCall]:
    calling, incoming = await ring(caller, callee, address)
    await incoming.answer()
    return await asyncio.wait_for(calling, 10), incoming


@pytest.mark.parametrize("nodes", [1, 2])
async def test_a_call_is_answered_and_both_know_whom_they_talk_to(nodes: int) -> None:
    async with Network(nodes) as network:
        await network.start()
        alice, bob = await network.user(ALICE, "alice.eth"), await network.user(BOB, "bob.eth")
        outgoing, incoming = await connect(alice, bob, "bob.eth")
        for call, number in ((outgoing, BOB), (incoming, ALICE)):
            assert call.party is not None
            assert (call.party.trust, call.party.number, call.party.media_bound) == (
                Trust.VERIFIED,
                number,
                True,
            )
        assert outgoing.media is not None
        await outgoing.media.wait_for_audio(0.2)
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))
        assert (outgoing.ended_by, incoming.ended_by) == ("local", "remote")


async def test_a_call_ends_by_itself_when_one_end_is_gone_because_both_agree_on_a_timer() -> None:
    async with Network(1) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB)
        outgoing, incoming = await connect(alice, bob, str(BOB))
        timers = (outgoing.call.timer, incoming.call.timer)
        assert [timer and (timer.interval, timer.ours) for timer in timers] == [(1800, True), (1800, False)]
        incoming.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))


@pytest.mark.parametrize("address", ["5550002", "bob.eth", "Bob.ETH", "sip:bob.eth@telprotocol"])
async def test_every_way_to_write_an_address_reaches_its_number(address: str) -> None:
    async with Network(1) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB, "bob.eth")
        calling, incoming = await ring(alice, bob, address)
        incoming.reject(486)
        with pytest.raises(CallRejected, match="486 Busy Here") as refused:
            await calling
        assert refused.value.status == 486


async def test_who_is_not_there_is_said_to_be_unavailable() -> None:
    async with Network(2) as network:
        await network.start()
        alice = await network.user(ALICE)
        network.own(BOB, "bob.eth")
        with pytest.raises(CallRejected, match="480"):
            await asyncio.wait_for(alice.call("bob.eth"), 20)


async def test_nobody_can_be_called_who_does_not_exist() -> None:
    async with Network(1) as network:
        await network.start()
        alice = await network.user(ALICE)
        with pytest.raises(NotFound, match="nobody.eth stands for no number"):
            await alice.call("nobody.eth")


async def test_without_a_node_there_is_no_call() -> None:
    async with Network(1) as network:
        alice = await network.user(ALICE, register=False)
        network.own(BOB)
        with pytest.raises(NotRegistered):
            await alice.call(str(BOB))


async def test_a_caller_who_gives_up_stops_the_ringing() -> None:
    async with Network(2) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB)
        calling, incoming = await ring(alice, bob, str(BOB))
        calling.cancel()
        await incoming.wait_ended(10)
        assert incoming.ended_by == "remote"
        with pytest.raises(asyncio.CancelledError):
            await calling


async def test_a_message_arrives_with_its_proven_sender() -> None:
    async with Network(2) as network:
        await network.start()
        alice, bob = await network.user(ALICE, "alice.eth"), await network.user(BOB, "bob.eth")
        await alice.message("bob.eth", "Grüße")
        party, text = await asyncio.wait_for(bob.messages.get(), 10)
        assert (party.trust, party.name, text) == (Trust.VERIFIED, "alice.eth", "Grüße")


async def test_a_message_to_who_is_away_says_so() -> None:
    async with Network(1) as network:
        await network.start()
        alice = await network.user(ALICE)
        network.own(CAROL)
        with pytest.raises(MessageNotDelivered, match="480"):
            await alice.message(str(CAROL), "hello?")
