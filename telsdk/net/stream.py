"""One TCP or TLS connection: bytes in, SIP messages out, within limits."""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from telsdk.net.limits import FIRST_MESSAGE_TIMEOUT, IDLE_TIMEOUT, MAX_UNSENT
from telsdk.net.pins import PinMismatch, check_pin
from telsdk.sip.errors import SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Message, Request, Response
from telsdk.sip.parser import PONG, KeepAlive, Malformed, StreamParser


class StreamOwner(Protocol):
    """Who is told what a connection does."""

    def stream_opened(self, stream: Stream) -> None: ...
    def stream_message(self, stream: Stream, message: Message) -> None: ...
    def stream_malformed(self, stream: Stream, error: SipParseError) -> None: ...
    def stream_closed(self, stream: Stream) -> None: ...


class Stream(asyncio.Protocol):
    """A connection, ours or a peer's.

    Args:
        owner: told what happens.
        flow: its number in the driver, never used twice.
        transport: "TCP" or "TLS".
        pins: the keys that the peer may have; None for a peer that connected to us, whose key says nothing.
    """

    def __init__(
        self, owner: StreamOwner, flow: int, transport: str, pins: frozenset[bytes] | None = None
    ) -> None:
        self.flow = flow
        self.refused: PinMismatch | None = None
        self._pins = pins
        self.hop = Hop(transport, "", 0, flow=flow)
        self._owner = owner
        self._parser = StreamParser()
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + FIRST_MESSAGE_TIMEOUT
        self._watch: asyncio.TimerHandle | None = None

    # Called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=MAX_UNSENT)
        host, port = self._transport.get_extra_info("peername")[:2]
        self.hop = Hop(self.hop.transport, host, port, flow=self.flow)
        self._look_later()
        self._owner.stream_opened(self)
        if self._pins is not None:
            self._check_peer(self._pins, f"{host}:{port}")

    def _check_peer(self, pins: frozenset[bytes], peer: str) -> None:
        # Here, not where the connection was asked for: no byte of a peer with another key may be read.
        assert self._transport is not None
        tls = self._transport.get_extra_info("ssl_object")
        try:
            check_pin(tls, pins, peer)
        except PinMismatch as error:
            self.refused = error
            self.abort()

    def data_received(self, data: bytes) -> None:
        if self.refused is not None:
            return
        for event in self._parser.feed(data):
            if not self.is_open:
                return
            self._deadline = self._loop.time() + IDLE_TIMEOUT
            self._take(event)

    def _take(self, event: Request | Response | KeepAlive | Malformed) -> None:
        match event:
            case KeepAlive(ping=ping):
                if ping:
                    self.write(PONG)
            case Malformed(error=error, fatal=fatal):
                self._owner.stream_malformed(self, error)
                if fatal:
                    self.close()
            case _:
                self._owner.stream_message(self, event)

    def pause_writing(self) -> None:
        self.abort()  # MAX_UNSENT is reached: the peer does not read

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names it so
        if self._watch is not None:
            self._watch.cancel()
        self._transport = None
        self._owner.stream_closed(self)

    # Called by the driver

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        """Closes once what was written is sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _look_later(self) -> None:
        self._watch = self._loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        if self._loop.time() >= self._deadline:
            self.close()
        else:
            self._look_later()
