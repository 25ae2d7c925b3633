"""The one timer of all connections."""

from __future__ import annotations

import asyncio

import pytest

from telsdk.clock import Monotonic
from telsdk.net.wheel import Wheel

TICK = 0.02


class Looks:
    """What a wheel called back with, and when."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, float]] = []
        self.wheel = Wheel(self._look)
        self.counts_down = False
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()

    def _look(self, number: int, now: Monotonic) -> None:
        assert now <= self._loop.time() + TICK
        self.seen.append((number, now))
        if self.counts_down and number:
            self.wheel.add(number - 1, now)
        self._changed.set()

    async def until(self, count: int) -> list[int]:
        """The numbers, once there are so many."""
        async with asyncio.timeout(10):
            while len(self.seen) < count:
                self._changed.clear()
                await self._changed.wait()
        return [number for number, _ in self.seen]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> type[Looks]:
    monkeypatch.setattr("telsdk.net.wheel.LOOK_EVERY", TICK)
    return Looks


async def test_each_is_looked_at_in_its_turn_and_never_too_early(looks: type[Looks]) -> None:
    one, now = looks(), asyncio.get_running_loop().time()
    due = {1: now + 3 * TICK, 2: now + TICK, 3: now - 1.0, 4: now + 3 * TICK}
    for number, when in due.items():
        one.wheel.add(number, Monotonic(when))
    assert await one.until(4) == [3, 2, 1, 4]
    assert all(at >= due[number] for number, at in one.seen)


async def test_what_is_due_at_one_time_is_done_at_one_wake_up(looks: type[Looks]) -> None:
    one, now = looks(), asyncio.get_running_loop().time()
    for number in range(1_000):
        one.wheel.add(number, Monotonic(now + TICK))
    await one.until(1)
    assert len(one.seen) == 1_000


async def test_who_is_looked_at_may_ask_to_be_looked_at_again(looks: type[Looks]) -> None:
    one = looks()
    one.counts_down = True
    one.wheel.add(3, Monotonic(asyncio.get_running_loop().time()))
    assert await one.until(4) == [3, 2, 1, 0]


async def test_a_stopped_wheel_turns_no_more(looks: type[Looks]) -> None:
    one, other = looks(), looks()
    now = asyncio.get_running_loop().time()
    one.wheel.add(1, Monotonic(now + TICK))
    one.wheel.stop()
    other.wheel.add(2, Monotonic(now + 3 * TICK))
    await other.until(1)
    assert one.seen == []
