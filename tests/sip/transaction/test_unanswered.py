"""A request that its role leaves unanswered ends in time, and tells so."""

from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import Response, parse
from telsdk.sip.transaction import (
    RequestReceived,
    ServerTransaction,
    Stack,
    Timers,
    TransactionUser,
    Unanswered,
)
from telsdk.sip.transaction.timers import Timeline
from tests.sip.transaction.test_engine import request
from tests.sip.wire import tokens

UDP = Hop("UDP", "192.0.2.9", 5060)
TLS = Hop("TLS", "192.0.2.9", 5061, flow=1)
START = Monotonic(0.0)


def stack() -> Stack:
    return Stack(sent_by=lambda _: ("192.0.2.2", 5060), token=tokens("late"))


def received(there: Stack, method: str, hop: Hop) -> ServerTransaction:
    there.receive(parse(bytes(request(method, "z9hG4bK1"))), hop, START)
    (event,) = there.take_events()
    assert isinstance(event, RequestReceived)
    return event.tx


def run_out(there: Stack) -> float:
    """Let all timers fire; return when the last did."""
    now = START
    while (due := there.deadline()) is not None:
        now = due
        there.advance(now)
    return now


@pytest.mark.parametrize("hop", [UDP, TLS], ids=["UDP", "TLS"])
@pytest.mark.parametrize("status", [None, 183])
@pytest.mark.parametrize("method", ["INVITE", "MESSAGE"])
def test_what_nobody_answers_ends_by_itself(method: str, status: int | None, hop: Hop) -> None:
    there, timers = stack(), Timers()
    tx = received(there, method, hop)
    if status is not None:
        there.answer(tx, status, START)
    there.take_outgoing()
    ends = run_out(there)
    assert there.transactions == 0
    assert [type(event) for event in there.take_events()][:1] == [Unanswered]
    said = [parse(out.data) for out in there.take_outgoing()]
    finals = {one.status for one in said if isinstance(one, Response)}
    assert 408 in finals if method == "INVITE" else not finals  # RFC 4320 4.2
    limit = timers.decide if method == "INVITE" else timers.answer
    assert limit <= ends <= 2 * limit + timers.timeout
    assert there.unanswered == (status is None)


def test_what_is_answered_in_time_is_not_told_of() -> None:
    there = stack()
    there.answer(received(there, "MESSAGE", UDP), 200, START)
    assert run_out(there) == Timers().timeout
    assert (there.take_events(), there.unanswered) == ([], 0)


class Failing(TransactionUser):
    """An owner that fails even to give up."""

    def give_up(self, now: Monotonic) -> None:
        raise ZeroDivisionError


@pytest.mark.parametrize("method", ["INVITE", "MESSAGE"])
def test_what_is_given_up_is_answered_500_whatever_its_owner_does(method: str) -> None:
    there = stack()
    tx = received(there, method, UDP)
    tx.owner = Failing()
    with pytest.raises(ZeroDivisionError):
        there.give_up(tx, START)
    (out,) = there.take_outgoing()
    answer = parse(out.data)
    assert isinstance(answer, Response)
    assert answer.status == 500
    run_out(there)
    assert there.transactions == 0


def test_a_timer_that_fails_keeps_no_other_from_its_turn() -> None:
    fired: list[int] = []

    def fire(item: int, now: Monotonic) -> None:
        if item == 1:
            raise ZeroDivisionError
        fired.append(item)

    timeline: Timeline[int] = Timeline(lambda _: True)
    for item in range(4):
        timeline.start(item, 1.0, START)
    with pytest.raises(ZeroDivisionError):
        timeline.fire_due(Monotonic(1.0), fire)
    assert fired == [0]
    assert timeline.deadline() == 1.0
    assert timeline.fire_due(Monotonic(1.0), fire)
    assert fired == [0, 2, 3]
    assert not timeline.fire_due(Monotonic(9.0), fire)
