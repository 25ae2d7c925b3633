"""News that nobody reads gives way to later news, and what means nothing any more goes first."""

from __future__ import annotations

import asyncio

from telsdk.uc.latest import Latest


def items(queue: Latest[int]) -> list[int]:
    return [queue.get_nowait() for _ in range(queue.qsize())]


def test_the_oldest_gives_way_or_the_oldest_that_is_over() -> None:
    queue = Latest[int](3)
    for number in range(5):
        queue.put_nowait(number)
    assert (items(queue), queue.dropped) == ([2, 3, 4], 2)
    even = Latest[int](3, lambda number: number % 2 == 0)
    for number in (1, 2, 3, 4, 5, 7):
        even.put_nowait(number)
    assert (items(even), even.dropped) == ([3, 5, 7], 3)


async def test_who_waits_for_news_gets_it() -> None:
    queue = Latest[int](1)
    waiting = asyncio.ensure_future(queue.get())
    await asyncio.sleep(0)
    queue.put_nowait(7)
    assert await waiting == 7
    assert queue.dropped == 0
