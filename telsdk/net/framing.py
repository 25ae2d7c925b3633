"""How messages are framed on a connection: one behind the other (RFC 3261 18.3), or one a WebSocket message."""

from __future__ import annotations

from typing import Protocol

from telsdk.sip.message import PING, PONG, KeepAlive, StreamEvent, StreamParser


class Framing(Protocol):
    """What turns bytes into messages and back. It touches no socket: `take_output` fetches what it wants written."""

    @property
    def secured(self) -> bool:
        """Whether TLS has proven who the peer is; always true where there is no TLS."""
        ...

    @property
    def ready(self) -> bool:
        """Whether messages can be sent: the handshake is done and no close has begun."""
        ...

    @property
    def closing(self) -> bool:
        """Whether a close has begun that the peer should finish soon."""
        ...

    @property
    def ended(self) -> bool:
        """Whether the connection is to be closed once the output is written."""
        ...

    @property
    def refusal(self) -> str | None:
        """Why the peer that we asked does not speak SIP with us; None while that is open."""
        ...

    def feed(self, data: bytes) -> list[StreamEvent]:
        """Return the events that `data` completes. Each is a sign of life."""
        ...

    def send(self, message: bytes) -> None:
        """Send one SIP message."""
        ...

    def ping(self) -> None:
        """Send a sign of life, which the peer answers."""
        ...

    def close(self, reason: str) -> None:
        """Send nothing more, and tell the peer so where the framing can."""
        ...

    def take_output(self) -> bytes:
        """Return what is to be written now, and forget it."""
        ...


class StreamFraming:
    """TCP and TLS: messages delimited by their Content-Length, with pings (RFC 5626 section 3.5.1) between them."""

    __slots__ = ("_output", "_parser", "ended")

    secured = True
    ready = True
    closing = False
    refusal = None

    def __init__(self) -> None:
        self._parser = StreamParser()
        self._output = b""
        self.ended = False

    def feed(self, data: bytes) -> list[StreamEvent]:
        events = self._parser.feed(data)
        for event in events:
            if isinstance(event, KeepAlive) and event.ping:
                self._output += PONG
        return events

    def send(self, message: bytes) -> None:
        self._output += message

    def ping(self) -> None:
        self._output += PING

    def close(self, reason: str) -> None:  # noqa: ARG002 - a plain stream cannot tell the peer a reason
        self.ended = True

    def take_output(self) -> bytes:
        taken, self._output = self._output, b""
        return taken
