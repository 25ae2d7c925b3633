"""What goes over UDP to where nothing is known to get: little, and no request twice (as in RFC 9000 section 8)."""

from __future__ import annotations

import itertools

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, parse
from telsdk.sip.transaction import Proven, RequestReceived, ServerTransaction, Stack
from tests.sip.desk import ALICE, asked

NOW = Monotonic(0.0)
TLS = Hop("TLS", "192.0.2.1", 5061, flow=3)


def stack_with(proven: Proven | None) -> Stack:
    texts = (f"{n:016x}" for n in itertools.count())
    return Stack(
        sent_by={"UDP": ("192.0.2.11", 5060), "TLS": ("192.0.2.11", 5061)}.__getitem__,
        token=texts.__next__,
        proven=proven,
    )


def arrived(stack: Stack, request: Request, source: Hop) -> ServerTransaction:
    stack.receive(parse(bytes(request)), source, NOW)
    (event,) = stack.take_events()
    assert isinstance(event, RequestReceived)
    return event.tx


def until_the_end(stack: Stack) -> list[bytes]:
    """What is sent until every timer has run out."""
    sent = [out.data for out in stack.take_outgoing()]
    while (due := stack.deadline()) is not None:
        stack.advance(due)
        sent += [out.data for out in stack.take_outgoing()]
    assert stack.transactions == 0
    return sent


@pytest.mark.parametrize("method", ["INVITE", "MESSAGE"])
@pytest.mark.parametrize("status", [200, 302, 486])
def test_who_has_shown_nothing_gets_three_times_what_came_and_one_final_response(
    method: str, status: int
) -> None:
    stack = stack_with(Proven())
    request = asked(method)
    tx = arrived(stack, request, ALICE)
    for _ in range(50):
        stack.answer(tx, 180, NOW)
    final = tx.request.response(status, to_tag="t")
    final.body = b"x" * 4_000
    stack.respond(tx, final, NOW)
    sent = until_the_end(stack)
    finals = [data for data in sent if data.startswith(b"SIP/2.0 %d" % status)]
    assert len(finals) == 1
    assert sum(len(data) for data in sent) - len(finals[0]) <= 3 * len(bytes(request))


def test_what_comes_again_may_be_answered_again() -> None:
    stack = stack_with(Proven())
    request = asked("MESSAGE")
    stack.answer(arrived(stack, request, ALICE), 200, NOW)
    for _ in range(5):
        stack.receive(parse(bytes(request)), ALICE, NOW)
    assert len(stack.take_outgoing()) == 6


@pytest.mark.parametrize("source", [ALICE, TLS], ids=["proven", "TLS"])
def test_who_is_known_to_be_there_is_told_until_they_have_heard(source: Hop) -> None:
    proven = Proven()
    proven.add(source)
    stack = stack_with(proven)
    tx = arrived(stack, asked("INVITE"), source)
    for _ in range(50):
        stack.answer(tx, 180, NOW)
    stack.answer(tx, 486, NOW)
    sent = until_the_end(stack)
    assert sum(data.startswith(b"SIP/2.0 180") for data in sent) == 50
    assert sum(data.startswith(b"SIP/2.0 486") for data in sent) == (1 if source is TLS else 11)


@pytest.mark.parametrize("method", ["INVITE", "BYE"])
def test_a_request_goes_once_to_where_nobody_has_ever_answered(method: str) -> None:
    stack = stack_with(Proven())
    stack.request(asked(method), ALICE, NOW)
    assert len(until_the_end(stack)) == 1


def test_who_answers_one_request_is_sent_the_next_as_often_as_it_takes() -> None:
    stack = stack_with(Proven())
    stack.request(asked("OPTIONS"), ALICE, NOW)
    (out,) = stack.take_outgoing()
    request = parse(out.data)
    assert isinstance(request, Request)
    stack.receive(parse(bytes(request.response(200, to_tag="t"))), ALICE, NOW)
    stack.take_events()
    until_the_end(stack)
    stack.request(asked("OPTIONS"), ALICE, NOW)
    assert len(until_the_end(stack)) == 11


def test_an_answer_of_nobodys_making_proves_nothing() -> None:
    proven = Proven()
    stack = stack_with(proven)
    stack.request(asked("OPTIONS"), ALICE, NOW)
    (out,) = stack.take_outgoing()
    request = parse(out.data.replace(b"branch=", b"branch=z9hG4bKguessed"))
    assert isinstance(request, Request)
    stack.receive(parse(bytes(request.response(200, to_tag="t"))), ALICE, NOW)
    assert not len(proven)


def test_what_it_expects_is_a_response_with_a_branch_that_it_made() -> None:
    stack = stack_with(None)
    stack.request(asked("INVITE"), ALICE, NOW)
    (out,) = stack.take_outgoing()
    request = parse(out.data)
    assert isinstance(request, Request)
    response = bytes(request.response(180, to_tag="t"))
    assert stack.expects(response)
    assert not stack.expects(response.replace(b"branch=z9hG4bK", b"branch=z9hG4bKx"))
    assert not stack.expects(out.data)
    assert not stack.expects(b"SIP/2.0 200 OK\r\n" * 50)


def test_only_so_many_addresses_are_remembered_and_none_of_connections() -> None:
    proven = Proven(3)
    for port in range(10):
        proven.add(Hop("UDP", "192.0.2.1", port, is_source=True))
    proven.add(TLS)
    assert len(proven) == 3
    assert proven.holds(TLS)
    assert not proven.holds(Hop("UDP", "192.0.2.1", 0))
    assert proven.holds(Hop("UDP", "192.0.2.1", 9))
