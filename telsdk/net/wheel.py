"""One timer for all connections: each has to be looked at some time, but none at the very moment."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from telsdk.clock import Monotonic
from telsdk.net.limits import LOOK_EVERY


class Wheel:
    """Calls back with numbers when their time has come, up to `LOOK_EVERY` seconds late and many at once.

    An entry is never removed: the one that is called back finds out whether there is something to do.

    Args:
        look: called with a number that was added, and the time now.
    """

    def __init__(self, look: Callable[[int, Monotonic], None]) -> None:
        self._look = look
        self._loop = asyncio.get_running_loop()
        self._due: dict[int, list[int]] = {}  # by tick
        self._timer: asyncio.TimerHandle | None = None
        self._next = 0  # the tick that the timer is set for

    def add(self, number: int, when: Monotonic) -> None:
        """Call back with `number` when the loop's clock has passed `when` (seconds)."""
        tick = math.ceil(when / LOOK_EVERY)
        self._due.setdefault(tick, []).append(number)
        if self._timer is None or tick < self._next:
            self._set(tick)

    def stop(self) -> None:
        """Forget everything."""
        self._due.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self, tick: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._next = tick
        self._timer = self._loop.call_at(tick * LOOK_EVERY, self._turn)

    def _turn(self) -> None:
        self._timer = None
        now = Monotonic(max(self._loop.time(), self._next * LOOK_EVERY))  # the loop may call a little early
        due = [tick for tick in self._due if tick <= self._next]
        numbers = [number for tick in sorted(due) for number in self._due.pop(tick)]
        if self._due:
            self._set(min(self._due))
        for number in numbers:
            self._look(number, now)
