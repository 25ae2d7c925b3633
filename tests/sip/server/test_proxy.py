from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.message import Request, Response, Uri
from telsdk.sip.server import Arrived, Context, Finished, Redirect3xx, Target
from telsdk.sip.transaction import AckReceived, Event, ResponseReceived
from tests.sip.desk import ALICE, HERE, PHONES, Desk, asked, target


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_call_is_forwarded_with_our_via_and_100_goes_back(desk: Desk) -> None:
    ctx = desk.arrive()
    desk.proxy.forward(ctx, [target(0)], Monotonic(0.0))
    (invite, where, message), trying = desk.out()
    assert (invite, where, trying[:2]) == ("INVITE", PHONES[0], ("100", ALICE))
    assert isinstance(message, Request)
    assert len(message.vias) == 2
    assert message.vias[0].host == HERE[0]
    assert str(message.uri) == "sip:bob@192.0.2.2"
    assert message.max_forwards == 69


def test_a_slow_application_lets_the_stack_say_100(desk: Desk) -> None:
    ctx = desk.arrive()
    desk.pass_time(1.0)
    assert desk.names() == [("100", ALICE)]
    desk.proxy.forward(ctx, [target(0)], Monotonic(1.0))
    assert desk.names() == [("INVITE", PHONES[0])]


def test_answers_go_back_without_our_via_and_100_stays_here(desk: Desk) -> None:
    (invite,) = desk.forward(desk.arrive(), 0)
    for status in (100, 180, 183, 200):
        desk.answer(invite, status, 0)
    back = desk.out()
    assert [(name, hop) for name, hop, _ in back] == [("180", ALICE), ("183", ALICE), ("200", ALICE)]
    assert all(len(message.vias) == 1 for _, _, message in back)
    (finished,) = desk.events
    assert isinstance(finished, Finished)
    assert finished.target == target(0)
    desk.run_out()


def test_every_2xx_of_a_call_goes_back_also_a_repeated_one(desk: Desk) -> None:
    (invite,) = desk.forward(desk.arrive(), 0)
    for _ in range(3):
        desk.answer(invite, 200, 0)
    assert desk.names() == [("200", ALICE)] * 3
    desk.run_out()


def test_the_first_to_answer_wins_and_the_others_are_cancelled(desk: Desk) -> None:
    invites = desk.forward(desk.arrive(), 0, 1, 2)
    for phone in range(3):
        desk.answer(invites[phone], 180, phone)
    desk.out()
    desk.answer(invites[1], 200, 1)
    assert sorted(desk.names(), key=str) == sorted(
        [("200", ALICE), ("CANCEL", PHONES[0]), ("CANCEL", PHONES[2])], key=str
    )
    desk.answer(invites[0], 487, 0)
    desk.answer(invites[2], 487, 2)
    assert [name for name, _ in desk.names()] == ["ACK", "ACK"]
    desk.run_out()


def test_two_that_answer_at_once_both_reach_the_caller(desk: Desk) -> None:
    invites = desk.forward(desk.arrive(), 0, 1)
    desk.answer(invites[0], 200, 0)
    desk.answer(invites[1], 200, 1)
    assert [name for name, hop in desk.names() if hop == ALICE] == ["200", "200"]
    desk.run_out()


def test_when_all_refuse_the_best_refusal_goes_back_once(desk: Desk) -> None:
    invites = desk.forward(desk.arrive(), 0, 1, 2)
    desk.answer(invites[0], 503, 0)
    desk.answer(invites[1], 486, 1)
    assert ALICE not in [hop for _, hop in desk.names()]
    desk.answer(invites[2], 408, 2)
    assert ("486", ALICE) in desk.names()
    desk.receive(asked("ACK", To="<sip:bob@telprotocol>;tag=phone1"), ALICE)
    desk.run_out()


def test_a_decline_for_all_cancels_the_others(desk: Desk) -> None:
    invites = desk.forward(desk.arrive(), 0, 1)
    desk.answer(invites[1], 180, 1)
    desk.out()
    desk.answer(invites[0], 603, 0)
    assert ("CANCEL", PHONES[1]) in desk.names()
    desk.answer(invites[1], 487, 1)
    assert ("603", ALICE) in desk.names()
    desk.run_out()


def test_an_unreachable_target_is_told_as_500(desk: Desk) -> None:
    desk.forward(desk.arrive(), 0)
    desk.stack.transport_failed(PHONES[0], desk.now)
    desk.pump()
    assert desk.names() == [("500", ALICE)]
    desk.run_out()


def test_a_silent_target_is_told_as_408_for_a_call(desk: Desk) -> None:
    desk.forward(desk.arrive(), 0)
    desk.pass_time(32.0)
    assert ("408", ALICE) in desk.names()
    desk.run_out()


def test_a_silent_target_is_not_told_for_other_requests(desk: Desk) -> None:
    desk.forward(desk.arrive("MESSAGE"), 0)
    desk.pass_time(40.0)
    assert ALICE not in [hop for _, hop in desk.names()]
    (finished,) = desk.events
    assert isinstance(finished, Finished)
    assert finished.response is None
    desk.run_out()


def test_nowhere_to_go_is_told_as_480(desk: Desk) -> None:
    desk.proxy.forward(desk.arrive(), [], Monotonic(0.0))
    assert desk.names() == [("480", ALICE)]


def test_a_caller_who_cancels_gets_487_and_the_phones_stop_ringing(desk: Desk) -> None:
    (invite,) = desk.forward(desk.arrive(), 0)
    desk.answer(invite, 180, 0)
    desk.out()
    desk.receive(asked("CANCEL"), ALICE)
    assert desk.names() == [("200", ALICE), ("CANCEL", PHONES[0])]
    desk.answer(invite, 487, 0)
    assert ("487", ALICE) in desk.names()
    desk.run_out()


def test_a_cancel_before_the_application_decided_ends_it(desk: Desk) -> None:
    ctx = desk.arrive()
    desk.receive(asked("CANCEL"), ALICE)
    assert desk.names() == [("200", ALICE), ("487", ALICE)]
    assert desk.forward(ctx, 0) == []
    desk.proxy.reply(ctx, 404, Monotonic(0.0))
    assert desk.names() == []
    desk.run_out()


def test_a_cancel_that_a_phone_ignores_still_ends_the_call(desk: Desk) -> None:
    (invite,) = desk.forward(desk.arrive(), 0)
    desk.answer(invite, 180, 0)
    desk.receive(asked("CANCEL"), ALICE)
    desk.out()
    desk.pass_time(40.0)
    assert ("487", ALICE) in desk.names()
    desk.run_out()


def test_a_phone_that_rings_for_ever_is_cancelled_by_timer_c(desk: Desk) -> None:
    (invite,) = desk.forward(desk.arrive(), 0)
    desk.answer(invite, 180, 0)
    desk.pass_time(150.0)
    desk.answer(invite, 180, 0)
    desk.pass_time(330.0)
    assert "CANCEL" not in [name for name, _ in desk.names()]
    desk.pass_time(331.5)
    assert ("CANCEL", PHONES[0]) in desk.names()
    desk.run_out()


def test_a_redirect_is_the_applications_to_follow(desk: Desk) -> None:
    ctx = desk.arrive()
    (invite,) = desk.forward(ctx, 0)
    desk.answer(invite, 302, 0, Contact="<sip:192.0.2.3:5060>")
    (event,) = desk.events
    assert isinstance(event, Redirect3xx)
    assert [str(contact.uri) for contact in event.contacts] == ["sip:192.0.2.3:5060"]
    assert event.target == target(0)
    assert ALICE not in [hop for _, hop in desk.names()]
    (second,) = desk.forward(ctx, 1)
    desk.answer(second, 200, 1)
    assert desk.names() == [("200", ALICE)]
    desk.run_out()


def test_a_redirect_may_be_passed_on(desk: Desk) -> None:
    ctx = desk.arrive()
    (invite,) = desk.forward(ctx, 0)
    desk.answer(invite, 302, 0, Contact="<sip:192.0.2.3:5060>")
    event = desk.events[0]
    assert isinstance(event, Redirect3xx)
    desk.proxy.relay(ctx, event.response, Monotonic(0.0))
    name, hop, message = desk.out()[-1]
    assert (name, hop, message.headers.get("Contact")) == ("302", ALICE, "<sip:192.0.2.3:5060>")
    desk.run_out()


def test_a_redirect_waits_for_the_application_while_others_refuse(desk: Desk) -> None:
    ctx = desk.arrive()
    invites = desk.forward(ctx, 0, 1)
    desk.answer(invites[0], 302, 0, Contact="<sip:192.0.2.4:5060>")
    desk.answer(invites[1], 486, 1)
    assert ALICE not in [hop for _, hop in desk.names()]
    (third,) = desk.forward(ctx, 2)
    desk.answer(third, 404, 2)
    assert ALICE in [hop for _, hop in desk.names()]
    desk.run_out()


def test_a_cancelled_call_follows_no_redirect(desk: Desk) -> None:
    (invite,) = desk.forward(desk.arrive(), 0)
    desk.answer(invite, 180, 0)
    desk.receive(asked("CANCEL"), ALICE)
    desk.answer(invite, 302, 0, Contact="<sip:192.0.2.3:5060>")
    assert ("487", ALICE) in desk.names()
    assert not [event for event in desk.events if isinstance(event, Redirect3xx)]


def test_the_application_may_edit_what_is_forwarded(desk: Desk) -> None:
    ctx = desk.arrive()
    edited = ctx.request.copy()
    edited.headers.remove("Max-Forwards")
    edited.headers.add("P-Note", "from the node")
    edited.body = b"other"
    desk.proxy.forward(ctx, [target(0, edited), target(1)], Monotonic(0.0))
    requests = [message for _, _, message in desk.out() if isinstance(message, Request)]
    assert [request.headers.get("P-Note") for request in requests] == ["from the node", None]
    assert [request.body for request in requests] == [b"other", b""]


def test_the_application_may_answer_by_itself(desk: Desk) -> None:
    ctx = desk.arrive()
    desk.proxy.reply(ctx, 183, Monotonic(0.0))
    desk.proxy.reply(ctx, 403, Monotonic(0.0), "No", [("Warning", '399 node "because"')])
    (_, _, progress), (_, _, refusal) = desk.out()
    assert isinstance(refusal, Response)
    assert (refusal.status, refusal.reason, refusal.to.tag) == (403, "No", progress.to.tag)
    assert refusal.headers.get("Warning") == '399 node "because"'
    desk.proxy.reply(ctx, 404, Monotonic(0.0))
    assert desk.out() == []
    desk.run_out()


def test_an_answer_of_its_own_cancels_what_rings(desk: Desk) -> None:
    ctx = desk.arrive()
    (invite,) = desk.forward(ctx, 0)
    desk.answer(invite, 180, 0)
    desk.out()
    desk.proxy.reply(ctx, 503, Monotonic(0.0))
    assert desk.names() == [("CANCEL", PHONES[0]), ("503", ALICE)]
    desk.answer(invite, 487, 0)
    assert [hop for _, hop in desk.names()] == [PHONES[0]]
    desk.run_out()


@pytest.mark.parametrize(
    ("uri", "fields", "status"),
    [
        ("tel:5551234", {}, "416"),
        ("sip:bob@telprotocol", {"Max_Forwards": "0"}, "483"),
        ("sip:bob@telprotocol", {"Proxy_Require": "x"}, "420"),
        ("sip:bob@192.0.2.2", {"To": "<sip:bob@telprotocol>;tag=t"}, "481"),
    ],
)
def test_what_must_not_pass_is_refused_at_the_door(
    desk: Desk, uri: str, fields: dict[str, str], status: str
) -> None:
    desk.receive(asked("INVITE", uri, **fields), ALICE)
    assert desk.names() == [(status, ALICE)]
    assert desk.events == []


def test_a_request_that_comes_round_again_is_stopped(desk: Desk) -> None:
    (invite,) = desk.forward(desk.arrive("OPTIONS"), 0)
    returned = invite.copy()
    returned.uri = Uri.parse("sip:bob@telprotocol")
    returned.headers.insert("Via", "SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKback")
    desk.receive(returned, PHONES[0])
    assert ("482", PHONES[0]) in desk.names()


def test_a_request_that_comes_round_for_somebody_else_passes(desk: Desk) -> None:
    (invite,) = desk.forward(desk.arrive("OPTIONS"), 0)
    returned = invite.copy()
    returned.uri = Uri.parse("sip:carol@telprotocol")
    returned.headers.insert("Via", "SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKback")
    desk.receive(returned, PHONES[0])
    assert isinstance(desk.events[-1], Arrived)


def test_without_record_route_an_ack_is_none_of_ours(desk: Desk) -> None:
    desk.receive(asked("ACK", "sip:bob@192.0.2.2", To="<sip:bob@telprotocol>;tag=t"), ALICE)
    assert (desk.events, desk.out()) == ([], [])


def test_a_recorded_route_brings_ack_and_bye_through() -> None:
    own = Uri.parse("sip:flow7@192.0.2.11;lr")
    desk = Desk(record_route=lambda _ctx, _target: [own])
    (invite,) = desk.forward(desk.arrive(), 0)
    assert invite.headers.all("Record-Route") == [f"<{own}>"]
    route = {"Route": f"<{own}>", "To": "<sip:bob@telprotocol>;tag=t"}
    for method, branch in (("ACK", "z9hG4bKb"), ("BYE", "z9hG4bKc")):
        desk.receive(asked(method, "sip:bob@192.0.2.2", branch, **route), ALICE)
        event = desk.events.pop()
        assert isinstance(event, Arrived)
        assert event.ctx.in_dialog
        assert event.ctx.routed
        assert event.ctx.own_routes[0].uri.user == "flow7"
        assert event.ctx.next_uri.host == "192.0.2.2"
        assert (event.tx is None) == (method == "ACK")
        (forwarded,) = desk.forward(event.ctx, 0)
        assert forwarded.method == method
        assert forwarded.headers.all("Route") == []
        assert forwarded.headers.all("Record-Route") == []
    desk.answer(forwarded, 200, 0)
    assert ("200", ALICE) in desk.names()
    desk.run_out()


def test_what_an_answer_tells_may_change_our_record_route_in_it_and_in_no_other() -> None:
    """16.7 step 8; where the target was known to be the end of the way, nobody is asked."""

    def record(_ctx: Context, to: Target) -> list[Uri]:
        to.recorded = "open" if to.hop == PHONES[0] else ""
        return [Uri.parse(f"sip:{to.recorded or 'known'}@192.0.2.11;lr")]

    told: list[int] = []

    def learn(to: Target, response: Response) -> None:
        assert to.recorded == "open"
        told.append(response.status)
        response.headers.set("Record-Route", f"<sip:{response.to.tag}@192.0.2.11;lr>")

    desk = Desk(record_route=record, learn=learn)
    one, other = desk.forward(desk.arrive(), 0, 1)
    for status in (100, 180, 183):
        for phone, request in enumerate((one, other)):
            desk.answer(request, status, phone, Record_Route=str(request.record_routes[0]))
    desk.answer(other, 486, 1)
    desk.answer(one, 200, 0, Record_Route=str(one.record_routes[0]))
    desk.answer(one, 200, 0, Record_Route=str(one.record_routes[0]))
    got = [m for _, hop, m in desk.out() if hop == ALICE and isinstance(m, Response) and m.status > 100]
    assert told == [180, 183, 200, 200]
    assert [(m.status, m.record_routes[0].uri.user) for m in got] == [
        (180, "phone0"),
        (180, "known"),
        (183, "phone0"),
        (183, "known"),
        (200, "phone0"),
        (200, "phone0"),
    ]


def test_an_ack_is_forwarded_once_and_never_answered() -> None:
    desk = Desk()
    route = {"Route": "<sip:192.0.2.11;lr>", "To": "<sip:bob@telprotocol>;tag=t"}
    desk.receive(asked("ACK", "sip:bob@192.0.2.2", **route), ALICE)
    event = desk.events.pop()
    assert isinstance(event, Arrived)
    desk.proxy.reply(event.ctx, 404, Monotonic(0.0))
    assert len(desk.forward(event.ctx, 0)) == 1
    assert desk.forward(event.ctx, 0) == []
    assert desk.stack.transactions == 0


@pytest.mark.parametrize("via", ["", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKforged"])
def test_an_answer_whose_vias_were_tampered_with_counts_as_502(desk: Desk, via: str) -> None:
    (invite,) = desk.forward(desk.arrive(), 0)
    for status in (180, 200):
        answer = invite.response(status, to_tag="t")
        answer.headers.set("Via", str(invite.via) + (f", {via}" if via else ""))
        desk.receive(answer, PHONES[0])
    assert desk.names() == [("502", ALICE)]
    desk.run_out()


def test_a_late_provisional_does_not_follow_the_final_answer(desk: Desk) -> None:
    invites = desk.forward(desk.arrive(), 0, 1)
    desk.answer(invites[0], 200, 0)
    desk.out()
    desk.answer(invites[1], 180, 1)
    assert desk.names() == [("CANCEL", PHONES[1])]


def test_events_of_others_are_left_to_them(desk: Desk) -> None:
    tx = desk.stack.request(asked("OPTIONS"), PHONES[0], Monotonic(0.0))
    response = tx.request.response(200)
    assert not desk.proxy.handle(ResponseReceived(tx, response, PHONES[0]), Monotonic(0.0))
    assert not desk.proxy.handle(Event(), Monotonic(0.0))
    assert desk.proxy.handle(AckReceived(asked("ACK", Max_Forwards="0"), ALICE), Monotonic(0.0))


def test_of_a_message_to_several_devices_one_answer_goes_back(desk: Desk) -> None:
    one, other = desk.forward(desk.arrive("MESSAGE"), 0, 1)
    desk.answer(one, 200, 0)
    desk.answer(other, 202, 1)
    assert desk.names() == [("200", ALICE)]
    desk.run_out()
