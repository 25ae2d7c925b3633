"""How long the longest messages that a stranger may send take to refuse, or to take.

    benchmarks/longest.py           the ten dearest
    benchmarks/longest.py --all     all of them
    benchmarks/longest.py --json    figures for a program

Each is a datagram of 64 kB, or has a head of just the 32 kB that are read: one field is filled with one text again and
again, such as commas or brackets that never close. What is timed comes before any decision: reading the message, and
asking it for all that an element at the end of the way needs. Milliseconds of processor time, the best of several.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import suppress
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from telsdk.sip.errors import SipParseError
from telsdk.sip.limits import MAX_HEAD_BYTES, MAX_MESSAGE
from telsdk.sip.message import Response, parse
from telsdk.sip.message.inspection import inspection, malformation

GOAL = 2.0  # ms
ROUNDS = 5
USUAL = {
    "Via": "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1",
    "From": "<sip:a@b.example>;tag=1",
    "To": "<sip:5550002@telprotocol>",
    "Call-ID": "1",
    "CSeq": "1 INVITE",
    "Max-Forwards": "70",
    "Contact": "<sip:a@192.0.2.1>",
}
FIELDS = (
    *USUAL,
    *(
        "Route",
        "Record-Route",
        "Path",
        "Require",
        "Supported",
        "Authorization",
        "Proxy-Authorization",
        "Identity",
    ),
    *("Content-Length", "Content-Type", "Expires", "Date", "Warning", "Subject", "X-Unknown"),
)
FILLINGS = (
    *(
        ",",
        ", ",
        "<",
        "<>,",
        "(",
        "()",
        '"',
        '""',
        "\\",
        '"\\',
        ";",
        ";a=b",
        ";a=b,",
        "a,",
        "a",
        "1",
        "%",
        "%41",
        "@",
        ":",
    ),
    *(
        "[",
        "[::1]",
        "=",
        " ",
        "\t",
        "\r\n ",
        "\r\nX: ",
        "sip:a@b,",
        "<sip:a@b>,",
        "<sip:a@b;x=y?h=i>,",
        "é",
        "\x00",
        "\x7f",
    ),
    *(
        "SIP/2.0/UDP a;branch=z9hG4bK1,",
        'Digest realm="a",',
        "\r\nVia: SIP/2.0/UDP a",
        "\r\nRoute: <sip:a>",
        "\r\n:",
    ),
)


def message(field: str, filling: str, size: int) -> bytes:
    """Return a request of `size` octets that is full of one thing."""
    fields = {**USUAL, field: ""}
    head = "INVITE sip:5550002@telprotocol SIP/2.0\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in fields.items() if name != field
    )
    full = f"{head}{field}: {USUAL.get(field, '')}".encode()
    filler = filling.encode("latin-1")
    full += filler * ((size - len(full) - 4) // len(filler))
    return full + b"\r\n\r\n"


def read(data: bytes) -> str:
    """Return what a message is refused for, or nothing."""
    try:
        request = parse(data)
    except SipParseError as error:
        return str(error)
    with suppress(SipParseError):
        if isinstance(request, Response):
            return ""
        return str(malformation(request) or inspection(request) or "")
    return "unreadable"


def taken(data: bytes) -> float:
    """Return how long it takes, in milliseconds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = process_time()
        read(data)
        best = min(best, process_time() - began)
    return best * 1000


def measure() -> list[dict[str, object]]:
    """Return all of them, the dearest first."""
    rows = [
        (taken(data := message(field, filling, size)), field, filling, size, read(data))
        for size in (MAX_HEAD_BYTES, MAX_MESSAGE)
        for field in FIELDS
        for filling in FILLINGS
    ]
    rows.sort(key=lambda row: -row[0])
    return [
        {"ms": round(time, 3), "field": field, "filling": filling, "size": size, "refused": why[:60]}
        for time, field, filling, size, why in rows
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = measure()
    if arguments.json:
        print(json.dumps(rows))
        return
    for row in rows if arguments.all else rows[:10]:
        print(f"{row['ms']:7} ms  {row['size']:6}  {row['field']:20}{row['filling']!r:34}{row['refused']!r}")
    within = sum(float(str(row["ms"])) <= GOAL for row in rows)
    print(f"{within} of {len(rows)} within {GOAL} ms")


if __name__ == "__main__":
    main()
