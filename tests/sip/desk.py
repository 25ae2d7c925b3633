"""A proxy on a desk: the test plays everybody around it, message by message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response, Uri, parse
from telsdk.sip.server import Arrived, Context, Proxy, ProxySettings, Target
from telsdk.sip.server.relay import NextHop
from telsdk.sip.transaction import Event, Stack
from tests.sip.wire import tokens

ALICE = Hop("UDP", "192.0.2.1", 5060)
PHONES = [Hop("UDP", f"192.0.2.{i}", 5060) for i in (2, 3, 4)]
HERE = ("192.0.2.11", 5060)


def target(phone: int, request: Request | None = None, q: float = 1.0) -> Target:
    return Target(Uri.parse(f"sip:bob@{PHONES[phone].host}"), PHONES[phone], request, q=q)


def target_by_ways(*phones: int) -> Target:
    """One user agent that several hops lead to."""
    first, *others = [target(phone) for phone in phones]
    return replace(first, alternatives=tuple(others))


class Desk:
    """A proxy with the hands of everybody around it."""

    def __init__(
        self,
        record_route: Callable[[Context, Target], list[Uri]] | None = None,
        settings: ProxySettings | None = None,
        next_hop: NextHop | None = None,
        learn: Callable[[Target, Response], None] | None = None,
        moved: Callable[[Request, Response], None] | None = None,
    ) -> None:
        self.stack = Stack(sent_by={"UDP": HERE, "TLS": HERE}.__getitem__, token=tokens("proxy"))
        self.proxy = Proxy(
            self.stack,
            is_local=lambda uri: uri.host in (HERE[0], "telprotocol"),
            record_route=record_route,
            settings=settings,
            next_hop=next_hop,
            learn=learn,
            moved=moved,
        )
        self.now = Monotonic(0.0)
        self.events: list[Event] = []

    def receive(self, message: Request | Response, source: Hop) -> None:
        self.stack.receive(parse(bytes(message)), source, self.now)
        self.pump()

    def pump(self) -> None:
        while events := self.stack.take_events():
            for event in events:
                assert self.proxy.handle(event, self.now)
        self.events += self.proxy.take_events()

    def out(self) -> list[tuple[str, Hop, Request | Response]]:
        """What goes out: its name, whereto, and the message."""
        found = []
        for sent in self.stack.take_outgoing():
            message = parse(sent.data)
            name = message.method if isinstance(message, Request) else f"{message.status}"
            found.append((name, sent.hop, message))
        return found

    def names(self) -> list[tuple[str, Hop]]:
        return [(name, hop) for name, hop, _ in self.out()]

    def arrive(self, method: str = "INVITE", **fields: str) -> Context:
        """Alice's request comes in; the application gets it."""
        self.receive(asked(method, **fields), ALICE)
        event = self.events.pop()
        assert isinstance(event, Arrived)
        return event.ctx

    def forward(self, ctx: Context, *phones: int) -> list[Request]:
        """The application forwards; returns what each phone gets."""
        return self.forward_to(ctx, *(target(phone) for phone in phones))

    def forward_to(self, ctx: Context, *targets: Target) -> list[Request]:
        self.proxy.forward(ctx, targets, self.now)
        return self.requests()

    def requests(self) -> list[Request]:
        """The requests among what goes out."""
        return [message for _, _, message in self.out() if isinstance(message, Request)]

    def answer(self, request: Request, status: int, phone: int, **fields: str) -> None:
        response = request.response(status, to_tag=f"phone{phone}", headers=_named(fields))
        self.receive(response, PHONES[phone])

    def pass_time(self, until: float) -> None:
        while True:
            times = [t for t in (self.stack.deadline(), self.proxy.deadline()) if t is not None]
            if not times or min(times) > until:
                self.now = Monotonic(until)
                return
            self.now = min(times)
            self.stack.advance(self.now)
            self.proxy.advance(self.now)
            self.pump()

    def run_out(self) -> None:
        """Everything ends, and nothing is left."""
        self.pass_time(self.now + 1000)
        assert self.stack.transactions == 0
        assert self.stack.deadline() is None
        assert self.proxy.deadline() is None
        assert self.proxy.open == 0


def _named(fields: dict[str, str]) -> list[tuple[str, str]]:
    return [(name.replace("_", "-"), value) for name, value in fields.items()]


def asked(method: str, uri: str = "sip:bob@telprotocol", branch: str = "z9hG4bKa", **fields: str) -> Request:
    made = Request(method, Uri.parse(uri))
    to = fields.pop("To", "<sip:bob@telprotocol>")
    number = fields.pop("CSeq", "1")
    for name, value in (
        ("Via", f"SIP/2.0/UDP 192.0.2.1:5060;branch={branch}"),
        ("Max-Forwards", "70"),
        ("From", "<sip:alice@telprotocol>;tag=f"),
        ("To", to),
        ("Call-ID", "c"),
        ("CSeq", f"{number} {method}"),
        *_named(fields),
    ):
        if name in made.headers:
            made.headers.set(name, value)
        else:
            made.headers.add(name, value)
    return made
