"""An event loop whose clock can be put forward: half an hour of timers passes in a second; all else is real."""

from __future__ import annotations

import asyncio


class SkippingLoop(asyncio.SelectorEventLoop):
    """Real sockets and real waits, but time as the test sets it."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0  # seconds

    def time(self) -> float:
        return super().time() + self.skipped


async def let_pass(seconds: float, step: float = 10.0) -> None:
    """Let so much time pass, in steps that leave connections the time for their pings."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SkippingLoop)
    while seconds > 0:
        loop.skipped += min(step, seconds)
        seconds -= step
        await asyncio.sleep(0.01)
