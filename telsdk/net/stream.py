"""One TCP, TLS or WebSocket connection, which turns bytes into SIP messages within limits."""

from __future__ import annotations

import asyncio
import socket
from typing import Protocol, cast

from telsdk.clock import Monotonic
from telsdk.errors import TelError
from telsdk.net.framing import Framing
from telsdk.net.limits import (
    CLOSE_TIMEOUT,
    FIRST_MESSAGE_TIMEOUT,
    IDLE_TIMEOUT,
    KEEP_ALIVE,
    KEEP_ALIVE_FOR,
    LINGER,
    LINGER_PEER,
    MAX_UNSENT,
    TLS_HANDSHAKE_TIMEOUT,
)
from telsdk.net.sockets import Address
from telsdk.sip.errors import SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.message import KeepAlive, Malformed, Message, StreamEvent


class ConnectionFailed(TelError):
    """A connection that we opened cannot be used."""


class StreamOwner(Protocol):
    """The owner of the streams of one driver, told what they do: `telsdk.net.connections.Connections`."""

    read_buffer: memoryview
    """The buffer that all of them read into, one after the other."""

    def same(self, address: Address) -> Address:
        """Return one object for equal addresses of ours, which many streams share."""
        ...

    def look_at(self, stream: Stream, when: Monotonic) -> None:
        """Call `stream.look` when the loop's clock has passed `when` (seconds)."""
        ...

    def stream_arrived(self, stream: Stream) -> None: ...

    def stream_speaks(self, stream: Stream) -> bool:
        """Return whether to go on with the TLS handshake that this peer begins."""
        ...

    def stream_opened(self, stream: Stream) -> None: ...
    def stream_message(self, stream: Stream, message: Message) -> None: ...
    def stream_malformed(self, stream: Stream, error: SipParseError) -> None: ...
    def stream_closed(self, stream: Stream) -> None: ...


class Stream(asyncio.BufferedProtocol):
    """A connection that we or a peer opened.

    There are thousands of them: each holds little, and has no timer and no task of its own.

    Args:
        owner: the receiver of messages and of the news that it is closed.
        flow: its number in the driver, never used twice.
        transport: TCP, TLS, WS or WSS.
        framing: how messages lie on it, with TLS around it where there is TLS.
        opened: whether we opened it (RFC 5626 4.4.1: then it is we who ping).
    """

    __slots__ = (
        "_deadline",
        "_framing",
        "_has_spoken",
        "_is_known",
        "_keep_until",
        "_look_at",
        "_owner",
        "_transport",
        "_unwanted",
        "_waiter",
        "flow",
        "hop",
        "is_ours",
    )

    def __init__(
        self, owner: StreamOwner, flow: int, transport: str, framing: Framing, *, opened: bool = False
    ) -> None:
        self.flow = flow
        self.hop = Hop(transport, "", 0, flow=flow)
        self._owner = owner
        self._framing = framing
        self.is_ours = opened
        self._has_spoken = False
        self._is_known = False  # the owner was told that it is open
        self._unwanted = False  # see `let_go`
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        now = _now()
        self._deadline = now + TLS_HANDSHAKE_TIMEOUT
        self._keep_until = now + KEEP_ALIVE_FOR
        self._look_at = 0.0

    # Called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=MAX_UNSENT)
        _send_at_once(self._transport)
        host, port = self._transport.get_extra_info("peername")[:2]
        here = None if self.is_ours else self._owner.same(self._transport.get_extra_info("sockname")[:2])
        self.hop = Hop(self.hop.transport, host, port, flow=self.flow, taken_at=here)
        self._owner.stream_arrived(self)
        self._look_later(_now())
        self._flush()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio names it so
        # One for all: the loop fills it, and calls `buffer_updated` before it reads from another connection.
        return self._owner.read_buffer

    def buffer_updated(self, nbytes: int) -> None:
        if not self._has_spoken:
            self._has_spoken = True
            if not self.is_ours and not self._framing.secured and not self._owner.stream_speaks(self):
                self.abort()
                return
        events = self._framing.feed(bytes(self._owner.read_buffer[:nbytes]))
        # Before the events are told: an answer to one must follow what the handshake still has to send.
        self._write_out()
        for event in events:
            if self._transport is None or self._transport.is_closing():
                return
            self._take(event)
        if self._waiter is not None or self._framing.ended or self._framing.closing:
            self._flush()  # an answer to an event is written out by itself

    def _take(self, event: StreamEvent) -> None:
        now = _now()
        match event:
            case KeepAlive():
                if not self._unwanted:
                    self._heard(now, IDLE_TIMEOUT)
            case Malformed(error=error, fatal=fatal):
                self._heard(now, IDLE_TIMEOUT)
                self._owner.stream_malformed(self, error)
                if fatal:
                    self.close("malformed")
            case _:
                # The side that opened a connection is taken for the one that sends requests.
                self._unwanted = self._unwanted and self.is_ours
                self._keep_until = now + KEEP_ALIVE_FOR
                self._heard(now, LINGER if self._unwanted else IDLE_TIMEOUT)
                self._owner.stream_message(self, event)

    def _heard(self, now: Monotonic, seconds: float) -> None:
        """Wait so many seconds for more. But a peer that was told to close gains no time by sending on."""
        if not self._framing.closing:
            self._deadline = now + seconds

    def pause_writing(self) -> None:
        self.abort()  # MAX_UNSENT bytes wait: the peer does not read

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names it so
        self._transport = None
        self._wake()
        self._owner.stream_closed(self)

    # Called by the owner

    @property
    def is_open(self) -> bool:
        """Whether a message can be sent."""
        return self._transport is not None and not self._transport.is_closing() and self._framing.ready

    @property
    def was_let_go(self) -> bool:
        """Whether it was no longer needed (`let_go`)."""
        return self._unwanted

    async def opened(self) -> None:
        """Wait until messages can be sent.

        Raises:
            ConnectionFailed: it has closed, or the peer is another than expected, or does not speak SIP.
        """
        while not self.is_open:
            if self._framing.refusal is not None:
                raise ConnectionFailed(self._framing.refusal)
            if self._transport is None or self._transport.is_closing():
                raise ConnectionFailed("it closed the connection at once")
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter

    def write(self, message: bytes) -> None:
        """Send one SIP message."""
        now = _now()
        self._keep_until = now + KEEP_ALIVE_FOR
        if self._unwanted and self.is_ours:
            self._unwanted = False
            self._deadline = now + IDLE_TIMEOUT
        self._framing.send(message)
        self._flush()

    def let_go(self) -> None:
        """Close soon, unless another request goes over it: it has served its purpose.

        Pings do not keep it open, and we send none.
        """
        now = _now()
        self._unwanted = True
        self._deadline = now + (LINGER if self.is_ours else LINGER_PEER)
        self._look_later(now)

    def close(self, reason: str) -> None:
        """Close once all that was written is sent and the peer was told."""
        self._framing.close(reason)
        self._flush()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def look(self, now: Monotonic) -> None:
        """Do what is due."""
        if self._transport is None or now < self._look_at:
            return  # another look comes
        if now >= self._deadline:
            self._give_up(now)
        elif self._pings and self._framing.ready and now < self._keep_until:
            self._framing.ping()
            self._flush()
        self._look_later(now)

    # Private

    def _write_out(self) -> None:
        output = self._framing.take_output()
        if self._transport is None:
            return
        if output:
            self._transport.write(output)
        if self._framing.secured and not self._is_known and not self._transport.is_closing():
            now, self._is_known = _now(), True
            self._deadline = now + FIRST_MESSAGE_TIMEOUT
            self._look_later(now)
            self._owner.stream_opened(self)

    def _flush(self) -> None:
        self._write_out()
        if self._transport is None:
            return
        if self._framing.ended:
            self._transport.close()
        elif self._framing.closing:
            now = _now()
            self._deadline = min(self._deadline, now + CLOSE_TIMEOUT)
            self._look_later(now)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    @property
    def _pings(self) -> bool:
        """Whether we keep it alive: if we opened it; or by WebSocket, since a browser cannot ping."""
        return (self.is_ours or self.hop.transport in ("WS", "WSS")) and not self._unwanted

    def _look_later(self, now: Monotonic) -> None:
        when = min(self._deadline, now + KEEP_ALIVE) if self._pings else self._deadline
        if self._look_at <= now or when < self._look_at:
            self._look_at = when
            self._owner.look_at(self, Monotonic(when))

    def _give_up(self, now: Monotonic) -> None:
        if self._framing.closing or self._framing.ended:
            self.abort()
        else:
            self._deadline = now + CLOSE_TIMEOUT
            self.close("no longer needed" if self._unwanted else "nothing heard")


def _now() -> Monotonic:
    return Monotonic(asyncio.get_running_loop().time())


def _send_at_once(transport: asyncio.Transport) -> None:
    """Send small messages without waiting until earlier ones are acknowledged (RFC 896).

    asyncio does this only on sockets that it made. On those that we bound, a response came 40 ms late.
    """
    transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
