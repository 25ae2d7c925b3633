"""One TCP, TLS or WebSocket connection, which turns bytes into SIP messages within limits."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Protocol, cast

from telsdk.errors import Refused, TelError
from telsdk.net.framing import Framing
from telsdk.net.limits import (
    CLOSE_TIMEOUT,
    FIRST_MESSAGE_TIMEOUT,
    IDLE_TIMEOUT,
    KEEP_ALIVE,
    KEEP_ALIVE_FOR,
    MAX_UNSENT,
)
from telsdk.sip.errors import SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.message import KeepAlive, Malformed, Message, StreamEvent

CheckPeer = Callable[[ssl.SSLObject], None]
"""Checks that a TLS peer is the one that is expected; raises Refused when it is not."""


class ConnectionFailed(TelError):
    """A connection that we opened cannot be used."""


class StreamOwner(Protocol):
    """The receiver of what a connection brings."""

    def stream_opened(self, stream: Stream) -> None: ...
    def stream_message(self, stream: Stream, message: Message) -> None: ...
    def stream_malformed(self, stream: Stream, error: SipParseError) -> None: ...
    def stream_closed(self, stream: Stream) -> None: ...


class Stream(asyncio.Protocol):
    """A connection that we or a peer opened.

    Args:
        owner: the receiver of messages and of the news that it is closed.
        flow: its number in the driver, never used twice.
        transport: TCP, TLS, WS or WSS.
        framing: how messages are framed on it.
        opened: whether we opened it: then we ping (RFC 5626 4.4.1).
        check: checks that the peer is the one expected; None where nothing is expected of it.
    """

    def __init__(
        self,
        owner: StreamOwner,
        flow: int,
        transport: str,
        framing: Framing,
        *,
        opened: bool = False,
        check: CheckPeer | None = None,
    ) -> None:
        self.flow = flow
        self.hop = Hop(transport, "", 0, flow=flow)
        self._owner = owner
        self._framing = framing
        self._check = check
        self._opened = opened
        # The side that opened a connection keeps it alive. But a browser cannot ping, so a WebSocket server does.
        self._pings = opened or transport in ("WS", "WSS")
        self._refused: Refused | None = None
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        now = self._loop.time()
        self._deadline = now + FIRST_MESSAGE_TIMEOUT
        self._keep_until = now + KEEP_ALIVE_FOR
        self._watch: asyncio.TimerHandle | None = None

    # Called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=MAX_UNSENT)
        host, port = self._transport.get_extra_info("peername")[:2]
        here = None if self._opened else self._transport.get_extra_info("sockname")[:2]
        self.hop = Hop(self.hop.transport, host, port, flow=self.flow, taken_at=here)
        self._look_later()
        self._owner.stream_opened(self)
        if self._check is not None:
            self._check_peer(self._check)
        if self._refused is None:
            self._flush()

    def _check_peer(self, check: CheckPeer) -> None:
        # Here, and not where the connection was asked for: no byte of a peer with another key may be read.
        assert self._transport is not None
        try:
            check(self._transport.get_extra_info("ssl_object"))
        except Refused as error:
            self._refused = error
            self.abort()

    def data_received(self, data: bytes) -> None:
        if self._refused is not None:
            return
        events = self._framing.feed(data)
        # Before the events are told: an answer to one must follow what the handshake still has to send.
        self._flush()
        for event in events:
            if self._transport is None or self._transport.is_closing():
                return
            self._deadline = self._loop.time() + IDLE_TIMEOUT
            self._take(event)

    def _take(self, event: StreamEvent) -> None:
        match event:
            case KeepAlive():
                pass
            case Malformed(error=error, fatal=fatal):
                self._owner.stream_malformed(self, error)
                if fatal:
                    self.close("malformed")
            case _:
                self._keep_until = self._loop.time() + KEEP_ALIVE_FOR
                self._owner.stream_message(self, event)

    def pause_writing(self) -> None:
        self.abort()  # MAX_UNSENT bytes wait: the peer does not read

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names it so
        if self._watch is not None:
            self._watch.cancel()
        self._transport = None
        self._changed.set()
        self._owner.stream_closed(self)

    # Called by the driver

    @property
    def is_open(self) -> bool:
        """Whether a message can be sent."""
        return self._transport is not None and not self._transport.is_closing() and self._framing.ready

    async def opened(self) -> None:
        """Wait until messages can be sent.

        Raises:
            Refused: the peer is not the one expected.
            ConnectionFailed: the peer has closed the connection, or does not speak SIP.
        """
        while not self.is_open:
            if self._refused is not None:
                raise self._refused
            if self._framing.refusal is not None:
                raise ConnectionFailed(self._framing.refusal)
            if self._transport is None or self._transport.is_closing():
                raise ConnectionFailed("it closed the connection at once")
            self._changed.clear()
            await self._changed.wait()

    def write(self, message: bytes) -> None:
        """Send one SIP message."""
        self._keep_until = self._loop.time() + KEEP_ALIVE_FOR
        self._framing.send(message)
        self._flush()

    def close(self, reason: str) -> None:
        """Close once all that was written is sent and the peer was told."""
        self._framing.close(reason)
        self._flush()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _flush(self) -> None:
        output = self._framing.take_output()
        if self._transport is None:
            return
        if output:
            self._transport.write(output)
        if self._framing.ended:
            self._transport.close()
        elif self._framing.closing:
            self._deadline = min(self._deadline, self._loop.time() + CLOSE_TIMEOUT)
            self._look_later()
        self._changed.set()

    # Its time

    def _look_later(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._watch = self._loop.call_at(min(self._deadline, self._loop.time() + KEEP_ALIVE), self._look)

    def _look(self) -> None:
        now = self._loop.time()
        if now >= self._deadline:
            self._give_up()
            return
        if self._pings and self._framing.ready and now < self._keep_until:
            self._framing.ping()
            self._flush()
        self._look_later()

    def _give_up(self) -> None:
        if self._framing.closing or self._framing.ended:
            self.abort()
        else:
            self._deadline = self._loop.time() + CLOSE_TIMEOUT
            self.close("nothing heard")
            self._look_later()
