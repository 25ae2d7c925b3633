"""Our user client, told and asked like a phone of others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aioice.ice import get_host_addresses

from telsdk.number import Number
from telsdk.uc.call import PhoneCall
from telsdk.uc.client import UserClient
from telsdk.uc.settings import UnverifiedAnswer
from tests.interop.phones.program import PATIENCE
from tests.network import HOST, Network


def media_address() -> str:
    """The address of this machine that the ICE candidates of phones have: they leave 127.0.0.1 out where they can.

    A client at 127.0.0.1 would check such a candidate and be answered from 127.0.0.1, which is a failure by RFC 8445
    7.2.5.2.1. What a machine sends to itself stays on loopback, whatever the address.
    """
    return next(iter(get_host_addresses(use_ipv4=True, use_ipv6=False)), HOST)


class Ours:
    """A user client that takes every call.

    Args:
        tone: what it plays in calls.
    """

    def __init__(self, client: UserClient, number: Number, tone: Path) -> None:
        self.number = number
        self._client = client
        self._tone = tone
        self._calls: asyncio.Queue[PhoneCall] = asyncio.Queue()
        self._call: PhoneCall | None = None
        self._dialing: asyncio.Task[None] | None = None

    @property
    def call(self) -> PhoneCall:
        """The last call."""
        assert self._call is not None
        return self._call

    async def answer(self) -> None:
        """Takes calls until it is cancelled."""
        while True:
            call = await self._client.incoming.get()
            await call.answer(self._tone)
            self._calls.put_nowait(call)

    def dial(self, number: Number) -> None:
        self._dialing = asyncio.create_task(self._dial(number))

    async def _dial(self, number: Number) -> None:
        self._calls.put_nowait(
            await self._client.call(str(number), self._tone, unverified=UnverifiedAnswer.ALLOW)
        )

    def hang_up(self) -> None:
        self.call.hang_up()

    async def connected(self) -> None:
        if self._dialing is not None:
            await self._dialing  # which says why, if it failed
            self._dialing = None
        self._call = await asyncio.wait_for(self._calls.get(), PATIENCE)

    async def hears(self) -> None:
        assert self.call.media is not None
        await self.call.media.wait_for_audio(0.3, timeout=PATIENCE)

    async def ended(self) -> None:
        await self.call.wait_ended(PATIENCE)

    async def heard_hz(self) -> float:
        """What it heard in the last call."""
        stats = await self.call.stats()
        assert stats is not None
        return stats.frequency_hz


@asynccontextmanager
async def ours(network: Network, number: Number, tone: Path) -> AsyncIterator[Ours]:
    client = await network.user(number, media_address=media_address())
    end = Ours(client, number, tone)
    answering = asyncio.create_task(end.answer())
    try:
        yield end
    finally:
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
