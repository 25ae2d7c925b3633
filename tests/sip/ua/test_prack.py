from __future__ import annotations

from collections.abc import Sequence

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError, SipParseError
from telsdk.sip.message import RAck, Request, Response, Uri, parse
from telsdk.sip.transaction import Event
from telsdk.sip.ua import (
    Answered,
    Call,
    CallEnded,
    CallFailed,
    CallState,
    OfferAnswered,
    OfferFailed,
    Reinvited,
    Ringing,
)
from telsdk.sip.ua.call import CallConfirmed, ProvisionalConfirmed
from telsdk.sip.ua.negotiation import Open
from telsdk.sip.ua.prack import rack_of
from tests.sip.ladder import ANSWER, OFFER, Client
from tests.sip.pair import ALICE, BOB, Pair, last

NEWER = b"v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"


@pytest.fixture
def pair() -> Pair:
    made = Pair(supported=["100rel"])
    made.at_bob = lambda call, now: made.bob.ua.ring(call, now, status=183, body=ANSWER)
    return made


def call_without_offer(pair: Pair, headers: Sequence[tuple[str, str]] = ()) -> Call:
    request = pair.alice.ua.new_request("INVITE", Uri.parse("sip:bob@telprotocol"), headers=headers)
    return pair.alice.ua.invite(request, BOB, pair.now)


def kinds(side: Client, kind: type[Event]) -> int:
    return sum(isinstance(event, kind) for event in side.seen)


def open_offers(pair: Pair, call: Call) -> list[object]:
    dialogs = (own.dialog for own in (call, pair.bob.calls[0]))
    return [dialog.negotiation.open if dialog else "no dialog" for dialog in dialogs]


# The field


def test_a_rack_is_read_as_it_is_written() -> None:
    rack = RAck(776656, 1, "INVITE")
    assert RAck.parse(str(rack)) == rack
    assert RAck.parse("1 \t 2  INVITE") == RAck(1, 2, "INVITE")
    for value in ("", "1 INVITE", "x 1 INVITE", "12345678901 1 INVITE"):
        with pytest.raises(SipParseError, match=r"section 7\.2"):
            RAck.parse(value)


@pytest.mark.parametrize("rseq", ["", "0", "4294967296", "x"])
def test_a_response_with_a_number_that_nobody_understands_asks_for_nothing(rseq: str) -> None:
    fields = [("Require", "100rel"), ("RSeq", rseq), ("CSeq", "1 INVITE")]
    assert rack_of(Response(183, headers=fields)) is None


# One response


def test_a_response_with_a_description_is_acknowledged_and_answers_the_offer(pair: Pair) -> None:
    call = pair.call()
    pair.run(0.5)
    (early,) = pair.sent("183 INVITE")
    (prack,) = pair.sent("PRACK")
    assert early.headers.all("Require") == ["100rel"]
    assert prack.headers.get("RAck") == f"{early.headers.get('RSeq')} 1 INVITE"
    assert prack.cseq.number == 2
    assert pair.whats() == ["INVITE", "183 INVITE", "PRACK", "200 PRACK"]
    assert (last(pair.alice, Ringing).prack, last(pair.bob, ProvisionalConfirmed).prack.method) == (
        False,
        "PRACK",
    )
    assert open_offers(pair, call) == [Open.NOBODYS, Open.NOBODYS]
    assert (call.remote_sdp, pair.bob.calls[0].local_sdp) == (ANSWER, ANSWER)
    pair.bob.ua.accept(pair.bob.calls[0], b"", pair.now)
    pair.run(1.0)
    assert (call.state, pair.bob.calls[0].state) == (CallState.CONFIRMED, CallState.CONFIRMED)
    assert call.remote_sdp == ANSWER
    pair.alice.ua.hang_up(call, pair.now)
    assert pair.over()


def test_the_next_offer_can_go_by_update_while_it_rings(pair: Pair) -> None:
    call = pair.call()
    pair.run(0.5)
    request = pair.alice.ua.within(call, "UPDATE")
    request.body = NEWER
    pair.alice.ua.update(call, request, pair.now)
    pair.run(0.1)
    event = last(pair.bob, Reinvited)
    pair.bob.ua.accept_offer(event.call, event.tx, ANSWER, pair.now)
    pair.run(0.1)
    assert last(pair.alice, OfferAnswered).call is call
    assert pair.bob.calls[0].remote_sdp == NEWER


def test_the_answer_to_the_call_waits_for_what_was_sent_reliably(pair: Pair) -> None:
    def ring_and_accept(call: Call, now: Monotonic) -> None:
        pair.bob.ua.ring(call, now, status=183, body=ANSWER)
        pair.bob.ua.ring(call, now, reliable=True)
        pair.bob.ua.accept(call, ANSWER, now)
        before = (call.state, pair.bob.stack.transactions)
        with pytest.raises(ProtocolStateError, match="waits for a PRACK"):
            pair.bob.ua.accept(call, ANSWER, now)
        with pytest.raises(ProtocolStateError, match="waits for a PRACK"):
            pair.bob.ua.ring(call, now)
        assert (call.state, pair.bob.stack.transactions) == before

    pair.at_bob = ring_and_accept
    call = pair.call()
    pair.run(1.0)
    assert pair.whats() == [
        *("INVITE", "183 INVITE", "PRACK", "200 PRACK"),
        *("180 INVITE", "PRACK", "200 PRACK"),
        *("200 INVITE", "ACK"),
    ]
    first, second = (
        int(m.headers.get("RSeq") or "") for w in ("183", "180") for m in pair.sent(f"{w} INVITE")
    )
    assert second == first + 1
    assert call.state is CallState.CONFIRMED


def test_a_refusal_waits_for_nothing(pair: Pair) -> None:
    def ring_and_refuse(call: Call, now: Monotonic) -> None:
        pair.bob.ua.ring(call, now, status=183, body=ANSWER)
        pair.bob.ua.accept(call, ANSWER, now)
        pair.bob.ua.reject(call, now)

    pair.at_bob = ring_and_refuse
    pair.call()
    assert pair.over()
    assert last(pair.alice, CallFailed).status == 486


def test_a_call_taken_back_while_the_answer_waits_is_over(pair: Pair) -> None:
    def ring_and_accept(call: Call, now: Monotonic) -> None:
        pair.bob.ua.ring(call, now, status=183, body=ANSWER)
        pair.bob.ua.accept(call, ANSWER, now)

    pair.at_bob = ring_and_accept
    call = pair.call()
    pair.run(0.0)
    pair.alice.ua.hang_up(call, pair.now)
    assert pair.over()
    assert call.ended
    assert pair.bob.calls[0].ended


@pytest.mark.parametrize(
    ("theirs", "required", "wanted", "body", "reliable"),
    [
        (["100rel"], False, None, b"", False),
        (["100rel"], False, None, ANSWER, True),
        (["100rel"], False, True, b"", True),
        (["100rel"], False, False, ANSWER, False),
        (["100rel"], True, False, b"", True),
        ([], False, True, ANSWER, False),
    ],
)
def test_a_response_is_reliable_where_both_can_and_one_wants_it(
    theirs: list[str], required: bool, wanted: bool | None, body: bytes, reliable: bool
) -> None:
    pair = Pair(supported=["100rel"])
    pair.alice = Client("alice", ALICE, supported=theirs)
    pair.wire.cores[0] = pair.alice
    pair.at_bob = lambda call, now: pair.bob.ua.ring(call, now, body=body, reliable=wanted)
    call_without_offer(pair, [("Require", "100rel")] if required else [])
    pair.run(0.1)
    assert ("RSeq" in pair.sent("180 INVITE")[0].headers) is reliable


def test_a_response_is_sent_at_doubling_intervals_and_the_call_refused_when_no_prack_comes(
    pair: Pair,
) -> None:
    def ring_alone(call: Call, now: Monotonic) -> None:
        pair.wire.loss = 1.0
        pair.wire.cores.remove(pair.alice)
        pair.bob.ua.ring(call, now, status=183, body=ANSWER)

    pair.at_bob = ring_alone
    pair.call()
    pair.run()
    sent = [sent.at for sent in pair.wire.log if sent.what == "183 INVITE"]
    assert [round(at - sent[0], 6) for at in sent] == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    refusals = [round(s.at - sent[0], 6) for s in pair.wire.log if s.what == "504 INVITE"]
    assert refusals[0] == 32.0
    assert last(pair.bob, CallEnded).by == "lost"
    assert not pair.bob.ua.dialogs


# Order


def provisional(call: Call, rseq: int, body: bytes = b"") -> Response:
    fields = [
        ("Contact", "<sip:bob@192.0.2.2>"),
        ("Require", "100rel"),
        ("RSeq", str(rseq)),
        *([("Content-Type", "application/sdp")] if body else []),
    ]
    response = call.request.response(183, to_tag="b", headers=fields)
    response.body = body
    parsed = parse(bytes(response))
    assert isinstance(parsed, Response)
    return parsed


def test_responses_are_taken_in_their_order_and_each_once(pair: Pair) -> None:
    pair.at_bob = lambda call, now: None
    call = pair.call()
    pair.run(0.1)
    for rseq in (5, 5, 7, 4, 6, 7, 6):
        pair.alice.stack.receive(provisional(call, rseq), BOB, pair.now)
        pair.alice.pump(pair.now)
    racks = []
    for out in pair.alice.stack.take_outgoing():
        message = parse(out.data)
        assert isinstance(message, Request)
        racks.append(message.headers.get("RAck"))
    assert racks == ["5 1 INVITE", "6 1 INVITE", "7 1 INVITE"]
    assert kinds(pair.alice, Ringing) == 3


def test_each_fork_counts_by_itself(pair: Pair) -> None:
    pair.at_bob = lambda call, now: None
    call = pair.call()
    pair.run(0.1)
    for tag, rseq in (("x", 9), ("y", 2), ("x", 10)):
        response = provisional(call, rseq)
        response.headers.set("To", f"<sip:bob@telprotocol>;tag={tag}")
        pair.alice.stack.receive(response, BOB, pair.now)
        pair.alice.pump(pair.now)
    tags = [parse(out.data).to.tag for out in pair.alice.stack.take_outgoing()]
    assert tags == ["x", "y", "x"]


def test_a_prack_of_nothing_gets_481_and_a_malformed_one_400(pair: Pair) -> None:
    call = pair.call()
    pair.run(0.5)
    dialog = call.dialog
    assert dialog is not None
    rseq = pair.sent("183 INVITE")[0].headers.get("RSeq")
    for value, status in ((f"{rseq} 1 INVITE", 481), ("1 1 INVITE", 481), ("one", 400)):
        prack = dialog.request("PRACK")
        prack.headers.add("RAck", value)
        pair.alice.stack.request(prack, BOB, pair.now)
        pair.run(0.1)
        assert pair.whats()[-1] == f"{status} PRACK"


def test_who_does_not_support_it_takes_such_a_response_as_any_other() -> None:
    pair = Pair()
    pair.at_bob = lambda call, now: None
    call = pair.call()
    pair.run(0.1)
    pair.alice.stack.receive(provisional(call, 1), BOB, pair.now)
    pair.run(0.1)
    assert last(pair.alice, Ringing).call is call
    assert "PRACK" not in pair.whats()


# Offers and answers


def test_an_offer_in_the_response_is_answered_in_the_prack(pair: Pair) -> None:
    call = call_without_offer(pair)
    pair.run(0.5)
    ringing = last(pair.alice, Ringing)
    assert (ringing.prack, ringing.response.body) == (True, ANSWER)
    assert "PRACK" not in pair.whats()
    pair.alice.ua.prack(call, ringing.response, OFFER, pair.now)
    with pytest.raises(ProtocolStateError, match="nothing to acknowledge"):
        pair.alice.ua.prack(call, ringing.response, OFFER, pair.now)
    pair.run(0.5)
    assert last(pair.bob, ProvisionalConfirmed).prack.body == OFFER
    assert open_offers(pair, call) == [Open.NOBODYS, Open.NOBODYS]
    theirs = pair.bob.calls[0]
    assert (theirs.local_sdp, theirs.remote_sdp) == (ANSWER, OFFER)
    assert (call.local_sdp, call.remote_sdp) == (OFFER, ANSWER)
    pair.bob.ua.accept(theirs, b"", pair.now)
    pair.run(0.5)
    assert last(pair.alice, Answered).response.body == b""
    assert last(pair.bob, CallConfirmed).ack.body == b""
    assert open_offers(pair, call) == [Open.NOBODYS, Open.NOBODYS]


@pytest.mark.parametrize("status", [200, 488])
def test_another_offer_in_the_prack_is_answered_or_refused_in_its_response(pair: Pair, status: int) -> None:
    call = pair.call()
    call.pracks_itself = True
    pair.run(0.1)
    pair.alice.ua.prack(call, last(pair.alice, Ringing).response, NEWER, pair.now)
    pair.run(0.1)
    event = last(pair.bob, Reinvited)
    pair.bob.ua.accept(event.call, ANSWER, pair.now)  # waits, as the first offer does
    assert (event.request.method, event.request.body) == ("PRACK", NEWER)
    if status == 200:
        pair.bob.ua.accept_offer(event.call, event.tx, ANSWER, pair.now)
    else:
        pair.bob.ua.answer(event.tx, status, pair.now)
    pair.run(0.5)
    kind = OfferAnswered if status == 200 else OfferFailed
    assert kinds(pair.alice, kind) == 1
    assert open_offers(pair, call) == [Open.NOBODYS, Open.NOBODYS]
    assert call.local_sdp == (NEWER if status == 200 else OFFER)
    assert call.state is CallState.CONFIRMED


def test_a_prack_that_is_late_or_of_another_call_is_refused_here(pair: Pair) -> None:
    call = pair.call()
    pair.run(0.5)
    response = last(pair.alice, Ringing).response
    with pytest.raises(ProtocolStateError, match="nothing to acknowledge"):
        pair.alice.ua.prack(call, response, b"", pair.now)
    with pytest.raises(ProtocolStateError, match="use update or prack"):
        pair.alice.ua.send_within(call, pair.alice.ua.within(call, "PRACK"), pair.now)


def test_no_offer_goes_before_the_answer_has_surely_arrived(pair: Pair) -> None:
    def ring_unheard(call: Call, now: Monotonic) -> None:
        pair.wire.loss = 1.0
        pair.bob.ua.ring(call, now, status=183, body=ANSWER)

    pair.at_bob = ring_unheard
    call = pair.call()
    pair.run(0.3)
    theirs = pair.bob.calls[0]
    request = pair.bob.ua.within(theirs, "UPDATE")
    request.body = NEWER
    with pytest.raises(ProtocolStateError, match="not the time"):
        pair.bob.ua.update(theirs, request, pair.now)
    pair.wire.loss = 0.0
    pair.run(1.0)
    pair.bob.ua.update(theirs, request, pair.now)
    pair.run(0.1)
    assert last(pair.alice, Reinvited).call is call


@pytest.mark.parametrize("offered", [True, False])
def test_a_description_that_differs_from_the_one_given_before_counts_for_nothing(
    pair: Pair, offered: bool
) -> None:
    call = pair.call() if offered else call_without_offer(pair)
    pair.run(0.5)
    if not offered:
        pair.alice.ua.prack(call, last(pair.alice, Ringing).response, OFFER, pair.now)
        pair.run(0.1)
    pair.bob.ua.accept(pair.bob.calls[0], NEWER, pair.now)
    pair.run(1.0)
    assert not last(pair.alice, Answered).ack
    assert (call.remote_sdp, pair.bob.calls[0].local_sdp) == (ANSWER, ANSWER)


# Bad lines


@pytest.mark.parametrize("seed", range(40))
def test_over_a_bad_line_each_response_is_told_once_and_both_end_agreeing(seed: int) -> None:
    pair = Pair(supported=["100rel"], seed=seed, loss=0.3)

    def three_and_accept(call: Call, now: Monotonic) -> None:
        for status in (181, 182, 183):
            pair.bob.ua.ring(call, now, status=status, body=ANSWER if status == 183 else b"", reliable=True)
        pair.bob.ua.accept(call, ANSWER, now)

    pair.at_bob = three_and_accept
    call = pair.call()
    pair.wire.at(120.0, lambda: pair.alice.ua.hang_up(call, pair.wire.now))
    assert pair.over()
    told = [event.response.status for event in pair.alice.seen if isinstance(event, Ringing)]
    assert told == [181, 182, 183][: len(told)]
    if kinds(pair.alice, Answered):
        assert told == [181, 182, 183]
    assert call.ended
    assert all(one.ended for one in pair.bob.calls)
