"""Send requests outside of calls, and await their answers."""

from __future__ import annotations

import asyncio

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response
from telsdk.sip.transaction import ClientTransaction
from telsdk.sip.ua import Redirected, RequestAnswered, UserAgent


class Requests:
    """Requests that wait for their final response."""

    def __init__(self, agent: UserAgent) -> None:
        self._agent = agent
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[ClientTransaction, asyncio.Future[Response | None]] = {}

    def send(self, request: Request, hop: Hop, now: Monotonic) -> asyncio.Future[Response | None]:
        """Send `request`. The future gets the final response, or None when none came or the hop cannot be reached."""
        tx = self._agent.send(request, hop, now)
        future: asyncio.Future[Response | None] = self._loop.create_future()
        self._waiting[tx] = future
        return future

    def take(self, event: RequestAnswered | Redirected) -> None:
        """Give a response to the future that waits for it."""
        future = self._waiting.pop(event.tx, None)
        if future is not None and not future.done():
            future.set_result(event.response)

    def close(self) -> None:
        """Cancel every future that waits."""
        for future in self._waiting.values():
            future.cancel()
        self._waiting.clear()
