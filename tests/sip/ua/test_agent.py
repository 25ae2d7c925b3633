"""Two user agents on one wire, and a user agent with a peer's hands on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.hop import Hop
from telsdk.sip.message import NameAddr, Request, Response, Uri, parse
from telsdk.sip.transaction import Event, ResponseReceived
from telsdk.sip.ua import (
    Answered,
    Call,
    CallEnded,
    CallFailed,
    CallState,
    IncomingRequest,
    Redirected,
    RequestAnswered,
    Ringing,
    UserAgent,
)
from telsdk.sip.ua.call import CallConfirmed
from tests.sip.ladder import ANSWER, OFFER, Client
from tests.sip.pair import ALICE, BOB, Pair, last, names
from tests.sip.wire import Wire, udp


@pytest.fixture
def pair() -> Pair:
    return Pair()


# A call


def test_a_call_that_is_answered_brings_both_bodies_across(pair: Pair) -> None:
    call = pair.call()
    pair.run(5.0)
    assert last(pair.alice, Answered).response.body == ANSWER
    assert pair.bob.calls[0].request.body == OFFER
    assert names(pair.bob) == ["IncomingCall", "CallConfirmed"]
    assert (call.state, pair.bob.calls[0].state) == (CallState.CONFIRMED, CallState.CONFIRMED)
    assert call.id == pair.bob.calls[0].id
    assert (pair.alice.ua.dialogs, pair.bob.ua.dialogs) == (1, 1)
    assert last(pair.alice, Answered).response.content_type == "application/sdp"


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_either_side_can_hang_up(pair: Pair, who: str) -> None:
    call = pair.call()
    pair.run(5.0)
    side, own = (pair.alice, call) if who == "alice" else (pair.bob, pair.bob.calls[0])
    side.ua.hang_up(own, pair.wire.now)
    side.ua.hang_up(own, pair.wire.now)
    assert pair.over()
    other = pair.bob if who == "alice" else pair.alice
    assert (last(side, CallEnded).by, last(other, CallEnded).by) == ("local", "remote")
    assert [what for _, _, what in pair.wire.whats()].count("BYE") == 1


def test_ringing_is_told_with_what_it_carries(pair: Pair) -> None:
    pair.at_bob = lambda call, now: pair.bob.ua.ring(
        call, now, status=183, headers=[("P-X", "1")], body=ANSWER
    )
    call = pair.call()
    pair.run(1.0)
    response = last(pair.alice, Ringing).response
    assert (response.status, response.body, response.headers.get("P-X")) == (183, ANSWER, "1")
    assert call.state is CallState.RINGING
    assert call.dialog is not None
    assert not call.dialog.confirmed


def test_the_callee_can_refuse_with_a_reason(pair: Pair) -> None:
    pair.at_bob = lambda call, now: pair.bob.ua.reject(
        call, now, status=438, reason="No", headers=[("P-Why", "x")]
    )
    pair.call()
    assert pair.over()
    failed = last(pair.alice, CallFailed)
    assert failed.response is not None
    assert (failed.status, failed.response.reason) == (438, "No")
    assert last(pair.bob, CallEnded).by == "local"


def test_hanging_up_an_unanswered_incoming_call_refuses_it(pair: Pair) -> None:
    pair.at_bob = lambda call, now: pair.bob.ua.hang_up(call, now)
    pair.call()
    assert pair.over()
    assert last(pair.alice, CallFailed).status == 480


def test_a_callee_who_hangs_up_before_the_ack_says_bye_only_after_it(pair: Pair) -> None:
    def accept_and_leave(call: Call, now: Monotonic) -> None:
        pair.bob.ua.accept(call, ANSWER, now)
        pair.bob.ua.hang_up(call, now)

    pair.at_bob = accept_and_leave
    pair.call()
    assert pair.over()
    whats = [what for _, _, what in pair.wire.whats()]
    assert whats.index("ACK") < whats.index("BYE")
    assert last(pair.bob, CallEnded).by == "local"


def test_nobody_there_is_told_as_408(pair: Pair) -> None:
    pair.alice.call("bob", udp("192.0.2.77"), Monotonic(0.0))
    assert pair.over()
    failed = last(pair.alice, CallFailed)
    assert (failed.status, failed.response) == (408, None)


def test_a_connection_refused_is_told_as_503() -> None:
    alice = Client("alice", Hop("TCP", "192.0.2.1", 5060))
    alice.call("bob", Hop("TCP", "192.0.2.77", 5060), Monotonic(0.0))
    Wire(alice).run()
    assert last(alice, CallFailed).status == 503


def test_a_redirected_call_is_over_and_says_where_to_ask(pair: Pair) -> None:
    def redirect(call: Call, now: Monotonic) -> None:
        contact = ("Contact", "<sip:bob@192.0.2.9>")
        pair.bob.ua.reject(call, now, status=302, headers=[contact])

    pair.at_bob = redirect
    call = pair.call()
    assert pair.over()
    event = last(pair.alice, Redirected)
    assert event.call is call
    assert event.response.contacts[0].uri.host == "192.0.2.9"
    assert call.ended


def test_a_phone_that_rings_for_ever_is_given_up(pair: Pair) -> None:
    pair.at_bob = lambda call, now: pair.bob.ua.ring(call, now)
    call = pair.call()
    pair.run(199.0)
    assert not call.ended
    assert pair.over()
    assert last(pair.alice, CallEnded).by == "lost"
    assert last(pair.bob, CallEnded).by == "remote"


# Answers and their ACK


def test_an_answer_is_repeated_until_its_ack_at_doubling_intervals(pair: Pair) -> None:
    def accept_alone(call: Call, now: Monotonic) -> None:
        pair.wire.loss = 1.0
        pair.wire.cores.remove(pair.alice)
        pair.bob.ua.accept(call, ANSWER, now)

    pair.at_bob = accept_alone
    pair.call()
    pair.run()
    sent = [sent.at for sent in pair.wire.log if sent.what == "200 INVITE"]
    times = [round(at - sent[0], 6) for at in sent]
    assert times == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert last(pair.bob, CallEnded).by == "lost"
    assert "BYE" in [sent.what for sent in pair.wire.log]


def test_every_repeated_answer_gets_the_same_ack_again(pair: Pair) -> None:
    call = pair.call()
    pair.run(0.03)
    (answer,) = [sent.message for sent in pair.wire.log if sent.what == "200 INVITE"]
    pair.run(1.0)
    acks = [bytes(sent.message) for sent in pair.wire.log if sent.what == "ACK"]
    for at in (5.0, 100.0):  # the second when the transaction is long gone
        pair.run(at)
        pair.alice.stack.receive(parse(bytes(answer)), BOB, pair.wire.now)
        pair.run(0.0)
    again = [bytes(sent.message) for sent in pair.wire.log if sent.what == "ACK"]
    assert again == acks * 3
    assert names(pair.alice).count("Answered") == 1
    assert call.state is CallState.CONFIRMED


def test_an_answer_from_a_second_fork_is_acknowledged_and_ended(pair: Pair) -> None:
    call = pair.call()
    pair.run(5.0)
    second = call.request.response(200, to_tag="fork", headers=[("Contact", "<sip:bob@192.0.2.3>")])
    for _ in range(2):
        pair.alice.stack.receive(parse(bytes(second)), BOB, pair.wire.now)
        pair.run(0.0)
    after = [sent for sent in pair.wire.log if sent.message.to.tag == "fork"]
    assert [sent.what for sent in after] == ["ACK", "BYE", "ACK"]
    assert call.state is CallState.CONFIRMED
    assert call.dialog is not None
    assert call.dialog.remote.tag != "fork"


def test_an_answer_that_crosses_our_cancel_is_acknowledged_and_ended(pair: Pair) -> None:
    call = pair.call()
    pair.at_bob = lambda call, now: None
    pair.run(0.03)
    pair.bob.ua.accept(pair.bob.calls[0], ANSWER, pair.wire.now)
    pair.alice.ua.hang_up(call, pair.wire.now)
    assert pair.over()
    assert names(pair.alice) == ["CallEnded"]
    assert [what for _, _, what in pair.wire.whats()][-3:] == ["ACK", "BYE", "200 BYE"]
    assert last(pair.bob, CallEnded).by == "remote"


def test_a_bye_in_an_early_dialog_ends_the_call(pair: Pair) -> None:
    pair.at_bob = lambda call, now: pair.bob.ua.ring(call, now)
    call = pair.call()
    pair.run(1.0)
    dialog = pair.bob.calls[0].dialog
    assert dialog is not None
    bye = dialog.request("BYE")
    pair.bob.ua.send(bye, ALICE, pair.wire.now)
    pair.run(1.0)
    assert last(pair.alice, CallEnded).by == "remote"
    assert "CANCEL" in [what for _, _, what in pair.wire.whats()]
    assert call.ended
    assert pair.over()


def test_a_caller_may_say_bye_to_a_ringing_call(pair: Pair) -> None:
    pair.at_bob = lambda call, now: pair.bob.ua.ring(call, now)
    call = pair.call()
    pair.run(1.0)
    assert call.dialog is not None
    pair.alice.ua.send(call.dialog.request("BYE"), BOB, pair.wire.now)
    assert pair.over()
    assert last(pair.bob, CallEnded).by == "remote"
    assert "487 INVITE" in [what for _, _, what in pair.wire.whats()]


@pytest.mark.parametrize("seed", range(40))
def test_any_bad_line_ends_with_both_knowing(seed: int) -> None:
    pair = Pair(loss=0.35, seed=seed)
    call = pair.call()
    pair.wire.at(50.0, lambda: pair.alice.ua.hang_up(call, pair.wire.now))
    assert pair.over()
    assert call.ended
    assert all(one.ended for one in pair.bob.calls)


# Calls that offer nothing, and answer the callee's offer in the ACK


def call_without_offer(pair: Pair) -> Call:
    request = pair.alice.ua.new_request("INVITE", Uri.parse("sip:bob@telprotocol"))
    return pair.alice.ua.invite(request, BOB, pair.now)


def test_an_offer_in_the_answer_waits_for_ours_in_the_ack_however_often_it_comes(pair: Pair) -> None:
    call = call_without_offer(pair)
    pair.run(5.0)
    assert last(pair.alice, Answered).ack
    assert pair.whats().count("200 INVITE") > 2
    assert ("ACK" in pair.whats(), call.is_negotiating) == (False, True)
    pair.alice.ua.acknowledge(call, OFFER)
    with pytest.raises(ProtocolStateError, match="owes no ACK"):
        pair.alice.ua.acknowledge(call, OFFER)
    pair.run(5.0)
    assert last(pair.bob, CallConfirmed).ack.body == OFFER
    assert (call.local_sdp, pair.bob.calls[0].remote_sdp) == (OFFER, OFFER)
    assert not call.is_negotiating
    pair.alice.ua.hang_up(call, pair.now)
    assert pair.over()


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_hanging_up_before_that_ack_leaves_nothing_behind(pair: Pair, who: str) -> None:
    call = call_without_offer(pair)
    pair.run(1.0)
    side, own = (pair.alice, call) if who == "alice" else (pair.bob, pair.bob.calls[0])
    side.ua.hang_up(own, pair.now)
    assert pair.over()
    assert (call.ended, pair.bob.calls[0].ended) == (True, True)
    with pytest.raises(ProtocolStateError, match="owes no ACK"):
        pair.alice.ua.acknowledge(call, OFFER)


# Credentials


def test_credentials_follow_an_ack_through_proxies_but_not_to_a_peer_reached_directly() -> None:
    for route, expected in (("<sip:192.0.2.9;lr>", ["Digest a=1"]), (None, [])):
        alice = Client("alice", ALICE)
        request = alice.ua.new_request("INVITE", Uri.parse("sip:bob@telprotocol"))
        request.headers.add("Proxy-Authorization", "Digest a=1")
        alice.ua.invite(request, BOB, Monotonic(0.0))
        headers = [("Contact", "<sip:bob@192.0.2.2>"), *([("Record-Route", route)] if route else [])]
        alice.stack.receive(
            parse(bytes(request.response(200, to_tag="b", headers=headers))), BOB, Monotonic(0.1)
        )
        alice.pump(Monotonic(0.1))
        ack = parse(alice.stack.take_outgoing()[-1].data)
        assert isinstance(ack, Request)
        assert ack.method == "ACK"
        assert ack.headers.all("Proxy-Authorization") == expected


# Misuse leaves everything as it was


@pytest.mark.parametrize(
    "action",
    [
        lambda ua, call, now: ua.ring(call, now),
        lambda ua, call, now: ua.accept(call, b"", now),
        lambda ua, call, now: ua.reject(call, now),
    ],
)
def test_only_an_unanswered_incoming_call_can_be_answered(
    pair: Pair, action: Callable[[UserAgent, Call, Monotonic], None]
) -> None:
    call = pair.call()
    pair.run(5.0)
    for side, own in ((pair.alice, call), (pair.bob, pair.bob.calls[0])):
        before = (own.state, own.dialog, side.deadline())
        with pytest.raises(ProtocolStateError, match="confirmed"):
            action(side.ua, own, pair.wire.now)
        assert (own.state, own.dialog, side.deadline()) == before
    assert [what for _, _, what in pair.wire.whats()] == ["INVITE", "200 INVITE", "ACK"]


def test_invite_begins_calls_and_send_does_not(pair: Pair) -> None:
    ua = pair.alice.ua
    with pytest.raises(ProtocolStateError, match="use invite"):
        ua.send(ua.new_request("INVITE", ua.aor), BOB, Monotonic(0.0))
    with pytest.raises(ProtocolStateError, match="use send"):
        ua.invite(ua.new_request("MESSAGE", ua.aor), BOB, Monotonic(0.0))
    assert pair.alice.stack.transactions == 0


# Requests outside of calls


def test_a_message_goes_across_and_is_answered(pair: Pair) -> None:
    ua = pair.alice.ua
    ua.send(
        ua.new_request("MESSAGE", Uri.parse("sip:bob@telprotocol"), body="hällo".encode()),
        BOB,
        Monotonic(0.0),
    )
    pair.run(0.1)
    event = last(pair.bob, IncomingRequest)
    assert event.request.body.decode() == "hällo"
    assert event.request.content_type == "text/plain"
    assert event.call is None
    pair.bob.ua.answer(event.tx, 202, pair.wire.now, reason="Kept")
    assert pair.over()
    answered = last(pair.alice, RequestAnswered)
    assert answered.response is not None
    assert (answered.status, answered.response.reason) == (202, "Kept")


def test_registers_share_a_call_id_and_count(pair: Pair) -> None:
    ua = pair.alice.ua
    first, second = (ua.new_request("REGISTER", Uri.parse("sip:telprotocol")) for _ in range(2))
    assert first.call_id == second.call_id
    assert (first.cseq.number, second.cseq.number) == (1, 2)
    assert (first.to.uri, first.from_.uri) == (ua.aor, ua.aor)
    assert first.headers.get("Contact") == ua.contact
    other = ua.new_request("MESSAGE", ua.aor)
    assert other.call_id != first.call_id
    assert "Contact" not in other.headers


def test_a_request_can_be_tried_again_with_the_next_number(pair: Pair) -> None:
    ua = pair.alice.ua
    first = ua.new_request("INVITE", ua.aor, to=NameAddr(ua.aor, "Bob"))
    again = ua.new_request("INVITE", ua.aor, call_id=first.call_id, cseq=first.cseq.number + 1)
    assert (again.call_id, again.cseq.number) == (first.call_id, 2)
    assert first.to.display == "Bob"


def test_a_redirected_and_a_lost_request_are_told(pair: Pair) -> None:
    ua = pair.alice.ua
    register = ua.new_request("REGISTER", Uri.parse("sip:telprotocol"))
    ua.send(register, BOB, Monotonic(0.0))
    pair.run(0.1)
    contact = ("Contact", "<sip:192.0.2.9>")
    pair.bob.ua.answer(last(pair.bob, IncomingRequest).tx, 302, pair.wire.now, headers=[contact])
    pair.run(0.1)
    event = last(pair.alice, Redirected)
    assert (event.call, event.response.contacts[0].uri.host) == (None, "192.0.2.9")
    ua.send(ua.new_request("OPTIONS", ua.aor), udp("192.0.2.77"), pair.wire.now)
    assert pair.over()
    lost = last(pair.alice, RequestAnswered)
    assert (lost.response, lost.status) == (None, 408)


def test_a_contact_can_change_between_requests(pair: Pair) -> None:
    pair.alice.ua.contact = NameAddr.parse("<sip:alice@198.51.100.1>")
    assert pair.alice.ua.new_request("OPTIONS", pair.alice.ua.aor).contacts[0].uri.host == "198.51.100.1"


# What a peer may try


def hostile(bob: Client, *, method: str = "INVITE", **fields: str) -> list[str]:
    """What Bob says to a request with these fields."""
    request = Request(method, Uri.parse("sip:bob@telprotocol"))
    for name, value in {
        "Via": "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx",
        "From": "<sip:alice@telprotocol>;tag=a",
        "To": "<sip:bob@telprotocol>",
        "Call-ID": "c",
        "CSeq": f"1 {method}",
        "Contact": "<sip:alice@192.0.2.1>",
        "Max-Forwards": "70",
        **fields,
    }.items():
        if value:
            request.headers.add(name, value)
    bob.stack.receive(parse(bytes(request)), ALICE, Monotonic(0.0))
    bob.pump(Monotonic(0.0))
    answers = [parse(out.data) for out in bob.stack.take_outgoing()]
    return [f"{answer.status}" for answer in answers if isinstance(answer, Response)]


def test_what_a_user_agent_cannot_do_is_refused_by_itself() -> None:
    bob = Client("bob", BOB)
    assert hostile(bob, Require="time-travel") == ["420"]
    assert hostile(bob, Via="SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKy", Contact="", **{"Call-ID": "d"}) == [
        "400"
    ]
    assert hostile(bob, method="BYE") == ["481"]
    assert hostile(bob, method="ACK") == []
    assert bob.seen == []


def test_a_forked_call_rings_once() -> None:
    bob = Client("bob", BOB)
    assert hostile(bob) == []
    assert hostile(bob, Via="SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKy") == ["482"]
    assert names(bob) == ["IncomingCall"]


def test_a_stray_response_and_events_of_others_are_left_alone(pair: Pair) -> None:
    call = pair.call()
    pair.run(5.0)
    stray = call.request.response(200, to_tag="nobody")
    pair.alice.stack.advance(Monotonic(1000.0))
    pair.alice.stack.receive(parse(bytes(stray)), BOB, Monotonic(1000.0))
    pair.alice.pump(Monotonic(1000.0))
    assert len(pair.alice.unhandled) == 1
    tx = pair.alice.stack.request(
        pair.alice.ua.new_request("OPTIONS", pair.alice.ua.aor), BOB, Monotonic(1000.0)
    )
    assert not pair.alice.ua.handle(ResponseReceived(tx, stray, BOB), Monotonic(1000.0))
    assert not pair.alice.ua.handle(Event(), Monotonic(1000.0))


def test_a_confirmed_call_is_told_with_its_ack(pair: Pair) -> None:
    pair.call()
    pair.run(5.0)
    assert last(pair.bob, CallConfirmed).ack.method == "ACK"
