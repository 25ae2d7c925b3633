from __future__ import annotations

import pytest

from telsdk.sip.message import Refusal, Request, inspection, malformation, parse
from telsdk.sip.message.names import SINGLE
from tests.sip.messages import INVITE, RINGING

EVERYBODYS = {"call-id", "content-length", "cseq", "from", "to"}
"""What the parser itself refuses when it is there twice."""


def message(line: bytes, whole: bytes = INVITE) -> Request:
    """A sound message with one line more."""
    found = parse(whole.replace(b"\r\nCSeq:", b"\r\n" + line + b"\r\nCSeq:", 1))
    assert isinstance(found, Request)
    return found


def request(uri: str = "sip:bob@h", *fields: tuple[str, str]) -> Request:
    return Request("INVITE", uri, fields)


@pytest.mark.parametrize(
    ("made", "refusal"),
    [
        (request(), None),
        (request("sips:bob@h"), None),
        (request("tel:+1"), Refusal(416)),
        (request("urn:service:sos"), Refusal(416)),
        (request("sip:bob@h", ("Require", "timer")), None),
        (
            request("sip:bob@h", ("Require", "timer, a"), ("Require", "b")),
            Refusal(420, None, (("Unsupported", "a, b"),)),
        ),
        (request("sip:bob@h", ("Proxy-Require", "a")), None),
        (request("sip:bob@h", ("Require", "")), None),
    ],
)  # fmt: skip
def test_a_server_refuses_what_it_cannot_serve_whatever_the_body_says(
    made: Request, refusal: Refusal | None
) -> None:
    assert inspection(made, frozenset({"timer"})) == refusal


def test_a_demand_that_cannot_be_read_is_refused_with_its_reason() -> None:
    refusal = inspection(request("sip:bob@h", ("Require", "a b")))
    assert refusal is not None
    assert (refusal.status, refusal.reason is not None and refusal.reason.startswith("require: ")) == (
        400,
        True,
    )


@pytest.mark.parametrize("whole", [INVITE, RINGING], ids=["request", "response"])
def test_what_every_end_can_read_is_taken(whole: bytes) -> None:
    assert malformation(parse(whole)) is None


@pytest.mark.parametrize(
    "line",
    [b"Contact: nobody", b"Contact: *, <sip:h>", b"m: <sip:h", b"Record-Route: <sip:h;lr>,", b"Record-Route: <h>",
     b"Expires: never", b"Expires: 4294967296", b"Via: nonsense", b"Via: SIP/2.0/UDP h:0", b"v: SIP/2.0/UDP h,",
     b"Via: SIP/2.0/UDP a, nonsense"],
)  # fmt: skip
@pytest.mark.parametrize("whole", [INVITE, RINGING], ids=["request", "response"])
def test_what_says_where_a_dialog_or_binding_leads_has_to_be_readable_at_its_end(
    whole: bytes, line: bytes
) -> None:
    error = malformation(parse(whole.replace(b"\r\nCSeq:", b"\r\n" + line + b"\r\nCSeq:", 1)))
    assert error is not None
    assert error.status == 400
    key = {"m": "contact", "v": "via"}.get(line.decode().partition(":")[0].lower())
    assert error.reason.startswith((key or line.decode().partition(":")[0].lower()) + ": ")


def test_a_content_type_has_to_be_readable_at_the_end() -> None:
    error = malformation(parse(INVITE.replace(b"application/sdp", b"sdp")))
    assert error is not None
    assert error.reason.startswith("content-type: ")


def test_a_route_of_a_response_has_to_be_readable_at_the_end_only() -> None:
    error = malformation(parse(RINGING.replace(b"\r\nCSeq:", b"\r\nRoute: <sip:\r\nCSeq:", 1)))
    assert error is not None
    assert error.reason.startswith("route: ")


@pytest.mark.parametrize(
    "line",
    [b"Date: 2010-11-13", b"Warning: x", b"Retry-After: soon", b"Timestamp: x", b"MIME-Version: 1", b"Allow: ,,",
     b"Server: \xe9", b"Subject: \xe9", b"Contact: \"\xe9\" <sip:h>", b"Accept: (", b"Supported: ("],
)  # fmt: skip
def test_what_is_for_people_or_asked_for_by_nobody_yet_is_not_looked_at(line: bytes) -> None:
    assert malformation(message(line)) is None


FOR_PEOPLE = {
    "date", "mime-version", "organization", "priority", "retry-after", "server", "subject", "timestamp", "user-agent",
}  # fmt: skip


@pytest.mark.parametrize("key", sorted(SINGLE - EVERYBODYS - {"max-forwards", "content-type"}))
def test_a_field_with_one_value_has_one_at_the_end_unless_it_is_for_people(key: str) -> None:
    error = malformation(message(f"{key}: 1\r\n{key}: 2".encode()))
    if key in FOR_PEOPLE:
        assert error is None
    else:
        assert error is not None
        assert error.reason == f"{key} occurs more than once (RFC 3261 section 7.3.1)"


def test_a_second_content_type_is_refused_too() -> None:
    error = malformation(message(b"c: text/plain"))
    assert error is not None
    assert error.reason == "content-type occurs more than once (RFC 3261 section 7.3.1)"
