"""A final response that is sent once (RFC 3261 8.2.7): nothing is kept of a request that was not judged yet."""

from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response, parse
from telsdk.sip.transaction import AckReceived, RequestReceived, ServerTransaction, Stack
from tests.sip.desk import ALICE, asked

NOW = Monotonic(0.0)
TLS = Hop("TLS", "192.0.2.1", 5061, flow=3)


def stack_for(first: str = "secret") -> Stack:
    texts = iter([first, *[f"text{n}" for n in range(100)]])
    return Stack(
        sent_by={"UDP": ("192.0.2.11", 5060), "TLS": ("192.0.2.11", 5061)}.__getitem__, token=texts.__next__
    )


def arrived(stack: Stack, request: Request, source: Hop) -> ServerTransaction:
    stack.receive(parse(bytes(request)), source, NOW)
    (event,) = stack.take_events()
    assert isinstance(event, RequestReceived)
    return event.tx


def sent(stack: Stack) -> list[Response]:
    messages = [parse(out.data) for out in stack.take_outgoing()]
    return [message for message in messages if isinstance(message, Response)]


@pytest.mark.parametrize("source", [ALICE, TLS], ids=["UDP", "TLS"])
@pytest.mark.parametrize("method", ["INVITE", "REGISTER"])
def test_nothing_is_kept_and_the_same_request_is_new_and_gets_the_same_tag(method: str, source: Hop) -> None:
    stack = stack_for()
    tags = set()
    for _ in range(3):
        tx = arrived(stack, asked(method), source)
        stack.answer_once(tx, 401, NOW, None, ("WWW-Authenticate", "Digest realm=x"))
        (answer,) = sent(stack)
        assert answer.status == 401
        assert tx.ended
        assert stack.transactions == 0
        tags.add(answer.to_tag)
    assert len(tags) == 1
    assert None not in tags


def test_a_tag_tells_requests_apart_and_comes_of_a_secret() -> None:
    tags = []
    for first, branch in (("secret", "z9hG4bKa"), ("secret", "z9hG4bKb"), ("other", "z9hG4bKa")):
        stack = stack_for(first)
        stack.answer_once(arrived(stack, asked("REGISTER", branch=branch), ALICE), 403, NOW)
        tags += [answer.to_tag for answer in sent(stack)]
    assert len(set(tags)) == 3


def test_it_is_not_sent_again_and_its_ack_is_for_nobody() -> None:
    stack = stack_for()
    stack.answer_once(arrived(stack, asked("INVITE"), ALICE), 407, NOW)
    assert [answer.status for answer in sent(stack)] == [407]
    stack.advance(Monotonic(100.0))
    assert not stack.take_outgoing()
    stack.receive(parse(bytes(asked("ACK"))), ALICE, Monotonic(100.0))
    (event,) = stack.take_events()
    assert isinstance(event, AckReceived)


def test_where_a_100_was_sent_or_a_call_is_taken_it_is_kept_as_ever() -> None:
    stack = stack_for()
    tried = arrived(stack, asked("INVITE"), ALICE)
    stack.respond(tried, tried.request.response(100), NOW)
    stack.answer_once(tried, 480, NOW)
    taken = arrived(stack, asked("INVITE", branch="z9hG4bKtaken"), ALICE)
    stack.answer_once(taken, 200, NOW)
    assert not tried.ended
    assert not taken.ended
    assert [answer.status for answer in sent(stack)] == [100, 480, 200]
    stack.advance(Monotonic(0.6))
    assert [answer.status for answer in sent(stack)] == [480]


def test_what_was_answered_is_answered_no_more() -> None:
    stack = stack_for()
    tx = arrived(stack, asked("REGISTER"), ALICE)
    stack.answer_once(tx, 401, NOW)
    with pytest.raises(ProtocolStateError):
        stack.answer_once(tx, 401, NOW)
    with pytest.raises(ProtocolStateError):
        stack.answer(tx, 200, NOW)


def test_a_call_that_was_taken_is_not_answered_from_what_is_left_of_it() -> None:
    stack = stack_for()
    tx = arrived(stack, asked("INVITE"), ALICE)
    stack.answer_once(tx, 200, NOW)
    for answer in (stack.answer, stack.answer_once):
        with pytest.raises(ProtocolStateError, match="has its final response"):
            answer(tx, 200, NOW)
