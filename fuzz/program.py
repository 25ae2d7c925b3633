"""Programs of inputs against a stack of transactions: whatever their order, nothing raises and nothing is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from fuzz.choices import Choices
from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Uri, parse
from telsdk.sip.transaction import ClientTransaction, RequestReceived, ServerTransaction, Stack

HOPS: Final = (
    Hop("UDP", "192.0.2.9", 5060),
    Hop("TCP", "192.0.2.9", 5060, flow=7),
    Hop("TLS", "192.0.2.9", 5061),
)
METHODS: Final = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "MESSAGE")
BRANCHES: Final = ("z9hG4bKa", "z9hG4bKb", "z9hG4bK", "old")
STATUSES: Final = (100, 180, 183, 200, 302, 404, 487, 503, 603)
STEPS: Final = (0.0, 0.05, 0.5, 1.0, 5.0, 33.0)
MOST: Final = 60
"""Inputs in a program."""


def request(method: str, branch: str = "", tag: str = "") -> Request:
    """A request, with a Via of the peer's where a branch is given."""
    made = Request(method, Uri.parse("sip:bob@192.0.2.1"))
    if branch:
        made.headers.add("Via", f"SIP/2.0/UDP 192.0.2.9:5060;branch={branch}")
    made.headers.add("Max-Forwards", "70")
    made.headers.add("From", "<sip:alice@example.com>;tag=f")
    made.headers.add("To", "<sip:bob@example.com>" + (f";tag={tag}" if tag else ""))
    made.headers.add("Call-ID", "c")
    made.headers.add("CSeq", f"1 {method}")
    made.headers.add("Content-Length", "0")
    return made


@dataclass
class Run:
    """A stack in the hands of a program."""

    choices: Choices
    stack: Stack = field(init=False)
    now: Monotonic = Monotonic(0.0)
    tokens: int = 0
    sent: list[ClientTransaction] = field(default_factory=list)
    came: list[ServerTransaction] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stack = Stack(sent_by=lambda _: ("192.0.2.1", 5060), token=self._token)
        if self.choices.number(2):
            self.stack.serve_user_agent()

    def _token(self) -> str:
        self.tokens += 1
        return f"{self.tokens:016x}"

    def step(self) -> None:
        """One input, of the peer's, the role's, the clock's or the network's."""
        inputs = (
            self._send,
            self._receive,
            self._respond,
            self._answer,
            self._cancel,
            self._abandon,
            self._fail,
        )
        self.choices.one(inputs)()
        self.now = Monotonic(self.now + self.choices.one(STEPS))
        self.stack.advance(self.now)
        self._drain()

    def _send(self) -> None:
        method = self.choices.one(METHODS)
        try:
            self.sent.append(self.stack.request(request(method), self.choices.one(HOPS), self.now))
        except ProtocolStateError:
            assert method in ("ACK", "CANCEL")

    def _receive(self) -> None:
        made = request(self.choices.one(METHODS), self.choices.one(BRANCHES), self.choices.one(("", "t")))
        message = parse(bytes(made))
        self.stack.receive(message, self.choices.one(HOPS), self.now)

    def _respond(self) -> None:
        if self.sent:
            tx = self.choices.one(self.sent[-8:])
            response = tx.request.response(self.choices.one(STATUSES), to_tag=self.choices.one(("a", "b")))
            self.stack.receive(parse(bytes(response)), tx.hop, self.now)

    def _answer(self) -> None:
        if self.came:
            tx = self.choices.one(self.came[-8:])
            status = self.choices.one(STATUSES)
            self._legal_or_untouched(tx, lambda: self.stack.answer(tx, status, self.now))

    def _cancel(self) -> None:
        if self.sent:
            tx = self.choices.one(self.sent[-8:])
            try:
                self.stack.cancel(tx, self.now)
            except ProtocolStateError:
                assert tx.request.method != "INVITE"

    def _abandon(self) -> None:
        if self.came:
            tx = self.choices.one(self.came[-8:])
            self._legal_or_untouched(tx, lambda: self.stack.abandon(tx, self.now))

    def _fail(self) -> None:
        self.stack.transport_failed(self.choices.one(HOPS), self.now)

    def _legal_or_untouched(self, tx: ServerTransaction, do: Callable[[], None]) -> None:
        self._drain()
        before = (tx.state, tx.data, self.stack.deadline(), self.stack.transactions)
        try:
            do()
        except ProtocolStateError:
            assert (tx.state, tx.data, self.stack.deadline(), self.stack.transactions) == before
            assert self.stack.take_outgoing() == []

    def _drain(self) -> None:
        self.came += [event.tx for event in self.stack.take_events() if isinstance(event, RequestReceived)]
        for out in self.stack.take_outgoing():
            parse(out.data)

    def end(self) -> None:
        """Answer what is open, break every line and let time pass: nothing may be left."""
        for tx in self.came:
            self._legal_or_untouched(tx, lambda tx=tx: self.stack.answer(tx, 500, self.now))  # type: ignore[misc]
        for hop in HOPS:
            self.stack.transport_failed(hop, self.now)
        while (when := self.stack.deadline()) is not None:
            assert when >= self.now
            self.now = when
            self.stack.advance(when)
        self._drain()
        assert self.stack.transactions == 0


def transactions(data: bytes) -> None:
    """Any program of inputs."""
    run = Run(Choices(data))
    for _ in range(MOST):
        if not run.choices:
            break
        run.step()
    run.end()
