"""Following the chain beside the event loop."""

import asyncio
import threading
from dataclasses import dataclass, field

import pytest

from telsdk.directory import Domain, Head, HubFacts, NumberFacts
from telsdk.errors import TelError
from telsdk.follow import Follower, FollowSettings, FollowState, Trouble
from telsdk.name import Name
from telsdk.number import Number


@dataclass
class CountingDirectory:
    """A chain that gains a block with each look; some looks fail."""

    failing: set[int] = field(default_factory=set)
    block: int = 0
    looks: int = 0
    domain: Domain = Domain(1, "0x" + "00" * 20)

    @property
    def head(self) -> Head:
        return Head(self.block, self.block.to_bytes(32, "big"), self.block)

    def poll(self) -> frozenset[Number]:
        self.looks += 1
        if self.looks in self.failing:
            raise TelError("the RPC is down")
        self.block += 1
        return frozenset({Number(55555)}) if self.block == 2 else frozenset()

    def number(self, number: Number) -> NumberFacts | None:
        raise AssertionError("not asked here")

    def resolve(self, name: Name) -> Number | None:
        raise AssertionError("not asked here")

    def hubs(self) -> tuple[HubFacts, ...]:
        return ()

    def hub(self, hub: int) -> HubFacts | None:
        raise AssertionError("not asked here")

    def is_contract(self, account: str) -> bool:
        raise AssertionError("not asked here")

    def is_valid_signature(self, account: str, digest: bytes, signature: bytes) -> bool:
        raise AssertionError("not asked here")


async def test_changes_are_told_once_and_a_block_can_be_awaited() -> None:
    told: list[frozenset[Number]] = []
    follower = Follower(CountingDirectory(), told.append, interval=0.001)
    assert follower.age() == float("inf")
    await follower.start()
    await follower.reach(4)
    await follower.stop()
    assert told == [{Number(55555)}]
    assert follower.age() < 60


async def test_a_chain_that_fails_for_a_while_is_followed_again() -> None:
    follower = Follower(CountingDirectory(failing={2, 3}), lambda _: None, interval=0.001)
    await follower.start()
    await follower.reach(3)
    await follower.stop()
    assert follower.last_error is None


async def test_the_first_load_has_to_succeed() -> None:
    follower = Follower(CountingDirectory(failing={1}), lambda _: None)
    with pytest.raises(TelError, match="the RPC is down"):
        await follower.start()


async def test_a_block_that_does_not_come_is_a_timeout() -> None:
    follower = Follower(CountingDirectory(), lambda _: None, interval=60)
    await follower.start()
    with pytest.raises(asyncio.TimeoutError):
        await follower.reach(99, timeout=0.01)
    await follower.stop()


async def test_a_block_is_reached_when_what_it_changed_has_been_told() -> None:
    directory = CountingDirectory()
    follower = Follower(directory, lambda _: None, interval=0.001)
    await follower.start()
    directory.block = 7  # taken in by the thread, and the loop has not heard of it yet
    with pytest.raises(TimeoutError):
        await follower.reach(7, timeout=0)
    await follower.reach(7)
    await follower.stop()


async def test_every_look_is_told_whatever_it_brought() -> None:
    looks: list[int] = []
    directory = CountingDirectory()
    follower = Follower(directory, lambda _: None, 0.001, on_look=lambda: looks.append(directory.block))
    await follower.start()
    await follower.reach(4)
    await follower.stop()
    assert looks[:4] == [1, 2, 3, 4]


@dataclass
class BuggyDirectory(CountingDirectory):
    """Its looks raise what no directory should, the more of them the more kinds there are."""

    kinds: tuple[type[Exception], ...] = (KeyError, ZeroDivisionError, OSError, UnicodeError, RuntimeError)

    def poll(self) -> frozenset[Number]:
        self.looks += 1
        if 1 < self.looks <= 1 + 2 * len(self.kinds):
            raise self.kinds[self.looks % len(self.kinds)]("a bug")
        self.block += 1
        return frozenset()


async def test_nothing_that_a_look_raises_ends_the_following(caplog: pytest.LogCaptureFixture) -> None:
    directory = BuggyDirectory()
    follower = Follower(directory, lambda _: None, 0.001, settings=FollowSettings(longest_wait=0.002))
    await follower.start()
    await follower.reach(2)
    assert follower.failures == {kind.__name__: 2 for kind in directory.kinds}
    assert follower.trouble is None
    # Once for each kind, and with its traceback: these are bugs.
    assert len([one for one in caplog.records if one.exc_info]) == len(directory.kinds)
    await follower.stop()


async def test_what_could_not_be_told_is_told_again() -> None:
    told: list[frozenset[Number]] = []

    def change(numbers: frozenset[Number]) -> None:
        told.append(numbers)
        if len(told) < 3:
            raise ValueError("a bug of who is told")

    follower = Follower(CountingDirectory(), change, 0.001, settings=FollowSettings(longest_wait=0.002))
    await follower.start()
    await follower.wait_for(lambda: follower.trouble is not None)
    assert follower._block < 2  # it has not been acted on: nobody may hold it for fresh
    await follower.reach(5)
    assert told == [{Number(55555)}] * 3
    await follower.stop()


async def test_a_trouble_says_its_kind_and_how_often() -> None:
    directory = CountingDirectory(failing={2, 3, 4})
    seen: list[FollowState] = []
    follower = Follower(directory, lambda _: None, 0.001)
    await follower.start()
    for _ in range(3):
        known = follower.failures.total()
        await follower.wait_for(lambda known=known: follower.failures.total() > known)  # type: ignore[misc]
        seen.append(follower.state)
    assert [one.trouble for one in seen] == [Trouble("TelError", "the RPC is down", n) for n in (1, 2, 3)]
    assert all(one.head == Head(1, (1).to_bytes(32, "big"), 1) for one in seen)
    await follower.reach(2)
    assert (follower.state.trouble, follower.last_error) == (None, None)
    await follower.stop()


def test_the_wait_grows_to_a_limit_and_is_never_shorter_than_was_asked_for() -> None:
    settings = FollowSettings(longest_wait=30, longest_rest=300, jitter=0.25)
    follower = Follower(CountingDirectory(), lambda _: None, 2.0, settings=settings)
    waits = []
    for _ in range(40):
        follower._failed(TelError("down"))
        waits.append(follower._wait(TelError("down")))
    for wait, most in zip(waits, [2, 4, 8, 16, 30, *[30] * 35], strict=True):
        assert 0.75 * most <= wait <= most
    busy = TelError("busy")
    busy.retry_after = 60.0  # type: ignore[attr-defined]
    assert follower._wait(busy) == 60.0
    busy.retry_after = 86_400.0  # type: ignore[attr-defined]
    assert follower._wait(busy) == 300.0


async def test_slow_look_ups_of_names_do_not_hold_up_the_following() -> None:
    """asyncio runs those in threads of which there are few."""
    loop, slow = asyncio.get_running_loop(), threading.Event()
    waiting = [loop.run_in_executor(None, slow.wait) for _ in range(200)]
    follower = Follower(CountingDirectory(), lambda _: None, 0.001)
    try:
        await follower.start()
        await follower.reach(4)
        await follower.stop()
    finally:
        slow.set()
        await asyncio.gather(*waiting)


async def test_stopping_does_not_wait_for_a_look_that_waits_for_the_network() -> None:
    begun, network = threading.Event(), threading.Event()

    class Waiting(CountingDirectory):
        def poll(self) -> frozenset[Number]:
            if self.block:
                begun.set()
                network.wait()
            return super().poll()

    follower = Follower(Waiting(), lambda _: None, 0.001)
    await follower.start()
    await asyncio.to_thread(begun.wait)
    await follower.stop()
    assert not network.is_set()
    network.set()
