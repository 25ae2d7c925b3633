"""Offers that come late: the INVITE has none, so the 200 offers and the ACK answers (RFC 3261 sections 13.2.1, 14)."""

from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.message import Response, parse
from telsdk.sip.transaction import Event
from telsdk.sip.ua import (
    Answered,
    Call,
    CallConfirmed,
    CallState,
    LateAnswer,
    OfferAnswered,
    OfferFailed,
    Reinvited,
    Ringing,
)
from telsdk.sip.ua.negotiation import Open, Turn
from tests.sip.ladder import ANSWER, OFFER, Client
from tests.sip.pair import ALICE, BOB, Pair, last, names

NEWER = b"v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"
NEWEST = b"v=0\r\no=- 1 3 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"


@pytest.fixture
def pair() -> Pair:
    return Pair()


def ask(pair: Pair, side: Client, call: Call) -> None:
    """An INVITE within the call, in which the peer is to offer."""
    side.ua.offer(call, side.ua.within(call, "INVITE"), pair.now)


def open_at(call: Call) -> Open:
    assert call.dialog is not None
    return call.dialog.negotiation.open


@pytest.mark.parametrize("caller_asks", [True, False])
def test_within_a_call_either_side_lets_the_other_offer(pair: Pair, caller_asks: bool) -> None:
    mine, theirs = pair.talk()
    one, own, other, its = (
        (pair.alice, mine, pair.bob, theirs) if caller_asks else (pair.bob, theirs, pair.alice, mine)
    )
    ask(pair, one, own)
    pair.run(0.1)
    event = last(other, Reinvited)
    assert (event.request.body, open_at(own), open_at(its)) == (b"", Open.THEIRS_TO_COME, Open.OURS_TO_COME)
    other.ua.accept_offer(its, event.tx, NEWER, pair.now)
    pair.run(3.0)
    answered = last(one, OfferAnswered)
    assert (answered.ack, answered.response.body) == (True, NEWER)
    assert pair.whats().count("200 INVITE") > 2  # it comes again until the ACK
    assert len(one.seen_of(OfferAnswered)) == 1
    one.ua.acknowledge(own, NEWEST, headers=[("Subject", "late")])
    pair.run(1.0)
    ack = last(other, LateAnswer).ack
    assert (ack.body, ack.headers.get("Subject")) == (NEWEST, "late")
    assert (own.local_sdp, own.remote_sdp) == (its.remote_sdp, its.local_sdp) == (NEWEST, NEWER)
    assert not own.is_negotiating
    assert not its.is_negotiating
    one.ua.hang_up(own, pair.now)
    assert pair.over()


def test_an_ack_without_the_answer_leaves_the_session_as_it_was_and_is_told(pair: Pair) -> None:
    call, theirs = pair.talk()
    ask(pair, pair.alice, call)
    pair.run(0.1)
    pair.bob.ua.accept_offer(theirs, last(pair.bob, Reinvited).tx, NEWER, pair.now)
    pair.run(0.1)
    assert call.owes_ack is not None
    assert call.dialog is not None
    ack = call.dialog.request("ACK", cseq=call.owes_ack.cseq.number)
    pair.alice.stack.send(ack, BOB)
    pair.run(0.1)
    assert last(pair.bob, LateAnswer).ack.body == b""
    assert (theirs.local_sdp, theirs.remote_sdp, open_at(theirs)) == (ANSWER, OFFER, Open.NOBODYS)


def test_a_refused_one_leaves_the_session_as_it_was(pair: Pair) -> None:
    call, theirs = pair.talk()
    ask(pair, pair.alice, call)
    pair.run(0.1)
    pair.bob.ua.answer(last(pair.bob, Reinvited).tx, 488, pair.now)
    pair.run(0.1)
    assert last(pair.alice, OfferFailed).status == 488
    assert (call.local_sdp, call.remote_sdp) == (theirs.remote_sdp, theirs.local_sdp) == (OFFER, ANSWER)
    assert not call.is_negotiating


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_an_offer_that_crosses_it_gets_491_and_so_does_it(method: str) -> None:
    pair = Pair(delay=(0.01, 0.01))
    mine, theirs = pair.talk()
    ask(pair, pair.alice, mine)
    request = pair.bob.ua.within(theirs, method)
    request.body = NEWER
    (pair.bob.ua.offer if method == "INVITE" else pair.bob.ua.update)(theirs, request, pair.now)
    pair.run(0.3)
    assert [last(side, OfferFailed).status for side in (pair.alice, pair.bob)] == [491, 491]
    assert (open_at(mine), open_at(theirs)) == (Open.NOBODYS, Open.NOBODYS)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("begins", [True, False])
def test_an_offer_that_comes_before_the_answer_to_the_one_in_the_200_gets_500(
    pair: Pair, method: str, begins: bool
) -> None:
    """The callee's next one, while the caller thinks about the answer."""
    if begins:
        call = pair.alice.ua.invite(pair.alice.ua.new_request("INVITE", pair.bob.ua.aor), BOB, pair.now)
    else:
        call, _ = pair.talk()
        ask(pair, pair.alice, call)
        pair.run(0.1)
        event = last(pair.bob, Reinvited)
        pair.bob.ua.accept_offer(event.call, event.tx, NEWER, pair.now)
    pair.run(0.1)
    assert open_at(call) is Open.THEIRS_IN_2XX
    theirs = pair.bob.calls[0].dialog
    assert theirs is not None
    request = theirs.request(method, contact=pair.bob.ua.contact)
    request.body = NEWEST
    request.headers.add("Content-Type", "application/sdp")
    pair.bob.stack.request(request, ALICE, pair.now)
    pair.run(0.1)
    (refusal,) = pair.sent(f"500 {method}")
    assert 0 <= int(refusal.headers.get("Retry-After") or "-1") <= 10
    pair.alice.ua.acknowledge(call, OFFER)
    pair.run(0.5)
    assert call.local_sdp == pair.bob.calls[0].remote_sdp == OFFER


def test_an_offer_wants_an_answer_and_a_late_one_a_description(pair: Pair) -> None:
    pair.at_bob = lambda call, now: pair.bob.ua.ring(call, now)
    request = pair.alice.ua.new_request("INVITE", pair.bob.ua.aor)
    call = pair.alice.ua.invite(request, BOB, pair.now)
    pair.run(0.1)
    theirs = pair.bob.calls[0]
    before = (theirs.state, open_at(theirs), pair.bob.stack.transactions, pair.bob.deadline())
    with pytest.raises(ProtocolStateError, match="not the time for our 2xx: the offer is OursToCome"):
        pair.bob.ua.accept(theirs, b"", pair.now)
    assert (theirs.state, open_at(theirs), pair.bob.stack.transactions, pair.bob.deadline()) == before
    pair.bob.ua.accept(theirs, NEWER, pair.now)
    pair.run(0.1)
    with pytest.raises(ProtocolStateError, match="answered with a description"):
        pair.alice.ua.acknowledge(call, b"")
    assert open_at(call) is Open.THEIRS_IN_2XX
    pair.alice.ua.acknowledge(call, NEWEST)
    pair.run(1.0)
    assert last(pair.bob, CallConfirmed).ack.body == NEWEST
    with pytest.raises(ProtocolStateError, match="accept_offer"):
        take_by_answer(pair, call)
    assert open_at(theirs) is Open.THEIRS_IN_INVITE


def take_by_answer(pair: Pair, call: Call) -> None:
    """Bob's application takes an offer by the wrong way."""
    request = pair.alice.ua.within(call, "INVITE")
    request.body = OFFER
    pair.alice.ua.offer(call, request, pair.now)
    pair.run(0.1)
    pair.bob.ua.answer(last(pair.bob, Reinvited).tx, 200, pair.now)


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_hanging_up_before_that_ack_within_a_call_leaves_nothing_behind(pair: Pair, who: str) -> None:
    call, theirs = pair.talk()
    ask(pair, pair.alice, call)
    pair.run(0.1)
    pair.bob.ua.accept_offer(theirs, last(pair.bob, Reinvited).tx, NEWER, pair.now)
    pair.run(0.1)
    side, own = (pair.alice, call) if who == "alice" else (pair.bob, theirs)
    side.ua.hang_up(own, pair.now)
    assert pair.over()
    assert (call.ended, theirs.ended) == (True, True)


def test_an_offer_in_a_reliable_response_within_a_call_is_answered_in_the_prack() -> None:
    """Our own called side sends none there; others do."""
    pair = Pair(supported=["100rel"])
    call, _ = pair.talk()
    ask(pair, pair.alice, call)
    pair.run(0.1)
    assert call.offer is not None
    headers = [("Require", "100rel"), ("RSeq", "7"), ("Content-Type", "application/sdp")]
    early = call.offer.request.response(183, headers=headers)
    early.body = NEWER
    parsed = parse(bytes(early))
    assert isinstance(parsed, Response)
    pair.alice.stack.receive(parsed, BOB, pair.now)
    pair.alice.pump(pair.now)
    ringing = last(pair.alice, Ringing)
    assert (ringing.prack, open_at(call)) == (True, Open.THEIRS_IN_1XX)
    pair.alice.ua.prack(call, ringing.response, NEWEST, pair.now)
    assert (open_at(call), call.local_sdp, call.remote_sdp) == (Open.NOBODYS, NEWEST, NEWER)
    assert call.dialog is not None
    assert call.dialog.negotiation.turn is Turn.OURS
    with pytest.raises(ProtocolStateError, match="nothing to acknowledge"):
        pair.alice.ua.prack(call, ringing.response, NEWEST, pair.now)


def takes_all(pair: Pair) -> None:
    """Both applications answer whatever is offered, and offer where that is wanted."""

    def act(event: Event, now: Monotonic) -> None:
        match event:
            case Answered(call=call, ack=True) | OfferAnswered(call=call, ack=True):
                side_of(pair, call).ua.acknowledge(call, NEWEST)
            case Reinvited(call=call, tx=tx):
                side_of(pair, call).ua.accept_offer(call, tx, NEWER, now)
            case _:
                pair.on_bob(event, now)

    pair.alice.react = pair.bob.react = act


def side_of(pair: Pair, call: Call) -> Client:
    return pair.alice if call.outgoing else pair.bob


def test_over_a_bad_line_late_offers_end_with_both_agreeing() -> None:
    """Alice calls without an offer, then each lets the other offer once more."""
    agreed = 0
    for seed in range(40):
        pair = Pair(seed=seed, loss=0.3)
        takes_all(pair)
        call = pair.alice.ua.invite(pair.alice.ua.new_request("INVITE", pair.bob.ua.aor), BOB, pair.now)
        pair.run(40.0)
        for own in (call, *pair.bob.calls):
            if own.state is CallState.CONFIRMED and not own.is_negotiating:
                ask(pair, side_of(pair, own), own)
                pair.run(40.0)
        pair.wire.loss = 0.0
        pair.run(80.0)
        for theirs in pair.bob.calls:
            if call.state is theirs.state is CallState.CONFIRMED:
                agreed += "LateAnswer" in names(pair.alice) + names(pair.bob)
                assert (call.local_sdp, call.remote_sdp) == (theirs.remote_sdp, theirs.local_sdp), seed
                assert (open_at(call), open_at(theirs)) == (Open.NOBODYS, Open.NOBODYS), seed
        pair.alice.ua.hang_up(call, pair.now)
        assert pair.over(), seed
    assert agreed > 25
