"""A driver on loopback that answers every request with 200: the other end for tests of transports."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from telsdk.clock import Monotonic
from telsdk.net.certificates import ServerCertificate, TrustStore
from telsdk.net.driver import Driver, Timed, Wire
from telsdk.net.egress import ANYWHERE, EgressPolicy
from telsdk.net.gatekeeper import Gatekeeper
from telsdk.net.limits import ConnectionLimits
from telsdk.net.pins import TlsIdentity
from telsdk.net.sockets import Address, Addresses, BoundSockets, Listener, bind, bind_stream
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, write_host
from telsdk.sip.transaction import Event, RequestReceived, Stack, Timers

HOST = "127.0.0.1"


@dataclass
class Endpoint:
    """Answers every request with 200 and remembers what happened."""

    stack: Stack
    identity: TlsIdentity
    addresses: Addresses
    besides: dict[str, Address]
    trust: TrustStore | None = None
    events: list[Event] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    closed_flows: list[int] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    roles: Sequence[Timed] = ()
    egress: EgressPolicy = ANYWHERE
    gate: Gatekeeper | None = None
    limits: ConnectionLimits | None = None

    def __post_init__(self) -> None:
        self.driver = Driver(
            self.stack,
            self,
            roles=self.roles,
            tap=self.wires.append,
            trust=self.trust,
            egress=self.egress,
            gate=self.gate,
            limits=self.limits,
        )

    @property
    def host(self) -> str:
        return self.addresses.main[0]

    @property
    def port(self) -> int:
        return self.addresses.main[1]

    def on_event(self, event: Event, now: Monotonic) -> None:
        if isinstance(event, RequestReceived):
            self.stack.answer(event.tx, 200, now)
        self.events.append(event)
        self.changed.set()

    def role_events(self) -> list[Event]:
        return []  # there are no roles

    def on_role_event(self, event: Event, now: Monotonic) -> None:
        raise AssertionError(event)

    def give_up(self, event: Event, now: Monotonic) -> None:
        pass  # it keeps nothing of a request

    def on_flow_closed(self, hop: Hop) -> None:
        assert hop.flow is not None
        self.closed_flows.append(hop.flow)
        self.changed.set()

    def hop(self, transport: str, pins: frozenset[bytes] | None = None) -> Hop:
        host, port = self.addresses.sent_by(transport)
        return Hop(transport, host, port, pins=frozenset({self.identity.pin}) if pins is None else pins)

    def options(self, hop: Hop, *, body: bytes = b"") -> None:
        request = options(self.host, self.port)
        request.body = body
        self.driver.stack.request(request, hop, self.driver.now())
        self.driver.kick()

    async def changed_flows(self) -> None:
        """Returns once a connection is closed."""
        while not self.closed_flows:
            self.changed.clear()
            await self.changed.wait()

    async def saw(self, kind: type[Event]) -> Event:
        async with asyncio.timeout(10):
            while True:
                for event in self.events:
                    if isinstance(event, kind):
                        return event
                self.changed.clear()
                await self.changed.wait()


def options(host: str, port: int) -> Request:
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
            ("Contact", f"<sip:a@{write_host(host, port)}>"),
        ],
    )


@asynccontextmanager
async def endpoint(
    *,
    tls: bool = True,
    host: str = HOST,
    sockets: BoundSockets | None = None,
    web: Sequence[str] = (),
    certificate: ServerCertificate | None = None,
    trust: TrustStore | None = None,
    timers: Timers | None = None,
    roles: Sequence[Timed] = (),
    egress: EgressPolicy = ANYWHERE,
    gate: Gatekeeper | None = None,
    limits: ConnectionLimits | None = None,
) -> AsyncIterator[Endpoint]:
    """An endpoint over UDP and TLS, or UDP and TCP, and over `web`: WS, WSS, TLS.

    What listens there shows `certificate`, or else the key of its identity.
    """
    sockets = sockets or bind(host)
    identity = TlsIdentity.generate()
    shown = certificate or identity
    listeners = [
        Listener(one, bind_stream(host), shown.server_context() if one in ("WSS", "TLS") else None)
        for one in web
    ]
    addresses = Addresses((sockets.host, sockets.port), listeners)
    stack = Stack(sent_by=addresses.sent_by, token=lambda: secrets.token_hex(8), timers=timers)
    besides = {one.transport: one.address for one in listeners}
    one = Endpoint(
        stack, identity, addresses, besides, trust, roles=roles, egress=egress, gate=gate, limits=limits
    )
    await one.driver.listen(sockets, identity if tls else None)
    for listener in listeners:
        await one.driver.listen_also(listener)
    try:
        yield one
    finally:
        await one.driver.close()
