from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import Headers, Request
from telsdk.sip.message.info_fields import WarningValue
from telsdk.sip.message.readers import READERS
from tests.sip.messages import addresses, cseqs, vias


def request(*fields: tuple[str, str]) -> Request:
    return Request("INVITE", "sip:h", Headers(fields))


_values = st.one_of(
    addresses.map(str),
    vias.map(str),
    cseqs.map(str),
    st.text('0123456789 aZ/<>;=:.@"sip', max_size=12),
    st.sampled_from(
        ["70", "255", "256", "4294967295", "4294967296", "application/sdp", "a/b;c=d", "*",
         "Sat, 13 Nov 2010 23:29:00 GMT",
         '399 h "x"', "18 (busy);duration=3", "1 ACK", "<sip:h;lr>", "SIP/2.0/TLS h;branch=z9hG4bK1;rport"]
    ),
)  # fmt: skip


@given(st.sampled_from(sorted(READERS)), _values)
def test_every_value_is_read_or_refused(key: str, value: str) -> None:
    headers = Headers([(key, value)])
    try:
        found = headers.typed(key, READERS[key])
    except SipParseError as error:
        assert error.reason.startswith(f"{key}: ")  # noqa: PT017 - either outcome is right
    else:
        assert headers.typed(key, READERS[key]) is found


@pytest.mark.parametrize("name", ["via", "from_", "to", "call_id", "cseq"])
@pytest.mark.parametrize("value", [None, ""])
def test_what_must_be_there_is_missed(name: str, value: str | None) -> None:
    key = name.rstrip("_").replace("_", "-")
    message = request() if value is None else request((key, value))
    with pytest.raises(SipParseError, match=rf"^{key}: missing"):
        getattr(message, name)


@pytest.mark.parametrize(
    "name", ["contacts", "routes", "record_routes", "max_forwards", "expires", "content_type"]
)
def test_what_need_not_be_there_is_none_or_empty(name: str) -> None:
    assert not getattr(request(), name)


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [("Max-Forwards", "0068", 68), ("Max-Forwards", "255", 255), ("Max-Forwards", "0", 0),
     ("Expires", "4294967295", 2**32 - 1), ("c", "Application / SDP ; charset=x", "application/sdp"),
     ("i", "a84b4c76e66710@pc33.example", "a84b4c76e66710@pc33.example")],
)  # fmt: skip
def test_single_values_are_read(name: str, value: str, meant: object) -> None:
    attribute = {"c": "content_type", "i": "call_id"}.get(name, name.lower().replace("-", "_"))
    assert getattr(request((name, value)), attribute) == meant


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_forwards", "256"), ("max_forwards", "-1"), ("max_forwards", "x"), ("expires", "4294967296"),
     ("expires", "1e3"), ("expires", ""), ("call_id", "a b"), ("call_id", "a@b@c"), ("call_id", "ü"),
     ("content_type", "sdp"), ("content_type", "a/b;"), ("content_type", "")],
)  # fmt: skip
def test_single_values_out_of_their_grammar_are_refused(name: str, value: str) -> None:
    with pytest.raises(SipParseError):
        getattr(request((name.replace("_", "-"), value)), name)


def test_a_contact_star_is_no_contact_and_stands_alone() -> None:
    message = request(("Contact", "*"))
    assert (message.contacts, message.contact_star) == ([], True)
    assert request(("Contact", "<sip:h>")).contact_star is False
    with pytest.raises(SipParseError):
        _ = request(("Contact", "*, <sip:h>")).contacts


@pytest.mark.parametrize(
    ("key", "value"),
    [("date", "Sat, 13 Nov 2010 23:29:00 EST"), ("date", "13 Nov 2010"), ("date", ""), ("retry-after", "soon"),
     ("retry-after", "4294967296"), ("retry-after", ""), ("warning", '1812 h "x"'), ("warning", "399 h x")],
)  # fmt: skip
def test_fields_without_a_property_are_checked_too(key: str, value: str) -> None:
    with pytest.raises(SipParseError):
        READERS[key](Headers([(key, value)]))


@pytest.mark.parametrize(
    ("key", "value", "meant"),
    [("date", "Sat, 13 Nov 2010 23:29:00 GMT", "Sat, 13 Nov 2010 23:29:00 GMT"), ("retry-after", "18", 18),
     ("warning", '301 h "x, y", 399 a.example:5060 "z"',
      (WarningValue(301, "h", "x, y"), WarningValue(399, "a.example:5060", "z")))],
)  # fmt: skip
def test_fields_without_a_property_can_be_read(key: str, value: str, meant: object) -> None:
    assert READERS[key](Headers([(key, value)])) == meant


def test_the_top_via_can_be_read_though_those_below_cannot() -> None:
    message = request(("Via", "SIP/2.0/UDP a;branch=1, nonsense"))
    assert message.via.host == "a"
    with pytest.raises(SipParseError):
        _ = message.vias


def test_all_vias_must_be_there_too() -> None:
    with pytest.raises(SipParseError, match="^via: missing"):
        _ = request(("Via", "")).vias


def test_retry_after_may_say_more_than_seconds() -> None:
    assert READERS["retry-after"](Headers([("Retry-After", "120 (in a meeting);duration=3600")])) == 120
