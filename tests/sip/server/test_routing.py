from __future__ import annotations

import pytest

from telsdk.sip.message import NameAddr, Request, Response, Uri, parse
from telsdk.sip.server.routing import (
    asked_by,
    check,
    goes_back,
    is_looping,
    loop_mark,
    prepare,
    take_own_routes,
)


def request(uri: str = "sip:bob@telprotocol", **fields: str) -> Request:
    made = Request("INVITE", Uri.parse(uri))
    for name, value in {
        "Via": "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx",
        "From": "<sip:alice@telprotocol>;tag=f",
        "To": "<sip:bob@telprotocol>",
        "Call-ID": "c",
        "CSeq": "1 INVITE",
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }.items():
        made.headers.add(name, value)
    return made


def is_local(uri: Uri) -> bool:
    return uri.host == "192.0.2.11"


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (request(), None),
        (request(Max_Forwards="1"), None),
        (request(Max_Forwards="0"), 483),
        (request("tel:5551234"), 416),
        (request(Proxy_Require="time-travel"), 420),
        (request(Proxy_Require="a b"), 400),
        (request(Require="a b", Accept="<"), None),
    ],
)
def test_what_cannot_be_forwarded_is_refused(made: Request, status: int | None) -> None:
    refusal = check(made)
    assert (refusal and refusal.status) == status


def test_an_unknown_demand_is_named_in_the_refusal() -> None:
    refusal = check(request(Proxy_Require="a, b"))
    assert refusal is not None
    assert refusal.headers == (("Unsupported", "a, b"),)


@pytest.mark.parametrize(
    "other",
    [
        request("sip:carol@telprotocol"),
        request(Route="<sip:192.0.2.9;lr>"),
        request(CSeq="2 INVITE"),
    ],
)
def test_the_loop_mark_changes_with_what_decides_the_way(other: Request) -> None:
    assert loop_mark(other) != loop_mark(request())
    assert loop_mark(request()) == loop_mark(request(Subject="does not matter"))


def test_only_our_own_via_with_the_same_mark_is_a_loop() -> None:
    mark = loop_mark(request())

    def came_by(branch: str, host: str = "192.0.2.11") -> bool:
        made = request()
        made.headers.insert("Via", f"SIP/2.0/UDP {host};branch={branch}")
        made.headers.insert("Via", "SIP/2.0/UDP 192.0.2.12;branch=z9hG4bKnext")
        return is_looping(made, mark, lambda _transport, sent_by, _port: sent_by == "192.0.2.11")

    assert came_by("z9hG4bKr" + mark)
    assert not came_by("z9hG4bKr.0123456789ab")
    assert not came_by("z9hG4bKr" + mark, host="192.0.2.99")


def test_our_own_routes_are_taken_off_and_told() -> None:
    made = request(Route="<sip:192.0.2.11;lr;flow=1>, <sip:192.0.2.11;lr>, <sip:192.0.2.9;lr>")
    taken = take_own_routes(made, is_local)
    assert [str(route) for route in taken] == ["<sip:192.0.2.11;lr;flow=1>", "<sip:192.0.2.11;lr>"]
    assert made.headers.all("Route") == ["<sip:192.0.2.9;lr>"]


def test_what_a_strict_router_did_is_undone() -> None:
    made = request("sip:192.0.2.11;lr", Route="<sip:192.0.2.9;lr>, <sip:bob@192.0.2.2>")
    taken = take_own_routes(made, is_local)
    assert len(taken) == 1
    assert str(made.uri) == "sip:bob@192.0.2.2"
    assert made.headers.all("Route") == ["<sip:192.0.2.9;lr>"]


def test_the_target_that_a_strict_router_put_behind_the_routes_becomes_a_request_uri() -> None:
    made = request("sip:192.0.2.11;lr", Route="<sip:bob@192.0.2.2;method=BYE;x=1?Route=%3Csip:evil%3E>")
    take_own_routes(made, is_local)
    assert str(made.uri) == "sip:bob@192.0.2.2;x=1"


def test_a_request_without_our_route_is_left_alone() -> None:
    made = request(Route="<sip:192.0.2.9;lr>")
    assert take_own_routes(made, is_local) == ()
    assert take_own_routes(request(), is_local) == ()
    assert made.headers.all("Route") == ["<sip:192.0.2.9;lr>"]


def test_a_hop_is_counted_and_routes_are_recorded_in_order() -> None:
    made = request(Max_Forwards="10", Record_Route="<sip:192.0.2.10;lr>")
    near, far = Uri.parse("sip:192.0.2.11;transport=tls;lr"), Uri.parse("sip:192.0.2.11;lr")
    prepare(made, Uri.parse("sip:bob@192.0.2.2"), [near, far], [NameAddr.parse("<sip:edge.example;lr>")])
    assert made.max_forwards == 9
    assert made.headers.all("Record-Route") == [f"<{near}>", f"<{far}>", "<sip:192.0.2.10;lr>"]
    assert made.headers.all("Route") == ["<sip:edge.example;lr>"]
    assert str(made.uri) == "sip:bob@192.0.2.2"


def test_a_request_that_does_not_count_its_hops_starts_now() -> None:
    made = request()
    prepare(made, made.uri, [], [])
    assert made.max_forwards == 70


def test_a_strict_router_gets_the_request_by_its_own_uri() -> None:
    made = request(Route="<sip:192.0.2.9>, <sip:192.0.2.10;lr>")
    prepare(made, Uri.parse("sip:bob@192.0.2.2"), [], [])
    assert str(made.uri) == "sip:192.0.2.9"
    assert made.headers.all("Route") == ["<sip:192.0.2.10;lr>", "<sip:bob@192.0.2.2>"]


def test_a_maddr_that_led_here_has_done_its_work() -> None:
    made = request("sip:bob@telprotocol:5080;maddr=192.0.2.11;transport=tcp;x=1")
    assert take_own_routes(made, is_local) == ()
    assert str(made.uri) == "sip:bob@telprotocol;x=1"
    other = request("sip:bob@telprotocol;maddr=192.0.2.99")
    take_own_routes(other, is_local)
    assert str(other.uri) == "sip:bob@telprotocol;maddr=192.0.2.99"


def test_a_strict_routers_mark_without_any_route_is_left_alone() -> None:
    made = request("sip:192.0.2.11;lr", Route="")
    assert take_own_routes(made, is_local) == ()
    assert str(made.uri) == "sip:192.0.2.11;lr"


def test_a_contact_leaves_its_method_and_headers_behind() -> None:
    made = request()
    prepare(made, Uri.parse("sip:bob@192.0.2.2;method=BYE;x=1?Route=%3Csip:evil%3E"), [], [])
    assert str(made.uri) == "sip:bob@192.0.2.2;x=1"


def test_an_ack_demands_nothing_of_a_proxy() -> None:
    ack = request(Proxy_Require="time-travel")
    ack.method = "ACK"
    assert check(ack) is None


def received(via: bytes) -> Request:
    data = bytes(request()).replace(b"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx", via)
    came = parse(data)
    assert isinstance(came, Request)
    return came


@pytest.mark.parametrize(
    ("asked", "below", "goes"),
    [
        (b"Via: SIP/2.0/UDP h;branch=a", b"Via: SIP/2.0/UDP h;branch=a", True),
        (b"Via: SIP/2.0/UDP h;branch=a", b"v :SIP / 2.0/udp H ;branch=a", True),
        (b"Via: SIP/2.0/UDP h;branch=a", b"Via: SIP/2.0/UDP h;branch=a, SIP/2.0/UDP i;branch=b", True),
        (b"Via: SIP/2.0/UDP h;branch=a, nonsense", b"Via: SIP/2.0/UDP h;branch=a", True),
        (b'Via: SIP/2.0/UDP h;branch=a;x="\xe9"', b'Via: SIP/2.0/UDP h ;branch=a;x="\xe9"', True),
        (b'Via: SIP/2.0/UDP h;branch="\xe9"', b'Via: SIP/2.0/UDP h ;branch="\xe9"', True),
        (b"Via:\r\nVia: SIP/2.0/UDP h;branch=a", b"Via: SIP/2.0/UDP h;branch=a", True),
        (b"Via:\r\nVia: SIP/2.0/UDP h;branch=a", b"Via:\r\nVia: SIP/2.0/UDP h;branch=a", True),
        (b"Via:\r\nVia: SIP/2.0/UDP h;branch=a", b"Via:\r\nVia: SIP/2.0/UDP h;branch=b", False),
        (b"Via: SIP/2.0/UDP h;branch=a", b"Via: SIP/2.0/UDP h;branch=b", False),
        (b"Via: SIP/2.0/UDP h;branch=a", b"Via: nonsense", False),
        (b"Via: SIP/2.0/UDP h;branch=a", b"Via:", False),
        (b"Via: SIP/2.0/UDP h;branch=a", b"X: y", False),
    ],
    ids=repr,
)
def test_an_answer_goes_back_to_whose_via_is_below_ours(asked: bytes, below: bytes, goes: bool) -> None:
    answer = bytes(request().response(200)).replace(
        b"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx", b"Via: SIP/2.0/UDP us;branch=z9hG4bKours\r\n" + below
    )
    response = parse(answer)
    assert isinstance(response, Response)
    response.headers.pop_first("Via")
    assert goes_back(response, asked_by(received(asked))) is goes
