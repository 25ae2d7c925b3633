"""Find the address of this machine that others see."""

from __future__ import annotations

import socket

from telsdk.net.sockets import ListenError


def address_toward(host: str, port: int) -> str:
    """Return the address from which this machine sends to `host`. This asks the routing table and sends nothing.

    Raises:
        ListenError: `host` has no address, or no route leads there.
    """
    try:
        family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as probe:
            probe.connect(place)
            return str(probe.getsockname()[0])
    except OSError as error:
        raise ListenError(f"no way leads to {host}:{port}: {error.strerror or error}") from error
