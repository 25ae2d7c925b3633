"""CANCEL in every state of a call, seen from both ends (RFC 3261 section 9)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Uri, parse
from telsdk.sip.transaction import Event
from telsdk.sip.ua import Call, CallEnded, CallFailed, CallState, IncomingCall, Reinvited
from tests.interpreted import interpreted
from tests.sip.ladder import ANSWER, OFFER, Client
from tests.sip.pair import ALICE, Pair, last, names
from tests.sip.wire import Wire, no_message_is_left


@pytest.fixture
def pair() -> Pair:
    return Pair(delay=(0.01, 0.01))


def cancel_of(call: Call) -> Request:
    """The CANCEL to the call's INVITE, as its sender would write it (9.1)."""
    invite = call.request
    fields = invite.headers.only("Via", "From", "To", "Call-ID")
    cancel = Request("CANCEL", invite.uri, fields)
    cancel.headers.add("CSeq", f"{invite.cseq.number} CANCEL")
    cancel.headers.add("Max-Forwards", "70")
    return cancel


# The caller's side


def test_a_cancel_waits_for_the_first_provisional_response(pair: Pair) -> None:
    pair.at_bob = lambda call, now: None
    call = pair.call()
    pair.alice.ua.hang_up(call, pair.now)
    pair.run(0.1)
    assert "CANCEL" not in pair.whats()
    assert not call.ended
    assert pair.over()  # Bob's stack says 100 after 200 ms
    times = {sent.what: sent.at for sent in reversed(pair.wire.log)}
    assert times["CANCEL"] > times["100 INVITE"]
    assert (last(pair.alice, CallEnded).by, last(pair.bob, CallEnded).by) == ("local", "remote")


def test_a_cancel_of_a_call_that_nobody_answers_at_all_never_goes_out(pair: Pair) -> None:
    pair.wire.loss = 1.0
    call = pair.call()
    pair.alice.ua.hang_up(call, pair.now)
    assert pair.over()
    assert "CANCEL" not in [sent.what for sent in pair.wire.log]
    assert last(pair.alice, CallEnded).by == "local"
    assert call.ended


def test_a_ringing_call_is_cancelled_once_however_often_one_hangs_up(pair: Pair) -> None:
    pair.at_bob = lambda call, now: pair.bob.ua.ring(call, now)
    call = pair.call()
    pair.run(0.5)
    for _ in range(3):
        pair.alice.ua.hang_up(call, pair.now)
    assert pair.over()
    assert pair.whats()[2:] == ["CANCEL", "200 CANCEL", "487 INVITE", "ACK"]
    assert names(pair.alice) == ["Ringing", "CallEnded"]


def test_a_refusal_that_crosses_the_cancel_ends_the_call_as_wished(pair: Pair) -> None:
    pair.at_bob = lambda call, now: pair.bob.ua.ring(call, now)
    call = pair.call()
    pair.run(0.5)
    pair.alice.ua.hang_up(call, pair.now)
    pair.bob.ua.reject(pair.bob.calls[0], pair.now)
    assert pair.over()
    assert last(pair.alice, CallEnded).by == "local"
    assert last(pair.bob, CallEnded).by == "local"


def test_an_answer_that_crosses_the_cancel_is_acknowledged_and_ended_by_bye(pair: Pair) -> None:
    pair.at_bob = lambda call, now: pair.bob.ua.ring(call, now)
    call = pair.call()
    pair.run(0.5)
    pair.alice.ua.hang_up(call, pair.now)
    pair.bob.ua.accept(pair.bob.calls[0], ANSWER, pair.now)
    assert pair.over()
    whats = pair.whats()
    assert whats.index("ACK") < whats.index("BYE")
    assert "487 INVITE" not in whats
    assert (last(pair.alice, CallEnded).by, last(pair.bob, CallEnded).by) == ("local", "remote")


def test_a_phone_that_neither_answers_nor_obeys_the_cancel_is_given_up(pair: Pair) -> None:
    pair.at_bob = lambda call, now: pair.bob.ua.ring(call, now)
    call = pair.call()
    pair.run(0.5)
    pair.wire.loss = 1.0
    pair.alice.ua.hang_up(call, pair.now)
    pair.run(31.0)
    assert not call.ended
    pair.run(3.0)
    assert last(pair.alice, CallEnded).by == "local"


def test_hanging_up_in_an_answered_call_is_a_bye_and_in_a_finished_one_nothing(pair: Pair) -> None:
    call, _ = pair.talk()
    pair.alice.ua.hang_up(call, pair.now)
    assert pair.over()
    before = pair.whats()
    pair.alice.ua.hang_up(call, pair.now)
    assert pair.over()
    assert pair.whats() == before
    assert "CANCEL" not in before


# The called side


def test_a_cancel_before_anything_was_said_ends_the_call_with_487(pair: Pair) -> None:
    pair.at_bob = lambda call, now: None
    call = pair.call()
    pair.run(0.1)
    pair.bob.stack.receive(parse(bytes(cancel_of(call))), ALICE, pair.now)
    pair.run(0.1)
    assert {"200 CANCEL", "487 INVITE"} <= set(pair.whats())
    assert last(pair.bob, CallEnded).by == "remote"
    assert last(pair.alice, CallFailed).status == 487  # she did not send it


STATES: dict[str, Callable[[Pair, Call], None]] = {
    "answered": lambda pair, call: pair.bob.ua.accept(call, ANSWER, pair.now),
    "refused": lambda pair, call: pair.bob.ua.reject(call, pair.now),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("later", [0.0, 5.0])
def test_a_cancel_after_the_final_response_gets_200_and_changes_nothing(
    pair: Pair, state: str, later: float
) -> None:
    pair.at_bob = lambda call, now: STATES[state](pair, call)
    call = pair.call()
    pair.run(0.01)
    theirs = pair.bob.calls[0]
    pair.run(later)
    before = (theirs.state, len(pair.bob.seen))
    pair.bob.stack.receive(parse(bytes(cancel_of(call))), ALICE, pair.now)
    pair.bob.pump(pair.now)
    answers = [parse(out.data).start_line for out in pair.bob.stack.take_outgoing()]
    assert [line for line in answers if "200 OK" in line]
    assert not [line for line in answers if "487" in line]
    assert (theirs.state, len(pair.bob.seen)) == before


@interpreted("it takes no None where its types forbid it")
def test_a_cancel_of_nothing_gets_481(pair: Pair) -> None:
    request = pair.alice.ua.new_request("INVITE", Uri.parse("sip:bob@telprotocol"), body=OFFER)
    request.headers.insert("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKnothing")
    call = Call(outgoing=True, request=request, tx=None)  # type: ignore[arg-type]
    pair.bob.stack.receive(parse(bytes(cancel_of(call))), ALICE, pair.now)
    pair.run(0.1)
    assert pair.whats() == ["481 CANCEL"]
    assert pair.bob.seen == []


def test_a_cancel_twice_is_answered_twice_and_told_once(pair: Pair) -> None:
    pair.at_bob = lambda call, now: pair.bob.ua.ring(call, now)
    call = pair.call()
    pair.run(0.5)
    for _ in range(2):
        pair.bob.stack.receive(parse(bytes(cancel_of(call))), ALICE, pair.now)
        pair.run(0.05)
    assert pair.whats().count("200 CANCEL") == 2
    assert names(pair.bob).count("CallEnded") == 1


def test_a_cancelled_invite_within_a_call_leaves_the_call(pair: Pair) -> None:
    call, theirs = pair.talk()
    request = pair.alice.ua.within(call, "INVITE")
    request.body = OFFER
    pair.alice.ua.offer(call, request, pair.now)
    pair.run(0.3)
    assert call.offer is not None
    tx = last(pair.bob, Reinvited).tx
    pair.alice.stack.cancel(call.offer, pair.now)
    pair.run(0.2)
    assert tx.request.body == b""  # answered
    assert (call.state, theirs.state) == (CallState.CONFIRMED, CallState.CONFIRMED)
    assert not call.is_negotiating
    assert not theirs.is_negotiating
    pair.alice.ua.hang_up(call, pair.now)
    assert pair.over()


@pytest.mark.parametrize("crossing", [True, False])
def test_a_cancel_over_a_connection_ends_as_over_datagrams(crossing: bool) -> None:
    here, there = Hop("TCP", "192.0.2.1", 5060), Hop("TCP", "192.0.2.2", 5060)
    alice, bob = Client("alice", here), Client("bob", there)
    wire = Wire(alice, bob)

    def ring(event: Event, now: Monotonic) -> None:
        if isinstance(event, IncomingCall):
            bob.calls.append(event.call)
            bob.ua.ring(event.call, now)

    bob.react = ring
    call = alice.call("bob", there, Monotonic(0.0))
    wire.run(until=0.5)
    alice.ua.hang_up(call, wire.now)
    if crossing:
        bob.ua.accept(bob.calls[0], ANSWER, wire.now)
    wire.run()
    assert (call.ended, bob.calls[0].ended) == (True, True)
    assert no_message_is_left([alice, bob])
