"""Bind sockets before a server runs on them, so that its address can be listed on the chain before it starts."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field

from telsdk.errors import TelError
from telsdk.sip.hop import TRANSPORTS, Hop
from telsdk.sip.message import write_host

_ATTEMPTS = 32  # to find a port that is free for both UDP and TCP; that one is not is rare

Address = tuple[str, int]
"""Host (an IPv6 address without brackets) and port."""


class ListenError(TelError):
    """An address cannot be listened on."""


@dataclass(frozen=True)
class BoundSockets:
    """A UDP and a stream socket on one host and port."""

    udp: socket.socket
    stream: socket.socket

    @property
    def host(self) -> str:
        return str(self.udp.getsockname()[0])

    @property
    def port(self) -> int:
        return int(self.udp.getsockname()[1])

    def close(self) -> None:
        self.udp.close()
        self.stream.close()


@dataclass(frozen=True)
class Listener:
    """One more address where connections are accepted."""

    transport: str  # the name of one of `telsdk.sip.hop.TRANSPORTS`, UDP excepted
    socket: socket.socket
    context: ssl.SSLContext | None = None  # for TLS and WSS: the certificate that a peer is shown
    address: Address = field(init=False)  # of the socket

    def __post_init__(self) -> None:
        if (self.context is not None) is not (TRANSPORTS[self.transport].secure):
            raise ValueError(
                f"{self.transport} {'without' if self.context is None else 'with'} a TLS context"
            )
        host, port = self.socket.getsockname()[:2]
        object.__setattr__(self, "address", (str(host), int(port)))


class Addresses:
    """Where an element is reached, by transport.

    Args:
        main: the address for UDP and TLS, and for TCP and WebSocket unless a listener takes those.
        listeners: the further addresses.
    """

    def __init__(self, main: Address, listeners: Iterable[Listener] = ()) -> None:
        self.main = main
        listeners = tuple(listeners)
        self._by_transport = {one.transport: one.address for one in listeners if one.transport != "TLS"}
        self.besides = frozenset(one.address for one in listeners)

    def sent_by(self, transport: str) -> Address:
        """Return the address that a Via or a Record-Route for `transport` names (RFC 3261 18.1.1)."""
        return self._by_transport.get(transport, self.main)

    def reached_by(self, hop: Hop) -> Address:
        """Return the address that a URI names for the peer behind `hop`: the one that it connected to, if it did.

        Where several listeners take one transport, each shows its own certificate, and the peer may trust no other.
        """
        at = hop.taken_at
        return at if at is not None and at in self else self.sent_by(hop.transport)

    def __contains__(self, address: tuple[str, int | None]) -> bool:
        return address == self.main or address in self.besides


def bind(host: str, port: int = 0) -> BoundSockets:
    """Bind UDP and TCP to the same `port`; 0 takes one that is free for both.

    Raises:
        ListenError: the port is taken or not allowed, or `host` is not an address of this machine.
    """
    for _ in range(1 if port else _ATTEMPTS):
        try:
            return _bind_pair(host, port)
        except OSError as error:
            failure = error
    raise _failure(host, port, failure) from failure


def bind_stream(host: str, port: int = 0) -> socket.socket:
    """Bind TCP alone to `port`, and listen, which keeps others from binding it too. 0 takes a free port.

    Raises:
        ListenError: the port is taken or not allowed, or `host` is not an address of this machine.
    """
    sock = None
    try:
        sock = _bind(host, port, socket.SOCK_STREAM)
        sock.listen()
    except OSError as error:
        if sock is not None:
            sock.close()
        raise _failure(host, port, error) from error
    return sock


def _failure(host: str, port: int, error: OSError) -> ListenError:
    return ListenError(f"cannot listen on {write_host(host, port)}: {error.strerror or error}")


def _bind_pair(host: str, port: int) -> BoundSockets:
    udp = _bind(host, port, socket.SOCK_DGRAM)
    try:
        return BoundSockets(udp, _bind(host, udp.getsockname()[1], socket.SOCK_STREAM))
    except OSError:
        udp.close()
        raise


def _bind(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
    try:
        if sock.family == socket.AF_INET6:
            # Else an IPv4 peer would appear as ::ffff:192.0.2.1, which is not what its Via says.
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind is socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock
