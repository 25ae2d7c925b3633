"""How late the event loop runs: the plainest sign that a node has too much to do."""

from __future__ import annotations

import asyncio

INTERVAL = 1.0  # seconds


class LagMeter:
    """Wakes once a second and looks how late it is."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.lag = 0.0  # seconds, at the last look

    def start(self) -> None:
        self._due = self._loop.time() + INTERVAL
        self._timer = self._loop.call_at(self._due, self._look)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        self.lag = max(0.0, self._loop.time() - self._due)
        self.start()
