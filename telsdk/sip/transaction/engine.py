"""The transaction machines at work: what the client and the server half of the layer have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Final, Generic, TypeAlias, TypeVar

from telsdk.clock import Monotonic
from telsdk.compiling import mypyc_attr
from telsdk.sip.hop import Hop
from telsdk.sip.message import Message, Request, Response, write_host
from telsdk.sip.transaction.events import Event, Outgoing
from telsdk.sip.transaction.machines import (
    Action,
    Actions,
    Input,
    Move,
    State,
    Transaction,
    Trigger,
)
from telsdk.sip.transaction.proof import Proven
from telsdk.sip.transaction.timers import Timeline, Timer, Timers

Tx = TypeVar("Tx", bound=Transaction)
Running: TypeAlias = tuple[Transaction, Timer, int]
"""A timer of a transaction, and in which of its rounds it was started."""

_GIVES_UP: Final = {Timer.A: Timer.B, Timer.E: Timer.F, Timer.G: Timer.H}
"""What repeats a message, and what then ends that: where the first runs, the second is the last of its row."""
_LAST: Final = frozenset(_GIVES_UP.values())


def _means(running: Running) -> bool:
    """Return whether a timer still means anything: it was stopped if the state that was reached has no move for it."""
    tx, timer, begun = running
    if timer not in tx.machine.leaving[tx.state] or tx.round != begun:
        return False
    return timer is not Timer.TRYING or not tx.data


@mypyc_attr(allow_interpreted_subclasses=True)
class TransactionUser:
    """Who has to do with a transaction as its `owner`, and is told at once of answers, without an event.

    When the transaction has ended in silence, it lets go of its owner.
    """

    __slots__ = ()

    def answered(self, response: Response, now: Monotonic) -> None:
        """Take a response: every provisional one, the final one, and for INVITE every further 2xx."""
        raise NotImplementedError

    def give_up(self, now: Monotonic) -> None:
        """Wait for nothing more: a handler failed, and whoever waits for the outcome is to be told."""
        raise NotImplementedError


class Ground:
    """What all transactions of one element stand on."""

    __slots__ = (
        "_secret",
        "_via_starts",
        "besides",
        "durations",
        "events",
        "outgoing",
        "proven",
        "sent_by",
        "timeline",
        "timeout",
        "timers",
        "token",
    )

    def __init__(
        self,
        sent_by: Callable[[str], tuple[str, int]],
        token: Callable[[], str],
        timers: Timers,
        besides: frozenset[tuple[str, int]] = frozenset(),
        proven: Proven | None = None,
    ) -> None:
        self.proven = proven
        self.sent_by = sent_by
        self.besides = besides
        self.token = token
        self._secret = token().encode()
        self.timers = timers
        self.timeout = timers.timeout
        self.durations = {reliable: timers.durations(reliable=reliable) for reliable in (True, False)}
        # What repeats the message says when it was the last time.
        self.durations[False].update(dict.fromkeys(_LAST, None))
        self.timeline: Timeline[Running] = Timeline(_means)
        self.outgoing: list[Outgoing] = []
        self.events: list[Event] = []
        self._via_starts: dict[tuple[str, tuple[str, int] | None], str] = {}

    def tag_for(self, request: Request) -> str:
        """Return a To tag that comes out alike for the same request, and that nobody else can tell (8.2.7)."""
        text = f"{request.call_id}\n{request.from_tag}\n{request.cseq}\n{request.via.branch}"
        return blake2b(text.encode(), key=self._secret, digest_size=12).hexdigest()

    def via_to(self, hop: Hop, branch: str) -> str:
        """Return our Via for a request to `hop` (18.1.1)."""
        at = hop.taken_at if hop.taken_at in self.besides else None
        start = self._via_starts.get((hop.transport, at))
        if start is None:
            host, port = self.sent_by_to(hop)
            start = (
                f"SIP/2.0/{hop.transport} {write_host(host, port)}{'' if hop.reliable else ';rport'};branch="
            )
            self._via_starts[hop.transport, at] = start
        return start + branch

    def sent_by_to(self, hop: Hop) -> tuple[str, int]:
        """Return what our Via names in a request to `hop`. Who opened the connection is told where it was opened to."""
        at = hop.taken_at
        return at if at is not None and at in self.besides else self.sent_by(hop.transport)


class Transactions(Generic[Tx]):
    """All transactions of one kind, by their key."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._known: dict[object, Tx] = {}
        self._by_way: dict[object, set[Tx]] = {}  # those over connections, to find them when one breaks

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: object) -> Tx | None:
        """Return the one with that key, or None."""
        return self._known.get(key)

    def begin(self, tx: Tx, now: Monotonic) -> None:
        """Enter the first state."""
        self._known[tx.id] = tx
        if tx.reliable:
            self._by_way.setdefault(_way(tx.hop), set()).add(tx)
        self._move(tx, tx.machine.start, now)

    def step(
        self,
        tx: Tx,
        trigger: Trigger,
        now: Monotonic,
        message: Message | None = None,
        source: Hop | None = None,
    ) -> None:
        """Move on `trigger`, and do what belongs to the move.

        Raises:
            ProtocolStateError: there is no such move; nothing was changed.
        """
        self._move(tx, tx.machine.step(tx.state, trigger), now, message, source)

    def _move(
        self,
        tx: Tx,
        move: Move,
        now: Monotonic,
        message: Message | None = None,
        source: Hop | None = None,
    ) -> None:
        """Make a move that the machine has, and do what belongs to it."""
        after, actions = move
        tx.state = after
        for action in actions:
            if isinstance(action, Timer):
                continue
            try:
                self._do(tx, action, now, message, source)
            except BaseException:
                self._start_timers(
                    tx, actions, now
                )  # a bug of the role above is not to leave one that no timer ends
                raise
        self._start_timers(tx, actions, now)
        if after is State.TERMINATED:
            self._forget(tx)
            if not actions and isinstance(tx.owner, TransactionUser):
                # Owner and transaction hold each other, and nobody is told anything any more: without this only
                # the collector would find them, and stop everything else meanwhile.
                tx.owner = None

    def fire(self, running: Running, now: Monotonic) -> None:
        """Move on a timer whose time has come, if it still means anything."""
        if _means(running):
            tx, timer, _ = running
            self._move(tx, tx.machine.leaving[tx.state][timer], now)  # type: ignore[arg-type]

    def transport_failed(self, hop: Hop, now: Monotonic) -> None:
        """Tell every transaction whose messages go over `hop`."""
        for tx in [tx for tx in self._over(hop) if hop.covers(tx.hop)]:
            self._fail(tx, now)

    def _fail(self, tx: Tx, now: Monotonic) -> None:
        self.step(tx, Input.TRANSPORT_ERROR, now)

    def _do(
        self, tx: Tx, action: Action, now: Monotonic, message: Message | None, source: Hop | None
    ) -> None:
        """Carry out an action that is no timer."""
        raise NotImplementedError

    def _forget(self, tx: Tx) -> None:
        self._known.pop(tx.id, None)
        tx.data = b""
        if tx.reliable:
            way = _way(tx.hop)
            if companions := self._by_way.get(way):
                companions.discard(tx)
                if not companions:
                    del self._by_way[way]

    def _over(self, hop: Hop) -> Iterator[Tx]:
        if not hop.reliable:
            yield from self._known.values()
            return
        yield from self._by_way.get(_way(hop), ())
        if hop.flow is not None:
            yield from self._by_way.get(_way(hop.on_flow(None)), ())

    def _start_timers(self, tx: Tx, actions: Actions, now: Monotonic) -> None:
        """Start what timers are among the actions of a move: they are the last of them."""
        for action in actions:
            if isinstance(action, Timer):
                seconds = self._ground.durations[tx.reliable][action]
                if seconds is None:
                    continue
                if seconds > 0 and action not in _GIVES_UP:
                    self._ground.timeline.start((tx, action, tx.round), seconds, now)
                else:
                    self._start_timer(tx, action, seconds, now)

    def _start_timer(self, tx: Tx, timer: Timer, seconds: float, now: Monotonic) -> None:
        """Start a timer whose first duration that is."""
        if timer in _GIVES_UP:
            if tx.interval:
                seconds = self._interval(tx, timer)
            tx.interval = seconds
            if not tx.gives_up_at:
                tx.gives_up_at = now + self._ground.timeout
            elif now + seconds >= tx.gives_up_at:
                timer, seconds = _GIVES_UP[timer], max(0.0, round(tx.gives_up_at - now, 3))
        if seconds > 0:
            self._ground.timeline.start((tx, timer, tx.round), seconds, now)
        else:
            self.step(tx, timer, now)

    def _interval(self, tx: Tx, timer: Timer) -> float:
        """Return how long it is until the next retransmission (17.1.1.2, 17.1.2.2, 17.2.1)."""
        if timer is Timer.A:
            return tx.interval * 2
        if tx.state is State.PROCEEDING:
            return self._ground.timers.t2
        return min(tx.interval * 2, self._ground.timers.t2)


def _way(hop: Hop) -> object:
    return (hop.transport, hop.host, hop.port) if hop.flow is None else hop.flow
