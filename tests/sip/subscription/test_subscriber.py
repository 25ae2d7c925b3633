"""Subscribers and notifiers joined in memory: what one tells the other hears, whatever the network does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import NameAddr, Request, Uri
from telsdk.sip.subscription import Notifier, Package, StateWanted, SubscribeAsked
from telsdk.sip.subscription import Subscription as Watcher
from telsdk.sip.subscription.subscriber import (
    LATER,
    Forked,
    Notified,
    OwnSubscription,
    Subscriber,
    SubscriptionEnded,
)
from telsdk.sip.transaction import Event, RequestReceived, TimedOut
from tests.sip.wire import Core, Wire, no_message_is_left, udp

ALICE, BOB = udp("192.0.2.1"), udp("192.0.2.2")
PACKAGE = Package("presence", "application/pidf+xml", min_expires=60, interval=5.0)
TEXT = "application/pidf+xml"


class Told:
    """Bob, whose notifier tells the number of changes so far."""

    def __init__(self) -> None:
        self.core = Core("bob", BOB)
        self.notifier = Notifier(self.core.stack, [PACKAGE], contact=lambda _hop: "<sip:bob@192.0.2.2>")
        self.core.roles.append(self.notifier)
        self.core.react = self.react
        self.refuse_with: int | None = None
        self.value = 0
        self.watchers: list[Watcher] = []

    def react(self, event: Event, now: Monotonic) -> None:
        if isinstance(event, SubscribeAsked):
            if self.refuse_with is not None:
                self.notifier.refuse(event, self.refuse_with, now)
            elif (watcher := self.notifier.accept(event, now)) is not None:
                self.watchers.append(watcher)
        elif isinstance(event, StateWanted):
            self.notifier.notify(event.subscription, str(self.value).encode(), now)

    def change(self, now: Monotonic) -> None:
        self.value += 1
        for watcher in self.watchers:
            self.notifier.notify(watcher, str(self.value).encode(), now)


class Net:
    def __init__(self, **network: float) -> None:
        self.alice = Core("alice", ALICE)
        self.subscriber = Subscriber(self.alice.stack, contact=lambda _hop: "<sip:alice@192.0.2.1>")
        self.alice.roles.append(self.subscriber)
        self.bob = Told()
        self.wire = Wire(self.alice, self.bob.core, **network)  # type: ignore[arg-type]

    def subscribe(self, hop: Hop = BOB, expires: int = 600, *, forks: bool = False) -> OwnSubscription:
        return self.subscriber.subscribe(
            Uri.parse("sip:bob@telprotocol"),
            hop,
            self.wire.now,
            local=NameAddr.parse("<sip:alice@telprotocol>"),
            event="presence",
            accept=TEXT,
            expires=expires,
            forks=forks,
        )

    def heard(self) -> list[bytes]:
        return [event.body for event in self.alice.seen if isinstance(event, Notified)]

    def ended(self) -> list[tuple[str, int | None]]:
        found = [event for event in self.alice.seen if isinstance(event, SubscriptionEnded)]
        return [(event.reason, event.retry_after) for event in found]

    def sent(self, method: str) -> list[Request]:
        return [
            sent.message
            for sent in self.wire.log
            if sent.what == method and isinstance(sent.message, Request)
        ]

    def tell(
        self, sub: OwnSubscription, state: str = "active;expires=600", body: bytes = b"", **fields: str
    ) -> Request:
        """A NOTIFY that somebody writes by hand."""
        named = {
            "From": "<sip:bob@telprotocol>;tag=other",
            "To": str(sub.local),
            "Call-ID": sub.call_id,
            "CSeq": "1 NOTIFY",
            "Contact": "<sip:bob@192.0.2.2>",
            "Event": "presence",
            "Subscription-State": state,
            **{name.replace("_", "-"): value for name, value in fields.items()},
        }
        request = Request("NOTIFY", "sip:alice@192.0.2.1", [pair for pair in named.items() if pair[1]])
        request.body = body
        self.bob.core.stack.request(request, ALICE, self.wire.now)
        return request

    def answers(self) -> list[str]:
        """What Alice answered to NOTIFYs."""
        return [
            sent.what.split()[0] for sent in self.wire.log if sent.source == "alice" and "NOTIFY" in sent.what
        ]


def test_a_subscriber_hears_how_it_stands_and_every_change() -> None:
    net = Net()
    net.subscribe()
    for when in (10.0, 20.0):
        net.wire.at(when, lambda: net.bob.change(net.wire.now))
    net.wire.run(30.0)
    assert net.heard() == [b"0", b"1", b"2"]


def test_a_subscription_is_refreshed_in_time_until_it_is_left() -> None:
    net = Net()
    sub = net.subscribe(expires=600)
    net.wire.run(1500.0)
    assert [request.cseq.number for request in net.sent("SUBSCRIBE")] == [1, 2, 3]
    assert net.ended() == []
    net.subscriber.unsubscribe(sub, net.wire.now)
    net.subscriber.unsubscribe(sub, net.wire.now)
    net.wire.run()
    assert net.ended() == [("timeout", None)]
    assert (len(net.subscriber), len(net.bob.notifier)) == (0, 0)
    assert no_message_is_left(net.wire.cores)


@pytest.mark.parametrize("seed", range(20))
def test_both_ends_agree_whatever_the_network_loses_doubles_or_overtakes(seed: int) -> None:
    net = Net(seed=seed, loss=0.3, duplicate=0.2)
    sub = net.subscribe()
    for number in range(1, 4):
        net.wire.at(40.0 * number, lambda: net.bob.change(net.wire.now))
    net.wire.run(300.0)
    if net.heard() and not net.ended():
        # Delivered at last, and never an older state after a newer one.
        assert net.heard() == sorted(net.heard())
        assert net.heard()[-1] == b"3" or len(net.bob.notifier) == 0
    net.subscriber.unsubscribe(sub, net.wire.now)
    net.wire.run()
    assert (len(net.subscriber), len(net.bob.notifier)) == (0, 0)
    assert no_message_is_left(net.wire.cores)


def test_who_asks_once_is_told_once() -> None:
    net = Net()
    net.subscribe(expires=0)
    net.wire.run()
    assert (net.heard(), net.ended()) == ([b"0"], [("timeout", 0)])
    assert no_message_is_left(net.wire.cores)


def test_too_short_a_time_is_asked_for_again_as_long_as_the_notifier_wants() -> None:
    net = Net()
    net.subscribe(expires=10)
    net.wire.run(1.0)
    assert [request.expires for request in net.sent("SUBSCRIBE")] == [10, 60]
    assert net.heard() == [b"0"]


def test_a_notifier_who_always_wants_more_time_is_asked_twice_and_no_more() -> None:
    net = Net()
    wanted = iter(range(100, 200))
    net.bob.core.react = lambda event, now: (
        net.bob.notifier.refuse(event, 423, now, headers=[("Min-Expires", str(next(wanted)))])
        if isinstance(event, SubscribeAsked)
        else None
    )
    net.subscribe(expires=60)
    net.wire.run()
    assert [request.expires for request in net.sent("SUBSCRIBE")] == [60, 100]
    assert net.ended() == [("refused", None)]


def test_a_refusal_is_told_with_the_answer() -> None:
    net = Net()
    net.bob.refuse_with = 403
    net.subscribe()
    net.wire.run()
    (event,) = net.alice.seen_of(SubscriptionEnded)
    assert isinstance(event, SubscriptionEnded)
    assert event.response is not None
    assert (event.reason, event.retry_after, event.response.status) == ("refused", None, 403)
    assert no_message_is_left(net.wire.cores)


def test_a_notifier_who_cannot_be_reached_is_told() -> None:
    net = Net()
    net.subscribe(hop=udp("192.0.2.77"))
    net.wire.run()
    assert net.ended() == [("unreachable", LATER)]
    assert no_message_is_left(net.wire.cores)


def test_a_notifier_who_accepts_and_never_tells_is_given_up() -> None:
    net = Net()
    net.bob.core.react = lambda event, now: (
        net.bob.core.stack.answer(event.tx, 200, now) if isinstance(event, SubscribeAsked) else None
    )
    net.subscribe()
    net.wire.run()
    assert net.ended() == [("silent", LATER)]
    assert no_message_is_left(net.wire.cores)


@pytest.mark.parametrize(
    ("reason", "retry_after", "expected"),
    [
        ("deactivated", None, 0),
        ("timeout", None, 0),
        ("rejected", None, None),
        ("noresource", 5, None),
        ("invariant", None, None),
        ("probation", 5, 5),
        ("giveup", None, LATER),
        ("something-new", None, LATER),
    ],
)
def test_an_end_says_when_to_subscribe_anew(
    reason: str, retry_after: int | None, expected: int | None
) -> None:
    net = Net()
    net.subscribe()
    net.wire.at(
        1.0,
        lambda: net.bob.notifier.end(net.bob.watchers[0], reason, Monotonic(1.0), retry_after=retry_after),
    )
    net.wire.run()
    assert net.ended() == [(reason, expected)]
    assert no_message_is_left(net.wire.cores)


def test_a_subscription_that_the_notifier_has_forgotten_may_be_had_anew() -> None:
    net = Net()
    net.subscribe(expires=600)
    net.wire.at(1.0, lambda: net.bob.notifier.drop_hop(ALICE))
    net.wire.run()
    assert net.ended() == [("refused", 0)]


def test_who_leaves_before_he_was_told_leaves_when_he_is() -> None:
    net = Net()
    sub = net.subscribe()
    net.subscriber.unsubscribe(sub, Monotonic(0.0))
    net.wire.run()
    assert [request.expires for request in net.sent("SUBSCRIBE")] == [600, 0]
    assert net.ended() == [("timeout", None)]
    assert no_message_is_left(net.wire.cores)


def test_a_second_notifier_is_refused_where_one_is_wanted() -> None:
    net = Net()
    sub = net.subscribe()
    net.wire.at(1.0, lambda: net.tell(sub))
    net.wire.run(2.0)
    assert net.answers() == ["200", "481"]


def test_each_notifier_that_a_fork_reached_tells_where_that_is_wanted() -> None:
    net = Net()
    sub = net.subscribe(forks=True)
    net.wire.at(1.0, lambda: net.tell(sub))
    net.wire.run(2.0)
    (event,) = net.alice.seen_of(Forked)
    assert isinstance(event, Forked)
    assert event.original is sub
    assert (net.answers(), len(net.subscriber)) == (["200", "200"], 2)
    net.subscriber.unsubscribe(event.subscription, Monotonic(2.0))
    net.wire.run(3.0)
    assert net.sent("SUBSCRIBE")[-1].to.tag == "other"


def test_a_fork_that_tells_too_late_is_refused() -> None:
    net = Net()
    sub = net.subscribe(forks=True)
    net.wire.at(33.0, lambda: net.tell(sub))
    net.wire.run(34.0)
    assert net.answers() == ["200", "481"]


Spoil = Callable[[Net, OwnSubscription], object]


@pytest.mark.parametrize(
    ("spoil", "status"),
    [
        (lambda net, sub: net.tell(sub, Call_ID="unknown"), "481"),
        (lambda net, sub: net.tell(sub, Event="dialog"), "489"),
        (lambda net, sub: net.tell(sub, Event="presence;id=1"), "489"),
        (lambda net, sub: net.tell(sub, Event=""), "400"),
        (lambda net, sub: net.tell(sub, state=""), "400"),
        (lambda net, sub: net.tell(sub, state="active;expires=x"), "400"),
        (lambda net, sub: net.tell(sub, Contact=""), "400"),
    ],
)
def test_a_first_notify_that_is_none_is_refused_and_changes_nothing(spoil: Spoil, status: str) -> None:
    net = Net()
    sub = net.subscribe(hop=udp("192.0.2.77"))
    net.wire.at(1.0, lambda: spoil(net, sub))
    net.wire.run(2.0)
    assert (net.answers(), net.heard(), sub.dialog) == ([status], [], None)


def test_a_notify_out_of_order_is_refused() -> None:
    net = Net()
    sub = net.subscribe(hop=udp("192.0.2.77"))
    for when, number in ((1.0, 5), (2.0, 4)):
        net.wire.at(when, lambda number=number: net.tell(sub, CSeq=f"{number} NOTIFY"))  # type: ignore[misc]
    net.wire.run(3.0)
    assert net.answers() == ["200", "500"]


def test_a_body_that_was_not_asked_for_is_refused() -> None:
    net = Net()
    sub = net.subscribe(hop=udp("192.0.2.77"))
    net.wire.at(1.0, lambda: net.tell(sub, body=b"<x/>", Content_Type="text/xml"))
    net.wire.at(2.0, lambda: net.tell(sub, body=b"<x/>", CSeq="2 NOTIFY", Content_Type=TEXT))
    net.wire.run(3.0)
    assert (net.answers(), net.heard()) == (["415", "200"], [b"<x/>"])


def test_a_refusal_that_says_when_to_come_again_is_told_so() -> None:
    net = Net()
    refuse = net.bob.notifier.refuse
    net.bob.core.react = lambda event, now: (
        refuse(event, 503, now, headers=[("Retry-After", "7 (busy)")])
        if isinstance(event, SubscribeAsked)
        else None
    )
    net.subscribe()
    net.wire.run()
    assert net.ended() == [("refused", 7)]


class Busy:
    """A notifier's server that is too busy for any SUBSCRIBE."""

    def __init__(self, net: Net) -> None:
        self.stack = net.bob.core.stack

    def handle(self, event: Event, now: Monotonic) -> bool:
        if isinstance(event, RequestReceived):
            self.stack.answer(event.tx, 500, now)
        return True

    def take_events(self) -> list[Event]:
        return []


def test_a_refresh_that_fails_for_now_leaves_what_was_granted_until_its_time_is_over() -> None:
    net = Net()
    net.subscribe(expires=100)
    net.wire.run(1.0)
    net.bob.core.roles = [Busy(net)]
    net.wire.run(131.0)
    assert ("bob", "alice", "500 SUBSCRIBE") in net.wire.whats()
    assert net.ended() == []
    net.wire.run()
    # Nothing came any more, not even a last NOTIFY: given up a little after its time.
    assert net.ended() == [("timeout", 0)]
    assert len(net.subscriber) == 0


def test_a_notify_that_names_no_time_leaves_the_one_asked_for() -> None:
    net = Net()
    sub = net.subscribe(hop=udp("192.0.2.77"), expires=600)
    net.wire.at(1.0, lambda: net.tell(sub, state="active"))
    net.wire.run(1.5)
    assert sub.state == "active"
    # Then no fork may tell any more.
    assert net.subscriber.deadline() == pytest.approx(32.0)
    net.wire.run(40.0)
    # The SUBSCRIBE was never answered; that it was told shows that it arrived.
    assert net.ended() == []
    assert net.subscriber.deadline() == pytest.approx(571.0, abs=0.1)


def test_nothing_is_asked_for_a_subscription_that_has_ended() -> None:
    net = Net()
    sub = net.subscribe()
    net.wire.run(1.0)
    net.bob.notifier.end(net.bob.watchers[0], "rejected", Monotonic(1.0))
    net.wire.run(2.0)
    before = len(net.wire.log)
    net.subscriber.refresh(sub, 600, Monotonic(2.0))
    net.subscriber.unsubscribe(sub, Monotonic(2.0))
    net.wire.run(3.0)
    assert len(net.wire.log) == before


def test_events_of_others_are_left_to_them() -> None:
    net = Net()
    fields = [("From", "<sip:a@h>;tag=f"), ("To", "<sip:b@h>"), ("Call-ID", "c"), ("CSeq", "1 OPTIONS")]
    tx = net.alice.stack.request(Request("OPTIONS", "sip:b@h", fields), BOB, Monotonic(0.0))
    assert not net.subscriber.handle(TimedOut(tx), Monotonic(0.0))
    assert not net.subscriber.handle(Event(), Monotonic(0.0))
    net.wire.run()
