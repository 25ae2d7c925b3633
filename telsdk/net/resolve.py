"""Resolve host names by the resolver of the system: only A and AAAA, no NAPTR or SRV (so not RFC 3263)."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from functools import lru_cache

from telsdk.net.egress import EgressPolicy, EgressRefused


@lru_cache(maxsize=4096)
def is_address(host: str) -> bool:
    """Return whether `host` is an IP address, for which no resolver has to be asked."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def places(
    host: str, port: int, kind: socket.SocketKind, egress: EgressPolicy
) -> list[tuple[str, int]]:
    """Return the addresses of `host` that may be sent to, in the order of the resolver, each with the port.

    Args:
        kind: SOCK_DGRAM or SOCK_STREAM.

    Raises:
        EgressRefused: it has none but those that may not.
        OSError: the host has no address, or no resolver answers.
    """
    if is_address(host):
        found = [host]
    else:
        found = await _asked(host, port, kind)
    refused = [egress.refusal(address) for address in found]
    permitted = [(address, port) for address, why in zip(found, refused, strict=True) if why is None]
    if not permitted:
        raise EgressRefused("; ".join([why for why in refused if why is not None]))
    return permitted


async def _asked(host: str, port: int, kind: socket.SocketKind) -> list[str]:
    """Return the addresses of `host` as the system's resolver orders them, each once."""
    try:
        answer = await asyncio.get_running_loop().getaddrinfo(host, port, type=kind)
    except UnicodeError as error:  # a label is empty, or longer than 63 octets (RFC 1035 2.3.4)
        raise socket.gaierror(socket.EAI_NONAME, f"{host[:80]!r} can be no host name") from error
    return list(dict.fromkeys([str(one[4][0]) for one in answer]))
