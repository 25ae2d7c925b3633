"""What a user agent says of itself where it is asked, and where it refuses (RFC 3261 sections 8.2.1 and 11.2)."""

from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.message import Response, Uri
from telsdk.sip.ua import IncomingRequest, RequestAnswered
from tests.sip.pair import BOB, Pair


def answer_to(method: str, status: int, *headers: tuple[str, str]) -> Response:
    """What Alice gets for a request that Bob's application answers so."""
    pair = Pair(supported=("timer", "100rel"))
    pair.alice.ua.send(
        pair.alice.ua.new_request(method, Uri.parse("sip:bob@telprotocol")), BOB, Monotonic(0.0)
    )
    pair.run(0.1)
    (asked,) = pair.bob.seen_of(IncomingRequest)
    assert isinstance(asked, IncomingRequest)
    pair.bob.ua.answer(asked.tx, status, pair.now, headers=headers)
    assert pair.over()
    (answered,) = pair.alice.seen_of(RequestAnswered)
    assert isinstance(answered, RequestAnswered)
    assert answered.response is not None
    return answered.response


def test_who_asks_is_told_methods_extensions_and_bodies() -> None:
    told = answer_to("OPTIONS", 200).headers
    assert ", ".join(told.all("Allow")) == "INVITE, ACK, CANCEL, BYE, OPTIONS, MESSAGE, UPDATE, PRACK"
    assert list(told.all("Supported")) == ["100rel", "timer"]
    assert told.get("Accept") == "application/sdp"


def test_a_method_that_is_not_taken_is_refused_with_those_that_are() -> None:
    refused = answer_to("PUBLISH", 405).headers
    assert "INVITE" in (refused.get("Allow") or "")
    assert "Accept" not in refused


@pytest.mark.parametrize(("method", "status"), [("MESSAGE", 200), ("OPTIONS", 486)])
def test_nothing_is_said_where_nobody_asked(method: str, status: int) -> None:
    assert "Allow" not in answer_to(method, status).headers


def test_what_the_application_says_stays() -> None:
    told = answer_to("OPTIONS", 200, ("Allow", "OPTIONS"), ("Accept", "text/plain")).headers
    assert list(told.all("Allow")) == ["OPTIONS"]
    assert list(told.all("Accept")) == ["text/plain"]
