"""The redirect server: it says where to ask, and carries nothing itself (RFC 3261 sections 8.3 and 21.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import NameAddr, Request, Response, inspection
from telsdk.sip.transaction import (
    UNANSWERED,
    AckReceived,
    Cancelled,
    Event,
    RequestReceived,
    ServerTransaction,
    Stack,
    TimedOut,
    TransportFailed,
)


@dataclass(slots=True)
class RedirectAsked(Event):
    """A request wants to know where to go: `Redirect.answer` or `Redirect.refuse` it."""

    tx: ServerTransaction
    request: Request
    source: Hop


class Redirect:
    """Redirect role over a stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._events: list[Event] = []

    def handle(self, event: Event, now: Monotonic) -> bool:
        """Take an event of the stack; False when it is none of ours."""
        if isinstance(event, RequestReceived):
            self._requested(event, now)
            return True
        if isinstance(event, Cancelled) and event.tx.owner is self:
            self._stack.answer(event.tx, 487, now)
            return True
        if isinstance(event, AckReceived):
            return True  # nothing here is ever answered 2xx to an INVITE, so this ACK is lost
        return isinstance(event, TimedOut | TransportFailed) and event.tx.owner is self

    def answer(
        self,
        tx: ServerTransaction,
        contacts: Sequence[NameAddr],
        now: Monotonic,
        *,
        status: int = 302,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Send a 3xx with `contacts`, best first. Nothing happens when the asker has cancelled meanwhile.

        A contact that is what was asked for leads nowhere new; when there is no other it is 404 (8.3).
        """
        others = [one for one in contacts if not one.uri.equivalent(tx.request.uri)]
        if contacts and not others:
            self.refuse(tx, 404, now)
            return
        if tx.state in UNANSWERED:
            found = [("Contact", str(one)) for one in others]
            self._stack.answer(tx, status, now, None, *found, *headers)

    def refuse(
        self,
        tx: ServerTransaction,
        status: int,
        now: Monotonic,
        *,
        reason: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Send any other final response, once. Nothing happens when the asker has cancelled meanwhile."""
        if tx.state in UNANSWERED:
            self._stack.answer_once(tx, status, now, reason, *headers)

    def respond(self, tx: ServerTransaction, response: Response, now: Monotonic) -> None:
        """Send a final response that the application made, once. Nothing happens when the asker has cancelled."""
        if tx.state in UNANSWERED:
            self._stack.respond_once(tx, response, now)

    def _requested(self, event: RequestReceived, now: Monotonic) -> None:
        event.tx.owner = self
        refused = inspection(event.request)
        if refused is None:
            self._events.append(RedirectAsked(event.tx, event.request, event.source))
        else:
            self.refuse(event.tx, refused.status, now, reason=refused.reason, headers=refused.headers)

    def take_events(self) -> list[Event]:
        """Return what happened, in order; each is given out once."""
        taken, self._events = self._events, []
        return taken
