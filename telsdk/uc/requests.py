"""Requests outside of calls, as something to await."""

from __future__ import annotations

import asyncio

from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response
from telsdk.sip.transaction import ClientTransaction
from telsdk.sip.ua import Redirected, RequestAnswered, UserAgent


class Requests:
    """Sends requests through a user agent and hands each its final response."""

    def __init__(self, agent: UserAgent) -> None:
        self._agent = agent
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[ClientTransaction, asyncio.Future[Response | None]] = {}

    def send(self, request: Request, hop: Hop, now: float) -> asyncio.Future[Response | None]:
        """Sends `request`; the future has the final response, or None when none came or the hop is out of reach."""
        tx = self._agent.send(request, hop, now)
        future: asyncio.Future[Response | None] = self._loop.create_future()
        self._waiting[tx] = future
        return future

    def take(self, event: RequestAnswered | Redirected) -> None:
        """Gives a response to whoever waits for it."""
        future = self._waiting.pop(event.tx, None)
        if future is not None and not future.done():
            future.set_result(event.response)

    def close(self) -> None:
        """Nobody waits any more."""
        for future in self._waiting.values():
            future.cancel()
        self._waiting.clear()
