"""Which ICMP errors end a request (RFC 3261 section 18.4); on sockets see `test_udp.py`."""

from __future__ import annotations

import errno
import os
import struct

import pytest

from telsdk.net.icmp import final_reason

LOCAL, ICMP, ICMP6 = 1, 2, 3


def told(number: int, origin: int, kind: int, code: int) -> bytes:
    """An extended error as Linux hands it over, with the address of who sent it behind."""
    return struct.pack("=IBBBBII", number, origin, kind, code, 0, 0, 0) + bytes(16)


@pytest.mark.parametrize(
    ("number", "origin", "kind", "code"),
    [
        (errno.ENETUNREACH, ICMP, 3, 0),
        (errno.EHOSTUNREACH, ICMP, 3, 1),
        (errno.ENOPROTOOPT, ICMP, 3, 2),
        (errno.ECONNREFUSED, ICMP, 3, 3),
        (errno.EPROTO, ICMP, 12, 0),  # parameter problem
        (errno.ENETUNREACH, ICMP6, 1, 0),
        (errno.ECONNREFUSED, ICMP6, 1, 4),
        (errno.EPROTO, ICMP6, 4, 1),
    ],
)
def test_an_unreachable_peer_is_told_with_the_reason(number: int, origin: int, kind: int, code: int) -> None:
    assert final_reason(told(number, origin, kind, code)) == os.strerror(number)


@pytest.mark.parametrize(
    ("number", "origin", "kind", "code"),
    [
        (errno.EMSGSIZE, ICMP, 3, 4),  # too big: the next try is cut in pieces
        (errno.EMSGSIZE, ICMP6, 2, 0),
        (errno.EMSGSIZE, LOCAL, 0, 0),
        (errno.EHOSTUNREACH, ICMP, 11, 0),  # 18.4: a time to live that ran out is passed over
        (errno.EHOSTUNREACH, ICMP6, 3, 0),
        (0, ICMP, 4, 0),  # 18.4: so is a source quench
    ],
)
def test_what_may_pass_is_not(number: int, origin: int, kind: int, code: int) -> None:
    assert final_reason(told(number, origin, kind, code)) is None


def test_a_cut_off_record_says_nothing() -> None:
    assert final_reason(told(errno.ECONNREFUSED, ICMP, 3, 3)[:15]) is None
