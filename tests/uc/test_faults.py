"""A bug in what a user client does about an event ends what the event was about, and whoever waits for it is told."""

from __future__ import annotations

import asyncio
import logging

import pytest

from telsdk.faults import Fault
from telsdk.sip.transaction import Event
from telsdk.sip.ua import Answered, CallConfirmed, CallEnded, IncomingCall, IncomingRequest, RequestAnswered
from telsdk.uc.client import UserClient
from telsdk.uc.errors import CallRejected, MessageNotDelivered
from tests.network import ALICE, BOB, Network
from tests.uc.test_client import connect


def fail_at(client: UserClient, kind: type[Event], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the handler of the next such event meet a bug."""
    act, met = client._act, list[Event]()

    def failing(event: Event, now: float) -> None:
        if isinstance(event, kind) and not met:
            met.append(event)
            raise ZeroDivisionError
        act(event, now)  # type: ignore[arg-type]

    monkeypatch.setattr(client, "_act", failing)


def meant(client: UserClient, caplog: pytest.LogCaptureFixture) -> None:
    """The bug was counted, once; it is forgotten, for any other fails the test."""
    assert client.faults.counts[Fault.EVENT] == client.faults.total == 1
    assert [one.name for one in caplog.records if one.levelno >= logging.ERROR] == ["telsdk.faults"]
    caplog.clear()


async def nothing_left(*clients: UserClient) -> None:
    for client in clients:
        await asyncio.gather(*client._calls._tasks)
        assert (client._agent.dialogs, client._calls._calls, client._calls._answers) == (0, {}, {})
        assert client._requests._waiting == {}


async def test_a_call_that_cannot_be_taken_is_refused(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with Network(1) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB)
        fail_at(bob, IncomingCall, monkeypatch)
        with pytest.raises(CallRejected) as refused:
            await asyncio.wait_for(alice.call(str(BOB)), 10)
        assert refused.value.status == 500
        meant(bob, caplog)
        await nothing_left(alice, bob)
        outgoing, incoming = await connect(alice, bob, str(BOB))
        outgoing.hang_up()
        await incoming.wait_ended(10)


@pytest.mark.parametrize("kind", [Answered, CallEnded])
async def test_whoever_calls_is_told_of_a_bug_at_the_answer(
    kind: type[Event], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with Network(1) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB)
        fail_at(alice, kind, monkeypatch)
        calling = asyncio.create_task(alice.call(str(BOB)))
        incoming = await asyncio.wait_for(bob.incoming.get(), 10)
        await incoming.answer()
        if kind is CallEnded:
            outgoing = await calling
            outgoing.hang_up()
            await outgoing.wait_ended(10)
        else:
            with pytest.raises(CallRejected, match="500"):
                await asyncio.wait_for(calling, 10)
        await incoming.wait_ended(10)
        meant(alice, caplog)
        await nothing_left(alice, bob)


async def test_a_call_whose_confirmation_meets_a_bug_ends_at_both_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with Network(1) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB)
        fail_at(bob, CallConfirmed, monkeypatch)
        outgoing, incoming = await connect(alice, bob, str(BOB))
        await outgoing.wait_ended(10)
        await incoming.wait_ended(10)
        meant(bob, caplog)
        await nothing_left(alice, bob)


@pytest.mark.parametrize("kind", [IncomingRequest, RequestAnswered])
async def test_a_message_that_meets_a_bug_is_refused_and_its_sender_waits_no_more(
    kind: type[Event], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with Network(1) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB)
        failing = bob if kind is IncomingRequest else alice
        fail_at(failing, kind, monkeypatch)
        if kind is IncomingRequest:
            with pytest.raises(MessageNotDelivered, match="500"):
                await asyncio.wait_for(alice.message(str(BOB), "hello"), 10)
        else:
            await asyncio.wait_for(alice.message(str(BOB), "hello"), 10)
        meant(failing, caplog)
        await nothing_left(alice, bob)
        await alice.message(str(BOB), "again")
