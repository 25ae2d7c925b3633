"""Attacks on a user's attention and on a client's memory: to ring without end, so that nobody else gets through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from telsdk.address import aor
from telsdk.net.buckets import Rate
from telsdk.number import Number
from telsdk.sip.message import Response
from telsdk.uc.client import UserClient
from telsdk.uc.limits import ListeningLimits, RingingLimits
from telsdk.uc.media import MediaSession
from telsdk.uc.settings import UcSettings
from telsdk.uc.store import Store
from tests.network import ALICE, BOB, CAROL, HOST, Network
from tests.peer import Peer

SETTINGS = UcSettings(ringing=RingingLimits(most=6, of_strangers=3, of_one=2, waiting=8))


@asynccontextmanager
async def bob_at(
    path: Path, settings: UcSettings = SETTINGS
) -> AsyncIterator[tuple[Network, UserClient, Peer, bytes]]:
    """Yield a network of one node, Bob with Alice as a contact, Mallory at his own address, and an offer of hers."""
    with Store(path / "bob.db") as store:
        store.add_contact(str(ALICE), "Alice")
        async with Network(1) as network, MediaSession(address=HOST) as media:
            await network.start()
            bob = await network.user(BOB, store=store, settings=settings)
            with Peer("stranger") as mallory:
                yield network, bob, mallory, await media.offer()


async def ring(bob: UserClient, mallory: Peer, offer: bytes) -> int:
    """The first answer but 100 to a call by somebody who proves nothing, straight to Bob's own address."""
    invite = mallory.request("INVITE", aor(BOB), ("Content-Type", "application/sdp"))
    invite.body = offer
    await mallory.send(invite, HOST, bob._sockets.port)
    while True:
        answer = await mallory.receive()
        if isinstance(answer, Response) and answer.status > 100 and answer.call_id == invite.call_id:
            return answer.status


async def rings(network: Network, bob: UserClient, number: Number) -> asyncio.Future[Any]:
    """A call to Bob that has begun to ring."""
    client = await network.user(number)
    ringing = asyncio.Event()
    placed: asyncio.Future[Any] = asyncio.ensure_future(client.call(str(BOB), on_ringing=ringing.set))
    waiting: asyncio.Future[Any] = asyncio.ensure_future(ringing.wait())
    await asyncio.wait({placed, waiting}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    assert ringing.is_set()
    return placed


async def test_whoever_may_ring_does_else_the_attacks_below_would_show_nothing(tmp_path: Path) -> None:
    async with bob_at(tmp_path) as (network, bob, mallory, offer):
        assert await ring(bob, mallory, offer) == 180
        placed = await rings(network, bob, CAROL)
        assert bob.incoming.qsize() == 2
        placed.cancel()


async def test_calls_without_end_keep_out_those_whom_the_user_knows(tmp_path: Path) -> None:
    async with bob_at(tmp_path) as (network, bob, mallory, offer):
        answers = [await ring(bob, mallory, offer) for _ in range(30)]
        assert answers == [180] * 3 + [486] * 27
        placed = await rings(network, bob, ALICE)
        assert bob.incoming.qsize() == 4
        placed.cancel()


async def test_refusals_and_missed_calls_that_nobody_reads_fill_the_memory(tmp_path: Path) -> None:
    async with bob_at(tmp_path) as (_, bob, mallory, offer):
        for _ in range(30):
            await ring(bob, mallory, offer)
        assert bob.refused.qsize() == 8
        assert len(bob._calls._calls) == 3


async def test_messages_to_a_users_own_address_keep_the_client_from_hearing_its_node(tmp_path: Path) -> None:
    few = ListeningLimits(source=Rate(1, 20), strangers=Rate(1, 20))
    async with bob_at(tmp_path, UcSettings(listening=few)) as (network, bob, mallory, _):
        for _ in range(200):
            await mallory.send(mallory.request("OPTIONS", aor(BOB)), HOST, bob._sockets.port)
        answered = 0
        while True:
            try:
                async with asyncio.timeout(1):
                    await mallory.receive()
            except TimeoutError:
                break
            answered += 1
        assert 0 < answered <= 25
        alice = await network.user(ALICE)
        await alice.message(str(BOB), "hello")
        assert (await bob.messages.get())[1] == "hello"
