"""RFC 3261's timers: their values, and an agenda of those that run.

All times are seconds; `now` is monotonic and handed in by whoever has a clock.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from telsdk.clock import Monotonic

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")

MAX_LENGTHS: Final = 32
"""Lengths that a `Timeline` keeps queues of, though empty: RFC 3261 has about ten."""

LOOKED_THROUGH: Final = 1_024
"""Entries of one length in a `Timeline` that are never too many."""


class Timer(StrEnum):
    """The timers of transactions, by their letters in RFC 3261 table 4 and RFC 6026."""

    A = "A"  # INVITE retransmission
    B = "B"  # INVITE timeout
    D = "D"  # wait for retransmitted final responses to INVITE
    E = "E"  # non-INVITE retransmission
    F = "F"  # non-INVITE timeout
    G = "G"  # retransmission of the final response to INVITE
    H = "H"  # wait for ACK
    I = "I"  # noqa: E741 - wait for retransmitted ACKs; the RFC's letter
    J = "J"  # wait for retransmitted non-INVITE requests
    K = "K"  # wait for retransmitted responses to non-INVITE
    L = "L"  # RFC 6026: wait for retransmitted INVITEs and ACKs after a 2xx
    M = "M"  # RFC 6026: wait for retransmitted and forked 2xx
    TRYING = "100"  # 17.2.1: 100 (Trying) when the TU is silent; has no letter
    CANCEL = "CANCEL"  # 9.1: how long a cancelled INVITE may stay without a final response; has no letter
    ANSWER = "ANSWER"  # how long the TU may leave a request that is no INVITE unanswered; not the RFC's
    DECIDE = "DECIDE"  # the same for INVITE; not the RFC's


@dataclass(frozen=True, slots=True)
class Timers:
    """RFC 3261 table 4. The three base values are settings; what depends on them is derived."""

    t1: float = 0.5
    """Seconds that a round trip is taken to last (T1)."""

    t2: float = 4.0
    """Seconds between two retransmissions at most, but for INVITE (T2)."""

    t4: float = 5.0
    """Seconds that a message stays in the network (T4)."""

    timer_c: float = 181.0
    """Seconds that a proxied INVITE may be without news: more than three minutes (16.6 step 11)."""

    trying: float = 0.2
    """Seconds until an INVITE that nobody has answered gets 100 Trying (17.2.1)."""

    @property
    def timeout(self) -> float:
        """64*T1: timers B, F, H, J on UDP, L and M."""
        return 64 * self.t1

    @property
    def answer(self) -> float:
        """Seconds after which nobody waits for the answer to a request that is no INVITE.

        Its sender has given up after 64*T1 (timer F), and so has whoever it was forwarded to by then.
        """
        return 2 * self.timeout

    @property
    def decide(self) -> float:
        """Seconds without news after which an INVITE is refused for its TU.

        Proxies on the way give one up that brings no news for Timer C (16.6 step 11), and who rings for longer says so
        once a minute (13.3.1.1). Our own Timer C, and what the CANCEL brings, come before this.
        """
        return self.timer_c + 2 * self.timeout

    def durations(self, *, reliable: bool) -> dict[Timer, float | None]:
        """Return the first duration of each timer on such a transport; None: the timer does not run there."""
        repeat = None if reliable else self.t1
        linger = 0.0 if reliable else self.t4
        return {
            Timer.A: repeat,
            Timer.B: self.timeout,
            Timer.D: 0.0 if reliable else max(32.0, self.timeout),
            Timer.E: repeat,
            Timer.F: self.timeout,
            Timer.G: repeat,
            Timer.H: self.timeout,
            Timer.I: linger,
            Timer.J: 0.0 if reliable else self.timeout,
            Timer.K: linger,
            Timer.L: self.timeout,
            Timer.M: self.timeout,
            Timer.TRYING: self.trying,
            Timer.CANCEL: self.timeout,
            Timer.ANSWER: self.answer,
            Timer.DECIDE: self.decide,
        }


class Timeline(Generic[Item]):
    """What is to be looked at when its time has come; nothing is ever taken back.

    Most timers of transactions are stopped long before they fire. To take them out costs more than to leave them and
    to pass them over when their time has come. Those of one length run out in the order in which they were started,
    and there are few lengths, so there is one queue per length. Behind one that lasts, those that mean nothing any
    more would pile up with all that they hold: a queue in which they may be three of four is looked through.

    Args:
        means: whether an item still means anything.
    """

    __slots__ = ("_longest", "_means", "_queues")

    def __init__(self, means: Callable[[Item], bool]) -> None:
        self._means = means
        self._queues: dict[float, deque[tuple[float, Item]]] = {}
        self._longest: dict[float, int] = {}  # how long a queue may be until it is looked through

    def start(self, item: Item, seconds: float, now: Monotonic) -> None:
        """Hand `item` out in `seconds`."""
        queue = self._queues.get(seconds)
        if queue is None:
            queue = self._queues[seconds] = deque()
        queue.append((now + seconds, item))

    def deadline(self) -> Monotonic | None:
        """Return when the next one is handed out, or None."""
        earliest = None
        for queue in self._queues.values():
            while queue and not self._means(queue[0][1]):
                queue.popleft()
            if queue and (earliest is None or queue[0][0] < earliest):
                earliest = queue[0][0]
        return None if earliest is None else Monotonic(earliest)

    def take_due(self, now: Monotonic) -> list[Item]:
        """Return those whose time has come, the earliest first; each is handed out once.

        What is done with one may end what another means: look again.
        """
        due: list[tuple[float, Item]] = []
        sources = 0
        for seconds, queue in self._queues.items():
            if queue and queue[0][0] <= now:
                sources += 1
                while queue and queue[0][0] <= now:
                    due.append(queue.popleft())
            if len(queue) > LOOKED_THROUGH and len(queue) > self._longest.get(seconds, 0):
                self._look_through(seconds, queue)
        if sources > 1:
            due.sort(key=_when)
        if len(self._queues) > MAX_LENGTHS:
            self._queues = {seconds: queue for seconds, queue in self._queues.items() if queue}
        return [item for _, item in due]

    def fire_due(self, now: Monotonic, fire: Callable[[Item, Monotonic], None]) -> bool:
        """Call `fire` with each whose time has come, the earliest first. Return whether there was any.

        Where one raises, those after it have their turn the next time.
        """
        due, fired = self.take_due(now), 0
        try:
            for item in due:
                fired += 1
                fire(item, now)
        finally:
            for item in due[fired:]:
                self.start(item, 0.0, now)
        return bool(due)

    def _look_through(self, seconds: float, queue: deque[tuple[float, Item]]) -> None:
        """Leave in a queue only what still means anything."""
        alive = [entry for entry in queue if self._means(entry[1])]
        queue.clear()
        queue.extend(alive)
        self._longest[seconds] = 4 * len(alive)


def _when(entry: tuple[float, object]) -> float:
    return entry[0]


class Agenda(Generic[Key]):
    """The timers that run, each known by a key.

    Protocol timers have few distinct lengths, and those of one length run out in the order they were started.
    So there is one queue per length: starting, stopping and finding the next are all cheap, and a stopped
    timer leaves nothing behind.
    """

    __slots__ = ("_queues", "_where")

    def __init__(self) -> None:
        self._queues: dict[float, OrderedDict[Key, float]] = {}
        self._where: dict[Key, OrderedDict[Key, float]] = {}

    def __len__(self) -> int:
        return len(self._where)

    def __contains__(self, key: Key) -> bool:
        return key in self._where

    def start(self, key: Key, seconds: float, now: Monotonic) -> None:
        """Let `key` come due in `seconds`; if it runs already it starts anew."""
        self.stop(key)
        queue = self._queues.get(seconds)
        if queue is None:
            queue = self._queues[seconds] = OrderedDict()
        queue[key] = now + seconds
        self._where[key] = queue

    def stop(self, key: Key) -> None:
        """Forget `key`; nothing happens when it does not run."""
        queue = self._where.pop(key, None)
        if queue is not None:
            del queue[key]

    def deadline(self) -> Monotonic | None:
        """Return when the next one comes due, or None."""
        if not self._where:
            return None
        due = min((next(iter(queue.values())) for queue in self._queues.values() if queue), default=None)
        return None if due is None else Monotonic(due)

    def pop_due(self, now: Monotonic) -> Key | None:
        """Take the one that came due first, or None when none has."""
        if not self._where:
            return None
        first: OrderedDict[Key, float] | None = None
        earliest: float = now
        emptied = []
        for seconds, queue in self._queues.items():
            if not queue:
                emptied.append(seconds)
            elif (when := next(iter(queue.values()))) <= earliest:
                if first is None or when < earliest:
                    first = queue
                earliest = when
        for seconds in emptied:
            del self._queues[seconds]
        if first is None:
            return None
        key, _ = first.popitem(last=False)
        del self._where[key]
        return key
