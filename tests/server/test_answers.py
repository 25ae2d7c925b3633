"""How hub and node refuse."""

from __future__ import annotations

import pytest

from telsdk.clock import Wall
from telsdk.server.answers import date, later, refusal, warning
from telsdk.sip.message import Request, Response, parse

REQUEST = Request(
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
    assert warning(reason) == ("Warning", f'399 telprotocol "{text}"')


def test_a_long_reason_is_cut_and_says_how_much_is_left_out() -> None:
    _, value = warning("x" * 100_000)
    assert value.endswith('x... (99700 more characters)"')
    assert len(value) < 400


def test_a_refusal_says_its_reason_in_a_warning_and_nothing_more() -> None:
    response = parse(bytes(refusal(REQUEST, 403, Exception("no\r\nContact: <sip:mallory@h>"))))
    assert isinstance(response, Response)
    assert (response.status, response.contacts) == (403, [])
    assert response.headers.all("Warning") == ["399 telprotocol \"no''Contact: <sip:mallory@h>\""]


def test_a_date_is_that_of_its_second_in_whatever_order_it_is_asked_for() -> None:
    days = {0: "01 Jan 1970 00:00:00", 86_399: "01 Jan 1970 23:59:59", 951_782_400: "29 Feb 2000 00:00:00"}
    for second in [*days, *reversed(days), *days]:
        name, value = date(Wall(second + 0.9))
        assert (name, value[5:]) == ("Date", f"{days[second]} GMT")


def test_who_is_refused_for_now_is_told_when_to_come_again() -> None:
    response = parse(bytes(later(REQUEST, 30, "Node Full")))
    assert isinstance(response, Response)
    assert (response.status, response.reason) == (503, "Node Full")
    assert response.headers.get("Retry-After") == "30"
