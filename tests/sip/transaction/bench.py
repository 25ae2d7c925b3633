"""A stack with its peer's hands on it."""

from __future__ import annotations

from typing import TypeVar

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import Message, Request, Response, Uri, parse
from telsdk.sip.transaction import (
    ClientTransaction,
    Event,
    RequestReceived,
    ServerTransaction,
    Stack,
)
from tests.sip.wire import tokens

PEER = Hop("UDP", "192.0.2.1", 5060)
STREAM = Hop("TCP", "192.0.2.1", 5060, flow=4)

Kind = TypeVar("Kind", bound=Event)


class Bench:
    """A stack with its peer's hands on it."""

    def __init__(self) -> None:
        self.stack = Stack(
            sent_by={"UDP": ("192.0.2.2", 5060), "TCP": ("192.0.2.2", 5060)}.__getitem__, token=tokens(0)
        )

    def sent(self) -> list[str]:
        """What went out, as "INVITE" or "180 INVITE"."""
        return [name_of(parse(out.data)) for out in self.stack.take_outgoing()]

    def messages(self) -> list[Request | Response]:
        return [parse(out.data) for out in self.stack.take_outgoing()]

    def only(self, kind: type[Kind]) -> Kind:
        (event,) = self.stack.take_events()
        assert isinstance(event, kind)
        return event

    def pass_time(self, start: float, until: float) -> list[tuple[float, str]]:
        """When and what goes out while time passes."""
        seen = []
        while (when := self.stack.deadline()) is not None and when <= until:
            self.stack.advance(when)
            seen += [(when - start, what) for what in self.sent()]
        return seen

    def invite(self, hop: Hop = PEER, now: Monotonic = Monotonic(0.0)) -> ClientTransaction:
        return self.stack.request(request("INVITE"), hop, now)

    def reply(
        self, tx: ClientTransaction, status: int, now: Monotonic = Monotonic(0.0), tag: str = "t"
    ) -> None:
        response = tx.request.response(status, to_tag=tag if status > 100 else None)
        self.stack.receive(parse(bytes(response)), tx.hop, now)

    def invited(self, source: Hop = PEER, now: Monotonic = Monotonic(0.0)) -> ServerTransaction:
        self.stack.receive(incoming("INVITE", source), source, now)
        return self.only(RequestReceived).tx


def name_of(message: Message) -> str:
    if isinstance(message, Request):
        return message.method
    assert isinstance(message, Response)
    return f"{message.status} {message.cseq.method}"


def request(method: str) -> Request:
    made = Request(method, Uri.parse("sip:bob@telprotocol"))
    for name, value in (
        ("Route", "<sip:192.0.2.9;lr>"),
        ("Max-Forwards", "70"),
        ("From", "<sip:alice@telprotocol>;tag=f"),
        ("To", "<sip:bob@telprotocol>"),
        ("Call-ID", "call"),
        ("CSeq", f"7 {method}"),
    ):
        made.headers.add(name, value)
    return made


def incoming(
    method: str, source: Hop = PEER, branch: str = "z9hG4bK1", to: str = "<sip:bob@telprotocol>"
) -> Request:
    made = request(method)
    made.headers.insert("Via", f"SIP/2.0/{source.transport} {source.host}:{source.port};branch={branch}")
    made.headers.set("To", to)
    parsed = parse(bytes(made))
    assert isinstance(parsed, Request)
    return parsed
