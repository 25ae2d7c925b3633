"""JsSIP, the SIP stack of browsers, at our node over WebSocket: it registers, calls and is called, hangs up both ways.

Its signalling is its own. Its media is a prepared session description, since Node.js has no WebRTC: these tests hear
nothing (`tests/interop/jssip/phone.js`).
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from telsdk.address import aor
from telsdk.credential.phone import PhonePasswords
from telsdk.net.sockets import Listener, bind_stream
from telsdk.number import Number
from tests.conftest import program
from tests.network import ALICE, BOB, HOST, Network
from tests.peer import Peer

pytestmark = pytest.mark.interop

ROOT = Path(__file__).resolve().parents[2]
SECRET = bytes(range(32))


@asynccontextmanager
async def network_with_websocket() -> AsyncIterator[tuple[Network, Listener]]:
    """One node that takes plain phones, over WebSocket too."""
    listener = Listener("WS", bind_stream(HOST))
    async with Network(1) as network:
        await network.start_node(0, phone_secrets=(SECRET,), listeners=[listener])
        await network.start_hub()
        for number in (ALICE, BOB):
            network.own(number)
        yield network, listener


@dataclass
class JsSip:
    """A running phone.js."""

    process: asyncio.subprocess.Process

    async def saw(self, event: str) -> dict[str, Any]:
        """The next event of that name; what comes before it is passed over.

        Fails at "failed", unless that is waited for.
        """
        assert self.process.stdout is not None
        async with asyncio.timeout(15):
            while line := await self.process.stdout.readline():
                told: dict[str, Any] = json.loads(line)
                if told["event"] == event:
                    return told
                assert "ailed" not in told["event"], told
        raise AssertionError(f"the phone ended before it told of {event!r}")

    def do(self, command: str, **facts: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": command, **facts}).encode() + b"\n")


@asynccontextmanager
async def jssip(
    network: Network, listener: Listener, number: Number, password: str | None = None
) -> AsyncIterator[JsSip]:
    """A JsSIP with a phone password of `number`."""
    issued = PhonePasswords([SECRET], network.facts).issue(network.facts.numbers[number], time.time())
    host, port = listener.address
    process = await asyncio.create_subprocess_exec(
        program("node"), str(ROOT / "tests/interop/jssip/phone.js"),
        f"ws://{host}:{port}", aor(number), issued.username, password or issued.password,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield JsSip(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.fixture(autouse=True)
def npm_packages() -> None:
    """JsSIP is there, or the test is skipped, and on CI fails."""
    if not (ROOT / "node_modules/jssip").is_dir():
        report = pytest.fail if os.environ.get("CI") else pytest.skip
        report("npm's jssip is not installed: run scripts/toolchain.py")


async def test_jssip_registers_and_unregisters() -> None:
    async with network_with_websocket() as (network, listener):
        registrar = network.nodes[0].registrar
        async with jssip(network, listener, ALICE) as alice:
            await alice.saw("registered")
            (binding,) = registrar.bindings(str(ALICE))
            assert binding.hop.transport == "WS"
            assert binding.contact.uri.host.endswith(".invalid")
            alice.do("stop")
            assert await asyncio.wait_for(alice.process.wait(), 15) == 0
            assert registrar.users == 0


async def test_jssip_with_a_wrong_password_is_refused() -> None:
    async with network_with_websocket() as (network, listener):
        async with jssip(network, listener, ALICE, password="wrong") as alice:
            assert (await alice.saw("registrationFailed"))["status"] == 401
        assert network.nodes[0].registrar.users == 0


@pytest.mark.parametrize("who_hangs_up", [ALICE, BOB])
async def test_jssip_calls_jssip_and_either_hangs_up(who_hangs_up: Number) -> None:
    async with (
        network_with_websocket() as (network, listener),
        jssip(network, listener, ALICE) as alice,
        jssip(network, listener, BOB) as bob,
    ):
        await alice.saw("registered")
        await bob.saw("registered")
        alice.do("call", to=aor(BOB))
        assert (await bob.saw("incoming"))["from"] == aor(ALICE)
        await alice.saw("confirmed")
        await bob.saw("confirmed")  # the ACK reached a Contact that only its connection leads to
        (alice if who_hangs_up == ALICE else bob).do("hang_up")
        ended = {ALICE: await alice.saw("ended"), BOB: await bob.saw("ended")}
        assert ended[who_hangs_up]["originator"] == "local"
        assert [end["originator"] for end in ended.values()].count("remote") == 1


async def test_jssip_that_lost_its_connection_comes_back() -> None:
    async with network_with_websocket() as (network, listener), jssip(network, listener, ALICE) as alice:
        await alice.saw("registered")
        (before,) = network.nodes[0].registrar.bindings(str(ALICE))
        alice.do("drop")
        await alice.saw("disconnected")
        await alice.saw("registered")
        (after,) = network.nodes[0].registrar.bindings(str(ALICE))
        assert after.hop.flow != before.hop.flow


async def test_a_message_from_a_udp_phone_reaches_jssip() -> None:
    async with network_with_websocket() as (network, listener), jssip(network, listener, BOB) as bob:
        await bob.saw("registered")
        with Peer() as peer:
            request = peer.request("MESSAGE", aor(BOB), ("Content-Type", "text/plain"))
            request.body = "grüß dich".encode()
            answer = await peer.ask(request, HOST, network.listed[0].sockets.port)
        assert answer.status == 200
        assert (await bob.saw("message"))["text"] == "grüß dich"
