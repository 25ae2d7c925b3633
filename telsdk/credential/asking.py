"""Ask contract wallets beside the event loop, so that one slow RPC holds up only the requests that need its answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from telsdk.credential.wallet import WalletToAsk

log = logging.getLogger(__name__)

MAX_WAITING: Final = 200  # requests that may wait for wallets at a time
THREADS: Final = 4  # questions that are asked at once


def _not_foreseen(error: Exception) -> None:
    """Raise what nobody foresaw, where it is logged."""
    raise error


class Asking:
    """The requests that wait for wallets' answers, and the threads that ask. Use it on one event loop; close it."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="ask wallets")
        self._waiting: dict[object, list[tuple[Callable[[], None], Callable[[Exception], None]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._count = 0

    def later(
        self,
        wanted: WalletToAsk,
        again: Callable[[], None],
        failed: Callable[[Exception], None] = _not_foreseen,
    ) -> bool:
        """Call `again` on this loop once the answer is known.

        The same question is asked once, however many requests wait for it.

        Args:
            failed: called in place of `again` with what nobody foresaw, so that nothing waits for ever.

        Returns:
            False when too many requests wait already: then `again` is never called.
        """
        if self._count >= MAX_WAITING:
            return False
        self._count += 1
        key = (id(wanted.answers), wanted.question)
        if key in self._waiting:
            self._waiting[key].append((again, failed))
        else:
            self._waiting[key] = [(again, failed)]
            self._spawn(self._ask(key, wanted))
        return True

    async def answer(self, wanted: WalletToAsk) -> None:
        """Wait until the answer is known and remembered."""
        loop = asyncio.get_running_loop()
        wanted.settle(await loop.run_in_executor(self._threads, wanted.ask))

    async def close(self) -> None:
        """Forget what waits. A question that is being asked may finish in its thread."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask(self, key: object, wanted: WalletToAsk) -> None:
        error: Exception | None = None
        try:
            await self.answer(wanted)
        except Exception as unforeseen:  # noqa: BLE001 - who waits is told
            error = unforeseen
        finally:
            waiting = self._waiting.pop(key)
            self._count -= len(waiting)
        for again, failed in waiting:
            try:
                again() if error is None else failed(error)
            except Exception:
                log.exception("a bug in what waited for a wallet's answer")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="ask a wallet")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
