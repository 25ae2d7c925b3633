"""Requests within a dialog on their way through a proxy: whatever comes of them, the caller is told as 16.7 says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from telsdk.sip.hop import Hop
from telsdk.sip.message import NameAddr, Request, Response, Uri
from telsdk.sip.server import NoWayOn, ProxySettings, relay
from telsdk.sip.transaction import State
from tests.interpreted import interpreted
from tests.sip.desk import ALICE, PHONES, Desk, asked

OWN = "<sip:flow@192.0.2.11;lr>"
BOB = PHONES[0]
TIMER_C = 181.0
ALICE_BY_TLS = Hop("TLS", "192.0.2.1", 40_001, flow=7)
BOB_BY_TLS = Hop("TLS", "192.0.2.2", 5061, flow=8)


class Ways:
    """The application: where requests within a dialog go on to."""

    def __init__(self) -> None:
        self.hop = BOB
        self.closed: NoWayOn | None = None
        self.routes: list[str] = []

    def __call__(self, request: Request, own_routes: tuple[NameAddr, ...], source: Hop) -> Hop:
        del request, source
        self.routes = [str(route) for route in own_routes]
        if self.closed is not None:
            raise self.closed
        return self.hop


@pytest.fixture
def ways() -> Ways:
    return Ways()


@pytest.fixture
def desk(ways: Ways) -> Desk:
    return Desk(next_hop=ways)


def within(
    method: str = "BYE",
    uri: str = "sip:bob@192.0.2.2",
    route: str = OWN,
    branch: str = "z9hG4bKa",
    **fields: str,
) -> Request:
    """A request within a dialog; without a Route where that is empty."""
    routes = {"Route": route} if route else {}
    return asked(method, uri, branch, To="<sip:bob@telprotocol>;tag=t", **routes, **fields)


def pass_on(desk: Desk, request: Request, source: Hop = ALICE) -> Request:
    """Alice sends it; return what Bob gets."""
    desk.receive(request, source)
    (copy,) = desk.requests()
    return copy


def to_alice(desk: Desk, source: Hop = ALICE) -> list[Response]:
    return [message for _, hop, message in desk.out() if hop == source and isinstance(message, Response)]


def statuses(desk: Desk) -> list[int]:
    return [response.status for response in to_alice(desk)]


@pytest.mark.parametrize(
    ("method", "status", "tells"),
    [
        ("INVITE", 200, True),
        ("UPDATE", 202, True),
        ("SUBSCRIBE", 200, True),
        ("NOTIFY", 200, True),
        ("INVITE", 183, False),
        ("INVITE", 488, False),
        ("BYE", 200, False),
        ("INFO", 200, False),
    ],
)
def test_a_2xx_to_what_may_move_an_end_of_the_dialog_is_told_once(
    ways: Ways, method: str, status: int, tells: bool
) -> None:
    told: list[tuple[str, int]] = []
    desk = Desk(next_hop=ways, moved=lambda request, response: told.append((request.method, response.status)))
    copy = pass_on(desk, within(method, Contact="<sip:alice@192.0.2.9>"))
    for _ in range(2):
        desk.answer(copy, status, 0, Contact="<sip:bob@192.0.2.8>")
    assert told == [(method, status)] * tells


def test_it_passes_at_once_and_the_application_is_asked_only_for_the_way(desk: Desk, ways: Ways) -> None:
    desk.receive(within("INFO", Subject="as it came"), ALICE)
    ((name, hop, copy),) = desk.out()
    assert (name, hop, desk.events, ways.routes) == ("INFO", BOB, [], [OWN])
    assert (len(copy.vias), copy.max_forwards, copy.routes, copy.record_routes) == (2, 69, [], [])
    assert copy.headers.get("Subject") == "as it came"
    assert desk.proxy.open == 1


@pytest.mark.parametrize("method", ["BYE", "INVITE", "INFO"])
def test_provisional_answers_go_back_but_for_100(desk: Desk, method: str) -> None:
    copy = pass_on(desk, within(method))
    for status in (100, 180, 183):
        desk.answer(copy, status, 0)
    assert statuses(desk) == [180, 183]
    assert desk.proxy.open == 1
    desk.answer(copy, 486, 0)
    desk.run_out()


def test_who_sends_an_invite_is_told_that_it_went_on(desk: Desk) -> None:
    desk.receive(within("INVITE"), ALICE)
    assert desk.names() == [("INVITE", BOB), ("100", ALICE)]
    desk.run_out()


def test_of_other_requests_no_100_is_sent(desk: Desk) -> None:
    desk.receive(within("BYE"), ALICE)
    assert desk.names() == [("BYE", BOB)]


def test_a_success_goes_back_and_ends_it(desk: Desk) -> None:
    copy = pass_on(desk, within("BYE"))
    desk.answer(copy, 200, 0)
    assert (statuses(desk), desk.proxy.open) == ([200], 0)
    desk.answer(copy, 200, 0)
    assert statuses(desk) == []
    desk.run_out()


def test_every_success_of_an_invite_goes_back(desk: Desk) -> None:
    copy = pass_on(desk, within("INVITE"))
    for _ in range(3):
        desk.answer(copy, 200, 0)
    assert statuses(desk) == [200, 200, 200]
    desk.answer(copy, 486, 0)
    assert statuses(desk) == []
    desk.run_out()


@pytest.mark.parametrize("method", ["BYE", "INVITE"])
@pytest.mark.parametrize("status", [302, 401, 407, 408, 481, 486, 487, 491, 500, 504, 600, 603])
def test_a_failure_goes_back_as_it_came(desk: Desk, method: str, status: int) -> None:
    copy = pass_on(desk, within(method))
    desk.out()
    desk.answer(copy, status, 0, Contact="<sip:elsewhere@h>", Date="no date", Server="bob")
    found = to_alice(desk)
    if status == 408 and method == "BYE":
        assert found == []  # RFC 4320 4.2
    else:
        (answer,) = found
        sent = copy.response(status, to_tag="phone0", headers=[("Contact", "<sip:elsewhere@h>")])
        sent.headers.extend([("Date", "no date"), ("Server", "bob")])
        sent.headers.pop_first("Via")
        assert bytes(answer) == bytes(sent)
    assert (desk.proxy.open, desk.events) == (0, [])
    desk.run_out()


@pytest.mark.parametrize(("status", "told"), [(430, 480), (503, 500)])
@pytest.mark.parametrize("method", ["BYE", "INVITE"])
def test_what_speaks_of_the_way_and_not_of_bob_is_not_for_alice(
    desk: Desk, method: str, status: int, told: int
) -> None:
    copy = pass_on(desk, within(method))
    desk.out()
    desk.answer(copy, status, 0)
    assert statuses(desk) == [told]
    desk.run_out()


def test_a_silent_peer_is_told_as_408_of_an_invite(desk: Desk) -> None:
    pass_on(desk, within("INVITE"))
    desk.pass_time(31.9)
    assert 408 not in statuses(desk)
    desk.pass_time(32.1)
    assert (statuses(desk), desk.proxy.open) == ([408], 0)
    desk.run_out()


def test_a_silent_peer_is_not_told_of_another_request(desk: Desk) -> None:
    pass_on(desk, within("BYE"))
    desk.pass_time(40.0)
    assert (statuses(desk), desk.proxy.open) == ([], 0)
    desk.run_out()


def ringing(desk: Desk) -> Request:
    copy = pass_on(desk, within("INVITE"))
    desk.answer(copy, 180, 0)
    desk.out()
    return copy


def cancel(desk: Desk) -> None:
    desk.receive(within("CANCEL"), ALICE)


def test_a_cancel_is_passed_on_and_its_487_goes_back_as_it_came(desk: Desk) -> None:
    copy = ringing(desk)
    cancel(desk)
    assert desk.names() == [("200", ALICE), ("CANCEL", BOB)]
    desk.answer(copy, 487, 0, Server="bob")
    (answer,) = to_alice(desk)
    assert (answer.status, answer.headers.get("Server")) == (487, "bob")
    desk.run_out()


@pytest.mark.parametrize(("status", "told"), [(302, 487), (486, 487), (503, 487), (603, 603), (200, 200)])
def test_after_a_cancel_only_a_success_or_a_refusal_for_all_is_worth_more(
    desk: Desk, status: int, told: int
) -> None:
    copy = ringing(desk)
    cancel(desk)
    desk.out()
    desk.answer(copy, status, 0)
    assert statuses(desk) == [told]
    desk.run_out()


def test_a_cancel_waits_for_a_provisional_answer(desk: Desk) -> None:
    copy = pass_on(desk, within("INVITE"))
    cancel(desk)
    assert desk.names() == [("200", ALICE)]
    desk.answer(copy, 180, 0)
    assert ("CANCEL", BOB) in desk.names()
    desk.answer(copy, 487, 0)
    assert statuses(desk) == [487]
    desk.run_out()


def test_a_cancel_that_bob_ignores_still_ends_it(desk: Desk) -> None:
    ringing(desk)
    cancel(desk)
    desk.out()
    desk.pass_time(40.0)
    assert 487 in statuses(desk)
    desk.run_out()


def test_an_invite_without_news_is_taken_back_by_timer_c(desk: Desk) -> None:
    copy = ringing(desk)
    desk.pass_time(TIMER_C - 0.1)
    assert desk.names() == []
    desk.pass_time(TIMER_C + 0.1)
    assert desk.names() == [("CANCEL", BOB)]
    desk.answer(copy, 487, 0)
    assert statuses(desk) == [408]  # it was us who lost patience
    desk.run_out()


def test_news_start_timer_c_anew_and_100_is_none(desk: Desk) -> None:
    copy = ringing(desk)
    for until in (100.0, 200.0, 300.0):
        desk.pass_time(until)
        desk.answer(copy, 183, 0)
    desk.answer(copy, 100, 0)
    desk.out()
    desk.pass_time(300.0 + TIMER_C - 0.1)
    desk.answer(copy, 100, 0)
    assert desk.names() == []
    desk.pass_time(300.0 + TIMER_C + 0.1)
    assert desk.names() == [("CANCEL", BOB)]
    desk.run_out()


def test_a_success_that_crosses_timer_c_goes_back(desk: Desk) -> None:
    copy = ringing(desk)
    desk.pass_time(TIMER_C + 0.1)
    desk.out()
    desk.answer(copy, 200, 0)
    assert statuses(desk) == [200]
    desk.run_out()


def test_what_was_answered_hears_nothing_of_timer_c(desk: Desk) -> None:
    copy = ringing(desk)
    desk.answer(copy, 200, 0)
    desk.out()
    desk.pass_time(TIMER_C + 1.0)
    assert desk.names() == []
    desk.run_out()


@pytest.mark.parametrize("method", ["BYE", "INVITE"])
def test_a_peer_that_cannot_be_reached_is_told_as_500(desk: Desk, method: str) -> None:
    pass_on(desk, within(method))
    desk.out()
    desk.stack.transport_failed(BOB, desk.now)
    desk.pump()
    assert statuses(desk) == [500]
    desk.run_out()


def by_tls(method: str) -> Request:
    return within(method, Via="SIP/2.0/TLS 192.0.2.1:40001;branch=z9hG4bKa")


def test_a_caller_whose_connection_is_gone_is_answered_no_more(desk: Desk) -> None:
    copy = pass_on(desk, by_tls("BYE"), ALICE_BY_TLS)
    desk.answer(copy, 100, 0)  # nothing of it goes back
    desk.answer(copy, 183, 0)
    desk.out()
    desk.stack.transport_failed(ALICE_BY_TLS, desk.now)
    desk.pump()
    assert desk.proxy.open == 0
    desk.answer(copy, 200, 0)
    assert desk.names() == []
    desk.run_out()


def test_a_caller_of_an_invite_may_come_again(desk: Desk) -> None:
    copy = pass_on(desk, by_tls("INVITE"), ALICE_BY_TLS)
    desk.stack.transport_failed(ALICE_BY_TLS, desk.now)
    desk.pump()
    assert desk.proxy.open == 1
    desk.answer(copy, 200, 0)
    assert [response.status for response in to_alice(desk, ALICE_BY_TLS)] == [200]
    desk.run_out()


@pytest.mark.parametrize("method", ["BYE", "INVITE"])
def test_both_ends_on_one_connection_that_breaks_leave_nothing(desk: Desk, ways: Ways, method: str) -> None:
    ways.hop = ALICE_BY_TLS
    copy = pass_on(desk, by_tls(method), ALICE_BY_TLS)
    desk.receive(copy.response(183, to_tag="b"), ALICE_BY_TLS)
    desk.out()
    desk.stack.transport_failed(ALICE_BY_TLS, desk.now)
    desk.pump()
    assert desk.proxy.open == 0
    desk.run_out()


@pytest.mark.parametrize("below", ["", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKforged"])
def test_an_answer_whose_vias_were_tampered_with_counts_as_502(desk: Desk, below: str) -> None:
    copy = pass_on(desk, within("INVITE"))
    desk.out()
    for status in (180, 200):
        answer = copy.response(status, to_tag="t")
        answer.headers.set("Via", str(copy.via) + (f", {below}" if below else ""))
        desk.receive(answer, BOB)
    assert statuses(desk) == [502]
    desk.run_out()


def test_what_is_sips_goes_by_tls_alone(desk: Desk, ways: Ways) -> None:
    desk.receive(within("BYE", "sips:bob@192.0.2.2"), ALICE)
    (answer,) = to_alice(desk)
    assert (answer.status, answer.headers.get("Warning")) == (480, '380 telsdk "SIPS Not Allowed"')
    ways.hop = BOB_BY_TLS
    copy = pass_on(desk, within("BYE", "sips:bob@192.0.2.2", branch="z9hG4bKb"))
    assert str(copy.uri) == "sips:bob@192.0.2.2"
    desk.run_out()


def test_a_sips_route_asks_for_tls_too(desk: Desk, ways: Ways) -> None:
    route = OWN + ", <sips:192.0.2.9;lr>"
    desk.receive(within("BYE", route=route), ALICE)
    assert statuses(desk) == [480]
    ways.hop = BOB_BY_TLS
    pass_on(desk, within("BYE", route=route, branch="z9hG4bKb"))
    desk.run_out()


def test_an_ack_that_may_not_go_goes_nowhere(desk: Desk, ways: Ways) -> None:
    desk.receive(within("ACK", "sips:bob@192.0.2.2"), ALICE)
    desk.receive(within("ACK", Max_Forwards="0"), ALICE)
    desk.receive(within("ACK", route=""), ALICE)
    ways.closed = NoWayOn(404)
    desk.receive(within("ACK"), ALICE)
    assert (desk.out(), desk.stack.transactions) == ([], 0)


def test_an_ack_is_passed_on_and_never_answered(desk: Desk) -> None:
    copy = pass_on(desk, within("ACK"))
    assert (copy.method, copy.max_forwards, len(copy.vias), copy.routes) == ("ACK", 69, 2, [])
    assert (desk.events, desk.stack.transactions, desk.proxy.open) == ([], 0, 0)


@pytest.mark.parametrize("uri", ["sip:bob@192.0.2.2", "sip:192.0.2.11", "sip:bob@telprotocol"])
@pytest.mark.parametrize("method", ["BYE", "INVITE"])
def test_who_is_not_in_the_route_set_gets_481_whatever_the_request_names(
    desk: Desk, method: str, uri: str
) -> None:
    desk.receive(within(method, uri, route=""), ALICE)
    assert desk.names() == [("481", ALICE)]
    assert desk.proxy.open == 0
    if method == "INVITE":
        desk.receive(within("ACK", uri, route=""), ALICE)
    desk.run_out()


def test_where_there_is_no_way_on_the_application_says_what_to_answer(desk: Desk, ways: Ways) -> None:
    ways.closed = NoWayOn(403, ("Warning", '399 node "not by this node"'))
    desk.receive(within("BYE"), ALICE)
    (answer,) = to_alice(desk)
    assert (answer.status, answer.headers.get("Warning")) == (403, '399 node "not by this node"')
    assert desk.proxy.open == 0
    desk.run_out()


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"Max_Forwards": "0"}, 483), ({"Proxy_Require": "x"}, 420), ({"Max_Breadth": "0"}, 440)],
)
def test_what_must_not_pass_is_refused_at_the_door(desk: Desk, fields: dict[str, str], status: int) -> None:
    desk.receive(within("BYE", **fields), ALICE)
    assert statuses(desk) == [status]
    desk.run_out()


def test_those_that_wait_for_an_answer_count_and_are_never_refused_for_their_number(ways: Ways) -> None:
    desk = Desk(next_hop=ways, settings=ProxySettings(max_open=1, retry_after=7))
    copies = [pass_on(desk, within("BYE", branch=f"z9hG4bK{n}")) for n in range(3)]
    desk.receive(asked("MESSAGE", branch="z9hG4bKnew"), ALICE)
    (refused,) = to_alice(desk)
    assert (refused.status, refused.headers.get("Retry-After")) == (503, "7")
    for copy in copies:
        desk.answer(copy, 200, 0)
    desk.arrive("MESSAGE", branch="z9hG4bKnewer")
    assert desk.proxy.open == 1


def test_one_that_comes_round_again_is_stopped(desk: Desk) -> None:
    copy = pass_on(desk, within("BYE"))
    copy.headers.insert("Route", OWN)
    copy.headers.insert("Via", "SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKback")
    desk.receive(copy, BOB)
    assert ("482", BOB) in desk.names()


def test_a_copy_of_it_is_taken_for_what_it_is(desk: Desk) -> None:
    pass_on(desk, within("BYE"))
    desk.receive(within("BYE"), ALICE)
    assert desk.names() == []
    assert desk.proxy.open == 1


def test_its_target_may_come_by_a_strict_router(desk: Desk) -> None:
    copy = pass_on(desk, within("BYE", "sip:192.0.2.11;lr", "<sip:192.0.2.9;lr>, <sip:bob@192.0.2.2>"))
    assert (str(copy.uri), copy.headers.all("Route")) == ("sip:bob@192.0.2.2", ["<sip:192.0.2.9;lr>"])
    desk.run_out()


@interpreted("a function is replaced that a compiled one has looked up already")
@pytest.mark.parametrize("status", [180, 200, 486])
@pytest.mark.parametrize("method", ["BYE", "INVITE"])
def test_an_answer_that_a_bug_keeps_from_passing_leaves_nobody_waiting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, method: str, status: int
) -> None:
    copy = pass_on(desk, within(method))
    desk.out()
    monkeypatch.setattr(relay, "goes_back", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        desk.answer(copy, status, 0)
    desk.pump()
    assert statuses(desk) == [500]
    assert desk.proxy.open == 0
    desk.run_out()


def test_what_it_was_asked_is_forgotten_once_it_is_answered(desk: Desk) -> None:
    copy = pass_on(desk, within("BYE"))
    desk.answer(copy, 200, 0)
    (server,) = desk.stack._servers._known.values()
    assert server.state is State.COMPLETED
    assert (len(server.request.headers), server.request.uri) == (0, Uri.parse("sip:bob@192.0.2.2"))


def test_the_place_that_a_peer_came_to_stays_with_the_hop(desk: Desk, ways: Ways) -> None:
    ways.hop = replace(BOB_BY_TLS, taken_at=("192.0.2.99", 5061))
    desk.receive(within("BYE"), ALICE)
    ((_, hop, _),) = desk.out()
    assert hop.taken_at == ("192.0.2.99", 5061)
