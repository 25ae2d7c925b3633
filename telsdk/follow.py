"""Keep a process's copy of the chain fresh, block by block, beside its event loop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Protocol

from telsdk.clock import Monotonic
from telsdk.directory import Directory
from telsdk.errors import TelError
from telsdk.number import Number

log = logging.getLogger(__name__)


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


class Follower:
    """A loop that polls a directory in a thread, and tells on the event loop what changed.

    Args:
        directory: what to poll, one poll at a time.
        on_change: called with the numbers that changed, when there are any.
        interval: seconds between polls.
        on_look: called after every poll, whatever it brought.
    """

    def __init__(
        self,
        directory: FollowedDirectory,
        on_change: Callable[[frozenset[Number]], None],
        interval: float = 2.0,
        *,
        on_look: Callable[[], None] | None = None,
    ) -> None:
        self._directory = directory
        self._on_change = on_change
        self._on_look = on_look
        self._interval = interval
        self._task: asyncio.Task[None] | None = None
        self._taken_in = asyncio.Condition()
        self._looks = 0
        self._block = -1  # the newest block whose changes have been told
        self.last_success: Monotonic | None = None  # None before the first
        self.last_error: str | None = None

    async def start(self) -> None:
        """Load the chain once, then follow it until `stop`.

        Raises:
            TelError: the first load failed.
        """
        await self._poll()
        self._task = asyncio.get_running_loop().create_task(self._run(), name="follow the chain")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def reach(self, block: int, timeout: float = 30.0) -> None:
        """Wait until `block` is taken in and its changes have been told.

        Raises:
            TimeoutError: that took longer than `timeout` seconds.
        """
        async with asyncio.timeout(timeout), self._taken_in:
            await self._taken_in.wait_for(lambda: self._block >= block)

    async def next_look(self, timeout: float = 30.0) -> None:
        """Wait until the chain as it is now has been taken in, and its changes have been told.

        Raises:
            TimeoutError: that took longer than `timeout` seconds.
        """
        looks = self._looks + 1
        async with asyncio.timeout(timeout), self._taken_in:
            # A poll that began earlier may be under way. The one after it begins now or later.
            await self._taken_in.wait_for(lambda: self._looks > looks)

    def age(self) -> float:
        """Return the seconds since the chain was last read; infinity before the first time."""
        return float("inf") if self.last_success is None else time.monotonic() - self.last_success

    async def _poll(self) -> None:
        changed = await asyncio.to_thread(self._directory.poll)
        self.last_success, self.last_error = Monotonic(time.monotonic()), None
        self._looks += 1
        self._block = self._directory.head.number
        if changed:
            self._on_change(changed)
        if self._on_look is not None:
            self._on_look()
        async with self._taken_in:
            self._taken_in.notify_all()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            try:
                await self._poll()
            except TelError as error:
                self.last_error = str(error)
                log.warning("the chain cannot be read, the last known state stays: %s", error)
