"""One request in a stateful proxy, its branches, and which answer goes back (RFC 3261 section 16.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response
from telsdk.sip.transaction import ClientTransaction, ServerTransaction
from telsdk.sip.uri import NameAddr, Uri


@dataclass(frozen=True, slots=True)
class Target:
    """One place to forward a request to."""

    uri: Uri  # the new Request-URI
    hop: Hop
    request: Request | None = (
        None  # what to send instead of a copy of `Context.request`; the proxy may change it
    )
    routes: tuple[NameAddr, ...] = ()  # Route values to put on top, such as a binding's path (RFC 3327 5.3)


class Context:
    """A response context (16.2): one request that came, and what became of it."""

    __slots__ = (
        "app",
        "awaiting",
        "branches",
        "cancelled",
        "closed",
        "finals",
        "in_dialog",
        "mark",
        "own_routes",
        "request",
        "source",
        "tx",
        "via",
    )

    def __init__(
        self,
        request: Request,
        source: Hop,
        tx: ServerTransaction | None,
        own_routes: tuple[NameAddr, ...],
        mark: str,
    ) -> None:
        self.request = request  # as it came, but without our own Routes; copy it, then edit; shed once closed
        self.source = source
        self.tx = tx  # None for an ACK
        self.via = request.headers.get("Via") or ""  # that of whoever asked, as written
        self.own_routes = own_routes  # our Route values that were taken off: what Record-Route had put there
        self.in_dialog = request.to.tag is not None
        self.mark = mark
        self.branches: list[Branch] = []
        self.finals: list[Response] = []
        self.awaiting: list[Response] = []  # 3xx that the application has to decide on
        self.cancelled = False  # by the caller
        self.closed = False  # a final response was sent: only a further 2xx still goes back
        self.app: object | None = None  # free for the application

    @property
    def routed(self) -> bool:
        """Whether it came by a Route that named this proxy."""
        return bool(self.own_routes)

    @property
    def next_uri(self) -> Uri:
        """Where it says it goes next: the first Route that is not ours, else the Request-URI (16.6)."""
        routes = self.request.routes
        return routes[0].uri if routes else self.request.uri

    def shed(self) -> None:
        """Drop what a closed context does not need: it stays as long as late answers may come."""
        assert self.tx is not None
        self.request = self.tx.request
        self.awaiting.clear()
        self.finals.clear()
        for branch in self.branches:
            if branch.done:
                branch.shed()
        self.branches = self.pending

    @property
    def pending(self) -> list[Branch]:
        """The branches that have no final response yet."""
        return [branch for branch in self.branches if not branch.done]


class Branch:
    """One copy of the request on its way to one target."""

    __slots__ = ("context", "done", "target", "tx")

    def __init__(self, context: Context, target: Target) -> None:
        self.context = context
        self.target = target
        self.tx: ClientTransaction | None = None
        self.done = False

    def shed(self) -> None:
        """Drop the request, which was answered and is not sent again; that of the context stands for it."""
        if self.tx is not None:
            self.tx.request = self.context.request
        if self.target.request is not None:
            self.target = Target(self.target.uri, self.target.hop)


_PREFERRED_4XX = (401, 407, 415, 420, 484)  # 16.7 step 6: they say what would help
_CHALLENGES = ("WWW-Authenticate", "Proxy-Authenticate")


def best_response(finals: Sequence[Response]) -> Response:
    """The response to send back when no branch succeeded (16.7 step 6), all challenges in it (step 7)."""
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
    # A timeout or an unreachable target says less than an answer.
    return (status // 100, helpful + (status in (408, 503)))
