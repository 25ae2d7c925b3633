"""Capture the messages of a call as they pass the sockets of every party.

A message counts only if the same bytes were sent by one party and received by another. So what the ladder shows went
over the wire.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

from telsdk.net.driver import Wire
from telsdk.sip.message import Request, Response, parse


@dataclass(frozen=True, slots=True)
class Captured:
    """One message that went from a party to another."""

    sent: float  # monotonic seconds
    received: float
    source: str
    target: str
    message: Request | Response


class Capture:
    """What passed the sockets of all parties."""

    def __init__(self) -> None:
        self._wires: list[tuple[str, Wire]] = []
        self._grown = asyncio.Event()
        self.names: dict[str, str] = {}  # the name of a party in the ladder, once it is known

    def tap(self, party: str) -> Callable[[Wire], None]:
        """Return the tap to hand to the driver of `party`."""

        def take(wire: Wire) -> None:
            self._wires.append((party, wire))
            self._grown.set()

        return take

    async def until(self, call_id: str, ends_with: str, timeout: float = 10.0) -> list[Captured]:
        """Wait for a response to a request of method `ends_with`, and return the messages of its Call-ID.

        Raises:
            TimeoutError: none has arrived after `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            while True:
                captured = self.call(call_id)
                if any(
                    isinstance(one.message, Response) and one.message.cseq.method == ends_with
                    for one in captured
                ):
                    return captured
                self._grown.clear()
                await self._grown.wait()

    def call(self, call_id: str) -> list[Captured]:
        """Return the messages of one Call-ID, in the order in which they were sent."""
        received: dict[bytes, deque[tuple[str, Wire]]] = defaultdict(deque)
        for party, wire in self._wires:
            if wire.direction == "received":
                received[wire.data].append((party, wire))
        found: list[Captured] = []
        for party, wire in self._wires:
            if wire.direction != "sent" or not received[wire.data]:
                continue
            target, arrival = received[wire.data].popleft()
            message = parse(wire.data)
            if message.call_id == call_id:
                source, target = self.names.get(party, party), self.names.get(target, target)
                found.append(Captured(wire.time, arrival.time, source, target, message))
        return sorted(found, key=lambda captured: captured.sent)
