"""The scanners that every server on the Internet meets (SIPVicious): they find a server, and nothing else of use."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.network import ALICE, BOB, HOST, Network
from tests.phone import SECRET, Phone


async def scanned(tool: str, *arguments: str) -> str:
    """What a scanner prints."""
    path = shutil.which(tool, path=str(Path(sys.executable).parent)) or shutil.which(tool)
    if path is None:
        missing(f"{tool} is not installed: requirements/dev.lock brings sipvicious")
    process = await asyncio.create_subprocess_exec(
        path, *arguments,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        out, _ = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return out.decode()


async def is_served(alice: Phone, bob: Phone) -> bool:
    sending = asyncio.ensure_future(alice.send_text(BOB))
    await bob.say((await bob.asked("MESSAGE")).response(200, to_tag="b"))
    return (await sending).status == 200


@pytest.mark.timeout(120)
async def test_scanners_find_numbers_and_passwords() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        with Phone(network, ALICE) as alice, Phone(network, BOB) as bob:
            for phone in (alice, bob):
                assert (await phone.register()).status == 200
            at = ("-p", str(alice.port_of_node), HOST)
            assert "telsdk" in await scanned("sipvicious_svmap", *at)
            range_ = ("-e", f"{ALICE - 3}-{ALICE + 9}")
            for method in ("REGISTER", "OPTIONS"):
                assert str(ALICE) not in await scanned("sipvicious_svwar", *range_, "-m", method, *at)
            assert "found nothing" in await scanned(
                "sipvicious_svcrack", "-u", alice.issued.username, "-r", "1000-1200", *at
            )
            assert await is_served(alice, bob)
