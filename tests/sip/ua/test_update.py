from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.message import NameAddr, Request, Response
from telsdk.sip.transaction import Event
from telsdk.sip.ua import (
    Answered,
    Call,
    CallEnded,
    CallFailed,
    CallState,
    Dialog,
    OfferAnswered,
    OfferFailed,
    Reinvited,
    RequestAnswered,
)
from telsdk.sip.ua.negotiation import Errand, Open, Turn
from tests.sip.ladder import ANSWER, OFFER, Client
from tests.sip.pair import ALICE, BOB, Pair, last, names


@pytest.fixture
def pair() -> Pair:
    return Pair()


def update(pair: Pair, side: Client, call: Call, body: bytes = b"") -> Request:
    request = side.ua.within(call, "UPDATE")
    request.body = body
    side.ua.update(call, request, pair.now)
    return request


def dialog(call: Call) -> Dialog:
    assert call.dialog is not None
    return call.dialog


def open_at(call: Call) -> Open:
    return dialog(call).negotiation.open


def state(call: Call) -> tuple[Open, Turn, Errand]:
    return open_at(call), dialog(call).negotiation.turn, dialog(call).negotiation.errand


def with_an_early_answer() -> Pair:
    """Bob rings and, by a reliable response, answers the offer."""
    made = Pair(supported=["100rel"])
    made.at_bob = lambda call, now: made.bob.ua.ring(call, now, status=183, body=ANSWER)
    return made


# Offers


@pytest.mark.parametrize("caller_offers", [True, False])
def test_an_offer_in_an_update_is_answered_in_its_200_and_needs_no_ack(
    pair: Pair, caller_offers: bool
) -> None:
    mine, theirs = pair.talk()
    one, own, other = (pair.alice, mine, pair.bob) if caller_offers else (pair.bob, theirs, pair.alice)
    before = len(pair.wire.log)
    update(pair, one, own, OFFER)
    pair.run(0.1)
    event = last(other, Reinvited)
    assert (event.request.method, event.request.body) == ("UPDATE", OFFER)
    other.ua.accept_offer(event.call, event.tx, ANSWER, pair.now)
    pair.run(0.1)
    assert last(one, OfferAnswered).response.body == ANSWER
    assert pair.whats(before) == ["UPDATE", "200 UPDATE"]
    assert (open_at(mine), open_at(theirs)) == (Open.NOBODYS, Open.NOBODYS)
    assert (own.local_sdp, event.call.remote_sdp) == (OFFER, OFFER)
    with pytest.raises(ProtocolStateError):
        other.ua.accept_offer(event.call, event.tx, ANSWER, pair.now)


def test_a_refused_update_leaves_everything_as_it_was(pair: Pair) -> None:
    call, theirs = pair.talk()
    before = (call.local_sdp, call.remote_sdp, dialog(theirs).remote_target)
    pair.alice.ua.contact = NameAddr.parse("<sip:alice@192.0.2.1;moved>")
    for _ in range(2):
        update(pair, pair.alice, call, b"v=1\r\n")
        pair.run(0.1)
        pair.bob.ua.answer(last(pair.bob, Reinvited).tx, 488, pair.now)
        pair.run(0.1)
        failed = last(pair.alice, OfferFailed)
        assert (failed.status, failed.retry_after) == (488, None)
    assert (call.local_sdp, call.remote_sdp, dialog(theirs).remote_target) == before


def test_an_answered_first_offer_lets_the_next_go_while_it_rings() -> None:
    pair = Pair(supported=["100rel"])
    pair.at_bob = lambda call, now: pair.bob.ua.ring(call, now)
    call = pair.call()
    pair.run(0.5)
    with pytest.raises(ProtocolStateError, match="not the time for our UPDATE with SDP"):
        update(pair, pair.alice, call, OFFER)
    pair.bob.ua.ring(pair.bob.calls[0], pair.now, status=183, body=ANSWER)
    pair.run(0.5)
    update(pair, pair.alice, call, OFFER)
    pair.run(0.1)
    event = last(pair.bob, Reinvited)
    pair.bob.ua.accept_offer(event.call, event.tx, ANSWER, pair.now)
    pair.run(0.1)
    assert last(pair.alice, OfferAnswered).response.body == ANSWER
    pair.bob.ua.accept(pair.bob.calls[0], ANSWER, pair.now)
    pair.run(0.5)
    assert last(pair.alice, Answered).call is call


def test_an_update_without_offer_that_meets_the_answer_to_the_call_leaves_no_offer_open(pair: Pair) -> None:
    pair.at_bob = lambda call, now: pair.bob.ua.ring(call, now)
    call = pair.call()
    pair.run(0.5)
    pair.bob.ua.accept(pair.bob.calls[0], ANSWER, pair.now)
    update(pair, pair.alice, call)
    pair.run(1.0)
    assert (call.is_negotiating, pair.bob.calls[0].is_negotiating) == (False, False)


def test_neither_the_answer_to_the_call_nor_its_ack_is_taken_for_the_answer_to_an_update() -> None:
    pair = with_an_early_answer()
    call = pair.call()
    pair.run(0.5)
    theirs = pair.bob.calls[0]
    update(pair, pair.bob, theirs, b"v=0\r\no=newer\r\n")
    pair.run(0.5)
    pair.bob.ua.accept(theirs, ANSWER, pair.now)
    pair.run(1.0)
    assert (call.state, theirs.state) == (CallState.CONFIRMED, CallState.CONFIRMED)
    assert (open_at(call), open_at(theirs)) == (Open.THEIRS_IN_UPDATE, Open.OURS_IN_UPDATE)
    assert (theirs.local_sdp, theirs.remote_sdp) == (call.remote_sdp, call.local_sdp) == (ANSWER, OFFER)


# Glare


def test_two_updates_that_cross_get_491_and_each_end_another_time_to_wait() -> None:
    pair = Pair(delay=(0.01, 0.01))  # so that they surely cross
    waits: dict[str, set[float | None]] = {"alice": set(), "bob": set()}
    mine, theirs = pair.talk()
    for _ in range(20):
        update(pair, pair.alice, mine, OFFER)
        update(pair, pair.bob, theirs, OFFER)
        pair.run(0.2)
        for side in (pair.alice, pair.bob):
            failed = last(side, OfferFailed)
            assert failed.status == 491
            waits[side.name].add(failed.retry_after)
    assert all(wait is not None and 2.1 <= wait <= 4.0 for wait in waits["alice"])  # made the Call-ID
    assert all(wait is not None and 0.0 <= wait <= 2.0 for wait in waits["bob"])
    assert min(len(wait) for wait in waits.values()) > 10
    assert (open_at(mine), open_at(theirs)) == (Open.NOBODYS, Open.NOBODYS)


@pytest.mark.parametrize("caller_updates", [True, False])
def test_an_update_that_crosses_an_invite_within_the_call_gets_491_and_so_does_that(
    caller_updates: bool,
) -> None:
    pair = Pair(delay=(0.01, 0.01))
    mine, theirs = pair.talk()
    one, own, other, its = (
        (pair.alice, mine, pair.bob, theirs) if caller_updates else (pair.bob, theirs, pair.alice, mine)
    )
    update(pair, one, own, OFFER)
    request = other.ua.within(its, "INVITE")
    request.body = OFFER
    other.ua.offer(its, request, pair.now)
    pair.run(0.3)
    assert [last(side, OfferFailed).status for side in (one, other)] == [491, 491]
    assert not mine.is_negotiating
    assert not theirs.is_negotiating


@pytest.mark.parametrize("second", ["UPDATE", "INVITE"])
def test_an_offer_before_the_first_is_answered_gets_500_and_a_time_to_wait(pair: Pair, second: str) -> None:
    call, theirs = pair.talk()
    update(pair, pair.alice, call, OFFER)
    pair.run(0.1)
    request = dialog(call).request(second, contact=pair.alice.ua.contact)
    request.body = OFFER
    request.headers.add("Content-Type", "application/sdp")
    pair.alice.stack.request(request, BOB, pair.now)
    pair.run(0.1)
    (refusal,) = pair.sent(f"500 {second}")
    assert 0 <= int(refusal.headers.get("Retry-After") or "-1") <= 10
    assert len(theirs.asked) == 1
    assert open_at(theirs) is Open.THEIRS_IN_UPDATE


@pytest.mark.parametrize("offer", [OFFER, b""])
def test_our_own_side_makes_no_second_offer_and_no_second_update(pair: Pair, offer: bytes) -> None:
    mine, theirs = pair.talk()
    update(pair, pair.alice, mine, offer)
    before = (state(mine), pair.alice.stack.transactions)
    for body in (OFFER, b""):
        with pytest.raises(ProtocolStateError, match="not the time"):
            update(pair, pair.alice, mine, body)
    with pytest.raises(ProtocolStateError, match="not the time"):
        pair.alice.ua.offer(mine, pair.alice.ua.within(mine, "INVITE"), pair.now)
    assert (state(mine), pair.alice.stack.transactions) == before
    pair.run(0.1)
    if offer:
        with pytest.raises(ProtocolStateError, match="not the time"):
            update(pair, pair.bob, theirs, OFFER)
        assert open_at(theirs) is Open.THEIRS_IN_UPDATE


def test_a_wait_that_the_peer_asks_for_is_handed_on(pair: Pair) -> None:
    call, _ = pair.talk()
    update(pair, pair.alice, call, OFFER)
    pair.run(0.1)
    tx = last(pair.bob, Reinvited).tx
    pair.bob.ua.answer(tx, 500, pair.now, headers=[("Retry-After", "7")])
    pair.run(0.1)
    assert last(pair.alice, OfferFailed).retry_after == 7


# The remote target


def test_an_update_without_offer_moves_the_target_and_asks_nobody(pair: Pair) -> None:
    call, theirs = pair.talk()
    pair.alice.ua.contact = NameAddr.parse("<sip:alice@192.0.2.1;moved>")
    pair.bob.ua.contact = NameAddr.parse("<sip:bob@192.0.2.2;moved>")
    update(pair, pair.alice, call)
    pair.run(0.1)
    assert names(pair.bob)[-1] == "CallConfirmed"
    assert last(pair.alice, OfferAnswered).call is call
    assert dialog(theirs).remote_target.has("moved")
    assert dialog(call).remote_target.has("moved")


@pytest.mark.parametrize("status", [200, 488])
def test_an_invite_within_the_call_moves_the_target_only_when_it_is_accepted(pair: Pair, status: int) -> None:
    call, theirs = pair.talk()
    pair.alice.ua.contact = NameAddr.parse("<sip:alice@192.0.2.1;moved>")
    request = pair.alice.ua.within(call, "INVITE")
    request.body = OFFER
    pair.alice.ua.offer(call, request, pair.now)
    pair.run(0.1)
    tx = last(pair.bob, Reinvited).tx
    assert not dialog(theirs).remote_target.has("moved")
    if status == 200:
        pair.bob.ua.accept_offer(theirs, tx, ANSWER, pair.now)
    else:
        pair.bob.ua.answer(tx, status, pair.now)
    pair.run(0.1)
    assert dialog(theirs).remote_target.has("moved") is (status == 200)


def test_a_request_out_of_order_moves_no_target(pair: Pair) -> None:
    call, theirs = pair.talk()
    dialog(theirs).remote_seq = 9
    pair.alice.ua.contact = NameAddr.parse("<sip:alice@192.0.2.1;moved>")
    update(pair, pair.alice, call)
    pair.run(0.1)
    assert last(pair.alice, OfferFailed).status == 500
    assert not dialog(theirs).remote_target.has("moved")


# Ends


def test_an_update_that_the_peer_forgot_or_does_not_answer_ends_the_call(pair: Pair) -> None:
    call, _ = pair.talk()
    pair.bob.ua._calls.dialogs.clear()
    update(pair, pair.alice, call)
    assert pair.over()
    assert last(pair.alice, CallEnded).by == "lost"
    call, _ = pair.talk()
    pair.wire.loss = 1.0
    update(pair, pair.alice, call)
    pair.run()
    assert last(pair.alice, CallEnded).by == "lost"


@pytest.mark.parametrize("who_ends", ["alice", "bob"])
def test_an_update_that_waits_when_the_call_ends_gets_487(pair: Pair, who_ends: str) -> None:
    call, theirs = pair.talk()
    update(pair, pair.alice, call, OFFER)
    pair.run(0.1)
    side, own = (pair.alice, call) if who_ends == "alice" else (pair.bob, theirs)
    side.ua.hang_up(own, pair.now)
    assert pair.over()
    assert len(pair.sent("487 UPDATE")) == 1
    assert last(pair.alice, CallEnded).by == ("local" if who_ends == "alice" else "remote")


def test_a_refused_call_ends_an_update_that_waits() -> None:
    pair = with_an_early_answer()
    call = pair.call()
    pair.run(0.5)
    update(pair, pair.alice, call, OFFER)
    pair.run(0.1)
    pair.bob.ua.reject(pair.bob.calls[0], pair.now)
    assert pair.over()
    assert last(pair.alice, CallFailed).status == 486
    assert len(pair.sent("487 UPDATE")) == 1


def test_an_invite_before_the_call_is_answered_is_refused(pair: Pair) -> None:
    pair.at_bob = lambda call, now: pair.bob.ua.ring(call, now)
    call = pair.call()
    pair.run(0.5)
    pair.alice.stack.request(dialog(call).request("INVITE", contact=pair.alice.ua.contact), BOB, pair.now)
    theirs = dialog(pair.bob.calls[0])
    pair.bob.stack.request(theirs.request("INVITE", contact=pair.bob.ua.contact), ALICE, pair.now)
    pair.run(0.2)
    assert (len(pair.sent("500 INVITE")), len(pair.sent("491 INVITE"))) == (1, 1)
    assert "Reinvited" not in names(pair.bob) + names(pair.alice)


def test_what_is_bound_to_offers_goes_not_by_send_within(pair: Pair) -> None:
    call, _ = pair.talk()
    with pytest.raises(ProtocolStateError, match="use update"):
        pair.alice.ua.send_within(call, pair.alice.ua.within(call, "UPDATE"), pair.now)


def test_updates_over_a_bad_line_end_with_both_agreeing() -> None:
    answered = 0
    for seed in range(30):
        pair = Pair(seed=seed)
        mine, theirs = pair.talk()
        pair.wire.loss = 0.35

        def accept(event: Event, now: Monotonic, pair: Pair = pair) -> None:
            if isinstance(event, Reinvited):
                pair.bob.ua.accept_offer(event.call, event.tx, ANSWER, now)

        pair.bob.react = accept
        update(pair, pair.alice, mine, b"v=0\r\no=new\r\n")
        pair.run(40.0)
        if "OfferAnswered" in names(pair.alice):
            answered += 1
            assert mine.local_sdp == theirs.remote_sdp == b"v=0\r\no=new\r\n", seed
        pair.alice.ua.hang_up(mine, pair.now)
        assert pair.over(), seed
        assert (mine.ended, theirs.ended) == (True, True)
    assert answered > 25


def test_another_request_with_the_same_answer_is_told_apart(pair: Pair) -> None:
    call, _ = pair.talk()
    pair.alice.ua.send_within(call, pair.alice.ua.within(call, "INFO"), pair.now)
    pair.run(0.1)
    pair.bob.ua.answer(pair.bob.seen[-1].tx, 200, pair.now)  # type: ignore[attr-defined]
    pair.run(0.1)
    response = last(pair.alice, RequestAnswered).response
    assert isinstance(response, Response)
