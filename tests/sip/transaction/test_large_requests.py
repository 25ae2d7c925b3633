"""RFC 3261 section 18.1.1: a request that is too large for UDP goes by TCP, and by UDP where nobody takes TCP."""

from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, parse
from telsdk.sip.transaction import ClientTransaction, ResponseReceived, Stack, TimedOut, TransportFailed
from telsdk.sip.transaction.via import MAX_DATAGRAM, MAX_UDP_REQUEST
from tests.sip.wire import tokens

PEER = Hop("UDP", "192.0.2.1", 5062)
BY_TCP = Hop("TCP", "192.0.2.1", 5062)


def stack(*transports: str) -> Stack:
    """An element that speaks these."""
    addresses = dict.fromkeys(transports or ("UDP", "TCP"), ("192.0.2.2", 5060))
    return Stack(sent_by=addresses.__getitem__, token=tokens(0))


def request(method: str, size: int) -> Request:
    """One with a body of `size` bytes."""
    made = Request(
        method,
        "sip:bob@192.0.2.1:5062",
        [
            ("From", "<sip:alice@telprotocol>;tag=a"),
            ("To", "<sip:bob@telprotocol>"),
            ("Call-ID", "call"),
            ("CSeq", f"1 {method}"),
            ("Max-Forwards", "70"),
        ],
    )
    made.body = b"x" * size
    return made


def large(core: Stack, method: str = "MESSAGE", hop: Hop = PEER) -> ClientTransaction:
    return core.request(request(method, MAX_UDP_REQUEST), hop, Monotonic(0.0))


def test_the_number_is_that_of_the_rfc_and_counts_the_whole_message() -> None:
    core = stack()
    core.request(request("MESSAGE", 0), PEER, Monotonic(0.0))
    (small,) = core.take_outgoing()
    room = MAX_UDP_REQUEST - len(small.data) - len("1111") + len("0")
    assert MAX_UDP_REQUEST == 1_300
    for size, hop in ((room, PEER), (room + 1, BY_TCP)):
        core.request(request("MESSAGE", size), PEER, Monotonic(0.0))
        (out,) = core.take_outgoing()
        assert out.hop == hop, len(out.data)


def test_by_tcp_the_via_says_so_and_nothing_is_sent_again() -> None:
    core = stack()
    large(core)
    (out,) = core.take_outgoing()
    sent = parse(out.data)
    assert out.hop == BY_TCP
    assert (sent.via.transport, sent.via.has("rport"), sent.via.port) == ("TCP", False, 5060)
    core.advance(Monotonic(5.0))
    assert core.take_outgoing() == []


@pytest.mark.parametrize("method", ["MESSAGE", "INVITE"])
def test_where_tcp_is_refused_it_goes_by_udp_as_if_nothing_had_been(method: str) -> None:
    core = stack()
    tx = large(core, method)
    (first,) = core.take_outgoing()
    core.transport_failed(BY_TCP, Monotonic(1.0))
    (second,) = core.take_outgoing()
    sent = parse(second.data)
    assert second.hop == PEER
    assert (sent.via.transport, sent.via.has("rport")) == ("UDP", True)
    assert sent.via.branch == parse(first.data).via.branch
    assert core.take_events() == []

    core.advance(Monotonic(1.5))  # timer A or E
    assert [out.data for out in core.take_outgoing()] == [second.data]
    assert isinstance(sent, Request)
    core.receive(parse(bytes(sent.response(200))), PEER, Monotonic(1.6))
    (event,) = core.take_events()
    assert isinstance(event, ResponseReceived)
    assert event.tx is tx


def test_a_response_by_tcp_settles_it() -> None:
    core = stack()
    large(core, "INVITE")
    sent = parse(core.take_outgoing()[0].data)
    assert isinstance(sent, Request)
    core.receive(parse(bytes(sent.response(180))), BY_TCP, Monotonic(0.1))
    core.take_events()
    core.transport_failed(BY_TCP, Monotonic(1.0))
    assert core.take_outgoing() == []


def test_where_udp_fails_too_that_is_told_once() -> None:
    core = stack()
    tx = large(core)
    core.transport_failed(BY_TCP, Monotonic(1.0))
    core.take_outgoing()
    core.transport_failed(PEER, Monotonic(2.0))
    (event,) = core.take_events()
    assert isinstance(event, TransportFailed)
    assert event.tx is tx
    assert core.transactions == 0
    assert core.deadline() is None


def test_without_an_answer_by_udp_it_times_out_after_its_full_time() -> None:
    core = stack()
    large(core)
    core.transport_failed(BY_TCP, Monotonic(1.0))
    while (when := core.deadline()) is not None:
        core.advance(when)
        if events := core.take_events():
            break
    assert isinstance(events[0], TimedOut)
    assert when == pytest.approx(1.0 + 64 * core.timers.t1)


def test_what_fits_into_no_datagram_fails_with_tcp() -> None:
    core = stack()
    core.request(request("MESSAGE", MAX_DATAGRAM), PEER, Monotonic(0.0))
    core.take_outgoing()
    core.transport_failed(BY_TCP, Monotonic(1.0))
    (event,) = core.take_events()
    assert isinstance(event, TransportFailed)
    assert core.take_outgoing() == []


@pytest.mark.parametrize(
    ("core", "hop"),
    [
        (stack("UDP"), PEER),  # an element without TCP
        (stack(), Hop("UDP", "192.0.2.1", 5062, is_source=True)),  # a phone's flow (RFC 5626 5.3)
        (stack("TLS"), Hop("TLS", "192.0.2.1", 5062)),
    ],
)
def test_elsewhere_its_size_changes_nothing(core: Stack, hop: Hop) -> None:
    large(core, hop=hop)
    (out,) = core.take_outgoing()
    assert out.hop == hop
    assert parse(out.data).via.transport == hop.transport


def test_cancel_takes_the_way_that_its_invite_took() -> None:
    core = stack()
    tx = large(core, "INVITE")
    core.transport_failed(BY_TCP, Monotonic(1.0))
    sent = parse(core.take_outgoing()[1].data)
    assert isinstance(sent, Request)
    core.receive(parse(bytes(sent.response(180))), PEER, Monotonic(1.1))
    core.cancel(tx, Monotonic(1.2))
    (out,) = core.take_outgoing()
    cancel = parse(out.data)
    assert isinstance(cancel, Request)
    assert (out.hop, cancel.method, str(cancel.via)) == (PEER, "CANCEL", str(sent.via))
