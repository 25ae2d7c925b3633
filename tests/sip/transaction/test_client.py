"""The client half: what is sent, again and once, and whose the answers are."""

from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, parse
from telsdk.sip.transaction import (
    ResponseReceived,
    State,
    StrayResponse,
    TimedOut,
    TransportFailed,
)
from tests.sip.transaction.bench import PEER, STREAM, Bench, incoming, request


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_an_invite_over_udp_is_sent_again_at_doubling_intervals_for_64_t1(bench: Bench) -> None:
    tx = bench.invite()
    assert bench.sent() == ["INVITE"]
    assert bench.pass_time(0.0, 100.0) == [(at, "INVITE") for at in (0.5, 1.5, 3.5, 7.5, 15.5, 31.5)]
    assert bench.only(TimedOut).tx is tx
    assert bench.stack.transactions == 0


def test_another_request_over_udp_is_sent_again_at_no_more_than_t2(bench: Bench) -> None:
    tx = bench.stack.request(request("OPTIONS"), PEER, Monotonic(0.0))
    bench.sent()
    times = [at for at, _ in bench.pass_time(0.0, 100.0)]
    assert times == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert bench.only(TimedOut).tx is tx
    assert bench.stack.transactions == 0


def test_a_provisional_answer_slows_a_non_invite_down_to_t2(bench: Bench) -> None:
    tx = bench.stack.request(request("OPTIONS"), PEER, Monotonic(0.0))
    bench.sent()
    bench.reply(tx, 100, Monotonic(0.1))
    assert [at for at, _ in bench.pass_time(0.0, 10.0)] == [0.5, 4.5, 8.5]


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
def test_nothing_is_sent_again_over_a_reliable_transport(bench: Bench, method: str) -> None:
    bench.stack.request(request(method), STREAM, Monotonic(0.0))
    assert bench.sent() == [method]
    assert bench.pass_time(0.0, 31.9) == []
    bench.pass_time(0.0, 32.0)
    bench.only(TimedOut)
    assert bench.stack.transactions == 0


def test_our_via_has_a_fresh_branch_and_rport_on_udp_only(bench: Bench) -> None:
    first, second = bench.invite().request.via, bench.invite(STREAM).request.via
    assert str(first).startswith("SIP/2.0/UDP 192.0.2.2:5060;rport;branch=z9hG4bK")
    assert str(second).startswith("SIP/2.0/TCP 192.0.2.2:5060;branch=z9hG4bK")
    assert first.branch != second.branch


def test_provisional_answers_stop_the_retransmission_and_reach_the_owner(bench: Bench) -> None:
    tx = bench.invite()
    bench.sent()
    for status in (100, 180, 180):
        bench.reply(tx, status)
        assert bench.only(ResponseReceived).response.status == status
    assert bench.stack.deadline() is None
    assert tx.state is State.PROCEEDING


def test_a_failure_is_acknowledged_hop_by_hop_each_time_it_comes(bench: Bench) -> None:
    tx = bench.invite()
    bench.sent()
    bench.reply(tx, 486)
    assert bench.only(ResponseReceived).response.status == 486
    (ack,) = bench.messages()
    assert isinstance(ack, Request)
    assert ack.method == "ACK"
    assert str(ack.via) == str(tx.request.via)
    assert len(ack.vias) == 1
    assert (ack.to.tag, ack.from_.tag, ack.cseq.number) == ("t", "f", 7)
    assert ack.headers.all("Route") == ["<sip:192.0.2.9;lr>"]
    assert ack.uri == tx.request.uri
    bench.reply(tx, 486, Monotonic(1.0))
    assert bench.sent() == ["ACK"]
    assert bench.stack.take_events() == []
    bench.pass_time(0.0, 40.0)
    assert bench.stack.transactions == 0


@pytest.mark.parametrize(
    "to", [b't : "B"<sip:bob@telprotocol> ;tag=t', b'To: "\xe9" <sip:bob@telprotocol>;tag=t']
)
def test_an_ack_has_the_to_of_the_failure_as_it_came(bench: Bench, to: bytes) -> None:
    tx = bench.invite()
    bench.sent()
    failure = bytes(tx.request.response(486)).replace(b"To: <sip:bob@telprotocol>", to)
    bench.stack.receive(parse(failure), tx.hop, Monotonic(0.0))
    (ack,) = bench.stack.take_outgoing()
    assert b"\r\n" + to + b"\r\n" in ack.data


def test_over_a_stream_a_failed_invite_is_forgotten_at_once(bench: Bench) -> None:
    tx = bench.invite(STREAM)
    bench.reply(tx, 486)
    assert bench.sent() == ["INVITE", "ACK"]
    assert bench.stack.transactions == 0


def test_every_2xx_reaches_the_owner_until_timer_m(bench: Bench) -> None:
    tx = bench.invite()
    for tag in ("t", "t", "u"):
        bench.reply(tx, 200, tag=tag)
        assert bench.only(ResponseReceived).response.to.tag == tag
    assert bench.sent() == ["INVITE"]
    bench.stack.advance(Monotonic(32.0))
    assert bench.stack.transactions == 0
    bench.reply(tx, 200, Monotonic(33.0))
    assert bench.only(StrayResponse).response.status == 200


def test_a_response_that_answers_nothing_of_ours_is_dropped(bench: Bench) -> None:
    foreign = incoming("INVITE").response(200)
    bench.stack.receive(foreign, PEER, Monotonic(0.0))
    strange = incoming("INVITE", Hop("SCTP", "192.0.2.2", 5060)).response(200)
    bench.stack.receive(strange, PEER, Monotonic(0.0))
    assert bench.stack.take_events() == []


def test_a_transport_failure_ends_what_waits_on_it_and_nothing_else(bench: Bench) -> None:
    lost = bench.invite(STREAM)
    kept = bench.invite(STREAM.on_flow(5))
    bench.stack.transport_failed(STREAM, Monotonic(1.0))
    assert bench.only(TransportFailed).tx is lost
    assert kept.state is State.CALLING
    assert bench.stack.transactions == 1


@pytest.mark.parametrize("method", ["ACK", "CANCEL"])
def test_ack_and_cancel_start_no_transaction(bench: Bench, method: str) -> None:
    with pytest.raises(ProtocolStateError, match=method):
        bench.stack.request(request(method), PEER, Monotonic(0.0))
    assert bench.sent() == []


def test_a_peer_that_cannot_be_reached_fails_what_had_no_connection_yet(bench: Bench) -> None:
    wanted = bench.invite(Hop("TCP", "192.0.2.1", 5060))
    connected = bench.invite(STREAM)
    elsewhere = bench.invite(Hop("TCP", "192.0.2.8", 5060))
    datagram = bench.invite(PEER)
    bench.stack.transport_failed(Hop("TCP", "192.0.2.1", 5060), Monotonic(1.0))
    assert bench.only(TransportFailed).tx is wanted
    assert {connected.state, elsewhere.state, datagram.state} == {State.CALLING}
    bench.stack.transport_failed(PEER, Monotonic(1.0))
    assert bench.only(TransportFailed).tx is datagram


def test_the_connection_that_was_opened_for_a_request_fails_it_when_it_breaks(bench: Bench) -> None:
    tx = bench.invite(Hop("TCP", "192.0.2.1", 5060))
    bench.stack.transport_failed(STREAM, Monotonic(1.0))
    assert bench.only(TransportFailed).tx is tx


# CANCEL, sent


def test_cancel_waits_for_a_provisional_answer_and_takes_the_same_way(bench: Bench) -> None:
    tx = bench.invite()
    bench.stack.cancel(tx, Monotonic(0.0))
    assert bench.sent() == ["INVITE"]
    bench.reply(tx, 180, Monotonic(0.2))
    (cancel,) = bench.messages()
    assert isinstance(cancel, Request)
    assert cancel.method == "CANCEL"
    assert str(cancel.via) == str(tx.request.via)
    assert cancel.to.tag is None
    assert cancel.cseq.number == 7
    assert cancel.headers.all("Route") == ["<sip:192.0.2.9;lr>"]
    bench.stack.cancel(tx, Monotonic(0.3))
    assert bench.sent() == []


def test_the_answer_to_cancel_stays_within_the_stack(bench: Bench) -> None:
    tx = bench.invite()
    bench.reply(tx, 180)
    bench.stack.cancel(tx, Monotonic(0.0))
    cancel = bench.messages()[-1]
    assert isinstance(cancel, Request)
    bench.stack.take_events()
    bench.stack.receive(cancel.response(200), PEER, Monotonic(0.1))
    assert bench.stack.take_events() == []
    bench.reply(tx, 487, Monotonic(0.2))
    assert bench.only(ResponseReceived).response.status == 487
    bench.pass_time(0.0, 40.0)
    assert bench.stack.transactions == 0


def test_a_cancelled_invite_without_a_final_answer_times_out_after_64_t1(bench: Bench) -> None:
    tx = bench.invite()
    bench.reply(tx, 180, Monotonic(1.0))
    bench.stack.take_events()
    bench.stack.cancel(tx, Monotonic(100.0))
    bench.pass_time(0.0, 131.9)
    assert bench.stack.take_events() == []
    bench.pass_time(0.0, 140.0)
    assert bench.only(TimedOut).tx is tx
    assert bench.stack.transactions == 0


def test_cancel_after_the_final_answer_does_nothing(bench: Bench) -> None:
    tx = bench.invite()
    bench.reply(tx, 200)
    bench.stack.cancel(tx, Monotonic(0.0))
    assert bench.sent() == ["INVITE"]


def test_a_wanted_cancel_is_dropped_when_the_call_is_answered_first(bench: Bench) -> None:
    tx = bench.invite()
    bench.stack.cancel(tx, Monotonic(0.0))
    bench.reply(tx, 200)
    assert bench.sent() == ["INVITE"]


def test_only_invite_can_be_cancelled(bench: Bench) -> None:
    tx = bench.stack.request(request("OPTIONS"), PEER, Monotonic(0.0))
    with pytest.raises(ProtocolStateError, match="OPTIONS"):
        bench.stack.cancel(tx, Monotonic(0.0))
