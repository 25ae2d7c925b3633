"""Read what routers and hosts say by ICMP of lost datagrams, from Linux's error queue (ip(7), IP_RECVERR).

An unconnected UDP socket hears of it in no other way. Other systems tell nothing: there timers B and F fire later.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections.abc import Iterator
from typing import NamedTuple

from telsdk.net.limits import DATAGRAMS_A_READ

# linux/in.h, linux/in6.h and linux/errqueue.h; Python names only the flag.
_IP_RECVERR, _IPV6_RECVERR = 11, 25
_EXTENDED_ERROR = struct.Struct("=IBBBBII")  # errno, origin, type, code, pad, info, data
_ICMP, _ICMP6 = 2, 3
_UNREACHABLE, _PARAMETER_PROBLEM, _TOO_BIG = 3, 12, 4  # RFC 792; "too big" is a code of "unreachable"
_UNREACHABLE6, _PARAMETER_PROBLEM6 = 1, 4  # RFC 4443

_QUOTED = (
    1_024  # bytes; Linux routers quote up to 548, others 8, which is too little to say which message it was
)


class Undelivered(NamedTuple):
    """A datagram that did not arrive, and why."""

    quoted: bytes  # its first bytes
    host: str  # where it was to go
    port: int
    reason: str


def report_icmp(sock: socket.socket) -> None:
    """Ask the kernel for the socket's error queue."""
    if sys.platform != "linux":
        return
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)


def undelivered(sock: socket.socket) -> Iterator[Undelivered]:
    """Yield the datagrams that were finally not delivered (RFC 3261 section 18.4) since the last call."""
    if sys.platform != "linux":
        return
    for _ in range(DATAGRAMS_A_READ):
        try:
            quoted, ancillary, _, address = sock.recvmsg(_QUOTED, 512, socket.MSG_ERRQUEUE)
        except OSError:
            return
        reason = next(filter(None, (final_reason(content) for _, _, content in ancillary)), None)
        if reason is not None and address:
            yield Undelivered(quoted, str(address[0]), int(address[1]), reason)


def final_reason(content: bytes) -> str | None:
    """Return the reason if an extended error (linux/errqueue.h) says that the peer cannot be reached, else None.

    It is None when a packet was too big, or too long on its way: the next one may arrive.
    """
    if len(content) < _EXTENDED_ERROR.size:
        return None
    errno, origin, kind, code, *_ = _EXTENDED_ERROR.unpack_from(content)
    if origin == _ICMP:
        final = (kind == _UNREACHABLE and code != _TOO_BIG) or kind == _PARAMETER_PROBLEM
    else:
        final = origin == _ICMP6 and kind in (_UNREACHABLE6, _PARAMETER_PROBLEM6)
    return os.strerror(errno) if final else None
