"""Real messages, spoilt by a seed: what `tests/attacks/test_spoilt_messages.py` throws at servers that live."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final

from fuzz.fieldexamples import EXAMPLES

WORDS: Final = (
    b"",
    b" ",
    b"\r\n",
    b"\r\n ",
    b"\0",
    b"\xff",
    b"\xc3\xa9",
    b",",
    b";",
    b"<",
    b">",
    b'"',
    b"%",
    b"%zz",
    b"*",
    b"@",
    b":",
    b"0",
    b"-1",
    b"2147483648",
    b"4294967296",
    b"99999999999999999999",
    b";tag=",
    b";tag=x",
    b";lr",
    b";expires=0",
    b";transport=tcp",
    b";transport=udp",
    b";transport=sctp",
    b";branch=z9hG4bK",
    b";received=::1",
    b";rport=0",
    b"sip:",
    b"tel:+1",
    b"a" * 64 + b".example",
    b"." * 3,
    b"[::1]",
    b"[",
    b"x" * 300,
    b"," * 300,
    b"SIP/2.0",
    b"z9hG4bK",
    b"application/sdp",
)
"""What is put where it may not fit."""

URIS: Final = (
    "sip:x@" + "a" * 64 + ".example;transport=tcp",
    "sip:x@" + "a" * 64 + ".example",
    "sip:x@localhost.:0",
    "sip:x@127.0.0.1:1",
    "sip:x@127.0.0.1:65535;transport=tcp",
    "sip:x@[::1]",
    "sips:x@127.0.0.1",
    "tel:+15550001",
    "sip:5550001@telprotocol",
    "sip:nobody.invalid;transport=ws",
    "sip:x@127.0.0.1;transport=tls;pin=x",
    "sip:%00@h",
    "sip:a@b?Replaces=x",
    "http://h",
    "sip:5550002@telprotocol;method=BYE",
    "urn:service:sos",
    "sip:;@h",
    "sip:x@h;maddr=127.0.0.1",
)

METHODS: Final = (
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "OPTIONS",
    "MESSAGE",
    "SUBSCRIBE",
    "NOTIFY",
    "REFER",
    "UPDATE",
    "PRACK",
    "INFO",
    "PUBLISH",
)

STATUSES: Final = (
    100,
    180,
    183,
    199,
    200,
    202,
    300,
    302,
    305,
    380,
    400,
    401,
    407,
    408,
    430,
    481,
    486,
    487,
    491,
    500,
    503,
    603,
    699,
)

Spoiler = Callable[[random.Random, bytes], bytes]


def spoilt(rng: random.Random, data: bytes) -> bytes:
    """Return the message with up to three things wrong; now and then with none."""
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        data = rng.choice(SPOILERS)(rng, data) or b"\0"  # there is always something left to spoil
    return data


def _put(rng: random.Random, data: bytes) -> bytes:
    at, gone = rng.randrange(len(data) + 1), rng.choice((0, 0, 1, 3, 10))
    return data[:at] + rng.choice(WORDS) + data[at + gone :]


def _flip(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]


def _cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(1, len(data) + 1)]


def _by_line(change: Callable[[random.Random, list[bytes], int], None]) -> Spoiler:
    def spoil(rng: random.Random, data: bytes) -> bytes:
        head, blank, body = data.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        change(rng, lines, rng.randrange(1, len(lines)) if len(lines) > 1 else 0)
        return b"\r\n".join(lines) + blank + body

    return spoil


def _leave_out(rng: random.Random, lines: list[bytes], at: int) -> None:
    del rng
    del lines[at]


def _double(rng: random.Random, lines: list[bytes], at: int) -> None:
    lines.insert(rng.randrange(1, len(lines) + 1), lines[at])


def _other_value(rng: random.Random, lines: list[bytes], at: int) -> None:
    name = lines[at].partition(b":")[0]
    lines[at] = (
        name
        + b": "
        + rng.choice(
            (rng.choice(WORDS), rng.choice(URIS).encode(), b"<" + rng.choice(URIS).encode() + b">;q=1")
        )
    )


def _one_field_more(rng: random.Random, lines: list[bytes], at: int) -> None:
    key = rng.choice(sorted(EXAMPLES))
    value = rng.choice(EXAMPLES[key]).encode()
    lines.insert(max(at, 1), key.encode() + b": " + (value if rng.random() < 0.7 else _put(rng, value)))


def _route(rng: random.Random, lines: list[bytes], at: int) -> None:
    lines.insert(max(at, 1), b"Route: <" + rng.choice(URIS).encode() + b";lr>")


def _other_start(rng: random.Random, lines: list[bytes], at: int) -> None:
    del at
    words = lines[0].split(b" ")
    if words[0].startswith(b"SIP/"):
        words[1:2] = [str(rng.choice(STATUSES)).encode()]
    else:
        words[rng.randrange(len(words))] = rng.choice(
            (*[m.encode() for m in METHODS], *[u.encode() for u in URIS])
        )
    lines[0] = b" ".join(words)


SPOILERS: Final[Sequence[Spoiler]] = (
    _put,
    _put,
    _flip,
    _cut,
    *map(
        _by_line,
        (
            _leave_out,
            _double,
            _other_value,
            _other_value,
            _one_field_more,
            _one_field_more,
            _route,
            _other_start,
        ),
    ),
)
