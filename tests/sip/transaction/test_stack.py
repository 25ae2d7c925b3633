"""Whatever comes, in any order."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import parse
from telsdk.sip.transaction import (
    RequestReceived,
    ServerTransaction,
    Stack,
    State,
)
from tests.sip.transaction.bench import PEER, STREAM, Bench, incoming, request
from tests.sip.wire import tokens


@pytest.fixture
def bench() -> Bench:
    return Bench()


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
