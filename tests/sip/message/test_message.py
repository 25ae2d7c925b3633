from __future__ import annotations

import pytest
from hypothesis import given

from telsdk.sip.errors import SipParseError, Unwritable
from telsdk.sip.message import REASONS, NameAddr, Request, Response, Uri, parse, refused_request
from tests.sip.messages import INVITE, RINGING, messages


def invite() -> Request:
    message = parse(INVITE)
    assert isinstance(message, Request)
    return message


def ringing() -> Response:
    message = parse(RINGING)
    assert isinstance(message, Response)
    return message


@given(messages())
def test_a_written_message_reads_as_itself(message: Request | Response) -> None:
    data = bytes(message)
    again = parse(data)
    assert bytes(again) == data
    assert type(again) is type(message)
    assert (again.start_line, again.body, list(again.headers)) == (
        message.start_line, message.body, list(message.headers),
    )  # fmt: skip
    for name in ("vias", "from_", "to", "call_id", "cseq", "contacts"):
        assert getattr(again, name) == getattr(message, name)
    if isinstance(message, Request) and isinstance(again, Request):
        assert again.uri == message.uri


@given(messages())
def test_a_copy_is_equal_and_independent(message: Request | Response) -> None:
    data = bytes(message)
    twin = message.copy()
    assert bytes(twin) == data
    twin.headers.insert("Via", "SIP/2.0/UDP other.example;branch=z9hG4bKother")
    twin.headers.remove("Contact")
    twin.body += b"more"
    assert bytes(message) == data
    assert twin.via.host == "other.example"
    assert message.vias == twin.vias[1:]


def test_untouched_lines_keep_their_bytes_when_others_change() -> None:
    message = ringing()
    message.headers.pop_first("Via")
    message.headers.add("Subject", "x")
    lines = bytes(message).split(b"\r\n")
    assert lines[1:5] == RINGING.split(b"\r\n")[2:6]


def test_only_content_length_follows_the_body() -> None:
    message = invite()
    message.body = b"longer than before"
    assert bytes(message) == INVITE.replace(b"Content-Length: 4", b"Content-Length: 18").replace(
        b"v=0\n", b"longer than before"
    )


def test_a_missing_content_length_is_added_and_a_wrong_one_mended() -> None:
    assert bytes(Response(200, headers=[("l", "7")], body=b"x")).endswith(b"\r\nContent-Length: 1\r\n\r\nx")
    assert bytes(Response(200)) == b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"
    assert b"Content-Length: 1\r\n" in bytes(
        Response(200, headers=[("Content-Length", "nonsense")], body=b"x")
    )


def test_request_uri_is_written_as_it_came_until_it_is_set() -> None:
    data = INVITE.replace(b"sip:5551234@telprotocol SIP", b"SIP:%35551234@TelProtocol SIP")
    message = parse(data)
    assert isinstance(message, Request)
    assert str(message.uri) == "sip:5551234@telprotocol"
    assert bytes(message) == data
    assert bytes(message.copy()) == data
    message.uri = Uri.parse("sip:other@h;lr")
    assert bytes(message).startswith(b"INVITE sip:other@h;lr SIP/2.0\r\n")
    assert message.copy().uri == message.uri


def test_typed_values_follow_the_fields() -> None:
    message = invite()
    assert [via.host for via in message.vias] == ["192.0.2.1", "alice.example.com"]
    message.headers.pop_first("Via")
    assert (message.via.transport, len(message.vias)) == ("TLS", 1)
    message.headers.set("Max-Forwards", "3")
    assert message.max_forwards == 3
    message.headers.insert("Route", "<sip:a;lr>, <sip:b;lr>")
    assert [str(route) for route in message.routes] == ["<sip:a;lr>", "<sip:b;lr>"]
    message.routes.clear()
    assert len(message.routes) == 2


def test_every_typed_property_of_a_message_says_what_its_field_says() -> None:
    message = invite()
    message.headers.add("Expires", "60")
    assert (message.from_.display, message.from_.tag, message.to.tag) == ("Alice", "9fxced76sl", None)
    assert (message.call_id, str(message.cseq)) == ("3848276298220188511@alice.example.com", "1 INVITE")
    assert [str(contact) for contact in message.contacts] == ["<sip:5550001@192.0.2.101:5061;transport=tls>"]
    assert [str(route) for route in message.record_routes] == ["<sip:192.0.2.1;lr>"]
    assert (message.routes, message.contact_star) == ([], False)
    assert (message.max_forwards, message.expires, message.content_type) == (69, 60, "application/sdp")


def test_a_response_takes_what_rfc_3261_says_from_its_request_as_it_came() -> None:
    request = invite()
    request.headers.add("Timestamp", "54")
    response = request.response(180, to_tag="new", headers=[("Contact", "<sip:me>")])
    assert bytes(response) == (
        b"SIP/2.0 180 Ringing\r\n"
        b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK74b43;rport\r\n"
        b"Via: SIP/2.0/TLS alice.example.com:5061;branch=z9hG4bKnashds8;received=192.0.2.101\r\n"
        b'From: "Alice" <sip:5550001@telprotocol>;tag=9fxced76sl\r\n'
        b"To: <sip:5551234@telprotocol>;tag=new\r\n"
        b"Call-ID: 3848276298220188511@alice.example.com\r\n"
        b"CSeq: 1 INVITE\r\n"
        b"Contact: <sip:me>\r\n"
        b"Content-Length: 0\r\n"
        b"\r\n"
    )


def test_only_100_carries_the_timestamp_back() -> None:
    request = invite()
    request.headers.add("Timestamp", "54")
    assert request.response(100).headers.get("Timestamp") == "54"
    assert request.response(200).headers.get("Timestamp") is None


@pytest.mark.parametrize("to", ["<sip:b@h>;tag=old", "sip:b@h;tag=old", "<sip:b@h> ; TAG = old"])
def test_a_tag_that_is_there_stays(to: str) -> None:
    request = invite()
    request.headers.set("To", to)
    assert request.response(200, to_tag="new").headers.get("To") == to


def test_a_tag_is_put_behind_an_address_without_brackets() -> None:
    request = invite()
    request.headers.set("To", "sip:b@h")
    assert request.response(200, to_tag="new").to == NameAddr.parse("<sip:b@h>;tag=new")


@pytest.mark.parametrize("end", [b" \t", b"\r\n ", b"\r\n \r\n\t"])
def test_a_tag_stays_in_the_line_of_a_to_that_ends_in_blanks_or_folds(end: bytes) -> None:
    request = parse(INVITE.replace(b"To: <sip:5551234@telprotocol>", b"To: <sip:5551234@telprotocol>" + end))
    assert isinstance(request, Request)
    answer = bytes(request.response(200, to_tag="new"))
    assert b"\r\nTo: <sip:5551234@telprotocol>;tag=new\r\n" in answer
    assert parse(answer).to_tag == "new"


def test_a_request_that_was_refused_for_two_lines_of_to_is_answered_with_one() -> None:
    line = b"To: <sip:5551234@telprotocol>\r\n"
    with pytest.raises(SipParseError) as refused:
        parse(INVITE.replace(line, line + b"t: <sip:other@h>\r\n"))
    request = refused_request(refused.value)
    assert request is not None
    assert parse(bytes(request.response(400, to_tag="new"))).to == NameAddr.parse(
        "<sip:5551234@telprotocol>;tag=new"
    )


@pytest.mark.parametrize("to", [None, '"broken <sip:b@h>'])
def test_a_malformed_request_is_answered_with_what_it_had(to: str | None) -> None:
    request = invite()
    request.headers.remove("To")
    if to is not None:
        request.headers.add("To", to)
    assert request.response(400, to_tag="new").headers.get("To") == to


def test_reason_phrases_are_the_registered_ones_unless_given() -> None:
    assert Response(486).start_line == "SIP/2.0 486 Busy Here"
    assert Response(486, "Gone fishing").start_line == "SIP/2.0 486 Gone fishing"
    assert Response(299).start_line == "SIP/2.0 299 "
    assert all(100 <= status < 700 and reason for status, reason in REASONS.items())


@pytest.mark.parametrize(
    "message",
    [Response(200, "OK\r\nVia: x"), Response(200, "\n"), Response(200, "\ud800"), Request("INVITE", "sip:h\r\nVia: x")],
)  # fmt: skip
def test_no_start_line_is_written_that_would_be_two(message: Request | Response) -> None:
    with pytest.raises(Unwritable):
        bytes(message)


@pytest.mark.parametrize("method", ["", "IN VITE", "A\r\n", "é"])
def test_a_method_is_a_token(method: str) -> None:
    with pytest.raises(Unwritable):
        Request(method, "sip:h")


def test_an_unreadable_request_uri_is_refused_when_it_is_asked_for() -> None:
    request = Request("INVITE", "<sip:h>")
    with pytest.raises(SipParseError):
        _ = request.uri


def test_a_message_shows_its_start_line() -> None:
    assert repr(invite()) == "<Request INVITE sip:5551234@telprotocol SIP/2.0>"
    assert repr(ringing()) == "<Response SIP/2.0 180 Ringing>"
