"""Following the chain beside the event loop."""

import asyncio
from dataclasses import dataclass, field

import pytest

from telsdk.directory import Domain, Head, HubFacts, NumberFacts
from telsdk.errors import TelError
from telsdk.follow import Follower
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
