"""The phones of a load say what RFC 3261 wants; our own reader is the judge, and not theirs."""

from __future__ import annotations

from benchmarks.sipload.messages import CALLEE, Call, Received, respond
from telsdk.clock import Wall
from telsdk.sip.auth import DigestServer
from telsdk.sip.message import Credentials, Request, Response, parse

CALL = Call(7, "u00001")


def test_the_invite_has_about_900_bytes_and_no_two_calls_are_alike() -> None:
    first, second = parse(CALL.invite()), parse(Call(8, "u00001").invite())
    assert 850 < len(CALL.invite()) < 950
    assert isinstance(first, Request)
    assert (first.method, first.uri.user, first.to_tag) == ("INVITE", "u00001", None)
    assert first.call_id != second.call_id
    assert first.via.branch != second.via.branch


def test_the_callee_copies_what_a_response_has_to_and_adds_a_tag() -> None:
    request = Received.of(CALL.invite("Record-Route: <sip:192.0.2.1;lr>"))
    ringing, accepted = (parse(respond(request, status)) for status in ("180 Ringing", "200 OK"))
    asked = parse(CALL.invite("Record-Route: <sip:192.0.2.1;lr>"))
    for response in (ringing, accepted):
        assert isinstance(response, Response)
        assert (response.vias, response.record_routes) == (asked.vias, asked.record_routes)
        assert (response.from_, response.call_id, response.cseq) == (asked.from_, asked.call_id, asked.cseq)
        assert response.to_tag is not None
    assert (ringing.body, accepted.content_type) == (b"", "application/sdp")


def test_what_comes_within_the_call_takes_the_route_set_backwards() -> None:
    request = Received.of(
        CALL.invite("Record-Route: <sip:far;lr>, <sip:mid;lr>", "Record-Route: <sip:near;lr>")
    )
    accepted = Received.of(respond(request, "200 OK"))
    ack, bye = (parse(CALL.within(method, accepted)) for method in ("ACK", "BYE"))
    for within in (ack, bye):
        assert isinstance(within, Request)
        assert [route.uri.host for route in within.routes] == ["near", "mid", "far"]
        assert (within.uri.host, within.to_tag) == (CALLEE[0], parse(respond(request, "200 OK")).to_tag)
    assert ack.cseq.number + 1 == bye.cseq.number


def test_the_credentials_are_those_that_a_server_takes() -> None:
    server = DigestServer("telprotocol", bytes(32))
    challenge = server.challenge(Wall(1.0), "there")
    refusal = Received.of(f"SIP/2.0 407 No\r\nProxy-Authenticate: {challenge}\r\n\r\n".encode())
    name, _, value = CALL.credentials(refusal, "INVITE", "secret").partition(": ")
    assert name == "Proxy-Authorization"
    credentials = Credentials.parse(value)
    assert server.verify(credentials, "INVITE", Wall(1.0), "there", lambda _: ("secret",)) == "u00001"


def test_the_ack_of_a_refusal_belongs_to_the_invite() -> None:
    ack, invite = (
        parse(CALL.ack_refusal(Received.of(b"SIP/2.0 407 No\r\nTo: <sip:x>;tag=y"))),
        parse(CALL.invite()),
    )
    assert isinstance(ack, Request)
    assert ack.to_tag == "y"
    assert (ack.via.branch, ack.cseq.number) == (invite.via.branch, invite.cseq.number)
