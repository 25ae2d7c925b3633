"""Holds every message that passed our sockets against tshark, which knows SIP from others than us.

The messages go to it as they are, in a file of «exported PDUs»: no address or checksum has to be made up, and what was
read from TLS is judged like the rest.
"""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

from telsdk.net.driver import Wire
from tests.conftest import program

_LINKTYPE_UPPER_PDU = 252
_TAG_DISSECTOR, _TAG_END = 12, 0
_FIELDS = ("frame.number", "frame.protocols", "_ws.malformed", "_ws.expert.severity", "_ws.expert.message")
_WARN = 0x0060_0000  # PI_WARN of wireshark's epan/proto.h; notes and chats are below


class Recording:
    """The messages of one or more runs."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []

    def tap(self, passed: Wire) -> None:
        """What to hand to a driver as its tap."""
        if passed.data.strip(b"\r\n\0"):
            self.messages.append(passed.data)


def faults(messages: list[bytes], folder: Path) -> list[str]:
    """What tshark has against these messages: each that it does not take for SIP, or finds malformed."""
    capture = folder / "messages.pcap"
    capture.write_bytes(_pcap(messages))
    fields = [part for name in _FIELDS for part in ("-e", name)]
    shown = subprocess.run(
        [program("tshark"), "-r", str(capture), "-T", "fields", "-E", "separator=\t", *fields],
        check=True, capture_output=True, text=True, timeout=60,
    ).stdout.splitlines()  # fmt: skip
    assert len(shown) == len(messages), "tshark did not read every message"
    return [
        f"{line}\n{messages[index].decode(errors='replace')}"
        for index, line in enumerate(shown)
        if not _is_well_formed(line)
    ]


def _is_well_formed(line: str) -> bool:
    _, protocols, malformed, severities, _ = line.split("\t")
    return (
        "sip" in protocols.split(":")
        and not malformed
        and all(int(severity) < _WARN for severity in severities.split(",") if severity)
    )


def _pcap(messages: list[bytes]) -> bytes:
    header = struct.pack("!IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0x0004_0000, _LINKTYPE_UPPER_PDU)
    tags = struct.pack("!HH4sHH", _TAG_DISSECTOR, 4, b"sip\0", _TAG_END, 0)
    return header + b"".join(
        struct.pack("!IIII", 0, index, len(tags + message), len(tags + message)) + tags + message
        for index, message in enumerate(messages)
    )
