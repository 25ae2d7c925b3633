"""Our node without a kernel: the real node and event loop, on a socket and a clock that are held by hand.

Datagrams lie in a queue instead of a socket's buffer and what is sent lands in a list, so what is timed is Python's
part alone: the loop's round, reading, routing, transactions, writing. Time passes when the script says so: timers of
32 seconds fire, and their cost counts, in a run of two.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
from collections import deque
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from time import thread_time
from typing import Any

from telsdk.net.limits import GATHER
from telsdk.net.sockets import BoundSockets, bind

Datagram = tuple[bytes, tuple[str, int]]
"""Its octets, and where it came from or goes to."""


class ReplaySocket(socket.socket):
    """A bound UDP socket which reads from `inbox` and writes to `sent`."""

    def __init__(self, bound: socket.socket) -> None:
        super().__init__(bound.family, bound.type, bound.proto, bound.detach())
        self.inbox: deque[Datagram] = deque()
        self.sent: list[Datagram] = []

    def recvfrom(self, bufsize: int, flags: int = 0) -> Datagram:  # noqa: ARG002
        if not self.inbox:
            raise BlockingIOError
        return self.inbox.popleft()

    def sendto(self, data: Any, *where: Any) -> int:
        self.sent.append((bytes(data), where[-1]))
        return len(data)


class _Selector(selectors.DefaultSelector):
    """Finds the replayed socket readable while there is something in its inbox."""

    replayed: ReplaySocket | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.replayed is not None and self.replayed.inbox and self.replayed in self.get_map():
            return [(self.get_key(self.replayed), selectors.EVENT_READ)]
        if self.replayed is not None and timeout == 0:
            return []  # the loop has more to do: then the kernel is not asked
        found: list[tuple[selectors.SelectorKey, int]] = super().select(timeout)
        return found


class ReplayLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock stands still until it is told to go on."""

    def __init__(self) -> None:
        self._found = _Selector()
        self._passed = 1_000.0
        super().__init__(self._found)

    def time(self) -> float:
        return self._passed

    def bind(self) -> tuple[BoundSockets, Replay]:
        """Sockets for one node, and what feeds it."""
        bound = bind("127.0.0.1")
        replayed = ReplaySocket(bound.udp)
        self._found.replayed = replayed
        return BoundSockets(replayed, bound.stream), Replay(self, replayed)

    def pass_time(self, seconds: float) -> None:
        """Let time pass: what is due by then happens in the loop's next round."""
        self._passed += seconds


class Replay:
    """Feeds datagrams to one node.

    Attributes:
        probe: entered while the node works, and left while it does not.
    """

    def __init__(self, loop: ReplayLoop, replayed: ReplaySocket) -> None:
        self._loop = loop
        self._socket = replayed
        self.probe: AbstractContextManager[object] = nullcontext()

    async def feed(self, datagrams: Sequence[Datagram], seconds: float = 0.0) -> tuple[list[bytes], float]:
        """Have the node take in all of these, `seconds` after what came before.

        Returns:
            what it sent, and the seconds of processor time that it took.
        """
        self._loop.pass_time(seconds)
        self._socket.inbox.extend(datagrams)
        with self.probe:
            began = thread_time()
            for _ in range(len(datagrams) + 1):  # the last round for what was put off to it
                await asyncio.sleep(0)
                if not self._socket.inbox:
                    break
                self._loop.pass_time(GATHER)  # a node that lets them gather comes to it by then
            await asyncio.sleep(0)
            took = thread_time() - began
        sent = [data for data, _ in self._socket.sent]
        self._socket.sent.clear()
        return sent, took
