"""A phone that answers by itself: it greets, records who calls, and thanks them by a text.

python -m examples.answering_machine
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from examples.playground import Playground
from telsdk import UserClient
from telsdk.uc.media import tone_wav

LONGEST = 1.0  # seconds of a message


async def answer_calls(phone: UserClient, greeting: Path, folder: Path) -> None:
    """Answer one call after the other, until it is cancelled."""
    while True:
        call = await phone.incoming.get()
        assert call.party is not None
        caller = call.party.number
        if caller is None:  # a plain phone, which proves nothing and could not be thanked
            call.reject()
            continue
        await call.answer(greeting, record=folder / f"{caller}.wav")
        assert call.media is not None
        await call.media.wait_for_audio(LONGEST)
        call.hang_up()
        await call.wait_ended(timeout=10)
        await phone.message(str(caller), f"Thank you. I have {call.seconds:.0f} s of you.")


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        greeting, words = tone_wav(folder / "greeting.wav", 660.0), tone_wav(folder / "words.wav", 440.0)
        async with Playground() as here:
            machine = await here.phone(5550002, "bob.eth")
            answering = asyncio.create_task(answer_calls(machine, greeting, folder))
            alice = await here.phone(5550001, "alice.eth")
            call = await alice.call("bob.eth", words)
            print(f"connected to {call.party}")
            await call.wait_ended(timeout=30)
            party, text = await alice.messages.get()
            print(f"{party.name} writes: {text}")
            print(f"recorded: {(folder / '5550001.wav').stat().st_size > 10_000}")
            answering.cancel()


asyncio.run(main())
