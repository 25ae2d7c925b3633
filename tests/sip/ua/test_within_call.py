"""Offers and other requests within a call."""

from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.message import Request
from telsdk.sip.transaction import Event
from telsdk.sip.ua import (
    Call,
    CallEnded,
    CallState,
    IncomingRequest,
    OfferAnswered,
    OfferFailed,
    Reinvited,
    RequestAnswered,
)
from tests.sip.ladder import ANSWER
from tests.sip.pair import BOB, Pair, last, names


@pytest.fixture
def pair() -> Pair:
    return Pair()


def offer(pair: Pair, call: Call) -> Request:
    request = pair.alice.ua.within(call, "INVITE")
    request.body = b"v=0\r\n"
    pair.alice.ua.offer(call, request, pair.wire.now)
    return request


def test_a_new_offer_within_a_call_is_answered_and_acknowledged(pair: Pair) -> None:
    call = pair.call()
    pair.run(5.0)
    offer(pair, call)
    pair.run(0.1)
    event = last(pair.bob, Reinvited)
    pair.bob.ua.accept_offer(event.call, event.tx, ANSWER, pair.wire.now)
    with pytest.raises(ProtocolStateError, match="answered"):
        pair.bob.ua.accept_offer(event.call, event.tx, ANSWER, pair.wire.now)
    pair.run(0.3)
    assert last(pair.alice, OfferAnswered).response.body == ANSWER
    assert event.call.answer is None
    assert names(pair.bob).count("CallConfirmed") == 1
    offer(pair, call)
    pair.run(0.1)
    pair.alice.ua.hang_up(call, pair.wire.now)
    assert pair.over()
    assert last(pair.bob, CallEnded).by == "remote"


def test_offers_over_a_bad_line_end_with_both_knowing() -> None:
    answered = [_offered_over_a_bad_line(seed) for seed in range(30)]
    assert answered.count(True) > 25  # the others had every INVITE lost, and ended


def _offered_over_a_bad_line(seed: int) -> bool:
    pair = Pair(seed=seed)
    call = pair.call()
    pair.run(5.0)
    pair.wire.loss = 0.35
    accept = pair.bob.react

    def react(event: Event, now: Monotonic) -> None:
        accept(event, now)
        if isinstance(event, Reinvited):
            pair.bob.ua.accept_offer(event.call, event.tx, ANSWER, now)

    pair.bob.react = react
    offer(pair, call)
    pair.wire.at(80.0, lambda: pair.alice.ua.hang_up(call, pair.wire.now))
    assert pair.over()
    assert call.ended
    assert pair.bob.calls[0].ended
    return "OfferAnswered" in names(pair.alice)


def test_a_refused_offer_leaves_the_call_as_it_was(pair: Pair) -> None:
    call = pair.call()
    pair.run(5.0)
    for _ in range(2):
        offer(pair, call)
        pair.run(0.1)
        pair.bob.ua.answer(last(pair.bob, Reinvited).tx, 488, pair.wire.now)
        pair.run(0.1)
        assert last(pair.alice, OfferFailed).status == 488
    assert call.state is CallState.CONFIRMED


def test_an_offer_to_a_peer_that_forgot_the_call_ends_it(pair: Pair) -> None:
    call = pair.call()
    pair.run(5.0)
    pair.bob.ua._calls.dialogs.clear()
    offer(pair, call)
    assert pair.over()
    assert last(pair.alice, CallEnded).by == "lost"


def test_an_offer_that_nobody_answers_ends_the_call(pair: Pair) -> None:
    call = pair.call()
    pair.run(5.0)
    pair.wire.loss = 1.0
    offer(pair, call)
    pair.run()
    assert last(pair.alice, CallEnded).by == "lost"


def test_offers_from_both_sides_at_once_get_491_and_change_nothing(pair: Pair) -> None:
    call = pair.call()
    pair.run(5.0)
    theirs = pair.bob.calls[0]
    offer(pair, call)
    pair.bob.ua.offer(theirs, pair.bob.ua.within(theirs, "INVITE"), pair.wire.now)
    pair.run(0.2)
    assert (last(pair.alice, OfferFailed).status, last(pair.bob, OfferFailed).status) == (491, 491)
    assert (call.state, theirs.state) == (CallState.CONFIRMED, CallState.CONFIRMED)


def test_one_offer_waits_for_the_other(pair: Pair) -> None:
    call = pair.call()
    pair.run(5.0)
    offer(pair, call)
    with pytest.raises(ProtocolStateError, match="not the time for our INVITE: the offer is OursInInvite"):
        pair.alice.ua.offer(call, pair.alice.ua.within(call, "INVITE"), pair.wire.now)
    pair.run(0.1)
    theirs = pair.bob.calls[0]
    with pytest.raises(ProtocolStateError, match="not the time for our INVITE: the offer is TheirsInInvite"):
        pair.bob.ua.offer(theirs, pair.bob.ua.within(theirs, "INVITE"), pair.wire.now)
    pair.alice.stack.request(pair.alice.ua.within(call, "INVITE"), BOB, pair.wire.now)
    pair.run(0.1)
    assert "500 INVITE" in [what for _, _, what in pair.wire.whats()]


def test_a_withdrawn_offer_is_closed(pair: Pair) -> None:
    call = pair.call()
    pair.run(5.0)
    offer(pair, call)
    pair.run(0.3)  # long enough for the stack's 100
    assert call.offer is not None
    pair.alice.stack.cancel(call.offer, pair.wire.now)
    pair.run(0.2)
    assert last(pair.alice, OfferFailed).status == 487
    event = last(pair.bob, Reinvited)
    with pytest.raises(ProtocolStateError, match="withdrawn"):
        pair.bob.ua.accept_offer(event.call, event.tx, ANSWER, pair.wire.now)
    assert call.state is CallState.CONFIRMED


def test_other_requests_within_a_call_reach_the_application(pair: Pair) -> None:
    call = pair.call()
    pair.run(5.0)
    info = pair.alice.ua.within(call, "INFO")
    pair.alice.ua.send_within(call, info, pair.wire.now)
    pair.run(0.1)
    event = last(pair.bob, IncomingRequest)
    assert (event.request.method, event.call) == ("INFO", pair.bob.calls[0])
    pair.bob.ua.answer(event.tx, 200, pair.wire.now, body=b"x", headers=[("Content-Type", "text/plain")])
    pair.run(0.1)
    answered = last(pair.alice, RequestAnswered)
    assert answered.response is not None
    assert (answered.status, answered.response.body) == (200, b"x")


def test_requests_that_are_out_of_order_get_500_and_those_of_no_call_481(pair: Pair) -> None:
    call = pair.call()
    pair.run(5.0)
    assert call.dialog is not None
    for cseq, dialog_tag, status in ((1, None, 500), (9, "else", 481)):
        request = call.dialog.request("INFO", cseq=cseq)
        if cseq == 1:
            pair.bob.calls[0].dialog.remote_seq = 3  # type: ignore[union-attr]
        if dialog_tag:
            request.headers.set("To", f"<sip:bob@telprotocol>;tag={dialog_tag}")
        pair.alice.ua.send(request, BOB, pair.wire.now)
        pair.run(0.1)
        assert last(pair.alice, RequestAnswered).status == status


def test_a_call_without_a_dialog_has_nothing_within(pair: Pair) -> None:
    pair.at_bob = lambda call, now: None
    call = pair.call()
    with pytest.raises(ProtocolStateError, match="no dialog"):
        pair.alice.ua.within(call, "INFO")
    with pytest.raises(ProtocolStateError, match="no dialog"):
        pair.alice.ua.send_within(call, call.request, Monotonic(0.0))
