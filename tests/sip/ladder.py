"""Alice, node A, node B and Bob: the four elements of the design's call, joined by a wire."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import Uri
from telsdk.sip.server import Arrived, Proxy, Redirect3xx, Target
from telsdk.sip.transaction import Event, Timers
from telsdk.sip.ua import Call, CallState, IncomingCall, UserAgent
from tests.sip.wire import Core, Wire

OFFER = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"
ANSWER = b"v=0\r\no=- 2 2 IN IP4 192.0.2.2\r\ns=-\r\nt=0 0\r\n"


def hop_of(uri: Uri) -> Hop:
    """The hop that a Contact or Route with an address in it means."""
    transport = uri.transport.upper()
    return Hop(transport, uri.host, uri.port or (5061 if transport == "TLS" else 5060))


class Client(Core):
    """A user client."""

    def __init__(
        self,
        name: str,
        address: Hop,
        *,
        timers: Timers | None = None,
        seed: int = 0,
        supported: Sequence[str] = (),
        takes_refer: bool = False,
    ) -> None:
        super().__init__(name, address, timers=timers, seed=seed)
        contact = f"<sip:{name}@{address.host}:{address.port};transport={address.transport.lower()}>"
        self.ua = UserAgent(
            self.stack,
            aor=Uri.parse(f"sip:{name}@telprotocol"),
            contact=contact,
            next_hop=lambda uri, _dialog: hop_of(uri),
            supported=supported,
            takes_refer=takes_refer,
        )
        self.roles = [self.ua]
        self.calls: list[Call] = []

    def call(self, whom: str, hop: Hop, now: Monotonic) -> Call:
        request = self.ua.new_request("INVITE", Uri.parse(f"sip:{whom}@telprotocol"), body=OFFER)
        call = self.ua.invite(request, hop, now)
        self.calls.append(call)
        return call


class Node(Core):
    """A node: a proxy whose routes are told to it."""

    def __init__(
        self,
        name: str,
        *addresses: Hop,
        timers: Timers | None = None,
        seed: int = 0,
        record_route: bool = False,
    ) -> None:
        super().__init__(name, *addresses, timers=timers, seed=seed)
        self.own = addresses[0]
        self.routes: dict[str, list[Target]] = {}
        uri = Uri("sip", name, self.own.host, self.own.port, params=(("lr", None),))
        self.proxy = Proxy(
            self.stack,
            is_local=lambda uri: uri.host == self.own.host and (uri.port or 5060) == self.own.port,
            record_route=(lambda _ctx, _target: [uri]) if record_route else None,
        )
        self.roles = [self.proxy]
        self.react = self.route

    def route(self, event: Event, now: Monotonic) -> None:
        if isinstance(event, Arrived):
            request = event.ctx.request
            if event.ctx.in_dialog:
                self.proxy.forward(event.ctx, [Target(request.uri, hop_of(event.ctx.next_uri))], now)
            elif targets := self.routes.get(request.uri.user or ""):
                self.proxy.forward(event.ctx, targets, now)
            else:
                self.proxy.reply(event.ctx, 404, now)
        elif isinstance(event, Redirect3xx):
            contact = event.contacts[0].uri
            self.proxy.forward(event.ctx, [Target(event.ctx.request.uri, hop_of(contact))], now)


@dataclass
class Ladder:
    """The call of the design, ready to begin."""

    alice: Client
    node_a: Node
    node_b: Node
    bob: Client
    wire: Wire
    incoming: list[Call] = field(default_factory=list)

    @property
    def cores(self) -> list[Core]:
        return [self.alice, self.node_a, self.node_b, self.bob]

    def hang_up_alice(self, *, at: float) -> None:
        self.wire.at(at, lambda: self._hang_up(self.alice, self.alice.calls))

    def hang_up_bob(self, *, at: float) -> None:
        self.wire.at(at, lambda: self._hang_up(self.bob, self.incoming))

    def _hang_up(self, side: Client, calls: list[Call]) -> None:
        for call in calls:
            side.ua.hang_up(call, self.wire.now)


def ladder(
    *,
    seed: int = 0,
    loss: float = 0.0,
    duplicate: float = 0.0,
    transport: str = "UDP",
    record_route: bool = False,
    timers: Timers | None = None,
    on_incoming: Callable[[Ladder, Call, Monotonic], None] | None = None,
) -> Ladder:
    """Alice is served by node A, Bob by node B."""
    alice, a, b, bob = (Hop(transport, f"192.0.2.{i}", 5060) for i in (1, 11, 12, 2))
    made = Ladder(
        Client("alice", alice, timers=timers, seed=seed),
        Node("A", a, timers=timers, seed=seed, record_route=record_route),
        Node("B", b, timers=timers, seed=seed, record_route=record_route),
        Client("bob", bob, timers=timers, seed=seed),
        Wire(seed=seed, loss=loss, duplicate=duplicate),
    )
    made.wire.cores = made.cores
    made.node_a.routes["bob"] = [Target(Uri.parse("sip:bob@telprotocol"), b)]
    made.node_b.routes["bob"] = [Target(Uri.parse(f"sip:bob@{bob.host}:5060;transport={transport}"), bob)]

    def react(event: Event, now: Monotonic) -> None:
        if isinstance(event, IncomingCall):
            made.incoming.append(event.call)
            (on_incoming or ring_then_answer)(made, event.call, now)

    made.bob.react = react
    return made


def ring_then_answer(made: Ladder, call: Call, now: Monotonic, *, after: float = 1.0) -> None:
    """Bob rings at once and answers a second later, if he still can."""
    made.bob.ua.ring(call, now)

    def answer() -> None:
        if call.state is CallState.RINGING:
            made.bob.ua.accept(call, ANSWER, made.wire.now)

    made.wire.at(now + after, answer)
