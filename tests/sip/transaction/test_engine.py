"""What the engine does around the machines: timers that mean nothing any more, and whoever is told without an event."""

from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response, Uri, parse
from telsdk.sip.transaction import (
    ClientTransaction,
    RequestReceived,
    ResponseReceived,
    Stack,
    State,
    Timers,
    TransactionUser,
)
from tests.sip.wire import tokens

UDP = Hop("UDP", "192.0.2.1", 5060)
TCP = Hop("TCP", "192.0.2.1", 5060, flow=4)


class User(TransactionUser):
    """Who sent a request; it may have a bug."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.told: list[tuple[int, float]] = []
        self.given_up: list[float] = []

    def answered(self, response: Response, now: float) -> None:
        self.told.append((response.status, now))
        if self.broken:
            raise ZeroDivisionError

    def give_up(self, now: float) -> None:
        self.given_up.append(now)


@pytest.fixture
def stack() -> Stack:
    here = {"UDP": ("192.0.2.2", 5060), "TCP": ("192.0.2.2", 5060)}
    return Stack(sent_by=here.__getitem__, token=tokens("engine"))


def request(method: str, branch: str = "") -> Request:
    made = Request(method, Uri.parse("sip:bob@telprotocol"))
    for name, value in (
        *([("Via", f"SIP/2.0/UDP 192.0.2.1:5060;branch={branch}")] if branch else []),
        ("From", "<sip:alice@telprotocol>;tag=f"),
        ("To", "<sip:bob@telprotocol>"),
        ("Call-ID", "call"),
        ("CSeq", f"7 {method}"),
    ):
        made.headers.add(name, value)
    return made


def answer(stack: Stack, tx: ClientTransaction, status: int, now: float) -> None:
    sent = parse(tx.data) if tx.data else tx.request
    assert isinstance(sent, Request)
    response = (sent if sent.method != "ACK" else tx.request).response(status, to_tag="t")
    stack.receive(parse(bytes(response)), tx.hop, Monotonic(now))


def run_out(stack: Stack) -> None:
    while (when := stack.deadline()) is not None:
        stack.advance(when)
    stack.take_events()
    stack.take_outgoing()
    assert stack.transactions == 0


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
def test_who_asked_for_it_is_told_of_each_answer_at_once_and_without_an_event(
    stack: Stack, method: str
) -> None:
    user = User()
    tx = stack.request(request(method), UDP, Monotonic(0.0), owner=user)
    answer(stack, tx, 180, 0.1)
    answer(stack, tx, 200, 0.2)
    assert (user.told, stack.take_events(), user.given_up) == ([(180, 0.1), (200, 0.2)], [], [])
    run_out(stack)


def test_who_did_not_ask_for_it_gets_events(stack: Stack) -> None:
    owner = object()
    tx = stack.request(request("OPTIONS"), UDP, Monotonic(0.0), owner=owner)
    answer(stack, tx, 200, 0.1)
    (event,) = stack.take_events()
    assert isinstance(event, ResponseReceived)
    assert event.tx.owner is owner
    run_out(stack)


@pytest.mark.parametrize("hop", [UDP, TCP], ids=["UDP", "TCP"])
@pytest.mark.parametrize("status", [180, 200, 486])
@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
def test_a_user_that_fails_is_asked_to_give_up_and_the_transaction_ends_in_its_time(
    stack: Stack, method: str, status: int, hop: Hop
) -> None:
    user = User(broken=True)
    tx = stack.request(request(method), hop, Monotonic(0.0), owner=user)
    with pytest.raises(ZeroDivisionError):
        answer(stack, tx, status, 0.1)
    assert (user.told, user.given_up) == ([(status, 0.1)], [0.1])
    if status == 180:
        user.broken = False
        answer(stack, tx, 486, 0.2)
    acks = [out for out in stack.take_outgoing() if out.data.startswith(b"ACK ")]
    assert len(acks) == (1 if method == "INVITE" and status != 200 else 0)
    run_out(stack)


def test_timers_of_what_has_ended_mean_nothing(stack: Stack) -> None:
    tx = stack.request(request("OPTIONS"), TCP, Monotonic(0.0))
    assert stack.deadline() == 32.0
    answer(stack, tx, 200, 0.1)
    assert (tx.state, stack.deadline(), stack.transactions) == (State.TERMINATED, None, 0)
    stack.take_events()
    stack.advance(Monotonic(33.0))
    assert stack.take_events() == []


def test_an_answer_that_was_given_stops_the_100_that_was_to_come(stack: Stack) -> None:
    stack.receive(parse(bytes(request("INVITE", "z9hG4bK1"))), UDP, Monotonic(0.0))
    (event,) = stack.take_events()
    assert isinstance(event, RequestReceived)
    assert stack.deadline() == 0.2
    stack.answer(event.tx, 180, Monotonic(0.1))
    stack.take_outgoing()
    stack.advance(Monotonic(0.2))
    assert (stack.take_outgoing(), stack.deadline()) == ([], 245.0)  # when it would have to be decided


@pytest.mark.parametrize("late", [0.0, 0.3, 0.9])
def test_a_request_is_given_up_in_time_though_the_clock_is_looked_at_late(stack: Stack, late: float) -> None:
    """Timers A and B share one entry: what repeats the request tells when it was the last time."""
    stack.request(request("INVITE"), UDP, Monotonic(0.0))
    while (when := stack.deadline()) is not None:
        now = when if when >= 32.0 else when + late
        stack.advance(Monotonic(now))
    assert 32.0 <= now <= 33.0
    assert stack.transactions == 0


def test_what_is_repeated_is_repeated_no_more_often_than_t2_and_ends_after_64_t1() -> None:
    timers = Timers(t1=0.25, t2=2.0)
    stack = Stack(sent_by={"UDP": ("192.0.2.2", 5060)}.__getitem__, token=tokens("fast"), timers=timers)
    stack.request(request("OPTIONS"), UDP, Monotonic(0.0))
    sent, now = [0.0] * len(stack.take_outgoing()), 0.0
    while (when := stack.deadline()) is not None:
        now = when
        stack.advance(now)
        sent += [now] * len(stack.take_outgoing())
    assert sent == [0.0, 0.25, 0.75, 1.75, 3.75, 5.75, 7.75, 9.75, 11.75, 13.75, 15.75]
    assert now == 16.0


def test_what_has_ended_keeps_no_octets(stack: Stack) -> None:
    tx = stack.request(request("INVITE"), UDP, Monotonic(0.0))
    stack.receive(parse(bytes(request("OPTIONS", "z9hG4bK1"))), UDP, Monotonic(0.0))
    (event,) = stack.take_events()
    assert isinstance(event, RequestReceived)
    stack.answer(event.tx, 200, Monotonic(0.0))
    assert len(event.tx.request.headers) == 0
    answer(stack, tx, 200, 0.1)
    assert tx.data == b""
    run_out(stack)
    assert (event.tx.data, tx.data) == (b"", b"")
