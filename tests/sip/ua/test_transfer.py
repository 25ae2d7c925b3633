from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.message import NameAddr, Request, Response, Uri
from telsdk.sip.transaction import Event
from telsdk.sip.ua import (
    Answered,
    Call,
    CallEnded,
    CallFailed,
    CallState,
    Dialog,
    IncomingCall,
    IncomingRequest,
    ReferAnswered,
    Referral,
    Referred,
    RequestAnswered,
    TransferProgress,
)
from tests.sip.ladder import ANSWER, OFFER, Client, hop_of
from tests.sip.pair import ALICE, BOB, Pair, last, names
from tests.sip.wire import Wire, no_message_is_left, udp

CAROL = udp("192.0.2.3")
TO_CAROL = Uri.parse("sip:carol@192.0.2.3")


@pytest.fixture
def pair() -> Pair:
    return Pair(takes_refer=True)


def refer(pair: Pair, call: Call, *, subscribe: bool = True) -> Request:
    request = pair.alice.ua.transfers.request(call, TO_CAROL, subscribe=subscribe)
    pair.alice.ua.transfers.send(call, request, pair.now)
    pair.run(0.1)
    return request


def take(pair: Pair) -> Referral:
    event = last(pair.bob, Referred)
    referral = pair.bob.ua.transfers.accept(event.call, event.tx, pair.now)
    pair.run(0.1)
    return referral


def dialog(call: Call) -> Dialog:
    assert call.dialog is not None
    return call.dialog


# A transfer


def test_the_peer_is_asked_to_call_and_tells_how_it_goes(pair: Pair) -> None:
    call, theirs = pair.talk()
    request = refer(pair, call)
    event = last(pair.bob, Referred)
    assert (event.target.uri, event.referred_by, event.replaces) == (
        TO_CAROL,
        "<sip:alice@telprotocol>",
        None,
    )
    referral = take(pair)
    pair.bob.ua.transfers.notify(referral, 180, pair.now)
    pair.run(0.1)
    pair.bob.ua.transfers.notify(referral, 200, pair.now)
    pair.run(0.1)
    answered = [event for event in pair.alice.seen if isinstance(event, ReferAnswered)]
    progress = [event for event in pair.alice.seen if isinstance(event, TransferProgress)]
    assert [(one.status, one.cseq) for one in answered] == [(202, request.cseq.number)]
    assert [(one.status, one.reason, one.ended) for one in progress] == [
        (100, "Trying", False),
        (180, "Ringing", False),
        (200, "OK", True),
    ]
    notify = pair.sent("NOTIFY")[-1]
    assert notify.headers.get("Event") == f"refer;id={request.cseq.number}"
    assert notify.headers.get("Subscription-State") == "terminated;reason=noresource"
    assert (notify.content_type, notify.body) == ("message/sipfrag", b"SIP/2.0 200 OK\r\n")
    assert not call.refers
    pair.alice.ua.hang_up(call, pair.now)
    assert pair.over()
    assert theirs.ended


def test_a_refer_that_overtakes_the_answer_to_the_call_is_taken_in_its_early_dialog(pair: Pair) -> None:
    pair.at_bob = lambda call, now: pair.bob.ua.ring(call, now)
    call = pair.call()
    pair.run(0.5)
    theirs = pair.bob.calls[0]
    request = dialog(theirs).request("REFER", contact=pair.bob.ua.contact)
    request.headers.add("Refer-To", str(NameAddr(TO_CAROL)))
    pair.bob.ua.send_within(theirs, request, pair.now)
    pair.run(0.1)
    tx = last(pair.alice, Referred).tx
    referral = pair.alice.ua.transfers.accept(call, tx, pair.now)
    with pytest.raises(ProtocolStateError, match="answered, or its dialog is over"):
        pair.alice.ua.transfers.accept(call, tx, pair.now)
    assert referral.dialog is call.dialog


def test_a_refused_transfer_is_told_and_leaves_the_call(pair: Pair) -> None:
    call, _ = pair.talk()
    refer(pair, call)
    pair.bob.ua.answer(last(pair.bob, Referred).tx, 603, pair.now)
    pair.run(0.1)
    assert last(pair.alice, ReferAnswered).status == 603
    assert not call.refers
    assert call.state is CallState.CONFIRMED
    assert "NOTIFY" not in pair.whats()


def test_several_transfers_of_a_call_are_told_apart(pair: Pair) -> None:
    call, _ = pair.talk()
    first = refer(pair, call)
    one = take(pair)
    second = refer(pair, call)
    other = take(pair)
    pair.bob.ua.transfers.notify(other, 486, pair.now)
    pair.run(0.1)
    assert last(pair.alice, TransferProgress).cseq == second.cseq.number
    pair.bob.ua.transfers.notify(one, 200, pair.now)
    pair.run(0.1)
    assert last(pair.alice, TransferProgress).cseq == first.cseq.number


@pytest.mark.parametrize("supported", [True, False])
def test_who_wants_no_news_gets_none_from_one_who_understands(supported: bool) -> None:
    pair = Pair(takes_refer=True, supported=["norefersub"] if supported else [])
    call, _ = pair.talk()
    refer(pair, call, subscribe=False)
    referral = take(pair)
    assert ("NOTIFY" in pair.whats()) is not supported
    pair.bob.ua.transfers.notify(referral, 200, pair.now)
    pair.run(0.1)
    assert pair.whats().count("NOTIFY") == (0 if supported else 2)
    assert not call.refers


# Against the rules


def test_news_of_no_transfer_gets_481_and_news_without_status_400(pair: Pair) -> None:
    call, theirs = pair.talk()
    request = refer(pair, call)
    take(pair)
    fragment, state = b"SIP/2.0 200 OK\r\n", "active"
    for cseq, body, subscription, status in (
        (99, fragment, state, 481),
        ("x", fragment, state, 481),
        ("1;id=2", fragment, state, 400),
        (request.cseq.number, fragment, "active;expires=x", 400),
        (request.cseq.number, b"SIP/3", state, 400),
        (request.cseq.number, fragment, "", 400),
        (request.cseq.number, fragment, state, 200),
    ):
        notify = dialog(theirs).request("NOTIFY", contact=pair.bob.ua.contact)
        notify.headers.add("Event", f"refer;id={cseq}")
        if subscription:
            notify.headers.add("Subscription-State", subscription)
        notify.body = body
        pair.bob.ua.send_within(theirs, notify, pair.now)
        pair.run(0.1)
        assert last(pair.bob, RequestAnswered).status == status


def test_news_without_an_id_are_of_the_only_transfer(pair: Pair) -> None:
    call, theirs = pair.talk()
    request = refer(pair, call)
    pair.bob.ua.answer(last(pair.bob, Referred).tx, 202, pair.now)
    notify = dialog(theirs).request("NOTIFY", contact=pair.bob.ua.contact)
    notify.headers.add("Event", "refer")
    notify.headers.add("Subscription-State", "terminated;reason=timeout")
    notify.body = b"SIP/2.0 408 Request Timeout"
    pair.bob.ua.send_within(theirs, notify, pair.now)
    pair.run(0.1)
    progress = next(event for event in pair.alice.seen if isinstance(event, TransferProgress))
    assert (progress.cseq, progress.status, progress.ended) == (request.cseq.number, 408, True)


def test_news_of_other_events_reach_the_application(pair: Pair) -> None:
    _, theirs = pair.talk()
    notify = dialog(theirs).request("NOTIFY", contact=pair.bob.ua.contact)
    notify.headers.add("Event", "presence")
    pair.bob.ua.send_within(theirs, notify, pair.now)
    pair.run(0.1)
    assert last(pair.alice, IncomingRequest).request.method == "NOTIFY"


@pytest.mark.parametrize("target", ["", "nobody", "<sip:carol@192.0.2.3?Replaces=x>"])
def test_a_refer_without_a_usable_target_gets_400(pair: Pair, target: str) -> None:
    call, _ = pair.talk()
    request = dialog(call).request("REFER", contact=pair.alice.ua.contact)
    if target:
        request.headers.add("Refer-To", target)
    pair.alice.ua.send_within(call, request, pair.now)
    pair.run(0.1)
    assert last(pair.alice, RequestAnswered).status == 400
    assert "Referred" not in names(pair.bob)


def test_an_application_that_takes_no_transfers_sees_an_ordinary_request() -> None:
    pair = Pair()
    call, _ = pair.talk()
    refer(pair, call)
    assert last(pair.bob, IncomingRequest).request.method == "REFER"
    assert "REFER" not in (pair.sent("200 INVITE")[0].headers.get("Allow") or "")
    assert "REFER" not in pair.sent("200 INVITE")[0].headers.all("Allow")


def test_nothing_is_told_after_the_last_word_or_the_end(pair: Pair) -> None:
    call, theirs = pair.talk()
    refer(pair, call)
    referral = take(pair)
    pair.bob.ua.transfers.notify(referral, 503, pair.now)
    before = (dialog(theirs).local_seq, pair.bob.stack.transactions)
    with pytest.raises(ProtocolStateError, match="nobody waits"):
        pair.bob.ua.transfers.notify(referral, 200, pair.now)
    assert (dialog(theirs).local_seq, pair.bob.stack.transactions) == before
    refer(pair, call)
    second = take(pair)
    pair.alice.ua.hang_up(call, pair.now)
    pair.run(0.1)
    with pytest.raises(ProtocolStateError, match="nobody waits"):
        pair.bob.ua.transfers.notify(second, 200, pair.now)
    with pytest.raises(ProtocolStateError, match="only an answered one"):
        pair.alice.ua.transfers.request(call, TO_CAROL)


def test_a_peer_that_wants_no_more_news_is_not_told_any(pair: Pair) -> None:
    call, _ = pair.talk()
    refer(pair, call)
    referral = take(pair)
    call.refers.clear()
    pair.bob.ua.transfers.notify(referral, 180, pair.now)
    pair.run(0.1)
    assert pair.whats()[-1] == "481 NOTIFY"
    assert referral.ended


def test_a_refer_that_waits_when_the_call_ends_gets_487(pair: Pair) -> None:
    call, theirs = pair.talk()
    refer(pair, call)
    pair.bob.ua.hang_up(theirs, pair.now)
    assert pair.over()
    assert "487 REFER" in pair.whats()
    with pytest.raises(ProtocolStateError, match="answered, or its dialog is over"):
        pair.bob.ua.transfers.accept(theirs, last_of(pair.bob, Referred).tx, pair.now)


def test_a_refer_that_nobody_answers_ends_the_call(pair: Pair) -> None:
    call, _ = pair.talk()
    pair.wire.loss = 1.0
    refer(pair, call)
    pair.run()
    assert last(pair.alice, CallEnded).by == "lost"


def last_of(side: Client, kind: type[Referred]) -> Referred:
    return next(event for event in reversed(side.seen) if isinstance(event, kind))


# With a third


class Three:
    """Alice transfers, Bob is transferred, Carol is whom he then talks to; each does what a phone would."""

    def __init__(self, *, seed: int = 0, loss: float = 0.0) -> None:
        places = (("alice", ALICE), ("bob", BOB), ("carol", CAROL))
        self.alice, self.bob, self.carol = (
            Client(name, at, seed=seed, supported=["replaces"], takes_refer=True) for name, at in places
        )
        self.cores = [self.alice, self.bob, self.carol]
        self.wire = Wire(*self.cores, seed=seed, loss=loss)
        for core in self.cores:
            core.react = lambda event, now, core=core: self.react(core, event, now)  # type: ignore[misc]

    def react(self, side: Client, event: Event, now: Monotonic) -> None:
        if isinstance(event, IncomingCall):
            side.calls.append(event.call)
            side.ua.accept(event.call, ANSWER, now)
        elif isinstance(event, Referred):
            referral = side.ua.transfers.accept(event.call, event.tx, now)
            fields = [("Replaces", str(event.replaces))] if event.replaces else []
            target = Uri.parse(str(event.target.uri).partition("?")[0])
            request = side.ua.new_request("INVITE", target, headers=fields, body=OFFER)
            call = side.ua.invite(request, hop_of(target), now)
            call.app = referral
            side.calls.append(call)
        elif isinstance(event, Answered | CallFailed) and isinstance(event.call.app, Referral):
            status = 200 if isinstance(event, Answered) else event.status
            if not event.call.app.call.ended:
                side.ua.transfers.notify(event.call.app, status, now)
        elif isinstance(event, TransferProgress) and event.status == 200:
            side.ua.hang_up(event.call, now)

    def talking(self) -> list[list[str]]:
        """Of each: the peers that he talks to."""
        return [
            [
                one.dialog.remote.uri.user or ""
                for one in core.calls
                if one.state is CallState.CONFIRMED and one.dialog
            ]
            for core in self.cores
        ]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("loss", [0.0, 0.2])
def test_an_unattended_transfer_leaves_the_other_two_talking(seed: int, loss: float) -> None:
    three = Three(seed=seed, loss=loss)
    call = three.alice.call("bob", BOB, Monotonic(0.0))
    three.wire.run(until=30.0)
    request = three.alice.ua.transfers.request(call, TO_CAROL)
    three.alice.ua.transfers.send(call, request, three.wire.now)
    three.wire.run()
    assert three.talking() == [[], ["carol"], ["bob"]]
    assert all(core.stack.transactions == 0 for core in three.cores)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("loss", [0.0, 0.2])
def test_an_attended_transfer_puts_the_call_with_the_target_in_the_place_of_ours(
    seed: int, loss: float
) -> None:
    three = Three(seed=seed, loss=loss)
    with_bob = three.alice.call("bob", BOB, Monotonic(0.0))
    with_carol = three.alice.call("carol", CAROL, Monotonic(0.0))
    three.wire.run(until=30.0)
    assert three.talking() == [["bob", "carol"], ["alice"], ["alice"]]
    target = dialog(with_carol).remote_target
    request = three.alice.ua.transfers.request(with_bob, target, replaces=with_carol)
    three.alice.ua.transfers.send(with_bob, request, three.wire.now)
    three.wire.run()
    assert three.talking() == [[], ["carol"], ["bob"]]
    three.bob.ua.hang_up(three.bob.calls[-1], three.wire.now)
    three.wire.run()
    assert no_message_is_left(three.cores)
    assert not any(core.ua.dialogs for core in three.cores)


def test_a_transfer_to_nobody_is_told_and_the_call_stays() -> None:
    three = Three()
    call = three.alice.call("bob", BOB, Monotonic(0.0))
    three.wire.run(until=5.0)
    request = three.alice.ua.transfers.request(call, Uri.parse("sip:nobody@192.0.2.99"))
    three.alice.ua.transfers.send(call, request, three.wire.now)
    three.wire.run()
    progress = three.alice.seen[-1]
    assert isinstance(progress, TransferProgress)
    assert (progress.status, progress.ended) == (408, True)
    assert call.state is CallState.CONFIRMED


def test_the_answer_to_a_refer_carries_what_the_next_request_needs(pair: Pair) -> None:
    call, _ = pair.talk()
    refer(pair, call)
    take(pair)
    answer = pair.sent("202 REFER")[0]
    assert isinstance(answer, Response)
    assert answer.contacts
