"""What a user agent refuses before it asks anybody (RFC 3261 sections 8.2.2 and 8.2.3)."""

from __future__ import annotations

import pytest

from telsdk.sip.message import Refusal, Request
from telsdk.sip.ua.acceptance import reason_to_refuse
from telsdk.sip.ua.negotiation import SDP

Fields = list[tuple[str, str]]


def asked(
    method: str = "INVITE", *fields: tuple[str, str], uri: str = "sip:bob@h", body: bytes = b""
) -> Request:
    return Request(method, uri, list(fields), body)


@pytest.mark.parametrize("uri", ["tel:+1-201-555-0123", "urn:service:sos", "http://example.com"])
def test_a_uri_of_another_scheme_gets_416(uri: str) -> None:
    assert reason_to_refuse(asked(uri=uri), frozenset()) == Refusal(416)
    assert reason_to_refuse(asked(uri="sips:bob@h"), frozenset()) is None


def test_what_is_required_and_unknown_is_named() -> None:
    request = asked("MESSAGE", ("Require", "timer, path"), ("Require", "gruu"))
    assert reason_to_refuse(request, {"path"}) == Refusal(420, None, (("Unsupported", "timer, gruu"),))
    assert reason_to_refuse(request, {"path", "timer", "gruu"}) is None


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ([("Content-Type", SDP)], None),
        ([("Content-Type", "Application/SDP;charset=utf-8")], None),
        ([], None),  # RFC 3261 20.15 wants the type; some phones leave it out
        ([("Content-Type", "text/plain")], Refusal(415, None, (("Accept", SDP),))),
        ([("Content-Type", "text/plain"), ("Content-Disposition", "render; handling=optional")], None),
        ([("Content-Type", SDP), ("Content-Encoding", "identity")], None),
        (
            [("Content-Type", SDP), ("Content-Encoding", "gzip")],
            Refusal(415, None, (("Accept-Encoding", "identity"),)),
        ),
    ],
)
def test_a_body_of_an_invite_is_sdp_or_may_be_passed_over(fields: Fields, refused: Refusal | None) -> None:
    assert reason_to_refuse(asked("INVITE", *fields, body=b"x"), frozenset()) == refused
    assert reason_to_refuse(asked("INVITE", *fields), frozenset()) is None, (
        "without a body its type says nothing"
    )
    assert reason_to_refuse(asked("MESSAGE", *fields, body=b"x"), frozenset()) is None, (
        "what a message holds is the reader's"
    )


@pytest.mark.parametrize(
    ("accept", "refused"),
    [
        (SDP, False),
        ("text/plain, application/SDP;q=0.5", False),
        ("application/*", False),
        ("*/*", False),
        ("text/plain", True),
        ("text/*, application/sdpx", True),
        ("", True),  # 20.1: nothing is acceptable
        ("application/sdp;q=0", True),
        ("application/sdp;q=0, */*", True),
        ("*/*;q=0, application/*;q=0.1", False),
    ],
)
def test_who_takes_no_sdp_in_the_answer_gets_406(accept: str, refused: bool) -> None:
    expected = Refusal(406) if refused else None
    assert reason_to_refuse(asked("INVITE", ("Accept", accept)), frozenset()) == expected
    assert reason_to_refuse(asked("OPTIONS", ("Accept", accept)), frozenset()) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("Require", "a b"), ("Require", "timer,,"), ("Accept", "sdp"), ("Content-Disposition", "a b"),
     ("Content-Encoding", "a/b")],
)  # fmt: skip
def test_what_has_to_be_understood_and_is_malformed_gets_400_that_names_it(name: str, value: str) -> None:
    refused = reason_to_refuse(asked("INVITE", (name, value), ("Content-Type", SDP), body=b"x"), {"timer"})
    assert refused is not None
    assert refused.status == 400
    assert (refused.reason or "").startswith(f"{name.lower()}: ")


@pytest.mark.parametrize("name", ["Supported", "Allow", "Alert-Info", "Subject", "User-Agent", "Reply-To"])
def test_what_need_not_be_understood_is_no_reason_to_refuse(name: str) -> None:
    assert reason_to_refuse(asked("INVITE", (name, '"<,;')), frozenset()) is None
