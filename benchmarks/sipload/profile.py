"""What one operation of a node costs, without a kernel: time, function calls, allocations, what is kept, pauses."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import cycle, islice
from time import thread_time
from typing import Final

from benchmarks.sipload.allocations import Allocations
from benchmarks.sipload.layers import Counts, Function, Samples
from benchmarks.sipload.replay import Replay, ReplayLoop
from benchmarks.sipload.script import Script
from benchmarks.sipload.served import running

LINGERS: Final = 40.0
"""Seconds after which nothing is left of a transaction: its timers take 32 (RFC 3261 17, RFC 6026)."""
COUNTED: Final = 200
"""Operations of a pass that only counts: every operation does the same."""

PAUSE_RATE: Final = 2_000.0
"""Calls a second for the longest pause: so quick that none is over before the last has begun."""

Operation = Callable[[Sequence[str]], Awaitable[None]]


@dataclass(frozen=True)
class Load:
    """What is done, and among what.

    Attributes:
        what: "call" or "register".
        auth: the node asks for passwords.
        users: how many are registered.
        times: operations that are timed.
        batch: operations, hence datagrams, that the node finds at once.
        rate: operations a second by the node's clock: it says how many transactions there are at a time.
    """

    what: str
    auth: bool
    users: int
    times: int
    batch: int
    rate: float


@dataclass(frozen=True)
class Cost:
    """What one operation costs.

    Attributes:
        stages: microseconds of processor time, by the message that came.
        functions: microseconds of processor time of each function.
        python, native: calls from each layer's functions; of functions in Python, and in C.
        allocated: blocks, those that are given back at once too; None without a C compiler.
        kept, kept_bytes: what is left while the transactions last.
        cycles: objects left to the garbage collector when the transactions are over.
    """

    stages: dict[str, float]
    functions: dict[Function, float]
    python: dict[Function, float]
    native: dict[Function, float]
    allocated: float | None
    kept: float
    kept_bytes: float
    cycles: float

    @property
    def us(self) -> float:
        return sum(self.stages.values())


@dataclass(frozen=True)
class Pause:
    """How long the node answers nobody.

    Attributes:
        longest: seconds of processor time that one datagram took, or what came with it.
        collection: seconds of the longest garbage collection; 0 if there was none.
    """

    users: int
    calls: int
    longest: float
    collection: float


class Bench:
    """One node, and who calls there; `bench` makes it.

    Args:
        batch: operations at once: so many datagrams the node finds at a time.
    """

    def __init__(
        self, loop: ReplayLoop, replay: Replay, script: Script, users: Sequence[str], batch: int
    ) -> None:
        self._loop = loop
        self._replay = replay
        self._batch = batch
        self._users = cycle(users)
        self.script = script

    async def do(
        self, operation: Operation, times: int, probe: AbstractContextManager[object] | None = None
    ) -> None:
        """Do an operation of the script that many times; `probe` is entered while the node works on it."""
        self._replay.probe = probe or nullcontext()
        try:
            for begun in range(0, times, self._batch):
                await operation(list(islice(self._users, min(self._batch, times - begun))))
        finally:
            self._replay.probe = nullcontext()

    async def wait(self, seconds: float) -> None:
        """Have nobody do anything for that long."""
        for _ in range(round(seconds)):
            await self._replay.feed((), 1.0)


@asynccontextmanager
async def bench(
    loop: ReplayLoop, *, auth: bool, users: int, batch: int, rate: float | None
) -> AsyncIterator[Bench]:
    """A node where `users` are registered."""
    sockets, replay = loop.bind()
    names = [f"u{n:05}" for n in range(users)]
    async with running(sockets, auth=auth, users=users):
        made = Bench(loop, replay, Script(replay, auth=auth, rate=rate), names, batch)
        await made.do(made.script.register, users)
        yield made


async def cost(loop: ReplayLoop, load: Load) -> Cost:
    """What an operation costs while as many transactions begin as end."""
    async with bench(loop, auth=load.auth, users=load.users, batch=load.batch, rate=load.rate) as made:
        script, times = made.script, load.times
        operation = script.call if load.what == "call" else script.register
        await made.do(operation, int(LINGERS * load.rate))
        script.reset()
        await made.do(operation, times)
        stages = {stage: seconds / script.done * 1e6 for stage, seconds in script.took.items()}

        samples = Samples()
        try:
            await made.do(operation, times, samples)
        finally:
            samples.close()
        counts = Counts()
        await made.do(operation, COUNTED, counts)
        allocated = await _allocated(made, operation)
        kept, kept_bytes = await _kept(made, operation)
        worth = sum(stages.values()) / max(1, samples.found.total())
        return Cost(
            stages,
            {function: seen * worth for function, seen in samples.found.items()},
            _each(counts.python),
            _each(counts.native),
            allocated,
            kept,
            kept_bytes,
            await _cycles(made, operation),
        )


async def pause(loop: ReplayLoop, *, users: int, calls: int) -> Pause:
    """The longest that a node works on one datagram, with `users` registered and nothing of `calls` over yet."""
    async with bench(loop, auth=False, users=users, batch=1, rate=PAUSE_RATE) as made:
        with _collections() as seconds:
            made.script.reset()
            await made.do(made.script.call, calls)
        return Pause(users, calls, made.script.longest, max(seconds, default=0.0))


def is_compiled() -> bool:
    """Whether this process runs a compiled core, whose functions nobody can see."""
    return not (sys.modules["telsdk.sip.message.message"].__file__ or "").endswith(".py")


def _each(counted: Counter[Function]) -> dict[Function, float]:
    return {function: times / COUNTED for function, times in counted.items()}


async def _allocated(made: Bench, operation: Operation) -> float | None:
    try:
        allocations = Allocations()
    except FileNotFoundError:
        return None
    await made.do(operation, COUNTED, allocations)
    return allocations.blocks / COUNTED


async def _kept(made: Bench, operation: Operation) -> tuple[float, float]:
    """Blocks and bytes that an operation holds while its transactions last, and gives back when they are over."""
    await made.wait(LINGERS)
    rate, made.script.rate = made.script.rate, None  # nothing is to end meanwhile
    tracemalloc.start()
    await made.do(operation, COUNTED)
    during = _held()
    await made.wait(LINGERS)
    after = _held()
    tracemalloc.stop()
    made.script.rate = rate
    return (during[0] - after[0]) / COUNTED, (during[1] - after[1]) / COUNTED


def _held() -> tuple[int, int]:
    gc.collect()
    return sys.getallocatedblocks(), tracemalloc.get_traced_memory()[0]


async def _cycles(made: Bench, operation: Operation) -> float:
    gc.collect()
    gc.disable()
    try:
        await made.do(operation, COUNTED)
        await made.wait(LINGERS)
        return gc.collect() / COUNTED
    finally:
        gc.enable()


@contextmanager
def _collections() -> Iterator[list[float]]:
    """The seconds of every garbage collection."""
    took: list[float] = []
    began = 0.0

    def note(phase: str, _info: dict[str, int]) -> None:
        nonlocal began
        if phase == "start":
            began = thread_time()
        else:
            took.append(thread_time() - began)

    gc.callbacks.append(note)
    try:
        yield took
    finally:
        gc.callbacks.remove(note)
