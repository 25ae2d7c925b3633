"""The connections of one driver: accepted, opened when needed, used again, cut off at the limits."""

from __future__ import annotations

import asyncio
from typing import Protocol

from telsdk.errors import TelError
from telsdk.net.limits import CONNECT_TIMEOUT, MAX_CONNECTIONS, MAX_UNSENT
from telsdk.net.pins import client_context
from telsdk.net.stream import Stream
from telsdk.sip.errors import SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Message

_Key = tuple[str, str, int, frozenset[bytes]]


class ConnectionsOwner(Protocol):
    """What the connections tell: `telsdk.net.driver.Driver`."""

    def message(self, message: Message, source: Hop) -> None: ...
    def malformed(self, error: SipParseError, source: Hop) -> None: ...
    def hop_failed(self, hop: Hop, reason: str) -> None: ...
    def flow_closed(self, stream: Stream) -> None: ...


class Connections:
    """Every stream of one driver, by flow number, and those we opened by where they lead."""

    def __init__(self, owner: ConnectionsOwner) -> None:
        self._owner = owner
        self._loop = asyncio.get_running_loop()
        self._tls = client_context()
        self._by_flow: dict[int, Stream] = {}
        self._ours: dict[_Key, Stream] = {}
        self._connecting: dict[_Key, list[tuple[Hop, bytes]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_flow = 0
        self._closed = asyncio.Event()

    def accepted(self, transport: str) -> Stream:
        """A new stream for a connection that a peer opens."""
        return self._new(transport)

    def send(self, hop: Hop, data: bytes) -> None:
        """Writes `data` to the hop's flow, to an open connection that leads there, or to a new one."""
        key = (hop.transport, hop.host, hop.port, hop.pins)
        stream = self._by_flow.get(hop.flow) if hop.flow is not None else self._ours.get(key)
        if stream is not None and stream.is_open:
            stream.write(data)
        elif hop.flow is not None:
            # A flow cannot be opened anew from this side (RFC 5626 5.3.1): its peer has to come back.
            self._loop.call_soon(self._owner.hop_failed, hop, "the connection it came by is closed")
        elif key in self._connecting:
            self._wait(key, hop, data)
        else:
            self._connecting[key] = [(hop, data)]
            task = self._loop.create_task(self._connect(key, hop))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Closes every connection and waits until each is gone."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for stream in tuple(self._by_flow.values()):
            stream.close()
        if self._by_flow:
            try:
                await asyncio.wait_for(self._closed.wait(), CONNECT_TIMEOUT)
            except TimeoutError:  # a peer that does not answer the TLS close
                for stream in tuple(self._by_flow.values()):
                    stream.abort()

    def _new(self, transport: str, pins: frozenset[bytes] | None = None) -> Stream:
        self._last_flow += 1
        return Stream(self, self._last_flow, transport, pins)

    def _wait(self, key: _Key, hop: Hop, data: bytes) -> None:
        waiting = self._connecting[key]
        if sum(len(data) for _, data in waiting) + len(data) > MAX_UNSENT:
            self._loop.call_soon(self._owner.hop_failed, hop, "too much is waiting for the connection")
        else:
            waiting.append((hop, data))

    async def _connect(self, key: _Key, hop: Hop) -> None:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                stream = await self._open(hop)
        except TimeoutError:
            self._refused(key, f"no answer within {CONNECT_TIMEOUT:g} s")
        except (OSError, TelError) as error:
            self._refused(key, str(error))
        else:
            self._ours[key] = stream
            for _, data in self._connecting.pop(key):
                stream.write(data)

    async def _open(self, hop: Hop) -> Stream:
        secure = hop.transport == "TLS"
        _, stream = await self._loop.create_connection(
            lambda: self._new(hop.transport, hop.pins if secure else None),
            hop.host,
            hop.port,
            ssl=self._tls if secure else None,
        )
        if stream.refused is not None:
            raise stream.refused
        return stream

    def _refused(self, key: _Key, reason: str) -> None:
        hops = {hop for hop, _ in self._connecting.pop(key)}
        for hop in hops:
            self._owner.hop_failed(hop, reason)

    # What the streams tell

    def stream_opened(self, stream: Stream) -> None:
        self._by_flow[stream.flow] = stream
        if len(self._by_flow) > MAX_CONNECTIONS:
            stream.abort()

    def stream_message(self, stream: Stream, message: Message) -> None:
        self._owner.message(message, stream.hop)

    def stream_malformed(self, stream: Stream, error: SipParseError) -> None:
        self._owner.malformed(error, stream.hop)

    def stream_closed(self, stream: Stream) -> None:
        self._by_flow.pop(stream.flow, None)
        for key in [key for key, ours in self._ours.items() if ours is stream]:
            del self._ours[key]
        if not self._by_flow:
            self._closed.set()
        self._owner.flow_closed(stream)
