"""Host names to addresses, by the resolver of the system: A and AAAA alone, no NAPTR or SRV (no RFC 3263)."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from functools import lru_cache


@lru_cache(maxsize=4096)
def is_address(host: str) -> bool:
    """Whether `host` is an IP address, so that nobody has to be asked."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def resolve(host: str, port: int) -> tuple[str, int]:
    """The first address of `host` for UDP.

    Raises:
        OSError: it has none, or nobody could be asked.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    address = found[0][4]
    return str(address[0]), int(address[1])
