from __future__ import annotations

from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Message, Request, Response, Uri, parse
from telsdk.sip.transaction import (
    AckReceived,
    Cancelled,
    ClientTransaction,
    Event,
    RequestReceived,
    ResponseReceived,
    ServerTransaction,
    Stack,
    State,
    StrayResponse,
    TimedOut,
    TransportFailed,
)
from tests.sip.wire import tokens

PEER = Hop("UDP", "192.0.2.1", 5060)
STREAM = Hop("TCP", "192.0.2.1", 5060, flow=4)

Kind = TypeVar("Kind", bound=Event)


class Bench:
    """A stack with its peer's hands on it."""

    def __init__(self) -> None:
        self.stack = Stack(
            sent_by={"UDP": ("192.0.2.2", 5060), "TCP": ("192.0.2.2", 5060)}.__getitem__, token=tokens(0)
        )

    def sent(self) -> list[str]:
        """What went out, as "INVITE" or "180 INVITE"."""
        return [_name(parse(out.data)) for out in self.stack.take_outgoing()]

    def messages(self) -> list[Request | Response]:
        return [parse(out.data) for out in self.stack.take_outgoing()]

    def only(self, kind: type[Kind]) -> Kind:
        (event,) = self.stack.take_events()
        assert isinstance(event, kind)
        return event

    def pass_time(self, start: float, until: float) -> list[tuple[float, str]]:
        """When and what goes out while time passes."""
        seen = []
        while (when := self.stack.deadline()) is not None and when <= until:
            self.stack.advance(when)
            seen += [(when - start, what) for what in self.sent()]
        return seen

    def invite(self, hop: Hop = PEER, now: Monotonic = Monotonic(0.0)) -> ClientTransaction:
        return self.stack.request(request("INVITE"), hop, now)

    def reply(
        self, tx: ClientTransaction, status: int, now: Monotonic = Monotonic(0.0), tag: str = "t"
    ) -> None:
        response = tx.request.response(status, to_tag=tag if status > 100 else None)
        self.stack.receive(parse(bytes(response)), tx.hop, now)

    def invited(self, source: Hop = PEER, now: Monotonic = Monotonic(0.0)) -> ServerTransaction:
        self.stack.receive(incoming("INVITE", source), source, now)
        return self.only(RequestReceived).tx


def _name(message: Message) -> str:
    if isinstance(message, Request):
        return message.method
    assert isinstance(message, Response)
    return f"{message.status} {message.cseq.method}"


def request(method: str) -> Request:
    made = Request(method, Uri.parse("sip:bob@telprotocol"))
    for name, value in (
        ("Route", "<sip:192.0.2.9;lr>"),
        ("Max-Forwards", "70"),
        ("From", "<sip:alice@telprotocol>;tag=f"),
        ("To", "<sip:bob@telprotocol>"),
        ("Call-ID", "call"),
        ("CSeq", f"7 {method}"),
    ):
        made.headers.add(name, value)
    return made


def incoming(
    method: str, source: Hop = PEER, branch: str = "z9hG4bK1", to: str = "<sip:bob@telprotocol>"
) -> Request:
    made = request(method)
    made.headers.insert("Via", f"SIP/2.0/{source.transport} {source.host}:{source.port};branch={branch}")
    made.headers.set("To", to)
    parsed = parse(bytes(made))
    assert isinstance(parsed, Request)
    return parsed


@pytest.fixture
def bench() -> Bench:
    return Bench()


# Client transactions


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


# Server transactions


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
    assert _name(ok) == "200 CANCEL"
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


# Whatever comes


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_order_of_messages_and_time_raises_or_leaks(data: st.DataObject) -> None:
    bench = Bench()
    if data.draw(st.booleans()):
        bench.stack.serve_user_agent()
    hop = data.draw(st.sampled_from([PEER, STREAM]))
    now = Monotonic(0.0)
    mine = [bench.stack.request(request(method), hop, now) for method in ("INVITE", "OPTIONS")]
    theirs: list[ServerTransaction] = []
    for _ in range(data.draw(st.integers(0, 25))):
        now = Monotonic(now + data.draw(st.sampled_from([0.0, 0.1, 0.6, 5.0, 33.0])))
        bench.stack.advance(now)
        match data.draw(st.sampled_from(["response", "request", "answer", "cancel", "fail"])):
            case "response":
                status = data.draw(st.sampled_from([100, 180, 200, 302, 404, 603]))
                bench.reply(data.draw(st.sampled_from(mine)), status, now)
            case "request":
                method = data.draw(st.sampled_from(["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS"]))
                branch = data.draw(st.sampled_from(["z9hG4bK1", "z9hG4bK2", "old"]))
                bench.stack.receive(incoming(method, hop, branch), hop, now)
            case "answer" if theirs:
                tx = data.draw(st.sampled_from(theirs))
                if tx.state in (State.TRYING, State.PROCEEDING):
                    bench.stack.answer(tx, data.draw(st.sampled_from([100, 180, 200, 486])), now)
            case "cancel":
                bench.stack.cancel(mine[0], now)
            case "fail":
                bench.stack.transport_failed(hop, now)
        theirs += [e.tx for e in bench.stack.take_events() if isinstance(e, RequestReceived)]
        for out in bench.stack.take_outgoing():
            parse(out.data)
    for tx in theirs:
        if tx.state in (State.TRYING, State.PROCEEDING):
            bench.stack.answer(tx, 500, now)
    bench.stack.cancel(mine[0], now)
    bench.reply(mine[0], 487, now)
    while (when := bench.stack.deadline()) is not None:
        bench.stack.advance(when)
    assert bench.stack.transactions == 0
    assert not bench.stack._clients._by_way
    assert not bench.stack._servers._by_way
    assert not bench.stack._servers._merging


def test_a_via_names_the_place_that_a_peer_came_to_and_is_known_again() -> None:
    place = ("192.0.2.2", 5062)
    stack = Stack(sent_by=lambda _: ("192.0.2.2", 5061), token=tokens(0), besides=frozenset({place}))
    for at, named in ((place, 5062), (("192.0.2.2", 5061), 5061), (("10.0.0.1", 9), 5061), (None, 5061)):
        stack.request(request("OPTIONS"), Hop("TLS", "192.0.2.7", 40123, flow=1, taken_at=at), Monotonic(0.0))
        via = parse(stack.take_outgoing()[0].data).via
        assert (via.host, via.port) == ("192.0.2.2", named)
        assert stack.is_ours("TLS", via.host, via.port)
    assert not stack.is_ours("TLS", "192.0.2.2", 5063)
