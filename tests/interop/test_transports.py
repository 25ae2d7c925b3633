"""Phones that others wrote, at a node over UDP, TCP and TLS: they call and are called, hang up and are hung up on.

baresip and linphonec talk with our user client, by DTLS-SRTP and ICE. PJSUA2's package has no SRTP, so it talks with a
baresip at the same node. In either case the node stays in the call, and all of it goes by its Record-Route.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from telsdk.clock import Wall
from telsdk.credential.phone import PhonePasswords
from telsdk.net.driver import Wire
from telsdk.net.sockets import Listener, bind_stream
from telsdk.number import Number
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response, parse
from telsdk.sip.server import Binding
from telsdk.sip.session import SessionDescription
from telsdk.uc.media import tone_wav
from tests.interop.dissection import Recording
from tests.interop.phones.baresip import Baresip
from tests.interop.phones.linphone import Linphone
from tests.interop.phones.ours import Ours, ours
from tests.interop.phones.pjsua import Pjsua
from tests.interop.phones.program import PATIENCE, Account, Kind, Phone, running
from tests.net.authority import Authority, dns, ip
from tests.network import ALICE, BOB, HOST, Network

pytestmark = [pytest.mark.interop, pytest.mark.timeout(180)]

SECRET = bytes(range(32))
PHONE_HZ, PEER_HZ = 440.0, 660.0
KINDS = [Baresip(), Linphone(), Pjsua()]
phones = pytest.mark.parametrize("kind", KINDS, ids=["baresip", "linphonec", "pjsua2"])
transports = pytest.mark.parametrize("transport", ["UDP", "TCP", "TLS"])


@dataclass
class Passed:
    """What passed the node."""

    wires: list[Wire] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, wire: Wire) -> None:
        if wire.data.strip(b"\r\n\0"):
            self.wires.append(wire)
            self.changed.set()

    async def until(self, holds: Callable[[], object]) -> None:
        """Returns once this holds, which messages may bring about."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self.changed.clear()
                await self.changed.wait()

    def of(self, method: str, since: int = 0) -> list[tuple[str, Hop, Request | Response]]:
        """Requests of a method and their final answers, in the order in which each passed for the first time."""
        found: dict[tuple[str, Hop, bytes], Request | Response] = {}
        for wire in self.wires[since:]:
            message = parse(wire.data)
            if message.cseq.method == method and not (isinstance(message, Response) and message.status < 200):
                found.setdefault((wire.direction, wire.hop, wire.data), message)
        return [(direction, hop, message) for (direction, hop, _), message in found.items()]


@pytest.fixture
def passed(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> Passed:
    """What passes the nodes of this test; it is recorded besides."""
    made = Passed()

    def tap(wire: Wire) -> None:
        recording.tap(wire)
        made.add(wire)

    monkeypatch.setattr(Network, "tap", staticmethod(tap))
    return made


@dataclass
class Pair:
    """A phone, and whom it talks with, both registered at the one node."""

    network: Network
    phone: Phone
    peer: Ours | Phone

    def binding(self, number: Number) -> Binding:
        (binding,) = self.network.nodes[0].registrar.bindings(str(number))
        return binding


@asynccontextmanager
async def pair(kind: Kind, transport: str, passed: Passed, folder: Path) -> AsyncIterator[Pair]:
    authority = Authority(folder)
    # linphonec looks for an address among the DNS names of a certificate (mbed TLS 2.28).
    shown = authority.issue(ip(HOST), dns(HOST)).server_context()
    tcp, tls = Listener("TCP", bind_stream(HOST)), Listener("TLS", bind_stream(HOST), shown)
    async with Network(1) as network, AsyncExitStack() as running_ones:
        await network.start(phone_secrets=(SECRET,), listeners=[tcp, tls])
        sockets = network.listed[0].sockets
        places = {"UDP": (sockets.host, sockets.port), "TCP": tcp.address, "TLS": tls.address}

        async def phone(kind: Kind, number: Number, transport: str, hz: float) -> Phone:
            network.own(number)
            password = PhonePasswords([SECRET], network.facts).issue(
                network.facts.numbers[number], Wall(time.time())
            )
            account = Account(number, password, transport, places[transport], authority.file)
            tone = tone_wav(folder / f"{number}.wav", hz, 60.0)
            home = folder / str(number)
            home.mkdir()
            made = await running_ones.enter_async_context(running(kind, home, account, tone))
            await passed.until(lambda: network.nodes[0].registrar.bindings(str(number)))
            return made

        peer: Ours | Phone
        if isinstance(kind, Pjsua):
            peer = await phone(Baresip(plain=True), BOB, "UDP", PEER_HZ)
        else:
            tone = tone_wav(folder / f"{BOB}.wav", PEER_HZ)
            peer = await running_ones.enter_async_context(ours(network, BOB, tone))
        yield Pair(network, await phone(kind, ALICE, transport, PHONE_HZ), peer)


@phones
@transports
async def test_calls_go_both_ways_and_either_side_hangs_up(
    kind: Kind, transport: str, passed: Passed, tmp_path: Path
) -> None:
    async with pair(kind, transport, passed, tmp_path) as both:
        phone, peer = both.phone, both.peer
        binding = both.binding(phone.number)
        assert (binding.hop.transport, binding.contact.uri.transport) == (transport, transport.lower())
        for caller, callee in ((phone, peer), (peer, phone)):
            for ender in (caller, callee):
                begin = len(passed.wires)
                caller.dial(callee.number)
                await talk(both)
                ender.hang_up()
                await asyncio.gather(phone.ended(), peer.ended())
                assert await phone.heard_hz() == pytest.approx(PEER_HZ, abs=5)
                assert await peer.heard_hz() == pytest.approx(PHONE_HZ, abs=5)
                await hung_up(both, passed, begin, ender)
        if binding.hop.reliable:  # all of it went by the connection that it registered by
            place = phone.account.place
            assert {wire.hop for wire in passed.wires if wire.hop.taken_at == place} == {binding.hop}


async def talk(both: Pair) -> None:
    """Returns once each hears the other."""
    await asyncio.gather(both.phone.connected(), both.peer.connected())
    await asyncio.gather(both.phone.hears(), both.peer.hears())


async def hung_up(both: Pair, passed: Passed, begin: int, ender: Ours | Phone) -> None:
    """The BYE came from who hung up, by the way of his registration, and the other answered it by his."""
    other = both.peer if ender is both.phone else both.phone
    ends, others = both.binding(ender.number).hop, both.binding(other.number).hop
    await passed.until(lambda: len(passed.of("BYE", begin)) >= 4)
    assert [
        (direction, hop, message.status if isinstance(message, Response) else message.method)
        for direction, hop, message in passed.of("BYE", begin)
    ] == [
        ("received", ends, "BYE"),
        ("sent", others, "BYE"),
        ("received", others, 200),
        ("sent", ends, 200),
    ]


@phones
async def test_a_phone_holds_a_call_and_resumes_it(kind: Kind, passed: Passed, tmp_path: Path) -> None:
    async with pair(kind, "TCP", passed, tmp_path) as both:
        phone, peer = both.phone, both.peer
        phone.dial(peer.number)
        await talk(both)
        phone.hold()
        offered, answered = await renegotiated(passed, 1)
        assert (offered, answered) in (("sendonly", "recvonly"), ("inactive", "inactive"))
        phone.resume()
        assert await renegotiated(passed, 2) == ("sendrecv", "sendrecv")
        phone.hang_up()
        await asyncio.gather(phone.ended(), peer.ended())


async def renegotiated(passed: Passed, count: int) -> tuple[str, str]:
    """Directions in the offer and in the answer of the `count`th re-INVITE that a phone made, once it is over."""

    def answers() -> list[Response]:
        return [
            message
            for direction, _, message in passed.of("INVITE")
            if direction == "sent" and isinstance(message, Response) and message.status == 200
        ]

    await passed.until(lambda: len(answers()) > count)
    answer = answers()[count]
    await passed.until(lambda: any(ack.cseq.number == answer.cseq.number for _, _, ack in passed.of("ACK")))
    (offer,) = (
        message
        for direction, _, message in passed.of("INVITE")
        if direction == "received" and isinstance(message, Request) and message.cseq == answer.cseq
    )
    return direction_of(offer), direction_of(answer)


def direction_of(message: Request | Response) -> str:
    description = SessionDescription.parse(message.body)
    return description.direction_of(description.media[0])
