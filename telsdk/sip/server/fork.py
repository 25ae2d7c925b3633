"""One request in a stateful proxy, its branches, and which answer goes back (RFC 3261 section 16.7).

Targets of one q are tried together, those of a lower q when all above have failed (16.5 and 16.6). A user agent
that is reached by several flows is one target with alternatives: never two at once (RFC 5626 section 5.3). How
many branches may run at a time is bounded by Max-Breadth (RFC 5393 section 5); what is above it waits its turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from telsdk.clock import Monotonic
from telsdk.sip.errors import SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.message import NameAddr, Request, Response, Uri
from telsdk.sip.message import field_table as fieldtypes
from telsdk.sip.server.routing import asked_by
from telsdk.sip.transaction import ClientTransaction, ServerTransaction, TransactionUser


@dataclass(slots=True, init=False)
class Target:
    """One place to forward a request to.

    Attributes:
        uri: the new Request-URI.
        request: what to send instead of a copy of `Context.request`; the proxy changes it, and drops it in the end.
        routes: Route values to put on top, such as a binding's path (RFC 3327 5.3).
        q: those with less are tried when all with more have failed.
        alternatives: other ways to the same user agent, for when this one is gone.
        recorded: what our Record-Route to it says for want of an answer; empty: nothing is to be learned from one.
    """

    uri: Uri
    hop: Hop
    request: Request | None
    routes: tuple[NameAddr, ...]
    q: float
    alternatives: tuple[Target, ...]
    recorded: str = field(init=False)

    def __init__(
        self,
        uri: Uri,
        hop: Hop,
        request: Request | None = None,
        routes: tuple[NameAddr, ...] = (),
        q: float = 1.0,
        alternatives: tuple[Target, ...] = (),
    ) -> None:
        self.uri = uri
        self.hop = hop
        self.request = request
        self.routes = routes
        self.q = q
        self.alternatives = alternatives
        self.recorded = ""

    @property
    def next_way(self) -> Target | None:
        """The first alternative, with the others as its own."""
        if not self.alternatives:
            return None
        return replace(self.alternatives[0], alternatives=self.alternatives[1:], q=self.q)


Taker: TypeAlias = "tuple[Callable[[Branch, Response, Monotonic], None], Callable[[Branch, Monotonic], None]]"
"""What is called with a response to a branch, and what if that has failed."""

MAX_BREADTH: Final = 60
"""Branches that a request may have at a time when it does not say (RFC 5393 section 5.3.3)."""


def max_breadth(request: Request) -> int:
    """Return how many branches the request allows; what is malformed counts as not said. If zero, answer 440."""
    if "max-breadth" not in request.headers.shape.first:
        return MAX_BREADTH
    try:
        said = fieldtypes.MAX_BREADTH.of(request)
    except SipParseError:
        said = None
    return MAX_BREADTH if said is None else min(said, MAX_BREADTH)


class Context(TransactionUser):
    """A response context (16.2): one request that came, and what became of it."""

    __slots__ = (
        "_closer",
        "app",
        "asked_by",
        "awaiting",
        "branches",
        "breadth",
        "cancelled",
        "closed",
        "finals",
        "in_dialog",
        "mark",
        "own_routes",
        "request",
        "source",
        "stopped",
        "tx",
        "waiting",
    )

    def __init__(
        self,
        request: Request,
        source: Hop,
        tx: ServerTransaction | None,
        own_routes: tuple[NameAddr, ...],
        mark: str,
        closer: Callable[[Context, Monotonic], None] | None = None,
    ) -> None:
        self._closer = closer  # what answers it where a bug keeps everybody else from doing so
        self.request = request  # as it came, but without our own Routes; copy it, then edit; shed once closed
        self.source = source
        self.tx = tx  # None for an ACK
        self.asked_by = asked_by(request)
        self.own_routes = own_routes  # our Route values that were taken off: what Record-Route had put there
        self.in_dialog = request.to_tag is not None
        self.mark = mark
        self.branches: list[Branch] = []
        self.finals: list[Response] = []
        self.awaiting: list[Response] = []  # 3xx that the application has to decide on
        self.waiting: list[Target] = []  # not tried yet, highest q first
        self.breadth = max_breadth(request) if "max-breadth" in request.headers.shape.first else MAX_BREADTH
        self.cancelled = False  # by the caller
        self.stopped = False  # nothing more is tried: the caller has cancelled, or a 6xx came (16.7 step 5)
        self.closed = False  # a final response was sent: only a further 2xx still goes back
        self.app: object | None = None  # free for the application

    def give_up(self, now: Monotonic) -> None:
        """Answer it, and take back what was sent on: a bug kept us from judging it."""
        if self._closer is not None:
            self._closer(self, now)

    def stop(self) -> None:
        """Let nothing more be tried."""
        self.stopped = True
        self.awaiting.clear()
        self.waiting.clear()

    @property
    def routed(self) -> bool:
        """Whether it came by a Route that named this proxy."""
        return bool(self.own_routes)

    @property
    def next_uri(self) -> Uri:
        """Where it says it goes next: the first Route that is not ours, else the Request-URI (16.6)."""
        routes = self.request.routes
        return routes[0].uri if routes else self.request.uri

    def enqueue(self, targets: Sequence[Target]) -> None:
        """Note targets to be tried, in the order of their q."""
        self.waiting += targets
        if len(self.waiting) > 1:
            self.waiting.sort(key=lambda target: -target.q)

    def next_group(self) -> list[tuple[Target, int]]:
        """Take the targets to be tried now: all of the highest q, but no more than Max-Breadth leaves.

        Each comes with its share of that breadth (RFC 5393 5.3.3).
        """
        free = self.breadth - sum([branch.breadth for branch in self.branches if not branch.done])
        if len(self.waiting) == 1 and free > 0:
            return [(self.waiting.pop(), free)]
        group = [target for target in self.waiting if target.q == self.waiting[0].q][: max(free, 0)]
        del self.waiting[: len(group)]
        return [(target, free // len(group)) for target in group]

    def shed(self) -> None:
        """Drop what a closed context does not need: it stays as long as late answers may come."""
        assert self.tx is not None
        self.request = self.tx.request
        self.awaiting.clear()
        self.waiting.clear()
        self.finals.clear()
        left = []
        for branch in self.branches:
            if branch.done:
                branch.shed()
            else:
                left.append(branch)
        self.branches = left

    @property
    def pending(self) -> list[Branch]:
        """The branches that have no final response yet."""
        return [branch for branch in self.branches if not branch.done]

    def is_pending(self) -> bool:
        """Return whether a branch has no final response yet."""
        for branch in self.branches:  # noqa: SIM110 - asked for each message, and a generator takes twice the time
            if not branch.done:
                return True
        return False


class Branch(TransactionUser):
    """One copy of the request on its way to one target."""

    __slots__ = (
        "_taker",
        "breadth",
        "context",
        "done",
        "expired",
        "from_line",
        "target",
        "timer_c_at",
        "tx",
    )

    def __init__(self, context: Context, target: Target, breadth: int, taker: Taker) -> None:
        self._taker = taker
        self.context = context
        self.timer_c_at = 0.0  # when it has rung for too long (16.6 step 11)
        self.target = target
        self.breadth = breadth  # how many branches it may have further on, itself counted
        self.expired = False  # cancelled by us, because it took too long
        self.tx: ClientTransaction | None = None
        self.from_line: str | None = None  # as it came, if another left
        self.done = False

    def answered(self, response: Response, now: Monotonic) -> None:
        """Take a response to this copy."""
        self._taker[0](self, response, now)

    def give_up(self, now: Monotonic) -> None:
        """Bring nothing: a bug kept us from taking an answer."""
        self._taker[1](self, now)

    def shed(self) -> None:
        """Drop the request, which was answered and is not sent again; that of the context stands for it."""
        if self.tx is not None:
            self.tx.request = self.context.request
        self.target.request = None
        self.target.alternatives = ()


_PREFERRED_4XX = (401, 407, 415, 420, 484)  # 16.7 step 6: they say what would help
RecordRoute: TypeAlias = Callable[[Context, Target], Sequence[Uri]]
Learn: TypeAlias = Callable[[Target, Response], None]

_CHALLENGES = ("WWW-Authenticate", "Proxy-Authenticate")


def best_response(finals: Sequence[Response]) -> Response:
    """Return the response to send back when no branch succeeded (16.7 step 6), all challenges in it (step 7)."""
    best = min(finals, key=_rank)
    if best.status in (401, 407):
        for other in finals:
            if other is best or other.status not in (401, 407):
                continue
            for name in _CHALLENGES:
                for value in other.headers.all(name):
                    best.headers.add(name, value)
    return best


def _rank(response: Response) -> tuple[int, int]:
    status = response.status
    if status >= 600:
        return (0, 0)
    helpful = _PREFERRED_4XX.index(status) if status in _PREFERRED_4XX else len(_PREFERRED_4XX)
    # A timeout, an unreachable target or one that we cancelled says less than an answer.
    return (status // 100, helpful + (status in (408, 430, 487, 503)))


def waits_for_news(branch: Branch) -> bool:
    """Return whether Timer C means anything to a branch (16.6 step 11)."""
    return not branch.expired and not branch.done
