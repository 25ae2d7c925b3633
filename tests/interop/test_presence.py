"""A phone that others wrote watches a user at our node."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.interop.test_phones import SECRET, baresip
from tests.network import ALICE, BOB, Network

pytestmark = pytest.mark.interop


async def line_with(process: asyncio.subprocess.Process, *words: str) -> str:
    """The first line of its output that has all the words."""
    assert process.stdout is not None
    said = []
    async with asyncio.timeout(30):
        while line := await process.stdout.readline():
            said.append(line.decode(errors="replace"))
            if all(word in said[-1] for word in words):
                return said[-1]
    raise AssertionError(f"it ended without saying {words}: {said}")


async def test_baresip_shows_that_a_user_was_there_and_has_gone(tmp_path: Path) -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,), notify_interval=0.0)
        bob = await network.user(BOB)
        watching = network.nodes[0].watching
        async with baresip(tmp_path / "phone", network, ALICE, watch=BOB) as process:
            async with asyncio.timeout(15):
                while not len(watching):
                    await network.taken_in()
            await bob.close()
            await line_with(process, f"sip:{BOB}@", "Online", "to", "Offline")
            assert len(watching) == 1  # it has taken both NOTIFYs
