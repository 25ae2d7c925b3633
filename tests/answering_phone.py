"""A plain phone with sound: it is registered by a phone password, answers one call, and proves nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from telsdk.number import Number
from telsdk.uc.media import MediaSession
from tests.calling_phone import CallingPhone
from tests.network import HOST, Network


@asynccontextmanager
async def answering(network: Network, number: Number) -> AsyncIterator[tuple[CallingPhone, MediaSession]]:
    """Yields a phone of `number` that answers the next call, and its end of the media."""
    with CallingPhone(network, number) as phone:
        await phone.register()
        async with MediaSession(None, address=HOST) as media:
            task = asyncio.create_task(_answer(phone, media))
            try:
                yield phone, media
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


async def _answer(phone: CallingPhone, media: MediaSession) -> None:
    invite = await phone.asked("INVITE")
    await phone.take(invite, await media.answer(invite.body))
    await phone.hung_up()
