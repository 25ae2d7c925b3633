"""A request within a dialog on its way through a proxy: it has one way to go, so there is nothing to fork.

It keeps what RFC 3261 section 16 asks of a stateful proxy (Timer C, CANCEL, what a failure is answered with) for the
one branch that there is. A redirect goes back as it came: the dialog says where its requests go, not a 3xx.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from telsdk.clock import Monotonic
from telsdk.sip.errors import SipError
from telsdk.sip.hop import Hop
from telsdk.sip.message import NameAddr, Request, Response, Uri
from telsdk.sip.server.routing import (
    asked_by,
    best_for_caller,
    changed_line,
    goes_back,
    may_leave,
    prepare,
    put_line,
    sips_not_allowed,
    take_own_routes,
)
from telsdk.sip.transaction import (
    UNANSWERED,
    ClientTransaction,
    RequestReceived,
    ServerTransaction,
    Stack,
    State,
    Timeline,
    TransactionUser,
)


class NoWayOn(SipError):
    """A request within a dialog is not passed on.

    Attributes:
        status: what to answer.
        headers: fields for that answer, such as a Warning.
    """

    def __init__(self, status: int, *headers: tuple[str, str]) -> None:
        super().__init__(f"answered {status}")
        self.status = status
        self.headers = headers


class NextHop(Protocol):
    """Where a request within a dialog goes on to; it may change the request, which is the one that leaves."""

    def __call__(self, request: Request, own_routes: tuple[NameAddr, ...], source: Hop) -> Hop:
        """Return the hop.

        Args:
            own_routes: our Route values that were taken off it: what Record-Route had put there; at least one.

        Raises:
            NoWayOn: it goes nowhere from here.
        """
        ...


OnAnswer = Callable[[Response, Request, Hop, TransactionUser], bool]
"""Called with an answer before it goes back, the request that it answers, where that came from, and who waits for it.

False lets the answer wait: then whoever waits is given it later, by `answered` and with a Via in the place of ours.
"""

Moved = Callable[[Request, Response], None]

_MAY_MOVE = frozenset(
    {"INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY"}
)  # RFC 3261 12.2, 3311 5.1, 6665 4.1.2.2, 4.4.1


class Relay(TransactionUser):
    """One request, and the one copy of it that was sent on."""

    __slots__ = (
        "cancelled",
        "client",
        "expired",
        "from_line",
        "line",
        "moved",
        "on_answer",
        "open",
        "server",
        "stack",
        "timer_c_at",
        "to_line",
    )

    def __init__(
        self,
        stack: Stack,
        server: ServerTransaction,
        open_relays: OpenRelays,
        moved: Moved | None = None,
        on_answer: OnAnswer | None = None,
    ) -> None:
        self.stack = stack
        self.on_answer = on_answer
        self.from_line: str | None = None  # as it came, if another left
        self.to_line: str | None = None  # the same
        self.server: ServerTransaction = server
        self.client: ClientTransaction | None = None
        self.line = asked_by(server.request)
        self.open = open_relays  # those that wait for an answer; this one while it does
        self.moved = moved  # told of a 2xx
        self.cancelled = False  # by the caller
        self.expired = False  # by Timer C
        self.timer_c_at = 0.0
        server.owner = self
        open_relays.add(self)

    @property
    def source(self) -> object:
        """By what it is counted: the connection that it came by, or the address."""
        hop = self.server.source
        return hop.host if hop.flow is None else hop.flow

    def send(self, request: Request, hop: Hop, mark: str, now: Monotonic) -> None:
        """Send the copy, and to who called with an INVITE that it was."""
        self.from_line = changed_line(self.server.request, request, "from")
        self.to_line = changed_line(self.server.request, request, "to")
        self.client = self.stack.request(request, hop, now, owner=self, branch_suffix=mark)
        if request.method == "INVITE":
            if self.server.state is State.PROCEEDING and not self.server.data:
                self.stack.respond(self.server, self.server.request.response(100), now)
            self.timer_c_at = now + self.stack.timers.timer_c

    def answered(self, response: Response, now: Monotonic) -> None:
        """Let an answer go back (16.7)."""
        response.headers.drop_first("via")
        if self.from_line is not None:
            put_line(response, "from", self.from_line)
        if self.to_line is not None:
            put_line(response, "to", self.to_line)
        if self.on_answer is not None and not self.on_answer(
            response, self.server.request, self.server.source, self
        ):
            return
        status = response.status
        if not goes_back(response, self.line):
            if status >= 200:
                self._finish(self.stack.make_response(self.server.request, 502), now)
        elif status < 200:
            if status > 100:
                self.timer_c_at = now + self.stack.timers.timer_c
                if self in self.open and self.server.state in UNANSWERED:
                    self.stack.respond(self.server, response, now)
        elif status < 300 and self.server.state is State.ACCEPTED:
            self.stack.respond(self.server, response, now)  # 16.7 step 5: a 2xx to INVITE, once more
        else:
            if self.moved is not None and status < 300 and self in self.open:
                self.moved(self.server.request, response)
            self._finish(response, now)

    def give_up(self, now: Monotonic) -> None:
        """Answer for ourselves: a bug kept us from passing an answer back."""
        try:
            if self.client is not None and self.client.request.method == "INVITE":
                self.stack.cancel(self.client, now)
            self._finish(self.stack.make_response(self.server.request, 500), now)
        finally:
            self.close()

    def failed(self, timed_out: bool, now: Monotonic) -> None:
        """Answer for who cannot be reached, or did not answer in time (16.8, 16.9)."""
        self._finish(self.stack.make_response(self.server.request, 408 if timed_out else 503), now)

    def cancel(self, now: Monotonic) -> None:
        """Pass on that the caller has given up (16.10)."""
        self.cancelled = True
        if self.client is not None and self.client.request.method == "INVITE":
            self.stack.cancel(self.client, now)

    def expire(self, now: Monotonic) -> None:
        """Take back an INVITE that brings no news for too long (16.8)."""
        self.expired = True
        if self.client is not None:
            self.stack.cancel(self.client, now)

    def close(self) -> None:
        """Wait for no answer any more."""
        self.open.discard(self)

    def _finish(self, response: Response, now: Monotonic) -> None:
        if self not in self.open:
            return
        self.open.discard(self)
        if self.server.ended:
            return  # the caller's connection is gone with ours: it is one
        request = self.server.request
        if self.expired and response.status == 487:
            response = self.stack.make_response(request, 408)  # it was us who lost patience, not the caller
        if self.cancelled and 300 <= response.status < 600 and response.status != 487:
            response = self.stack.make_response(request, 487)
        elif response.status == 408 and request.method != "INVITE":
            # RFC 4320 4.2: the caller's own timer ran out just now; a 408 would come too late.
            self.stack.abandon(self.server, now)
            return
        self.stack.respond(self.server, best_for_caller(self.stack, request, response), now)


class OpenRelays:
    """Those that wait for an answer, and how many of them came from where."""

    __slots__ = ("_from", "_relays")

    def __init__(self) -> None:
        self._relays: set[Relay] = set()
        self._from: dict[object, int] = {}

    def __len__(self) -> int:
        return len(self._relays)

    def __contains__(self, relay: object) -> bool:
        return relay in self._relays

    def add(self, relay: Relay) -> None:
        self._relays.add(relay)
        source = relay.source
        self._from[source] = self._from.get(source, 0) + 1

    def discard(self, relay: Relay) -> None:
        if relay in self._relays:
            self._relays.remove(relay)
            source = relay.source
            left = self._from[source] - 1
            if left:
                self._from[source] = left
            else:
                del self._from[source]

    def count(self, source: Hop) -> int:
        """Return how many came by that connection, or from that address."""
        return self._from.get(source.host if source.flow is None else source.flow, 0)


class Relays:
    """All requests within dialogs that one proxy passes on.

    Args:
        is_local: whether a URI names this proxy.
        moved: told of each 2xx to a request that may move an end of the dialog, and of that request.
        on_answer: sees each answer before it goes back.
    """

    def __init__(
        self,
        stack: Stack,
        next_hop: NextHop,
        is_local: Callable[[Uri], bool],
        moved: Moved | None = None,
        on_answer: OnAnswer | None = None,
    ) -> None:
        self._stack = stack
        self._moved = moved
        self._on_answer = on_answer
        self._next_hop = next_hop
        self._is_local = is_local
        self.open = OpenRelays()
        self._timer_c: Timeline[Relay] = Timeline(_waits)

    def pass_on(self, event: RequestReceived, mark: str, now: Monotonic) -> None:
        """Send a request on, or refuse it."""
        tx, request = event.tx, event.request.copy()
        own_routes = take_own_routes(request, self._is_local)
        if not own_routes:
            # Whoever is not in the dialog's route set is no open relay for it, and is no end of it either.
            self._stack.answer_once(tx, 481, now)
            return
        try:
            hop = self._next_hop(request, own_routes, event.source)
        except NoWayOn as error:
            self._stack.answer_once(tx, error.status, now, None, *error.headers)
            return
        prepare(request, request.uri, (), ())
        if not may_leave(event.request.uri.scheme == "sips", request, hop):
            self._stack.respond_once(tx, sips_not_allowed(self._stack, event.request), now)
            return
        moved = self._moved if request.method in _MAY_MOVE else None
        relay = Relay(self._stack, tx, self.open, moved, self._on_answer)
        relay.send(request, hop, mark, now)
        if relay.timer_c_at:
            self._timer_c.start(relay, self._stack.timers.timer_c, now)

    def pass_ack(self, request: Request, source: Hop) -> None:
        """Send on an ACK to a 2xx, which belongs to no transaction and is never answered."""
        secure = request.uri.scheme == "sips"
        own_routes = take_own_routes(request, self._is_local)
        if not own_routes:
            return
        try:
            hop = self._next_hop(request, own_routes, source)
        except NoWayOn:
            return
        prepare(request, request.uri, (), ())
        if may_leave(secure, request, hop):
            self._stack.send(request, hop)

    def advance(self, now: Monotonic) -> None:
        """Let Timer C fire where it is due (16.8)."""
        self._timer_c.fire_due(now, self._look_at)

    def _look_at(self, relay: Relay, now: Monotonic) -> None:
        if not _waits(relay):
            return
        if relay.timer_c_at > now:  # there were news since
            self._timer_c.start(relay, relay.timer_c_at - now, now)
        else:
            relay.expire(now)

    def deadline(self) -> Monotonic | None:
        """Return when `advance` has something to do next."""
        return self._timer_c.deadline()


def _waits(relay: Relay) -> bool:
    """Return whether Timer C means anything to it."""
    return not relay.expired and relay in relay.open
