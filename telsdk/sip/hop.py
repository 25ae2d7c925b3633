"""Where a message goes to, or came from: one hop of its way.

The core names hops and never opens one. The driver (`telsdk.net`) turns a hop into a socket, and gives each
connection it opens or accepts a number, the flow; a hop with a flow means that very connection (RFC 5626).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

DEFAULT_PORTS = {"UDP": 5060, "TCP": 5060, "TLS": 5061, "WS": 80, "WSS": 443}  # RFC 3261 19.1.2, RFC 7118 5.1


@dataclass(frozen=True, slots=True)
class Hop:
    """One end of a transport, as seen from here."""

    transport: str  # UDP, TCP, TLS, WS or WSS, as a Via writes it
    host: str
    port: int
    flow: int | None = None  # an existing connection; None: the driver finds or opens one
    pins: frozenset[bytes] = frozenset()  # SHA-256 of the SubjectPublicKeyInfo a new TLS peer must show
    is_source: bool = field(
        default=False, compare=False
    )  # a datagram came from there: no address anybody gave
    taken_at: tuple[str, int] | None = field(
        default=None, compare=False
    )  # where the peer opened this connection to; None: it did not

    @property
    def reliable(self) -> bool:
        """Whether the transport delivers by itself, so that transactions need not retransmit."""
        return self.transport != "UDP"

    @property
    def uri_transport(self) -> str:
        """What the transport parameter of a URI says for it: RFC 7118 5.2.3 has no "wss"."""
        return "ws" if self.transport == "WSS" else self.transport.lower()

    @property
    def secure(self) -> bool:
        return self.transport in ("TLS", "WSS")

    def on_flow(self, flow: int | None) -> Hop:
        """The same hop, by that connection."""
        return replace(self, flow=flow)

    def taken(self, host: str, port: int) -> Hop:
        """Return the same hop, for a peer that opened its connection to that place."""
        if self.taken_at == (host, port):
            return self
        return replace(self, taken_at=(host, port))

    def covers(self, other: Hop) -> bool:
        """Whether a failure of this hop is one of `other`: the same connection, or else the same address."""
        if self.flow is not None and other.flow is not None:
            return self.flow == other.flow
        return (self.transport, self.host, self.port) == (other.transport, other.host, other.port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.transport} {host}:{self.port}" + (
            f" flow {self.flow}" if self.flow is not None else ""
        )
