"""Sockets bound before anybody runs on them, so that an address can be listed on chain before the server starts."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from telsdk.errors import TelError

_ATTEMPTS = 32  # for a port that is free for both UDP and TCP; a collision is rare


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


def bind(host: str, port: int = 0) -> BoundSockets:
    """Binds UDP and TCP on the same `port`; 0 takes one that is free for both.

    Raises:
        ListenError: taken, not allowed, or not an address of this machine.
    """
    for _ in range(1 if port else _ATTEMPTS):
        try:
            return _bind_pair(host, port)
        except OSError as error:
            failure = error
    raise ListenError(f"cannot listen on {host}:{port}: {failure.strerror or failure}") from failure


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
        if kind is socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock
