"""In which order a proxy tries targets, and whose answer counts (RFC 3261 16.5 to 16.8, RFC 5393, RFC 5626)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response, Uri
from telsdk.sip.server import Finished, ProxySettings, Redirect3xx, proxy
from telsdk.sip.server.fork import MAX_BREADTH, max_breadth
from tests.interpreted import interpreted
from tests.sip.desk import ALICE, PHONES, Desk, asked, target, target_by_ways


@pytest.fixture
def desk() -> Desk:
    return Desk()


def hosts(requests: list[Request]) -> list[str]:
    return [request.uri.host for request in requests if request.method not in ("ACK", "CANCEL")]


def to_alice(desk: Desk) -> list[str]:
    return [name for name, hop in desk.names() if hop == ALICE]


def test_equal_q_rings_together_and_lower_q_when_all_above_have_failed(desk: Desk) -> None:
    ctx = desk.arrive()
    first = desk.forward_to(ctx, target(2, q=0.3), target(0, q=0.9), target(1, q=0.9))
    assert hosts(first) == ["192.0.2.2", "192.0.2.3"]
    desk.answer(first[0], 486, 0)
    assert hosts(desk.requests()) == []
    desk.answer(first[1], 480, 1)
    (second,) = [request for request in desk.requests() if request.method == "INVITE"]
    assert second.uri.host == "192.0.2.4"
    desk.answer(second, 200, 2)
    assert to_alice(desk) == ["200"]
    desk.run_out()


def test_when_all_in_turn_fail_the_best_of_all_goes_back(desk: Desk) -> None:
    ctx = desk.arrive()
    (first,) = desk.forward_to(ctx, target(0, q=0.9), target(1, q=0.1))
    desk.answer(first, 486, 0)
    (second,) = [request for request in desk.requests() if request.method == "INVITE"]
    desk.answer(second, 500, 1)
    assert to_alice(desk) == ["486"]
    desk.run_out()


def test_challenges_of_targets_tried_in_turn_go_back_together(desk: Desk) -> None:
    ctx = desk.arrive()
    (first,) = desk.forward_to(ctx, target(0, q=0.9), target(1, q=0.1))
    desk.answer(first, 407, 0, Proxy_Authenticate='Digest realm="a", nonce="1"')
    second = desk.requests()[-1]
    desk.answer(second, 401, 1, WWW_Authenticate='Digest realm="b", nonce="2"')
    (back,) = [message for _, hop, message in desk.out() if hop == ALICE]
    assert back.headers.all("Proxy-Authenticate") == ['Digest realm="a", nonce="1"']
    assert back.headers.all("WWW-Authenticate") == ['Digest realm="b", nonce="2"']


def test_a_refusal_for_all_ends_the_search_at_once(desk: Desk) -> None:
    ctx = desk.arrive()
    invites = desk.forward_to(ctx, target(0, q=0.9), target(1, q=0.9), target(2, q=0.1))
    desk.answer(invites[1], 180, 1)
    desk.out()
    desk.answer(invites[0], 603, 0)
    assert ("CANCEL", PHONES[1]) in desk.names()
    desk.answer(invites[1], 487, 1)
    assert to_alice(desk) == ["603"]
    desk.run_out()


def test_a_2xx_that_crosses_a_refusal_for_all_is_passed_on(desk: Desk) -> None:
    invites = desk.forward(desk.arrive(), 0, 1)
    desk.answer(invites[0], 603, 0)
    desk.answer(invites[1], 200, 1)
    assert to_alice(desk) == ["200"]
    desk.run_out()


def test_a_refusal_for_all_takes_the_application_no_longer_to_follow_a_redirect(desk: Desk) -> None:
    ctx = desk.arrive()
    invites = desk.forward(ctx, 0, 1)
    desk.answer(invites[0], 302, 0, Contact="<sip:192.0.2.4>")
    assert isinstance(desk.events[-1], Redirect3xx)
    desk.answer(invites[1], 603, 1)
    assert to_alice(desk) == ["603"]
    assert desk.forward(ctx, 2) == []
    desk.run_out()


def test_a_redirect_that_waits_for_the_application_holds_up_the_targets_below(desk: Desk) -> None:
    ctx = desk.arrive()
    (first,) = desk.forward_to(ctx, target(0, q=0.9), target(1, q=0.1))
    desk.answer(first, 302, 0, Contact="<sip:192.0.2.4>")
    event = desk.events[-1]
    assert isinstance(event, Redirect3xx)
    assert hosts(desk.requests()) == []
    desk.proxy.relay(ctx, event.response, Monotonic(0.0))
    assert hosts(desk.requests()) == ["192.0.2.3"]


def test_once_the_call_is_taken_nothing_waits_any_more(desk: Desk) -> None:
    (first,) = desk.forward_to(desk.arrive(), target(0, q=0.9), target(1, q=0.1))
    assert desk.proxy.deadline() == 30.0
    desk.answer(first, 200, 0)
    assert desk.proxy.deadline() is None


def test_a_refusal_for_all_goes_back_though_the_caller_cancelled(desk: Desk) -> None:
    (invite,) = desk.forward(desk.arrive(), 0)
    desk.answer(invite, 180, 0)
    desk.receive(asked("CANCEL"), ALICE)
    desk.answer(invite, 603, 0)
    assert to_alice(desk)[-1] == "603"


def test_a_caller_who_cancels_ends_the_search(desk: Desk) -> None:
    ctx = desk.arrive()
    (first,) = desk.forward_to(ctx, target(0, q=0.9), target(1, q=0.1))
    desk.answer(first, 180, 0)
    desk.receive(asked("CANCEL"), ALICE)
    desk.out()
    assert desk.forward(ctx, 2) == []
    desk.answer(first, 487, 0)
    assert to_alice(desk) == ["487"]
    desk.run_out()


def test_who_rings_too_long_is_taken_back_and_the_next_is_tried() -> None:
    desk = Desk(settings=ProxySettings(ring_time=20.0))
    (first,) = desk.forward_to(desk.arrive(), target(0, q=0.9), target(1, q=0.1))
    desk.answer(first, 180, 0)
    desk.pass_time(19.0)
    assert "CANCEL" not in [name for name, _ in desk.names()]
    desk.pass_time(20.0)
    found = desk.out()
    assert [(name, hop) for name, hop, _ in found] == [("CANCEL", PHONES[0]), ("INVITE", PHONES[1])]
    desk.answer(first, 487, 0)
    second = found[1][2]
    assert isinstance(second, Request)
    desk.answer(second, 486, 1)
    assert to_alice(desk) == ["486"]
    desk.run_out()


def test_who_answers_just_when_taken_back_still_wins() -> None:
    desk = Desk(settings=ProxySettings(ring_time=20.0))
    (first,) = desk.forward_to(desk.arrive(), target(0, q=0.9), target(1, q=0.1))
    desk.answer(first, 180, 0)
    desk.pass_time(20.0)
    desk.out()
    desk.answer(first, 200, 0)
    assert to_alice(desk) == ["200"]
    desk.run_out()


def test_a_call_that_only_we_took_back_is_not_told_as_cancelled(desk: Desk) -> None:
    (invite,) = desk.forward(desk.arrive(), 0)
    desk.answer(invite, 180, 0)
    desk.pass_time(181.0)
    desk.answer(invite, 487, 0)
    assert to_alice(desk)[-1] == "408"
    desk.run_out()


def test_a_message_is_not_tried_elsewhere_when_its_sender_has_given_up(desk: Desk) -> None:
    desk.forward_to(desk.arrive("MESSAGE"), replace(target_by_ways(0, 1), q=0.9), target(2, q=0.1))
    desk.pass_time(33.0)
    assert {hop for _, hop in desk.names()} == {PHONES[0]}
    assert isinstance(desk.events[-1], Finished)
    desk.run_out()


# RFC 5626: one user agent by several flows


@pytest.mark.parametrize("status", [430, 408])
def test_a_failed_flow_gives_way_to_the_next_of_the_same_user_agent(desk: Desk, status: int) -> None:
    (first,) = desk.forward_to(desk.arrive(), target_by_ways(0, 1, 2))
    assert first.uri.host == "192.0.2.2"
    desk.answer(first, status, 0)
    (second,) = [request for request in desk.requests() if request.method == "INVITE"]
    desk.answer(second, status, 1)
    (third,) = [request for request in desk.requests() if request.method == "INVITE"]
    desk.answer(third, 200, 2)
    assert to_alice(desk) == ["200"]
    desk.run_out()


def test_a_flow_that_breaks_gives_way_at_once(desk: Desk) -> None:
    flow = Hop("TLS", "192.0.2.2", 40000, flow=1)
    broken = replace(target(0), hop=flow, alternatives=(target(1),))
    desk.forward_to(desk.arrive(), broken)
    desk.stack.transport_failed(flow, Monotonic(0.0))
    desk.pump()
    assert hosts(desk.requests()) == ["192.0.2.3"]


def test_a_silent_flow_gives_way_when_its_time_is_over(desk: Desk) -> None:
    desk.forward_to(desk.arrive(), target_by_ways(0, 1))
    desk.pass_time(32.0)
    assert hosts(desk.requests())[-1] == "192.0.2.3"
    desk.run_out()


@pytest.mark.parametrize("status", [486, 404, 500, 503])
def test_a_user_agent_that_has_answered_is_not_asked_by_another_flow(desk: Desk, status: int) -> None:
    (first,) = desk.forward_to(desk.arrive(), target_by_ways(0, 1))
    desk.answer(first, status, 0)
    assert hosts(desk.requests()) == []
    desk.run_out()


def test_that_all_flows_failed_is_a_word_between_proxies_alone(desk: Desk) -> None:
    (first,) = desk.forward_to(desk.arrive(), target(0))
    desk.answer(first, 430, 0)
    assert to_alice(desk) == ["480"]


# RFC 5393: how broad a request may spread


def test_breadth_is_shared_among_the_branches(desk: Desk) -> None:
    invites = desk.forward(desk.arrive(Max_Breadth="20"), 0, 1, 2)
    assert [invite.headers.get("Max-Breadth") for invite in invites] == ["6", "6", "6"]


def test_a_fork_says_how_broad_its_branches_may_spread_and_a_single_way_says_nothing(desk: Desk) -> None:
    one, other = desk.forward(desk.arrive(), 0, 1)
    assert one.headers.get("Max-Breadth") == other.headers.get("Max-Breadth") == "30"
    (single,) = desk.forward(desk.arrive(Via="SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKother"), 0)
    assert "Max-Breadth" not in single.headers


def test_who_does_not_fit_into_the_breadth_is_tried_after_the_others(desk: Desk) -> None:
    first = desk.forward(desk.arrive(Max_Breadth="2"), 0, 1, 2)
    assert hosts(first) == ["192.0.2.2", "192.0.2.3"]
    desk.answer(first[0], 486, 0)
    desk.answer(first[1], 486, 1)
    assert hosts(desk.requests()) == ["192.0.2.4"]


def test_without_any_breadth_left_a_request_is_refused(desk: Desk) -> None:
    desk.receive(asked("INVITE", Max_Breadth="0"), ALICE)
    assert desk.names() == [("440", ALICE)]


@pytest.mark.parametrize(
    ("written", "meant"), [("7", 7), ("999", 60), ("x", 60), ("-1", 60), ("9" * 5000, 60)]
)
def test_a_malformed_breadth_counts_as_not_said(written: str, meant: int) -> None:
    assert max_breadth(asked("INVITE", Max_Breadth=written)) == meant
    assert max_breadth(asked("INVITE")) == MAX_BREADTH


# RFC 5630: SIPS


SECURE = Hop("TLS", "192.0.2.2", 5061)


def test_a_sips_request_goes_by_tls_alone(desk: Desk) -> None:
    desk.receive(asked("INVITE", "sips:bob@telprotocol"), ALICE)
    ctx = desk.events.pop().ctx  # type: ignore[attr-defined]
    over_udp = replace(target(0), uri=Uri.parse("sips:bob@192.0.2.2"))
    not_sips = replace(target(0), hop=SECURE)
    desk.proxy.forward(ctx, [over_udp, not_sips], Monotonic(0.0))
    *_, (_, hop, refusal) = desk.out()
    assert isinstance(refusal, Response)
    assert (refusal.status, hop) == (480, ALICE)
    assert (refusal.headers.get("Warning") or "").startswith("380 ")
    desk.run_out()


def test_a_sips_request_that_goes_by_tls_gets_a_sips_record_route() -> None:
    desk = Desk(record_route=lambda _ctx, _target: [Uri.parse("sip:192.0.2.11;lr")])
    desk.receive(asked("INVITE", "sips:bob@telprotocol"), ALICE)
    ctx = desk.events.pop().ctx  # type: ignore[attr-defined]
    (invite,) = desk.forward_to(ctx, replace(target(0), uri=Uri.parse("sips:bob@192.0.2.2"), hop=SECURE))
    assert invite.headers.all("Record-Route") == ["<sips:192.0.2.11;lr>"]


# At the door


def test_what_we_support_may_be_demanded_of_us() -> None:
    desk = Desk(settings=ProxySettings(supported=frozenset({"foo"})))
    desk.arrive(Proxy_Require="FOO")
    desk.receive(asked("INVITE", branch="z9hG4bKb", Proxy_Require="foo, bar"), ALICE)
    ((_, _, answer),) = desk.out()
    assert answer.headers.all("Unsupported") == ["bar"]


def test_a_loaded_proxy_refuses_what_begins_and_lets_pass_what_ends() -> None:
    desk = Desk(settings=ProxySettings(max_open=1, retry_after=7))
    (invite,) = desk.forward(desk.arrive(), 0)
    desk.receive(asked("INVITE", branch="z9hG4bKb"), ALICE)
    ((name, _, answer),) = desk.out()
    assert (name, answer.headers.get("Retry-After")) == ("503", "7")
    bye = asked(
        "BYE", "sip:bob@192.0.2.2", "z9hG4bKc", To="<sip:bob@telprotocol>;tag=t", Route="<sip:192.0.2.11;lr>"
    )
    desk.receive(bye, ALICE)
    (bye_on,) = desk.forward(desk.events.pop().ctx, 0)  # type: ignore[attr-defined]
    desk.answer(bye_on, 200, 0)
    desk.answer(invite, 486, 0)
    desk.out()
    desk.arrive(Via="SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKd")
    assert desk.proxy.open == 1


def test_a_caller_who_is_gone_ends_what_cannot_be_answered(desk: Desk) -> None:
    caller = Hop("TLS", "192.0.2.1", 40000, flow=3)
    desk.receive(asked("OPTIONS", Via="SIP/2.0/TLS 192.0.2.1;branch=z9hG4bKt"), caller)
    (options,) = desk.forward(desk.events.pop().ctx, 0)  # type: ignore[attr-defined]
    desk.answer(options, 183, 0)
    desk.stack.transport_failed(caller, Monotonic(0.0))
    desk.pump()
    assert isinstance(desk.events[-1], Finished)
    desk.answer(options, 200, 0)
    desk.run_out()


@interpreted("a function is replaced that a compiled one has looked up already")
@pytest.mark.parametrize("status", [180, 200, 486])
@pytest.mark.parametrize("method", ["MESSAGE", "INVITE"])
def test_an_answer_that_a_bug_keeps_from_counting_counts_as_500(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, method: str, status: int
) -> None:
    one, other = desk.forward(desk.arrive(method), 0, 1)
    desk.out()
    with monkeypatch.context() as broken:
        broken.setattr(proxy, "goes_back", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.answer(one, status, 0)
    desk.pump()
    assert ALICE not in [hop for _, hop in desk.names()]
    desk.answer(other, 404, 1)
    assert [name for name, hop in desk.names() if hop == ALICE] == ["404"]
    assert isinstance(desk.events[-1], Finished)
    desk.run_out()


@pytest.mark.parametrize("method", ["MESSAGE", "INVITE"])
def test_both_ends_on_one_connection_that_breaks_leave_nothing(desk: Desk, method: str) -> None:
    both = Hop("TLS", "192.0.2.1", 40000, flow=3)
    desk.receive(asked(method, Via="SIP/2.0/TLS 192.0.2.1;branch=z9hG4bKt"), both)
    ctx = desk.events.pop().ctx  # type: ignore[attr-defined]
    (copy,) = desk.forward_to(ctx, replace(target(0), hop=both))
    desk.receive(copy.response(183, to_tag="b"), both)
    desk.out()
    desk.stack.transport_failed(both, Monotonic(0.0))
    desk.pump()
    assert isinstance(desk.events[-1], Finished)
    assert desk.proxy.open == 0
    desk.run_out()
