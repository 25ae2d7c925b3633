"""A queue of news for a person's program, which may never read it: the oldest gives way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

Item = TypeVar("Item")


class Latest(asyncio.Queue[Item]):
    """A queue that is never full.

    Args:
        most: how many items wait.
        over: tells of an item that it means nothing any more: such a one gives way first.

    Attributes:
        dropped: how many items gave way unread.
    """

    def __init__(self, most: int, over: Callable[[Item], bool] = lambda _: False) -> None:
        super().__init__(most)
        self._over = over
        self.dropped = 0

    def put_nowait(self, item: Item) -> None:
        """Add an item; where `most` wait, the oldest that is over gives way, or else the oldest."""
        if self.full():  # so nobody waits for one
            waiting = [self.get_nowait() for _ in range(self.qsize())]
            del waiting[next((at for at, one in enumerate(waiting) if self._over(one)), 0)]
            self.dropped += 1
            for one in waiting:
                super().put_nowait(one)
        super().put_nowait(item)
