"""How a server's process deals with Python's garbage collector.

Transactions, bindings and connections end without cycles, so the collector finds nothing of them; but each round of it
looks at everything of a generation, and nobody is answered meanwhile. By itself it goes by how many objects there are
more than before. Where as many end as begin, it waits, and then looks at some 200,000 at once: 150 ms. So here what is
new is looked at twenty times a second, and then left alone; all of it once an hour, when little is there.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

SOON: Final = 0.05  # seconds between two looks at what is new: 2 ms at 1,500 calls a second
EVERY: Final = 3_600.0  # seconds between two looks at everything
PUT_OFF: Final = 7_200.0  # seconds for which that is put off while much is there
MUCH: Final = 500_000  # objects besides those of the start: looking at them takes about 100 ms
_BACKSTOP: Final = 100_000  # objects more than before, at which it looks by itself
_NEVER: Final = 1_000_000


def settle() -> None:
    """Leave what is there at the start alone. For a process that is a server: see `kept_clean`."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_BACKSTOP, _NEVER, _NEVER)


def look_at_the_new() -> None:
    """Free the cycles that are garbage among what was made since the last look, and leave the rest alone."""
    gc.collect(0)
    gc.freeze()


def look_at_all() -> int:
    """Free the cycles that are garbage by now, whatever their age. Return how many objects were in them."""
    gc.unfreeze()
    found = gc.collect()
    gc.freeze()
    return found


@asynccontextmanager
async def kept_clean() -> AsyncIterator[None]:
    """Settle, and look after the collector until the server has ended."""
    settle()
    cleaning = asyncio.create_task(keep_clean())
    try:
        yield
    finally:
        cleaning.cancel()


async def keep_clean() -> None:
    """Look at what is new now and then, and at everything once an hour. Until it is cancelled."""
    loop = asyncio.get_running_loop()
    at_start = gc.get_freeze_count()
    due = loop.time() + EVERY
    while True:
        await asyncio.sleep(SOON)
        look_at_the_new()
        now = loop.time()
        if now >= due and (gc.get_freeze_count() - at_start < MUCH or now >= due + PUT_OFF):
            look_at_all()
            due = now + EVERY
