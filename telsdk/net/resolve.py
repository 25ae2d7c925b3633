"""Resolve host names by the resolver of the system: only A and AAAA, no NAPTR or SRV (so not RFC 3263)."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from functools import lru_cache


@lru_cache(maxsize=4096)
def is_address(host: str) -> bool:
    """Return whether `host` is an IP address, for which no resolver has to be asked."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def resolve(host: str, port: int) -> tuple[str, int]:
    """Return the first address of `host` for UDP, and the port.

    Raises:
        OSError: the host has no address, or no resolver answers.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    address = found[0][4]
    return str(address[0]), int(address[1])
