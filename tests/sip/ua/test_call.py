"""Whole calls between four elements in memory: the ladder of the design, with and without a bad network."""

from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import NameAddr, Request, Response, Uri
from telsdk.sip.server import Redirect, RedirectAsked, Target
from telsdk.sip.transaction import Event
from telsdk.sip.ua import Answered, CallEnded, CallFailed, CallState, Redirected, Ringing
from telsdk.sip.ua.call import CallConfirmed
from tests.sip.ladder import ladder
from tests.sip.wire import Core, no_message_is_left, udp

DESIGN = [
    ("alice", "A", "INVITE"),  # F1
    ("A", "B", "INVITE"),  # F2
    ("A", "alice", "100 INVITE"),  # F3
    ("B", "bob", "INVITE"),  # F4
    ("B", "A", "100 INVITE"),  # F5
    ("bob", "B", "180 INVITE"),  # F6
    ("B", "A", "180 INVITE"),  # F7
    ("A", "alice", "180 INVITE"),  # F8
    ("bob", "B", "200 INVITE"),  # F9
    ("B", "A", "200 INVITE"),  # F10
    ("A", "alice", "200 INVITE"),  # F11
    ("alice", "bob", "ACK"),  # F12
    ("bob", "alice", "BYE"),  # F13
    ("alice", "bob", "200 BYE"),  # F14
]


@pytest.mark.parametrize("transport", ["UDP", "TCP", "TLS"])
def test_the_call_of_the_design_takes_its_fourteen_messages_in_order(transport: str) -> None:
    made = ladder(transport=transport)
    call = made.alice.call("bob", made.node_a.own, Monotonic(0.0))
    made.hang_up_bob(at=3.0)
    made.wire.run()
    assert made.wire.whats() == DESIGN
    assert [type(event) for event in made.alice.seen] == [Ringing, Answered, CallEnded]
    assert isinstance(made.alice.seen[-1], CallEnded)
    assert made.alice.seen[-1].by == "remote"
    assert [type(event) for event in made.bob.seen][1:] == [CallConfirmed, CallEnded]
    assert call.ended
    assert no_message_is_left(made.cores)


def test_bodies_and_unknown_headers_go_through_untouched() -> None:
    made = ladder()
    request = made.alice.ua.new_request("INVITE", made.alice.ua.aor, body=b"v=0\r\n")
    request.headers.add("X-Odd", 'a, "b" ,,c')
    request.uri = made.node_a.routes["bob"][0].uri
    made.alice.ua.invite(request, made.node_a.own, Monotonic(0.0))
    made.wire.run(until=0.5)
    received = made.incoming[0].request
    assert received.body == b"v=0\r\n"
    assert received.headers.get("X-Odd") == 'a, "b" ,,c'
    assert received.max_forwards == 68


@pytest.mark.parametrize("caller_hangs_up", [True, False])
@pytest.mark.parametrize("block", range(4))
def test_with_three_messages_in_ten_lost_both_sides_end_agreeing(block: int, caller_hangs_up: bool) -> None:
    for seed in range(block * 50, block * 50 + 50):
        made = ladder(seed=seed, loss=0.3, duplicate=0.1)
        call = made.alice.call("bob", made.node_a.own, Monotonic(0.0))
        (made.hang_up_alice if caller_hangs_up else made.hang_up_bob)(at=60.0)
        made.wire.run()
        assert call.state is CallState.ENDED, seed
        assert all(one.ended for one in made.incoming), seed
        talked = [bool(made.alice.seen_of(Answered)), bool(made.bob.seen_of(CallConfirmed))]
        if talked[1]:
            assert talked[0], seed
        assert no_message_is_left(made.cores), seed
        assert not made.alice.ua.dialogs, seed
        assert not made.bob.ua.dialogs, seed


def test_a_lossy_call_replays_exactly() -> None:
    logs = []
    for _ in range(2):
        made = ladder(seed=7, loss=0.3)
        made.alice.call("bob", made.node_a.own, Monotonic(0.0))
        made.hang_up_bob(at=60.0)
        made.wire.run()
        logs.append([(sent.at, sent.lost, bytes(sent.message)) for sent in made.wire.log])
    assert logs[0] == logs[1]


def test_the_caller_can_cancel_while_it_rings() -> None:
    made = ladder()
    made.alice.call("bob", made.node_a.own, Monotonic(0.0))
    made.hang_up_alice(at=0.5)
    made.wire.run()
    assert ("B", "bob", "CANCEL") in made.wire.whats()
    assert [(type(e), getattr(e, "by", "")) for e in made.alice.seen] == [(Ringing, ""), (CallEnded, "local")]
    assert isinstance(made.bob.seen[-1], CallEnded)
    assert made.bob.seen[-1].by == "remote"
    assert no_message_is_left(made.cores)


@pytest.mark.parametrize(
    "when", [0.0, 0.001, 0.01, 0.03, 0.05, 0.9, 0.99, 1.0, 1.005, 1.01, 1.02, 1.03, 1.05]
)
@pytest.mark.parametrize("loss", [0.0, 0.3])
def test_cancel_racing_the_answer_leaves_no_half_call(when: float, loss: float) -> None:
    for seed in range(10):
        made = ladder(seed=seed, loss=loss)
        call = made.alice.call("bob", made.node_a.own, Monotonic(0.0))
        made.hang_up_alice(at=when)
        made.wire.run()
        assert call.ended
        assert all(one.ended for one in made.incoming)
        assert no_message_is_left(made.cores)


def test_a_refusal_travels_back_with_its_ack_hop_by_hop() -> None:
    made = ladder(on_incoming=lambda made, call, now: made.bob.ua.reject(call, now, status=486))
    made.alice.call("bob", made.node_a.own, Monotonic(0.0))
    made.wire.run()
    failed = made.alice.seen[-1]
    assert isinstance(failed, CallFailed)
    assert failed.status == 486
    acks = [(s, d) for s, d, what in made.wire.whats() if what == "ACK"]
    assert sorted(acks) == [("A", "B"), ("B", "bob"), ("alice", "A")]
    assert no_message_is_left(made.cores)


def test_nodes_that_record_route_carry_ack_and_bye() -> None:
    made = ladder(record_route=True)
    made.alice.call("bob", made.node_a.own, Monotonic(0.0))
    made.hang_up_bob(at=3.0)
    made.wire.run()
    assert made.wire.whats()[11:] == [
        ("alice", "A", "ACK"),
        ("A", "B", "ACK"),
        ("B", "bob", "ACK"),
        ("bob", "B", "BYE"),
        ("B", "A", "BYE"),
        ("A", "alice", "BYE"),
        ("alice", "A", "200 BYE"),
        ("A", "B", "200 BYE"),
        ("B", "bob", "200 BYE"),
    ]
    assert no_message_is_left(made.cores)


def test_both_hanging_up_at_once_ends_both() -> None:
    made = ladder()
    call = made.alice.call("bob", made.node_a.own, Monotonic(0.0))
    made.hang_up_alice(at=3.0)
    made.hang_up_bob(at=3.0)
    made.wire.run()
    assert call.ended
    assert made.incoming[0].ended
    assert no_message_is_left(made.cores)


def test_every_message_on_the_wire_can_be_read_by_the_strict_parser() -> None:
    made = ladder(seed=3, loss=0.2)
    made.alice.call("bob", made.node_a.own, Monotonic(0.0))
    made.hang_up_bob(at=60.0)
    made.wire.run()
    for sent in made.wire.log:
        assert isinstance(sent.message, Request | Response)
        assert len(sent.message.call_id) == 20


class Hub(Core):
    """The callee's hub: it answers every INVITE with the node that serves the callee."""

    def __init__(self, serving: Hop) -> None:
        super().__init__("hub", udp("192.0.2.20"))
        self.redirect = Redirect(self.stack)
        self.roles = [self.redirect]
        self.serving = serving
        self.react = self.point

    def point(self, event: Event, now: Monotonic) -> None:
        assert isinstance(event, RedirectAsked)
        contact = NameAddr.parse(f"<sip:{self.serving.host}:{self.serving.port};transport=udp>")
        self.redirect.answer(event.tx, [contact], now)


@pytest.mark.parametrize("loss", [0.0, 0.3])
def test_a_node_asks_the_callees_hub_and_follows_it_without_telling_the_caller(loss: float) -> None:
    for seed in range(20):
        made = ladder(seed=seed, loss=loss)
        hub = Hub(made.node_b.own)
        made.wire.cores.append(hub)
        made.node_a.routes["bob"] = [Target(Uri.parse("sip:bob@telprotocol"), hub.addresses["UDP"])]
        call = made.alice.call("bob", made.node_a.own, Monotonic(0.0))
        made.hang_up_bob(at=60.0)
        made.wire.run()
        assert call.ended
        assert made.alice.seen_of(Answered)
        assert not made.alice.seen_of(Redirected)
        assert no_message_is_left([*made.cores, hub])


def test_a_caller_whose_connection_breaks_is_told_and_the_rest_ends_by_itself() -> None:
    made = ladder(transport="TCP")
    call = made.alice.call("bob", made.node_a.own, Monotonic(0.0))
    made.wire.run(until=0.5)
    made.wire.cut(1)  # the first that was opened: Alice's to node A
    made.wire.run()
    failed = made.alice.seen[-1]
    assert isinstance(failed, CallFailed)
    assert failed.status == 503
    assert call.ended
    assert all(one.ended for one in made.incoming)
    assert no_message_is_left(made.cores)
