from __future__ import annotations

import pytest
from hypothesis import given

from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response, Uri, Via, parse
from telsdk.sip.transaction.via import branch_of, receive_via, reply_hop, server_key
from tests.sip.messages import vias


def request(via: str, method: str = "INVITE", uri: str = "sip:bob@telprotocol", cseq: int = 1) -> Request:
    made = Request(method, Uri.parse(uri))
    for name, value in (
        ("Via", via),
        ("From", "<sip:alice@telprotocol>;tag=a"),
        ("To", "<sip:bob@telprotocol>"),
        ("Call-ID", "call"),
        ("CSeq", f"{cseq} {method}"),
    ):
        made.headers.add(name, value)
    return made


SOURCE = Hop("UDP", "192.0.2.1", 40000)


@pytest.mark.parametrize(
    ("via", "stamped"),
    [
        ("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx"),
        (
            "SIP/2.0/UDP pc.example;branch=z9hG4bKx",
            "SIP/2.0/UDP pc.example;branch=z9hG4bKx;received=192.0.2.1",
        ),
        (
            "SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bKx",
            "SIP/2.0/UDP 192.0.2.1:5060;rport=40000;branch=z9hG4bKx;received=192.0.2.1",
        ),
        (
            "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx;received=203.0.113.9",
            "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx;received=192.0.2.1",
        ),
        (
            "SIP/2.0/UDP 10.0.0.1;received=203.0.113.9;rport=1;branch=z9hG4bKx, SIP/2.0/TCP far",
            "SIP/2.0/UDP 10.0.0.1;received=192.0.2.1;rport=40000;branch=z9hG4bKx, SIP/2.0/TCP far",
        ),
    ],
)
def test_the_top_via_tells_where_a_request_really_came_from(via: str, stamped: str) -> None:
    came = request(via)
    returned = receive_via(came, SOURCE)
    assert came.headers.all("Via") == stamped.split(", ")
    assert str(returned) == via.split(", ")[0]
    assert str(came.via) == stamped.split(", ")[0]


@pytest.mark.parametrize(
    ("line", "stamped"),
    [
        (b"v:SIP/2.0/UDP h;branch=z9hG4bKx", b"v:SIP/2.0/UDP h;branch=z9hG4bKx;received=192.0.2.1"),
        (
            b"VIA :  SIP/2.0/UDP h;x=%41;branch=z9hG4bKx",
            b"VIA :  SIP/2.0/UDP h;x=%41;branch=z9hG4bKx;received=192.0.2.1",
        ),
        (
            b'Via: SIP/2.0/UDP h;x="\xe9";branch=z9hG4bKx',
            b'Via: SIP/2.0/UDP h;x="\xe9";branch=z9hG4bKx;received=192.0.2.1',
        ),
        (
            b'Via: SIP / 2.0/UDP h ;\r\n x="\xe9";branch=z9hG4bKx',
            b'Via: SIP/2.0/UDP h;x="\xe9";branch=z9hG4bKx;received=192.0.2.1',
        ),
        (
            b'Via: SIP/2.0/UDP h;x="\xe9";branch=z9hG4bKx, SIP/2.0/UDP \xe9',
            b'Via: SIP/2.0/UDP h;x="\xe9";branch=z9hG4bKx;received=192.0.2.1, SIP/2.0/UDP \xe9',
        ),
        (
            b"Via:\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx",
            b"Via:\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx;received=192.0.2.1",
        ),
    ],
    ids=repr,
)
def test_what_a_via_says_besides_stays_as_it_came(line: bytes, stamped: bytes) -> None:
    data = bytes(request("SIP/2.0/UDP other;branch=1"))
    came = parse(data.replace(b"Via: SIP/2.0/UDP other;branch=1", line))
    assert isinstance(came, Request)
    assert receive_via(came, SOURCE).branch == "z9hG4bKx"
    assert b"\r\n" + stamped + b"\r\n" in bytes(came)


def test_the_zone_of_a_link_local_address_is_kept_for_the_way_back_and_told_nobody() -> None:
    source = Hop("UDP", "fe80::7%eth0", 40000)
    came = request("SIP/2.0/UDP [fe80::1]:5060;rport;branch=z9hG4bKx")
    via = receive_via(came, source)
    assert came.via.received == "fe80::7"
    assert reply_hop(via, source) == source


@pytest.mark.parametrize(
    ("via", "source", "answer_to"),
    [
        ("SIP/2.0/UDP 10.0.0.1:5062;rport;branch=z9hG4bKx", SOURCE, SOURCE),
        ("SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bKx", SOURCE, Hop("UDP", "192.0.2.1", 5062)),
        ("SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKx", SOURCE, Hop("UDP", "192.0.2.1", 5060)),
        ("SIP/2.0/UDP 10.0.0.1;maddr=224.2.0.1;branch=z9hG4bKx", SOURCE, Hop("UDP", "192.0.2.1", 5060)),
        (
            "SIP/2.0/TLS 10.0.0.1;branch=z9hG4bKx",
            Hop("TLS", "192.0.2.1", 9, 7),
            Hop("TLS", "192.0.2.1", 9, 7),
        ),
    ],
)
def test_a_response_goes_back_where_the_request_came_from(via: str, source: Hop, answer_to: Hop) -> None:
    assert reply_hop(receive_via(request(via), source), source) == answer_to


def key(made: Request) -> tuple[object, ...]:
    return server_key(made, made.via)


def test_requests_are_the_same_by_branch_and_sender_and_method() -> None:
    via = "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx"
    assert key(request(via)) == key(request(via, uri="sip:other@telprotocol", cseq=2))
    assert key(request(via)) == key(request(via, "ACK"))
    assert key(request(via)) != key(request(via, "CANCEL"))
    assert key(request(via))[:-1] == key(request(via, "CANCEL"))[:-1]
    assert key(request(via)) != key(request(via.replace("5060", "5062")))


@pytest.mark.parametrize("branch", ["", ";branch=1", ";branch=z9hG4bK"])
def test_without_a_unique_branch_requests_are_the_same_by_what_rfc_2543_had(branch: str) -> None:
    via = "SIP/2.0/UDP 192.0.2.1:5060" + branch
    assert key(request(via)) == key(request(via))
    assert key(request(via)) == key(request(via, "ACK"))
    assert key(request(via)) != key(request(via, cseq=2))
    assert key(request(via)) != key(request(via, uri="sip:other@telprotocol"))


def answer(via: bytes) -> Response:
    """A response with this top Via, as it came from the wire."""
    data = bytes(request("SIP/2.0/UDP h;branch=1").response(200))
    found = parse(data.replace(b"SIP/2.0/UDP h;branch=1", via))
    assert isinstance(found, Response)
    return found


@pytest.mark.parametrize(
    ("via", "branch"),
    [
        (b"SIP/2.0/UDP h;branch=z9hG4bKx", "z9hG4bKx"),
        (b"SIP/2.0/UDP h;rport=9;branch=z9hG4bKx;received=192.0.2.1", "z9hG4bKx"),
        (b"SIP/2.0/UDP h;branch=z9hG4bKx \t;rport", "z9hG4bKx"),
        (b"SIP/2.0/UDP h;branch=z9hG4bKx \t", "z9hG4bKx"),
        (b"SIP / 2.0/UDP h ; Branch = z9hG4bKx", "z9hG4bKx"),
        (b"SIP/2.0/UDP h;\r\n branch=z9hG4bKx", "z9hG4bKx"),
        (b"SIP/2.0/UDP h;rport, SIP/2.0/UDP i;branch=z9hG4bKx", None),
        (b"SIP/2.0/UDP h;branch=z9hG4bKx,SIP/2.0/UDP i;branch=z9hG4bKy", "z9hG4bKx"),
        (b'SIP/2.0/UDP h;x=";branch=z9hG4bKy";branch=z9hG4bKx', "z9hG4bKx"),
        (b"SIP/2.0/UDP h;rport", None),
        (b"nonsense", None),
        (b"", None),
        (b"nonsense;branch=z9hG4bKx", "z9hG4bKx"),
        (b"SIP/2.0/UDP [::1]:99999;x=\xe9;branch=z9hG4bKx", "z9hG4bKx"),
    ],
    ids=repr,
)
def test_of_the_via_of_an_answer_only_the_branch_is_asked(via: bytes, branch: str | None) -> None:
    assert branch_of(answer(via)) == branch


def test_where_the_first_line_of_via_is_empty_the_next_has_the_branch() -> None:
    assert branch_of(answer(b"\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx")) == "z9hG4bKx"


@given(vias)
def test_the_branch_of_any_via_is_what_that_via_says(via: Via) -> None:
    assert branch_of(answer(str(via).encode())) == via.branch
