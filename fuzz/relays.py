"""Programs of requests within a dialog through a proxy: nothing raises, and nothing is left."""

from __future__ import annotations

from typing import Final

from fuzz.choices import Choices
from fuzz.program import STATUSES, STEPS
from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import NameAddr, Request, Response, Uri, parse
from telsdk.sip.server import NoWayOn, Proxy
from telsdk.sip.transaction import ServerTransaction, Stack, TimedOut, TransportFailed

HERE: Final = "192.0.2.11"
CALLER: Final = (Hop("UDP", "192.0.2.9", 5060), Hop("TLS", "192.0.2.9", 40_001, flow=7))
CALLEE: Final = (
    Hop("UDP", "192.0.2.8", 5060),
    Hop("TCP", "192.0.2.8", 5060, flow=8),
    Hop("TLS", "192.0.2.9", 40_001, flow=7),
)
METHODS: Final = ("INVITE", "BYE", "CANCEL", "ACK", "INFO")
URIS: Final = ("sip:bob@192.0.2.8", "sips:bob@192.0.2.8", f"sip:{HERE};lr", f"sip:{HERE}", "tel:1")
ROUTES: Final = (f"<sip:{HERE};lr>", "", f"<sip:{HERE};lr>, <sip:192.0.2.7>", "<sip:192.0.2.7;lr>")
BRANCHES: Final = ("a", "b", "c")
VIAS: Final = ("both", "ours alone", "another's", "nobody's")
MOST: Final = 60
"""Inputs in a program."""


class Run:
    """A proxy in the hands of a program that plays both ends."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.now, self.tokens = 0.0, 0
        self.stack = Stack(sent_by=lambda _: (HERE, 5060), token=self._token)
        self.proxy = Proxy(self.stack, is_local=lambda uri: uri.host == HERE, next_hop=self._next_hop)
        self.passed: list[tuple[Hop, Request]] = []

    def _token(self) -> str:
        self.tokens += 1
        return f"{self.tokens:016x}"

    def _next_hop(self, request: Request, own_routes: tuple[NameAddr, ...], source: Hop) -> Hop:
        assert own_routes
        assert not any(route.uri.host == HERE for route in request.routes[:1])
        if self.choices.number(8) == 7:
            raise NoWayOn(404)
        return source if self.choices.number(8) == 7 else self.choices.one(CALLEE)

    def step(self) -> None:
        """One input, of either end, the clock or the network."""
        self.choices.one((self._ask, self._answer, self._answer, self._fail))()
        self._drain()
        self._wait(self.choices.one((*STEPS, 200.0)))

    def _ask(self) -> None:
        method, source = self.choices.one(METHODS), self.choices.one(CALLER)
        request = Request(method, Uri.parse(self.choices.one(URIS)))
        branch = f"z9hG4bK{self.choices.one(BRANCHES)}"
        route = self.choices.one(ROUTES)
        for name, value in (
            ("Via", f"SIP/2.0/{source.transport} {source.host}:{source.port};branch={branch}"),
            ("From", "<sip:alice@h>;tag=f"),
            ("To", "<sip:bob@h>;tag=t"),
            ("Call-ID", "c"),
            ("CSeq", f"1 {method}"),
            *([("Route", route)] if route else []),
        ):
            request.headers.add(name, value)
        self.stack.receive(parse(bytes(request)), source, Monotonic(self.now))

    def _answer(self) -> None:
        if not self.passed:
            return
        hop, request = self.choices.one(self.passed[-4:])
        response = request.response(self.choices.one((*STATUSES, 430, 408)), to_tag="b")
        ours, *below = request.headers.all("Via")
        whose = self.choices.one(VIAS)
        response.headers.remove("Via")
        for value in {"both": [ours, *below], "ours alone": [ours], "nobody's": ["x", ours]}.get(
            whose, [ours, "SIP/2.0/UDP h;branch=z9hG4bKother"]
        ):
            response.headers.add("Via", value)
        self.stack.receive(parse(bytes(response)), hop, Monotonic(self.now))

    def _fail(self) -> None:
        self.stack.transport_failed(self.choices.one((*CALLEE, *CALLER)), Monotonic(self.now))

    def _wait(self, seconds: float) -> None:
        until = self.now + seconds
        while (when := self._deadline()) is not None and when <= until:
            self.now = max(self.now, when)
            self.stack.advance(Monotonic(self.now))
            self.proxy.advance(Monotonic(self.now))
            self._drain()
        self.now = until

    def _deadline(self) -> float | None:
        times = (self.stack.deadline(), self.proxy.deadline())
        return min((when for when in times if when is not None), default=None)

    def _drain(self) -> None:
        while events := self.stack.take_events():
            for event in events:
                known = self.proxy.handle(event, Monotonic(self.now))
                # What was refused at the door belongs to nobody.
                refused = isinstance(event, TimedOut | TransportFailed) and isinstance(
                    event.tx, ServerTransaction
                )
                assert known or refused, event
        assert self.proxy.take_events() == []
        for out in self.stack.take_outgoing():
            message = parse(out.data)
            if isinstance(message, Response):
                assert len(message.vias) == 1
            elif message.method not in ("CANCEL", "ACK"):
                self.passed.append((out.hop, message))

    def end(self) -> None:
        """Break every line and let time pass: nothing may be left."""
        for hop in (*CALLEE, *CALLER):
            self.stack.transport_failed(hop, Monotonic(self.now))
        self._drain()
        self._wait(1000.0)
        assert self.stack.transactions == 0
        assert (self.proxy.open, self._deadline()) == (0, None)


def relays(data: bytes) -> None:
    """Any program of inputs."""
    run = Run(Choices(data))
    for _ in range(MOST):
        if not run.choices:
            break
        run.step()
    run.end()
