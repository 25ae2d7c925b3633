from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.message import NameAddr, Uri
from telsdk.sip.server import Redirect, RedirectAsked
from telsdk.sip.transaction import Event
from telsdk.sip.ua import CallFailed, Redirected, RequestAnswered
from tests.sip.ladder import Client
from tests.sip.wire import Core, Wire, no_message_is_left, udp

NODE = NameAddr.parse("<sip:192.0.2.12:5060;transport=udp>")


class Hub(Core):
    def __init__(self, *, silent: bool = False) -> None:
        super().__init__("hub", udp("192.0.2.20"))
        self.redirect = Redirect(self.stack)
        self.roles = [self.redirect]
        self.react = self.point
        self.silent = silent

    def point(self, event: Event, now: Monotonic) -> None:
        assert isinstance(event, RedirectAsked)
        if event.request.uri.user == "nobody":
            self.redirect.refuse(event.tx, 404, now, reason="Nobody", headers=[("Retry-After", "5")])
        elif not self.silent:
            self.redirect.answer(event.tx, [NODE], now, headers=[("Expires", "30")])


@pytest.mark.parametrize("loss", [0.0, 0.3])
def test_whoever_asks_is_told_where_to_go_and_then_forgotten(loss: float) -> None:
    for seed in range(20):
        alice, hub = Client("alice", udp("192.0.2.1"), seed=seed), Hub()
        wire = Wire(alice, hub, seed=seed, loss=loss)
        alice.call("bob", hub.addresses["UDP"], Monotonic(0.0))
        register = alice.ua.new_request("REGISTER", Uri.parse("sip:telprotocol"))
        alice.ua.send(register, hub.addresses["UDP"], Monotonic(0.0))
        wire.run()
        finals = [event.response for event in alice.seen if isinstance(event, Redirected)]
        assert len(finals) == len(alice.seen)
        assert [str(r.contacts[0]) for r in finals] == [str(NODE), str(NODE)]
        assert {r.status for r in finals} == {302}
        assert finals[0].expires == 30
        assert no_message_is_left([alice, hub])


def test_a_refusal_says_why() -> None:
    alice, hub = Client("alice", udp("192.0.2.1")), Hub()
    alice.call("nobody", hub.addresses["UDP"], Monotonic(0.0))
    Wire(alice, hub).run()
    (failed,) = alice.seen
    assert isinstance(failed, CallFailed)
    response = failed.response
    assert response is not None
    assert (response.status, response.reason, response.headers.get("Retry-After")) == (404, "Nobody", "5")


def test_a_cancelled_question_is_closed_and_a_late_answer_ignored() -> None:
    alice, hub = Client("alice", udp("192.0.2.1")), Hub(silent=True)
    wire = Wire(alice, hub)
    call = alice.call("bob", hub.addresses["UDP"], Monotonic(0.0))
    wire.at(1.0, lambda: alice.ua.hang_up(call, wire.now))
    wire.run(until=2.0)
    (asked,) = hub.seen_of(RedirectAsked)
    assert isinstance(asked, RedirectAsked)
    hub.redirect.answer(asked.tx, [NODE], wire.now)
    wire.run()
    assert "487 INVITE" in [what for _, _, what in wire.whats()]
    assert "302 INVITE" not in [what for _, _, what in wire.whats()]
    assert no_message_is_left([alice, hub])


@pytest.mark.parametrize(
    ("uri", "field", "status"),
    [
        ("tel:5550002", ("Subject", "hello"), 416),
        ("sip:bob@telprotocol", ("Require", "gruu"), 420),
    ],
)
def test_what_it_cannot_understand_is_not_asked_of_the_application(
    uri: str, field: tuple[str, str], status: int
) -> None:
    alice, hub = Client("alice", udp("192.0.2.1")), Hub()
    request = alice.ua.new_request("OPTIONS", Uri.parse(uri))
    request.headers.add(*field)
    alice.ua.send(request, hub.addresses["UDP"], Monotonic(0.0))
    Wire(alice, hub).run()
    (answered,) = alice.seen
    assert isinstance(answered, RequestAnswered)
    assert answered.status == status
    assert hub.seen == []
    assert no_message_is_left([alice, hub])


def test_events_of_others_are_left_to_them() -> None:
    hub = Hub()
    assert not hub.redirect.handle(Event(), Monotonic(0.0))


@pytest.mark.parametrize(("others", "status"), [([NODE], 302), ([], 404)])
def test_nobody_is_sent_where_he_was_going(others: list[NameAddr], status: int) -> None:
    alice, hub = Client("alice", udp("192.0.2.1")), Hub()
    same = NameAddr.parse("<sip:bob@telprotocol;x=1>")

    def point(event: Event, now: Monotonic) -> None:
        assert isinstance(event, RedirectAsked)
        hub.redirect.answer(event.tx, [same, *others], now)

    hub.react = point
    alice.call("bob", hub.addresses["UDP"], Monotonic(0.0))
    wire = Wire(alice, hub)
    wire.run()
    (sent,) = [one.message for one in wire.log if one.what == f"{status} INVITE"]
    assert sent.contacts == others
