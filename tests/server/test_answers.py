"""How hub and node refuse."""

from __future__ import annotations

import pytest

from telsdk.server.answers import later, warning
from telsdk.sip.message import Request, Response, parse


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("the login is of 5551234", "the login is of 5551234"),
        ('a "quoted" \\ name', "a 'quoted' ' name"),
        ("line\r\nBreak: in", "line''Break: in"),
        ("żółw", "'''w"),
    ],
)
def test_a_reason_is_one_quoted_text_whatever_it_says(reason: str, text: str) -> None:
    assert warning(Exception(reason)) == ("Warning", f'399 telprotocol "{text}"')


def test_who_is_refused_for_now_is_told_when_to_come_again() -> None:
    request = Request(
        "REGISTER",
        "sip:example.com",
        [
            ("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"),
            ("From", "<sip:a@example.com>;tag=1"),
            ("To", "<sip:a@example.com>"),
            ("Call-ID", "c"),
            ("CSeq", "1 REGISTER"),
        ],
    )
    response = parse(bytes(later(request, 30, "Node Full")))
    assert isinstance(response, Response)
    assert (response.status, response.reason) == (503, "Node Full")
    assert response.headers.get("Retry-After") == "30"
