"""Alice calls Bob by name and sends him a text: python -m examples.call"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from examples.playground import Playground
from telsdk import UserClient
from telsdk.uc.media import tone_wav


async def pick_up(bob: UserClient, tone: Path) -> None:
    """Answer the next call, and hang up once a second of sound has come."""
    call = await bob.incoming.get()
    print(f"Bob's phone rings: {call.party}")
    await call.answer(tone)
    assert call.media is not None
    await call.media.wait_for_audio(1.0)
    call.hang_up()


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        tone = tone_wav(Path(folder) / "tone.wav", 440.0)
        async with Playground() as here:
            alice, bob = await here.phone(5550001, "alice.eth"), await here.phone(5550002, "bob.eth")
            answering = asyncio.create_task(pick_up(bob, tone))
            call = await alice.call("bob.eth", tone)
            print(f"Alice is connected: {call.party}")
            await call.wait_ended(timeout=30)
            await answering
            stats = await call.stats()
            print(f"she heard him: {stats is not None and abs(stats.frequency_hz - 440) < 5}")
            await alice.message("bob.eth", "Nice talking to you.")
            party, text = await bob.messages.get()
            print(f"Bob reads of {party.name}: {text}")


asyncio.run(main())
