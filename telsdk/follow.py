"""Keep a process's copy of the chain fresh, block by block, beside its event loop."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

from telsdk.chain_news import ChainNews
from telsdk.clock import Monotonic, Wall
from telsdk.directory import Directory, Head
from telsdk.errors import TelError
from telsdk.freshness import Freshness, freshness
from telsdk.number import Number

log = logging.getLogger(__name__)

T = TypeVar("T")


class FollowedDirectory(Directory, Protocol):
    """A directory that takes in new blocks when it is asked to."""

    def poll(self) -> frozenset[Number]:
        """Take in what is new on the chain, or undone. This waits for the network.

        Returns:
            the numbers of which something changed.

        Raises:
            TelError: the chain cannot be read. The copy stays as it was.
        """
        ...


@dataclass(frozen=True, slots=True)
class FollowSettings:
    """When a chain that cannot be read is looked at again."""

    longest_wait: float = 30.0
    """Seconds between two looks at most. From the interval between looks on, the wait doubles with each failure."""

    longest_rest: float = 300.0
    """Seconds to wait at most where the RPC itself says how long."""

    jitter: float = 0.25
    """By which part of it a wait is shortened at random: those who lost one RPC must not come back as one."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the copy of the chain does not get fresher."""

    kind: str  # the name of the exception's class, for example "RpcUnreachable"
    message: str  # for people; it holds no secret
    failures: int  # looks that failed since the last that succeeded


@dataclass(frozen=True, slots=True)
class FollowState:
    """How the following of the chain stands: what health and people are told."""

    head: Head | None  # the newest block taken in; None before the first
    age: float  # seconds since the chain was last read; infinity before the first time
    trouble: Trouble | None  # None when the last look succeeded


class Follower:
    """A loop that polls a directory in a thread of its own, and tells on the event loop what changed.

    It ends only by `stop`. Whatever a look raises is counted, and the next look follows, later and later. When it stops
    going well, or goes well again, one line is logged (`telsdk.chain_news`); a bug besides, with its traceback, once
    until a look succeeds.

    Args:
        directory: what to poll, one poll at a time.
        on_change: called with the numbers that changed, when there are any. When it raises, it is called with them
            again after the next look, which has failed until then.
        interval: seconds between polls.
        on_look: called after every poll, whatever it brought.
        stale_after: how old the newest block may be, in seconds, as `telsdk.freshness` takes it.

    Attributes:
        last_success: when the chain was last read and what changed was told; None before the first time.
        trouble: why the last look failed; None when it did not.
        failures: how many looks failed since the start, by the name of the exception's class.
    """

    def __init__(
        self,
        directory: FollowedDirectory,
        on_change: Callable[[frozenset[Number]], None],
        interval: float = 2.0,
        *,
        on_look: Callable[[], None] | None = None,
        stale_after: float | None = None,
        settings: FollowSettings | None = None,
    ) -> None:
        self._directory = directory
        self._on_change = on_change
        self._on_look = on_look
        self._interval = interval
        self._settings = settings or FollowSettings()
        self._task: asyncio.Task[None] | None = None
        self._looked = asyncio.Condition()
        self._looks = 0
        self._block = -1  # the newest block whose changes have been told
        self._untold: frozenset[Number] = frozenset()
        self._logged: set[str] = set()  # kinds of bugs since the last success
        self._stale_after = stale_after
        self._news = ChainNews()
        self.last_success: Monotonic | None = None
        self.trouble: Trouble | None = None
        self.failures: Counter[str] = Counter()

    @property
    def last_error(self) -> str | None:
        """The message of `trouble`."""
        return None if self.trouble is None else self.trouble.message

    @property
    def state(self) -> FollowState:
        """How the following stands now."""
        head: Head | None = None
        with suppress(TelError):
            head = self._directory.head
        return FollowState(head, self.age(), self.trouble)

    async def start(self) -> None:
        """Load the chain once, then follow it until `stop`.

        Raises:
            TelError: the first load failed.
        """
        await self._poll()
        self._task = asyncio.get_running_loop().create_task(self._run(), name="follow the chain")

    async def stop(self) -> None:
        """End the loop. A look that waits for the network is left to itself, and nothing is told of it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def reach(self, block: int, timeout: float = 30.0) -> None:
        """Wait until `block` is taken in and its changes have been told.

        Raises:
            TimeoutError: that took longer than `timeout` seconds.
        """
        await self.wait_for(lambda: self._block >= block, timeout)

    async def next_look(self, timeout: float = 30.0) -> None:
        """Wait until the chain as it is now has been taken in, and its changes have been told.

        Raises:
            TimeoutError: that took longer than `timeout` seconds.
        """
        looks = self._looks + 1
        # A poll that began earlier may be under way. The one after it begins now or later.
        await self.wait_for(lambda: self._looks > looks, timeout)

    async def wait_for(self, condition: Callable[[], bool], timeout: float = 30.0) -> None:
        """Wait until `condition` holds, which is looked at after each look at the chain, failed ones included.

        Raises:
            TimeoutError: that took longer than `timeout` seconds.
        """
        async with asyncio.timeout(timeout), self._looked:
            await self._looked.wait_for(condition)

    def age(self) -> float:
        """Return the seconds since the chain was last read; infinity before the first time."""
        return float("inf") if self.last_success is None else time.monotonic() - self.last_success

    async def _poll(self) -> None:
        self._untold |= await _in_own_thread(self._directory.poll)
        block = self._directory.head.number
        if self._untold:
            self._on_change(self._untold)
            self._untold = frozenset()
        if self._on_look is not None:
            self._on_look()
        self._succeeded(block)
        await self._tell()

    async def _tell(self) -> None:
        async with self._looked:
            self._looked.notify_all()

    def _succeeded(self, block: int) -> None:
        self.trouble = None
        self._logged.clear()
        self._looks += 1
        self._block = block
        self.last_success = Monotonic(time.monotonic())
        self._say()

    def _say(self) -> None:
        """Log how it goes, where that has changed."""
        chain: Freshness | None = None
        with suppress(TelError):
            chain = freshness(self._directory, self._stale_after, Wall(time.time()))
        kind, message = ("", "") if self.trouble is None else (self.trouble.kind, self.trouble.message)
        line = self._news.look(kind, message, chain, Monotonic(time.monotonic()))
        if line is not None:
            log.log(logging.INFO if self._news.is_well else logging.WARNING, "%s", line)

    async def _run(self) -> None:
        wait = self._interval
        while True:
            await asyncio.sleep(wait)
            try:
                await self._poll()
            except Exception as error:  # noqa: BLE001 - a copy that is followed no more is wrong from then on
                self._failed(error)
                wait = self._wait(error)
                await self._tell()
            else:
                wait = self._interval

    def _failed(self, error: Exception) -> None:
        kind = type(error).__name__
        self.failures[kind] += 1
        failures = 1 if self.trouble is None else self.trouble.failures + 1
        self.trouble = Trouble(kind, str(error) or kind, failures)
        if not isinstance(error, TelError) and kind not in self._logged:
            self._logged.add(kind)
            log.error("a look at the chain failed by a bug, the last known state stays", exc_info=error)
        self._say()

    def _wait(self, error: Exception) -> float:
        """Return the seconds until the next look. No library for retries fits: this one never gives up."""
        assert self.trouble is not None
        settings = self._settings
        doubled = self._interval * 2.0 ** min(self.trouble.failures - 1, 16)
        wait = max(self._interval, min(doubled, settings.longest_wait))
        asked = getattr(error, "retry_after", None)  # telsdk.chain.errors.RpcBusy, which is not known here
        if isinstance(asked, float):
            return max(wait, min(asked, settings.longest_rest))  # no sooner than that
        return wait * (1.0 - settings.jitter * random.random())


async def _in_own_thread(work: Callable[[], T]) -> T:
    """Return what `work` returns in a thread of its own.

    asyncio's threads are shared with the system's look-ups of names, and few slow ones take all of them. A daemon
    thread also lets a process end that waits for an RPC.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(outcome: T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(outcome)  # type: ignore[arg-type]
        else:
            done.set_exception(error)

    def run() -> None:
        outcome, failed = None, None
        try:
            outcome = work()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            failed = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, outcome, failed)

    threading.Thread(target=run, name="follow the chain", daemon=True).start()
    return await done
