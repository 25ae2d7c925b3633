"""How SIP messages lie on a connection: one behind the other (RFC 3261 18.3), or one in each WebSocket message."""

from __future__ import annotations

from typing import Protocol

from telsdk.sip.message import PING, PONG, KeepAlive, StreamEvent, StreamParser


class Framing(Protocol):
    """Between bytes and messages. It touches no socket: what it wants written is fetched by `take_output`."""

    @property
    def ready(self) -> bool:
        """Whether messages can be sent: handshake done, not closing."""
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
        """Why the peer, whom we asked, will not speak SIP with us."""
        ...

    def feed(self, data: bytes) -> list[StreamEvent]:
        """What `data` completes; any event is a sign of life."""
        ...

    def send(self, message: bytes) -> None:
        """One SIP message."""
        ...

    def ping(self) -> None:
        """A sign of life, which the peer answers."""
        ...

    def close(self, reason: str) -> None:
        """No more will be sent."""
        ...

    def take_output(self) -> bytes:
        """What is to be written now; given out once."""
        ...


class StreamFraming:
    """Messages by their Content-Length, pings of RFC 5626 section 3.5.1 between them: TCP and TLS."""

    ready = True
    closing = False
    refusal = None

    def __init__(self) -> None:
        self._parser = StreamParser()
        self._output: list[bytes] = []
        self.ended = False

    def feed(self, data: bytes) -> list[StreamEvent]:
        events = self._parser.feed(data)
        for event in events:
            if isinstance(event, KeepAlive) and event.ping:
                self._output.append(PONG)
        return events

    def send(self, message: bytes) -> None:
        self._output.append(message)

    def ping(self) -> None:
        self._output.append(PING)

    def close(self, reason: str) -> None:  # noqa: ARG002 - a stream has no words for it
        self.ended = True

    def take_output(self) -> bytes:
        taken, self._output = self._output, []
        return taken[0] if len(taken) == 1 else b"".join(taken)
