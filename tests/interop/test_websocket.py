"""JsSIP, the SIP stack of browsers, at our node over WebSocket: it registers, calls and is called, hangs up both ways.

Its signalling is its own; its media is WebRTC in plain JavaScript, written by others too (`tests/interop/jssip/`).
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
from telsdk.clock import Wall
from telsdk.credential.phone import PhonePasswords
from telsdk.net.certificates import ServerCertificate
from telsdk.net.sockets import Listener, bind_stream
from telsdk.number import Number
from telsdk.uc.call import PhoneCall
from telsdk.uc.settings import UnverifiedAnswer
from telsdk.uc.trust import Trust
from tests.conftest import missing, program
from tests.interop.test_phones import baresip
from tests.net.authority import Authority, dns
from tests.network import ALICE, BOB, HOST, Network
from tests.peer import Peer

pytestmark = pytest.mark.interop

ROOT = Path(__file__).resolve().parents[2]
SECRET = bytes(range(32))


@asynccontextmanager
async def network_with_websocket(
    certificate: ServerCertificate | None = None,
) -> AsyncIterator[tuple[Network, Listener]]:
    """One node that takes plain phones, over WebSocket too; with `certificate` over secure WebSocket."""
    if certificate is None:
        listener = Listener("WS", bind_stream(HOST))
    else:
        listener = Listener("WSS", bind_stream(HOST), certificate.server_context())
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

    async def saw(self, event: str, *, after_failure: bool = False) -> dict[str, Any]:
        """The next event of that name; what comes before it is passed over, but for a failure."""
        assert self.process.stdout is not None
        async with asyncio.timeout(15):
            while line := await self.process.stdout.readline():
                told: dict[str, Any] = json.loads(line)
                if told["event"] == event:
                    return told
                assert after_failure or "ailed" not in told["event"], told
        raise AssertionError(f"the phone ended before it told of {event!r}")

    def do(self, command: str, **facts: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": command, **facts}).encode() + b"\n")


@asynccontextmanager
async def jssip(
    network: Network,
    listener: Listener,
    number: Number,
    password: str | None = None,
    authority: Path | None = None,
) -> AsyncIterator[JsSip]:
    """A JsSIP with a phone password of `number`, which trusts `authority` besides those of its system."""
    issued = PhonePasswords([SECRET], network.facts).issue(network.facts.numbers[number], Wall(time.time()))
    host, port = ("localhost", listener.address[1]) if listener.context else listener.address
    trusted = {"NODE_EXTRA_CA_CERTS": str(authority)} if authority else {}
    process = await asyncio.create_subprocess_exec(
        program("node"), str(ROOT / "tests/interop/jssip/phone.js"),
        f"{listener.transport.lower()}://{host}:{port}", aor(number), issued.username, password or issued.password,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **trusted},
    )  # fmt: skip
    try:
        yield JsSip(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def both_hear(phone: JsSip, call: PhoneCall) -> None:
    """Waits until a user client hears the phone's tone, and the phone a second of the user client."""
    assert call.media is not None
    await call.media.wait_for_audio(1.0)
    assert abs((await call.media.stats()).frequency_hz - 440) < 5
    await phone.saw("heard")


@pytest.fixture(autouse=True)
def npm_packages() -> None:
    """What npm brings is there, or the test is skipped, and on CI fails."""
    lacking = [name for name in ("jssip", "werift", "ws") if not (ROOT / "node_modules" / name).is_dir()]
    if lacking:
        missing(f"npm's {', '.join(lacking)} is not installed: run scripts/toolchain.py")


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
        await alice.saw("heard")
        await bob.saw("heard")
        (alice if who_hangs_up == ALICE else bob).do("hang_up")
        ended = {ALICE: await alice.saw("ended"), BOB: await bob.saw("ended")}
        assert ended[who_hangs_up]["originator"] == "local"
        assert [end["originator"] for end in ended.values()].count("remote") == 1


async def test_jssip_that_lost_its_connection_comes_back() -> None:
    async with network_with_websocket() as (network, listener), jssip(network, listener, ALICE) as alice:
        await alice.saw("registered")
        (before,) = network.nodes[0].registrar.bindings(str(ALICE))
        alice.do("drop")
        await alice.saw("disconnected", after_failure=True)  # the registration may fail with its connection
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


async def test_jssip_over_secure_websocket_takes_our_certificate_for_its_host(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    shown = authority.issue(dns("localhost"))
    async with network_with_websocket(shown) as (network, listener):
        async with jssip(network, listener, ALICE, authority=authority.file) as alice:
            await alice.saw("registered")
            (binding,) = network.nodes[0].registrar.bindings(str(ALICE))
            assert binding.hop.transport == "WSS"
        async with jssip(network, listener, BOB) as stranger:
            await stranger.saw("disconnected", after_failure=True)
        assert network.nodes[0].registrar.bindings(str(BOB)) == []


@pytest.mark.parametrize("who_hangs_up", ["jssip", "uc"])
async def test_jssip_calls_a_user_client_to_whom_it_is_unverified(who_hangs_up: str) -> None:
    async with network_with_websocket() as (network, listener), jssip(network, listener, ALICE) as alice:
        await alice.saw("registered")
        bob = await network.user(BOB)
        alice.do("call", to=aor(BOB))
        incoming = await asyncio.wait_for(bob.incoming.get(), 15)
        assert incoming.party is not None
        assert incoming.party.trust is Trust.UNVERIFIED
        await incoming.answer()
        await alice.saw("confirmed")
        await both_hear(alice, incoming)
        if who_hangs_up == "jssip":
            alice.do("hang_up")
        else:
            incoming.hang_up()
        await incoming.wait_ended(10)
        assert (await alice.saw("ended"))["originator"] == ("local" if who_hangs_up == "jssip" else "remote")


@pytest.mark.parametrize("who_hangs_up", ["jssip", "baresip"])
async def test_baresip_over_udp_calls_jssip_and_either_hangs_up(who_hangs_up: str, tmp_path: Path) -> None:
    async with network_with_websocket() as (network, listener), jssip(network, listener, BOB) as bob:
        await bob.saw("registered")
        node = f"{HOST}:{network.listed[0].sockets.port}"
        dial = f"/dial sip:{BOB}@{node}"
        async with baresip(tmp_path / "phone", network, ALICE, dial, codec="pcmu/8000/1") as phone:
            await bob.saw(
                "confirmed"
            )  # baresip's tone is Opus, which werift cannot play: no sound is looked for
            if who_hangs_up == "jssip":
                bob.do("hang_up")
            else:
                assert phone.stdin is not None
                phone.stdin.write(b"/hangup\n")
            ended = await bob.saw("ended")
            assert ended["originator"] == ("local" if who_hangs_up == "jssip" else "remote")


@pytest.mark.parametrize("who_hangs_up", ["jssip", "uc"])
async def test_a_user_client_calls_jssip_and_either_hangs_up(who_hangs_up: str) -> None:
    async with network_with_websocket() as (network, listener), jssip(network, listener, ALICE) as alice:
        await alice.saw("registered")
        bob = await network.user(BOB)
        call = await asyncio.wait_for(bob.call(str(ALICE), unverified=UnverifiedAnswer.ALLOW), 15)
        await alice.saw("confirmed")
        await both_hear(alice, call)
        if who_hangs_up == "jssip":
            alice.do("hang_up")
        else:
            call.hang_up()
        await call.wait_ended(10)
        assert (await alice.saw("ended"))["originator"] == ("local" if who_hangs_up == "jssip" else "remote")
