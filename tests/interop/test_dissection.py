"""The judge judges: tshark takes good SIP and says what is wrong with other messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop.dissection import faults

pytestmark = pytest.mark.interop

GOOD = (
    b"MESSAGE sip:bob@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
    b"From: <sip:alice@127.0.0.1>;tag=1\r\nTo: <sip:bob@127.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi"
)


def test_good_sip_passes(tmp_path: Path) -> None:
    assert faults([GOOD, b"SIP/2.0 200 OK\r\n" + GOOD.partition(b"\r\n")[2]], tmp_path) == []


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(GOOD.replace(b"Call-ID: 1", b"Call-ID 1"), id="a header field without a colon"),
        pytest.param(GOOD.replace(b" SIP/2.0\r\n", b" HTTP/1.1\r\n", 1), id="another protocol"),
        pytest.param(b"\x16\x03\x01\x02\x00", id="no text"),
    ],
)
def test_what_is_no_good_sip_is_told(bad: bytes, tmp_path: Path) -> None:
    (found,) = faults([GOOD, bad], tmp_path)
    assert found.startswith("2\t")
