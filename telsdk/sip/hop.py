"""Where a message goes to, or came from: one hop of its way.

The core names hops and never opens one. The driver (`telsdk.net`) turns a hop into a socket, and gives each connection
that it opens or accepts a number, the flow. A hop with a flow means that very connection (RFC 5626).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Transport:
    """A transport of messages, by RFC 3261 section 18 or RFC 7118."""

    name: str  # as a Via writes it
    port: int  # where no other is named (RFC 3261 section 19.1.2, RFC 7118 section 5.1)
    parameter: str  # what ``transport=`` of a URI says for it: RFC 7118 section 5.2.3 has no "wss"
    reliable: bool = True  # it delivers by itself, so that transactions need not retransmit
    secure: bool = False
    web: bool = False  # by WebSocket: what browsers can open


TRANSPORTS: Final = {
    one.name: one
    for one in (
        Transport("UDP", 5060, "udp", reliable=False),
        Transport("TCP", 5060, "tcp"),
        Transport("TLS", 5061, "tls", secure=True),
        Transport("WS", 80, "ws", web=True),
        Transport("WSS", 443, "ws", secure=True, web=True),
    )
}
"""The transports by name."""

# A hop is asked with every message; and it may be of a transport that nobody here speaks.
_UNRELIABLE: Final = frozenset([one.name for one in TRANSPORTS.values() if not one.reliable])
_SECURE: Final = frozenset([one.name for one in TRANSPORTS.values() if one.secure])
_WEB: Final = frozenset([one.name for one in TRANSPORTS.values() if one.web])


@dataclass(slots=True, init=False, eq=False)
class Hop:
    """One end of a transport, as seen from here. Immutable.

    Attributes:
        transport: the name of one of `TRANSPORTS`.
        flow: an existing connection; None: the driver finds or opens one.
        pins: SHA-256 of the SubjectPublicKeyInfo, one of which a new TLS peer must show.
        is_source: a datagram came from there: no address that anybody gave. It does not count when hops are compared.
        taken_at: where the peer opened this connection to; None: it did not. It does not count either.
        reliable: whether the transport delivers by itself, so that transactions need not retransmit.
        key: for tables: the number of the connection, or else transport, host and port.
    """

    transport: Final[str]
    host: Final[str]
    port: Final[int]
    flow: Final[int | None]
    pins: Final[frozenset[bytes]]
    is_source: Final[bool]
    taken_at: Final[tuple[str, int] | None]
    reliable: bool = field(init=False, repr=False)
    key: int | tuple[str, str, int] = field(init=False, repr=False)

    def __init__(
        self,
        transport: str,
        host: str,
        port: int,
        flow: int | None = None,
        pins: frozenset[bytes] = frozenset(),
        is_source: bool = False,
        taken_at: tuple[str, int] | None = None,
    ) -> None:
        self.transport = transport
        self.host = host
        self.port = port
        self.flow = flow
        self.pins = pins
        self.is_source = is_source
        self.taken_at = taken_at
        self.reliable = transport not in _UNRELIABLE
        self.key = (transport, host, port) if flow is None else flow

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hop) and (self.transport, self.host, self.port, self.flow, self.pins) == (
            other.transport,
            other.host,
            other.port,
            other.flow,
            other.pins,
        )

    def __hash__(self) -> int:
        return hash((self.transport, self.host, self.port, self.flow))

    @property
    def secure(self) -> bool:
        """Whether nobody between the two ends can read or change what goes there."""
        return self.transport in _SECURE

    @property
    def web(self) -> bool:
        """Whether the transport is a WebSocket."""
        return self.transport in _WEB

    @property
    def uri_transport(self) -> str:
        """The value of a URI's transport parameter."""
        return TRANSPORTS[self.transport].parameter

    def on_flow(self, flow: int | None) -> Hop:
        """Return the same hop, by that connection."""
        return replace(self, flow=flow)

    def covers(self, other: Hop) -> bool:
        """Return whether a failure of this hop is also one of `other`: they share a connection, or else an address."""
        if self.flow is not None and other.flow is not None:
            return self.flow == other.flow
        return (self.transport, self.host, self.port) == (other.transport, other.host, other.port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.transport} {host}:{self.port}" + (
            f" flow {self.flow}" if self.flow is not None else ""
        )
