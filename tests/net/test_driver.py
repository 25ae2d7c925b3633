"""The driver on real sockets: two endpoints on loopback."""

import asyncio
import contextlib
import secrets
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from telsdk.net.driver import Driver, Wire
from telsdk.net.pins import TlsIdentity, client_context
from telsdk.net.sockets import bind
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request
from telsdk.sip.stack import Event, RequestReceived, ResponseReceived, Stack, TransportFailed


@dataclass
class Endpoint:
    """Answers every request with 200 and remembers what happened."""

    stack: Stack
    identity: TlsIdentity
    host: str
    port: int
    events: list[Event] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    closed_flows: list[int] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.driver = Driver(self.stack, self, tap=self.wires.append)

    def on_event(self, event: Event, now: float) -> None:
        if isinstance(event, RequestReceived):
            self.stack.answer(event.tx, 200, now)
        self.events.append(event)
        self.changed.set()

    def on_roles(self, now: float) -> None:
        """There are none."""

    def on_flow_closed(self, hop: Hop) -> None:
        assert hop.flow is not None
        self.closed_flows.append(hop.flow)
        self.changed.set()

    def hop(self, transport: str, pins: frozenset[bytes] | None = None) -> Hop:
        return Hop(
            transport, self.host, self.port, pins=frozenset({self.identity.pin}) if pins is None else pins
        )

    def options(self, hop: Hop) -> None:
        self.driver.stack.request(_options(self.host, self.port), hop, self.driver.now())
        self.driver.kick()

    async def saw(self, kind: type[Event]) -> Event:
        async with asyncio.timeout(10):
            while True:
                for event in self.events:
                    if isinstance(event, kind):
                        return event
                self.changed.clear()
                await self.changed.wait()


def _options(host: str, port: int) -> Request:
    token = secrets.token_hex(8)
    return Request(
        "OPTIONS",
        "sip:telprotocol",
        [
            ("From", f"<sip:a@telprotocol>;tag={token}"),
            ("To", "<sip:telprotocol>"),
            ("Call-ID", token),
            ("CSeq", "1 OPTIONS"),
            ("Max-Forwards", "70"),
            ("Contact", f"<sip:a@{host}:{port}>"),
        ],
    )


@asynccontextmanager
async def endpoint(*, tls: bool = True) -> AsyncIterator[Endpoint]:
    sockets = bind("127.0.0.1")
    address = (sockets.host, sockets.port)
    stack = Stack(sent_by=lambda _: address, token=lambda: secrets.token_hex(8))

    one = Endpoint(stack, TlsIdentity.generate(), *address)
    await one.driver.listen(sockets, one.identity if tls else None)
    try:
        yield one
    finally:
        await one.driver.close()


@pytest.mark.parametrize("transport", ["UDP", "TCP", "TLS"])
async def test_a_request_is_answered_over_every_transport(transport: str) -> None:
    async with endpoint() as alice, endpoint(tls=transport == "TLS") as bob:
        alice.options(bob.hop(transport))
        event = await alice.saw(ResponseReceived)
        assert isinstance(event, ResponseReceived)
        assert event.response.status == 200
        assert [wire.direction for wire in alice.wires] == ["sent", "received"]
        assert alice.wires[0].data == bob.wires[0].data


async def test_one_connection_serves_many_requests() -> None:
    async with endpoint() as alice, endpoint() as bob:
        for _ in range(5):
            alice.options(bob.hop("TLS"))
        async with asyncio.timeout(10):
            while len(alice.events) < 5:
                alice.changed.clear()
                await alice.changed.wait()
        assert len({wire.hop.flow for wire in bob.wires}) == 1


async def test_a_peer_with_another_key_gets_not_one_byte() -> None:
    async with endpoint() as alice, endpoint() as mallory:
        alice.options(mallory.hop("TLS", pins=frozenset({TlsIdentity.generate().pin})))
        await alice.saw(TransportFailed)
        assert mallory.wires == []


async def test_tls_without_a_known_key_is_not_used() -> None:
    async with endpoint() as alice, endpoint() as bob:
        alice.options(bob.hop("TLS", pins=frozenset()))
        await alice.saw(TransportFailed)
        assert bob.wires == []


async def test_nobody_there_is_told_at_once() -> None:
    nobody = bind("127.0.0.1")
    async with endpoint() as alice:
        alice.options(Hop("TCP", "127.0.0.1", nobody.port))
        await alice.saw(TransportFailed)
    nobody.close()


async def test_a_closed_connection_is_told_with_its_flow() -> None:
    async with endpoint() as bob:
        async with endpoint() as alice:
            alice.options(bob.hop("TLS"))
            await alice.saw(ResponseReceived)
        async with asyncio.timeout(10):
            while not bob.closed_flows:
                bob.changed.clear()
                await bob.changed.wait()
        assert bob.closed_flows == [bob.wires[0].hop.flow]


async def test_a_malformed_datagram_is_answered_with_400_and_its_reason() -> None:
    async with endpoint() as bob:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as raw:
            raw.setblocking(False)
            raw.bind(("127.0.0.1", 0))
            request = bytes(_options("127.0.0.1", raw.getsockname()[1])).replace(b"1 OPTIONS", b"nonsense")
            via = f"Via: SIP/2.0/UDP 127.0.0.1:{raw.getsockname()[1]};branch=z9hG4bKx;rport\r\n".encode()
            head, _, rest = request.partition(b"\r\n")
            loop = asyncio.get_running_loop()
            await loop.sock_sendto(raw, head + b"\r\n" + via + rest, (bob.host, bob.port))
            answer = await asyncio.wait_for(loop.sock_recv(raw, 65535), 10)
        assert answer.startswith(b"SIP/2.0 400 ")
        assert bob.events == []


async def test_a_ping_is_answered_with_a_pong() -> None:
    async with endpoint() as bob:
        reader, writer = await asyncio.open_connection(bob.host, bob.port, ssl=client_context())
        writer.write(b"\r\n\r\n")
        assert await asyncio.wait_for(reader.readexactly(2), 10) == b"\r\n"
        writer.close()
        await writer.wait_closed()


async def test_a_stream_of_nonsense_is_closed_and_others_are_not_touched() -> None:
    async with endpoint() as alice, endpoint() as bob:
        reader, writer = await asyncio.open_connection(bob.host, bob.port, ssl=client_context())
        writer.write(b"GET / HTTP/1.1\r\n" + b"x" * 100_000)
        # Closed all the same, when it is closed with bytes of ours unread.
        with contextlib.suppress(ConnectionResetError, ssl.SSLError):
            assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        alice.options(bob.hop("TLS"))
        await alice.saw(ResponseReceived)
