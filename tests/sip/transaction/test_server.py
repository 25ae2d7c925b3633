"""The server half: what is answered, again and once, and what is told of it."""

from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.message import Response, parse
from telsdk.sip.transaction import (
    AckReceived,
    Cancelled,
    RequestReceived,
    State,
    TimedOut,
    TransportFailed,
)
from tests.sip.transaction.bench import PEER, STREAM, Bench, incoming, name_of


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_silent_role_lets_the_stack_send_100_after_200_ms(bench: Bench) -> None:
    tx = bench.invited()
    assert bench.pass_time(0.0, 1.0) == [(0.2, "100 INVITE")]
    bench.stack.receive(incoming("INVITE"), PEER, Monotonic(1.0))
    assert bench.sent() == ["100 INVITE"]
    assert bench.stack.take_events() == []
    assert parse(tx.data).to.tag is None


def test_a_role_that_answers_needs_no_100(bench: Bench) -> None:
    tx = bench.invited()
    bench.stack.answer(tx, 180, Monotonic(0.1))
    assert bench.sent() == ["180 INVITE"]
    assert bench.pass_time(0.0, 1.0) == []


def test_all_responses_of_a_transaction_have_one_to_tag(bench: Bench) -> None:
    tx = bench.invited()
    for status in (180, 183, 200):
        bench.stack.answer(tx, status, Monotonic(0.1))
    tags = {message.to.tag for message in bench.messages()}
    assert len(tags) == 1
    assert tags != {None}


def test_a_refused_invite_is_answered_until_its_ack(bench: Bench) -> None:
    tx = bench.invited()
    bench.stack.answer(tx, 486, Monotonic(0.0))
    bench.sent()
    times = [at for at, _ in bench.pass_time(0.0, 10.0)]
    assert times == [0.5, 1.5, 3.5, 7.5]
    bench.stack.receive(incoming("ACK"), PEER, Monotonic(10.0))
    assert tx.state is State.CONFIRMED
    assert bench.pass_time(10.0, 14.9) == []
    bench.pass_time(10.0, 15.0)
    assert bench.stack.transactions == 0
    assert bench.stack.take_events() == []


def test_a_refused_invite_without_ack_is_given_up_after_64_t1(bench: Bench) -> None:
    tx = bench.invited()
    bench.stack.answer(tx, 486, Monotonic(0.0))
    bench.pass_time(0.0, 32.0)
    assert bench.only(TimedOut).tx is tx
    assert bench.stack.transactions == 0


def test_an_accepted_invite_absorbs_its_copies_and_lets_2xx_and_ack_through(bench: Bench) -> None:
    tx = bench.invited()
    response = tx.request.response(200)
    bench.stack.respond(tx, response, Monotonic(0.0))
    bench.stack.respond(tx, response, Monotonic(0.5))
    assert bench.sent() == ["200 INVITE", "200 INVITE"]
    bench.stack.receive(incoming("INVITE"), PEER, Monotonic(0.6))
    assert bench.sent() == []
    assert bench.stack.take_events() == []
    bench.stack.receive(incoming("ACK", branch="z9hG4bKother"), PEER, Monotonic(0.7))
    bench.only(AckReceived)
    bench.stack.advance(Monotonic(32.0))
    assert bench.stack.transactions == 0


def test_a_request_is_answered_again_byte_for_byte(bench: Bench) -> None:
    bench.stack.receive(incoming("OPTIONS"), PEER, Monotonic(0.0))
    tx = bench.only(RequestReceived).tx
    bench.stack.receive(incoming("OPTIONS"), PEER, Monotonic(0.1))
    assert bench.sent() == []
    bench.stack.answer(tx, 200, Monotonic(0.2))
    bench.stack.receive(incoming("OPTIONS"), PEER, Monotonic(0.3))
    first, second = bench.stack.take_outgoing()
    assert first.data == second.data
    assert bench.stack.take_events() == []
    bench.stack.advance(Monotonic(32.2))
    assert bench.stack.transactions == 0


def test_an_abandoned_request_is_forgotten_without_an_answer(bench: Bench) -> None:
    bench.stack.receive(incoming("OPTIONS"), PEER, Monotonic(0.0))
    bench.stack.abandon(bench.only(RequestReceived).tx, Monotonic(1.0))
    assert bench.sent() == []
    assert bench.stack.transactions == 0


def test_an_invite_cannot_be_abandoned(bench: Bench) -> None:
    tx = bench.invited()
    with pytest.raises(ProtocolStateError, match="abandoned"):
        bench.stack.abandon(tx, Monotonic(0.0))
    assert tx.state is State.PROCEEDING


def test_responses_go_back_over_the_connection_the_request_came_by(bench: Bench) -> None:
    bench.stack.answer(bench.invited(STREAM), 180, Monotonic(0.0))
    (out,) = bench.stack.take_outgoing()
    assert out.hop == STREAM


def test_an_ack_that_belongs_to_nothing_is_told_and_never_answered(bench: Bench) -> None:
    bench.stack.receive(incoming("ACK"), PEER, Monotonic(0.0))
    assert bench.only(AckReceived).source == PEER
    assert bench.sent() == []
    bench.stack.answer_stateless(incoming("ACK"), 400, PEER)
    assert bench.sent() == []


def test_a_stateless_answer_leaves_nothing_behind(bench: Bench) -> None:
    bench.stack.answer_stateless(incoming("INVITE"), 503, PEER, None, ("Retry-After", "5"))
    (response,) = bench.messages()
    assert isinstance(response, Response)
    assert (response.status, response.headers.get("Retry-After")) == (503, "5")
    assert response.to.tag
    assert bench.stack.transactions == 0


def test_a_lost_connection_is_told_to_who_answers_but_ends_no_invite(bench: Bench) -> None:
    tx = bench.invited(STREAM)
    bench.stack.transport_failed(STREAM, Monotonic(1.0))
    assert bench.only(TransportFailed).tx is tx
    assert tx.state is State.PROCEEDING


# CANCEL, received


def test_cancel_is_answered_and_told(bench: Bench) -> None:
    tx = bench.invited()
    bench.stack.answer(tx, 180, Monotonic(0.0))
    (ringing,) = bench.messages()
    bench.stack.receive(incoming("CANCEL"), PEER, Monotonic(1.0))
    assert bench.only(Cancelled).tx is tx
    (ok,) = bench.messages()
    assert name_of(ok) == "200 CANCEL"
    assert ok.to.tag == ringing.to.tag


def test_cancel_after_the_final_answer_is_answered_and_not_told(bench: Bench) -> None:
    bench.stack.answer(bench.invited(), 200, Monotonic(0.0))
    bench.stack.receive(incoming("CANCEL"), PEER, Monotonic(1.0))
    assert bench.stack.take_events() == []
    assert bench.sent() == ["200 INVITE", "200 CANCEL"]


def test_cancel_of_nothing_gets_481(bench: Bench) -> None:
    bench.stack.receive(incoming("CANCEL"), PEER, Monotonic(1.0))
    assert bench.sent() == ["481 CANCEL"]
    assert bench.stack.take_events() == []


def test_a_repeated_cancel_is_told_once(bench: Bench) -> None:
    bench.invited()
    for _ in range(2):
        bench.stack.receive(incoming("CANCEL"), PEER, Monotonic(0.1))
    bench.only(Cancelled)
    assert bench.sent() == ["200 CANCEL", "200 CANCEL"]


# Merged requests


def test_a_user_agent_refuses_the_second_copy_of_a_forked_request(bench: Bench) -> None:
    bench.stack.serve_user_agent()
    bench.invited()
    bench.stack.receive(incoming("INVITE", branch="z9hG4bK2"), PEER, Monotonic(0.0))
    assert bench.stack.take_events() == []
    assert bench.sent() == ["482 INVITE"]


def test_a_proxy_takes_a_request_that_comes_by_again(bench: Bench) -> None:
    bench.invited()
    bench.stack.receive(incoming("INVITE", branch="z9hG4bK2"), PEER, Monotonic(0.0))
    bench.only(RequestReceived)


def test_requests_within_a_dialog_are_never_merged(bench: Bench) -> None:
    bench.stack.serve_user_agent()
    for branch in ("z9hG4bK1", "z9hG4bK2"):
        bench.stack.receive(
            incoming("INFO", branch=branch, to="<sip:bob@telprotocol>;tag=t"), PEER, Monotonic(0.0)
        )
        bench.only(RequestReceived)
