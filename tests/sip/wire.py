"""An in-memory network with a simulated clock: stacks joined as by cables, replayed exactly by seed.

Every message is really serialised and parsed. Datagrams can be lost, doubled, delayed and so overtaken;
connections deliver in order, and can be cut.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response, StreamParser, parse
from telsdk.sip.transaction import Event, Outgoing, Stack, Timers


class Role(Protocol):
    def handle(self, event: Event, now: Monotonic) -> bool: ...

    def take_events(self) -> list[Event]: ...


class ClockedRole(Role, Protocol):
    def advance(self, now: Monotonic) -> None: ...

    def deadline(self) -> float | None: ...


def tokens(seed: object) -> Callable[[], str]:
    """Tags and branches that repeat with the seed."""
    chance = random.Random(repr(seed))
    return lambda: f"{chance.getrandbits(80):020x}"


class Core:
    """One element: a stack, the roles over it, and what its application does on their events."""

    def __init__(self, name: str, *addresses: Hop, timers: Timers | None = None, seed: int = 0) -> None:
        self.name = name
        self.addresses = {hop.transport: hop for hop in addresses}
        self.stack = Stack(sent_by=self._sent_by, token=tokens((name, seed)), timers=timers)
        self.roles: list[Role] = []
        self.react: Callable[[Event, Monotonic], None] = lambda _event, _now: None
        self.seen: list[Event] = []
        self.unhandled: list[Event] = []

    def _sent_by(self, transport: str) -> tuple[str, int]:
        hop = self.addresses[transport]
        return hop.host, hop.port

    def pump(self, now: Monotonic) -> None:
        """Hand events up until nobody has any."""
        busy = True
        while busy:
            busy = False
            for event in self.stack.take_events():
                busy = True
                if not any(role.handle(event, now) for role in self.roles):
                    self.unhandled.append(event)
            for role in self.roles:
                for event in role.take_events():
                    busy = True
                    self.seen.append(event)
                    self.react(event, now)

    def advance(self, now: Monotonic) -> None:
        self.stack.advance(now)
        for role in self._clocked():
            role.advance(now)

    def deadline(self) -> float | None:
        clocks = [self.stack.deadline(), *(role.deadline() for role in self._clocked())]
        return min((when for when in clocks if when is not None), default=None)

    def _clocked(self) -> list[ClockedRole]:
        return [role for role in self.roles if hasattr(role, "deadline")]  # type: ignore[misc]

    def seen_of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.seen if isinstance(event, kind)]


@dataclass(frozen=True)
class Sent:
    """One message on its way; for looking at afterwards."""

    at: float
    source: str
    destination: str
    message: Request | Response
    lost: bool

    @property
    def what(self) -> str:
        message = self.message
        return message.method if isinstance(message, Request) else f"{message.status} {message.cseq.method}"


@dataclass
class Connection:
    """Both ends of a stream."""

    ends: dict[int, Core]  # by flow id, each its own core's
    addresses: dict[int, Hop]  # how each end sees the other
    parsers: dict[int, StreamParser]
    busy_until: float = 0.0


class Wire:
    """The network between cores."""

    def __init__(
        self,
        *cores: Core,
        seed: int = 0,
        loss: float = 0.0,
        duplicate: float = 0.0,
        delay: tuple[float, float] = (0.001, 0.02),
    ) -> None:
        self.cores = list(cores)
        self.now = Monotonic(0.0)
        self.log: list[Sent] = []
        self._chance = random.Random(seed)
        self.loss, self._duplicate, self._delay = loss, duplicate, delay
        self._order = itertools.count()
        self._flows = itertools.count(1)
        self._connections: dict[int, Connection] = {}
        self._queue: list[tuple[float, int, Callable[[], object]]] = []

    def at(self, when: float, do: Callable[[], object]) -> None:
        """Let something happen at a time: what a user does, say."""
        heapq.heappush(self._queue, (when, next(self._order), do))

    def run(self, until: float = float("inf"), *, steps: int = 100_000) -> None:
        """Let time pass until `until`, or until nothing more can happen."""
        self._flush()
        for _ in range(steps):
            when = self._next()
            if when is None or when > until:
                if until != float("inf"):
                    self.now = Monotonic(max(self.now, until))
                return
            self.now = Monotonic(max(self.now, when))
            if self._queue and self._queue[0][0] <= self.now:
                heapq.heappop(self._queue)[2]()
            else:
                for core in self.cores:
                    deadline = core.deadline()
                    if deadline is not None and deadline <= self.now:
                        core.advance(self.now)
            self._flush()
        raise AssertionError(f"still busy after {steps} steps")

    def cut(self, flow: int) -> None:
        """A connection breaks; both ends notice."""
        connection = self._connections.pop(flow)
        for end, core in connection.ends.items():
            self._connections.pop(end, None)
            core.stack.transport_failed(connection.addresses[end], self.now)

    def whats(self, *, lost: bool | None = False) -> list[tuple[str, str, str]]:
        """From, to and what of each message sent."""
        return [(s.source, s.destination, s.what) for s in self.log if lost is None or s.lost == lost]

    def _next(self) -> float | None:
        times = [core.deadline() for core in self.cores]
        if self._queue:
            times.append(self._queue[0][0])
        return min((when for when in times if when is not None), default=None)

    def _flush(self) -> None:
        moving = True
        while moving:
            moving = False
            for core in self.cores:
                core.pump(self.now)
                for out in core.stack.take_outgoing():
                    moving = True
                    self._transmit(core, out)

    def _listener(self, hop: Hop) -> Core | None:
        for core in self.cores:
            own = core.addresses.get(hop.transport)
            if own is not None and (own.host, own.port) == (hop.host, hop.port):
                return core
        return None

    def _transmit(self, core: Core, out: Outgoing) -> None:
        if out.hop.reliable:
            self._transmit_stream(core, out)
            return
        target = self._listener(out.hop)
        own = core.addresses["UDP"]
        lost = target is None or self._chance.random() < self.loss
        self._note(core, target, out, lost=lost)
        if target is None or lost:
            return
        copies = 2 if self._chance.random() < self._duplicate else 1
        for _ in range(copies):
            self._deliver_later(target, out.data, Hop("UDP", own.host, own.port))

    def _deliver_later(self, target: Core, data: bytes, source: Hop) -> None:
        when = self.now + self._chance.uniform(*self._delay)
        self.at(when, lambda: target.stack.receive(parse(data), source, self.now))

    def _transmit_stream(self, core: Core, out: Outgoing) -> None:
        flow = out.hop.flow
        if flow is None:
            flow = self._open_flow(core, out.hop)
        connection = self._connections.get(flow) if flow is not None else None
        if flow is None or connection is None:
            self._note(core, None, out, lost=True)
            core.stack.transport_failed(out.hop, self.now)
            return
        (far,) = set(connection.ends) - {flow}
        self._note(core, connection.ends[far], out, lost=False)
        connection.busy_until = max(connection.busy_until, self.now + self._chance.uniform(*self._delay))
        self.at(connection.busy_until, lambda: self._arrive(connection, far, out.data))

    def _arrive(self, connection: Connection, end: int, data: bytes) -> None:
        if self._connections.get(end) is not connection:
            return
        for message in connection.parsers[end].feed(data):
            assert isinstance(message, Request | Response)
            connection.ends[end].stack.receive(message, connection.addresses[end], self.now)

    def _open_flow(self, core: Core, hop: Hop) -> int | None:
        for flow, connection in self._connections.items():
            seen = connection.addresses[flow]
            if connection.ends[flow] is core and (seen.host, seen.port) == (hop.host, hop.port):
                return flow
        target = self._listener(hop)
        if target is None:
            return None
        near, far = next(self._flows), next(self._flows)
        own = core.addresses[hop.transport]
        connection = Connection(
            {near: core, far: target},
            {near: hop.on_flow(near), far: Hop(hop.transport, own.host, 40000 + near, far)},
            {near: StreamParser(), far: StreamParser()},
        )
        self._connections[near] = self._connections[far] = connection
        return near

    def _note(self, core: Core, target: Core | None, out: Outgoing, *, lost: bool) -> None:
        message = parse(out.data)
        self.log.append(Sent(self.now, core.name, target.name if target else "-", message, lost))


def udp(host: str, port: int = 5060) -> Hop:
    return Hop("UDP", host, port)


def no_message_is_left(cores: Sequence[Core]) -> bool:
    """Whether every machine has forgotten everything."""
    return all(core.stack.transactions == 0 and core.deadline() is None for core in cores)
