"""A notifier on a desk: the test plays subscriber and application, message by message."""

from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response, parse
from telsdk.sip.subscription import (
    Notifier,
    Package,
    StateWanted,
    SubscribeAsked,
    Subscription,
    SubscriptionGone,
)
from telsdk.sip.transaction import Event, Stack
from tests.sip.wire import tokens

WATCHER = Hop("UDP", "192.0.2.1", 5060)
PRESENCE = Package("presence", "application/pidf+xml")


def subscribe(*, to_tag: str = "", cseq: int = 1, branch: str = "a", **fields: str) -> Request:
    named = {
        "Via": f"SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{branch}{cseq}",
        "From": "<sip:w@telprotocol>;tag=w",
        "To": "<sip:bob@telprotocol>" + (f";tag={to_tag}" if to_tag else ""),
        "Call-ID": "c",
        "CSeq": f"{cseq} SUBSCRIBE",
        "Contact": "<sip:w@192.0.2.1>",
        "Event": "presence",
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    return Request(
        "SUBSCRIBE", "sip:bob@telprotocol", [(name, value) for name, value in named.items() if value]
    )


class Desk:
    def __init__(self, max_subscriptions: int = 10, package: Package = PRESENCE) -> None:
        self.stack = Stack(sent_by={"UDP": ("192.0.2.11", 5060)}.__getitem__, token=tokens("notifier"))
        self.notifier = Notifier(
            self.stack,
            [package],
            contact=lambda _hop: "<sip:bob@192.0.2.11>",
            max_subscriptions=max_subscriptions,
        )
        self.now = Monotonic(0.0)
        self.events: list[Event] = []

    def receive(self, message: Request | Response, source: Hop = WATCHER) -> None:
        self.stack.receive(parse(bytes(message)), source, self.now)
        self.pump()

    def pump(self) -> None:
        while events := self.stack.take_events():
            for event in events:
                assert self.notifier.handle(event, self.now)
        self.events += self.notifier.take_events()

    def out(self) -> list[Request | Response]:
        return [parse(sent.data) for sent in self.stack.take_outgoing()]

    def notifies(self) -> list[Request]:
        return [message for message in self.out() if isinstance(message, Request)]

    def status(self) -> int:
        (answer,) = self.out()
        assert isinstance(answer, Response)
        return answer.status

    def answer(self, notify: Request, status: int = 200, **fields: str) -> None:
        headers = [(name.replace("_", "-"), value) for name, value in fields.items()]
        self.receive(notify.response(status, headers=headers))

    def asked(self) -> SubscribeAsked:
        event = self.events.pop()
        assert isinstance(event, SubscribeAsked)
        return event

    def accepted(self, *, pending: bool = False, **fields: str) -> Subscription:
        """Somebody has subscribed, been told "one" and said that he heard it."""
        self.receive(subscribe(**fields))  # type: ignore[arg-type]
        subscription = self.notifier.accept(self.asked(), self.now, pending=pending)
        assert subscription is not None
        self.notifier.notify(subscription, b"one", self.now)
        self.events += self.notifier.take_events()
        (notify,) = self.notifies()
        self.answer(notify)
        self.events.clear()
        return subscription

    def pass_time(self, until: float) -> None:
        while True:
            times = [t for t in (self.stack.deadline(), self.notifier.deadline()) if t is not None]
            if not times or min(times) > until:
                self.now = Monotonic(until)
                return
            self.now = min(times)
            self.stack.advance(self.now)
            self.notifier.advance(self.now)
            self.pump()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def state(notify: Request) -> str:
    return notify.headers.get("Subscription-State") or ""


def test_who_subscribes_is_answered_and_told_at_once(desk: Desk) -> None:
    desk.receive(subscribe(Expires="600", Record_Route="<sip:p.example;lr>"))
    asked = desk.asked()
    assert (asked.expires, asked.package, asked.event.package) == (600, PRESENCE, "presence")
    subscription = desk.notifier.accept(asked, Monotonic(0.0))
    assert subscription is not None
    (wanted,) = desk.notifier.take_events()
    assert wanted == StateWanted(subscription)
    desk.notifier.notify(subscription, b"<open/>", Monotonic(0.0))
    answer, notify = desk.out()
    assert isinstance(answer, Response)
    assert isinstance(notify, Request)
    assert (answer.status, answer.expires, answer.headers.get("Contact")) == (
        200,
        600,
        "<sip:bob@192.0.2.11>",
    )
    assert answer.headers.all("Record-Route") == notify.headers.all("Route") == ["<sip:p.example;lr>"]
    assert (notify.from_.tag, notify.to.tag, str(notify.uri)) == (answer.to.tag, "w", "sip:w@192.0.2.1")
    assert (notify.headers.get("Event"), state(notify)) == ("presence", "active;expires=600")
    assert (notify.content_type, notify.body) == ("application/pidf+xml", b"<open/>")


@pytest.mark.parametrize(
    ("fields", "status", "header", "value"),
    [
        ({"Event": "dialog"}, 489, "Allow-Events", "presence"),
        ({"Event": ""}, 489, "Allow-Events", "presence"),
        ({"Event": "a b"}, 400, "Allow-Events", None),
        ({"Accept": "text"}, 400, "Accept", None),
        ({"Accept": "text/plain, application/xml"}, 406, "Accept", "application/pidf+xml"),
        ({"Expires": "59"}, 423, "Min-Expires", "60"),
        ({"to_tag": "unknown"}, 481, "Event", None),
    ],
)
def test_what_cannot_be_subscribed_to_is_refused_with_what_can(
    desk: Desk, fields: dict[str, str], status: int, header: str, value: str | None
) -> None:
    desk.receive(subscribe(**fields))  # type: ignore[arg-type]
    (answer,) = desk.out()
    assert isinstance(answer, Response)
    assert (answer.status, answer.headers.get(header)) == (status, value)
    assert (desk.events, len(desk.notifier)) == ([], 0)


@pytest.mark.parametrize("accept", ["application/*", "*/*", "text/plain, Application/PIDF+xml;q=0.1", ""])
def test_what_takes_the_documents_may_subscribe(desk: Desk, accept: str) -> None:
    desk.receive(subscribe(Accept=accept))
    assert desk.asked().expires == 3600


def test_a_subscription_without_a_contact_cannot_be_told_anything(desk: Desk) -> None:
    desk.receive(subscribe(Contact=""))
    assert desk.notifier.accept(desk.asked(), Monotonic(0.0)) is None
    assert desk.status() == 400


def test_the_application_may_refuse(desk: Desk) -> None:
    desk.receive(subscribe())
    desk.notifier.refuse(desk.asked(), 403, Monotonic(0.0))
    assert (desk.status(), len(desk.notifier)) == (403, 0)


def test_more_than_may_be_are_told_to_come_again() -> None:
    desk = Desk(max_subscriptions=0)
    desk.receive(subscribe())
    assert desk.status() == 503


def test_who_asks_for_no_time_is_told_once(desk: Desk) -> None:
    desk.receive(subscribe(Expires="0"))
    subscription = desk.notifier.accept(desk.asked(), Monotonic(0.0))
    assert subscription is not None
    desk.notifier.notify(subscription, b"now", Monotonic(0.0))
    (notify,) = desk.notifies()
    assert (state(notify), notify.body, len(desk.notifier)) == ("terminated;reason=timeout", b"now", 0)


def test_of_changes_in_a_row_the_newest_is_told_when_the_package_allows(desk: Desk) -> None:
    subscription = desk.accepted()
    for text in (b"two", b"three"):
        desk.notifier.notify(subscription, text, Monotonic(1.0))
    desk.pass_time(4.9)
    assert desk.notifies() == []
    desk.pass_time(5.0)
    (notify,) = desk.notifies()
    assert (notify.body, state(notify), notify.cseq.number) == (b"three", "active;expires=3595", 2)


def test_a_change_waits_for_the_answer_to_the_last_one(desk: Desk) -> None:
    subscription = desk.accepted()
    desk.pass_time(10.0)
    desk.notifier.notify(subscription, b"two", Monotonic(10.0))
    (notify,) = desk.notifies()
    desk.pass_time(16.0)
    desk.out()
    desk.notifier.notify(subscription, b"three", Monotonic(16.0))
    assert desk.out() == []
    desk.answer(notify)
    (following,) = desk.notifies()
    assert following.body == b"three"


def test_a_refresh_gives_more_time_and_is_told_at_once(desk: Desk) -> None:
    subscription = desk.accepted()
    tag = subscription.dialog.local.tag or ""
    desk.pass_time(3.0)
    desk.receive(subscribe(to_tag=tag, cseq=2, Expires="600", Contact="<sip:w@192.0.2.99>"))
    assert desk.events.pop() == StateWanted(subscription)
    desk.notifier.notify(subscription, b"again", Monotonic(3.0))
    answer, notify = desk.out()
    assert isinstance(answer, Response)
    assert isinstance(notify, Request)
    assert (answer.status, answer.expires, state(notify)) == (200, 600, "active;expires=600")
    assert str(notify.uri) == "sip:w@192.0.2.99"
    desk.answer(notify)
    desk.pass_time(602.0)
    assert len(desk.notifier) == 1
    desk.pass_time(603.0)
    assert [state(one) for one in desk.notifies()] == ["terminated;reason=timeout"]


def test_after_a_refresh_from_elsewhere_that_is_where_is_told() -> None:
    desk, moved = Desk(), Hop("UDP", "192.0.2.99", 5060)
    subscription = desk.accepted()
    desk.receive(subscribe(to_tag=subscription.dialog.local.tag or "", cseq=2), moved)
    desk.notifier.notify(subscription, b"again", Monotonic(0.0))
    assert desk.stack.take_outgoing()[-1].hop == moved


def test_an_hour_is_never_too_brief() -> None:
    desk = Desk(package=Package("presence", "x/y", min_expires=7200, max_expires=7200))
    desk.receive(subscribe(Expires="3600"))
    assert desk.asked().expires == 3600


def test_a_refresh_that_comes_late_is_out_of_order(desk: Desk) -> None:
    subscription = desk.accepted(CSeq="5 SUBSCRIBE")
    desk.receive(subscribe(to_tag=subscription.dialog.local.tag or "", cseq=4))
    assert desk.status() == 500


def test_another_event_in_the_same_dialog_is_another_subscription(desk: Desk) -> None:
    subscription = desk.accepted(Event="presence;id=1")
    desk.receive(subscribe(to_tag=subscription.dialog.local.tag or "", cseq=2, Event="presence;id=2"))
    assert desk.status() == 481


def test_who_unsubscribes_is_told_a_last_time(desk: Desk) -> None:
    subscription = desk.accepted()
    desk.receive(subscribe(to_tag=subscription.dialog.local.tag or "", cseq=2, Expires="0"))
    desk.notifier.notify(subscription, b"last", Monotonic(0.0))
    _, notify = desk.out()
    assert isinstance(notify, Request)
    assert (state(notify), notify.body) == ("terminated;reason=timeout", b"last")
    assert desk.notifier.take_events() == [SubscriptionGone(subscription)]
    desk.answer(notify)
    desk.pass_time(100.0)
    assert (len(desk.notifier), desk.notifier.deadline(), desk.stack.transactions) == (0, None, 0)


def test_who_has_to_be_allowed_first_is_told_so(desk: Desk) -> None:
    desk.receive(subscribe())
    subscription = desk.notifier.accept(desk.asked(), Monotonic(0.0), pending=True)
    assert subscription is not None
    desk.notifier.notify(subscription, b"", Monotonic(0.0))
    (notify,) = desk.notifies()
    assert (state(notify), notify.body, notify.content_type) == ("pending;expires=3600", b"", None)
    desk.answer(notify)
    desk.notifier.take_events()
    desk.notifier.allow(subscription, Monotonic(1.0))
    desk.notifier.allow(subscription, Monotonic(1.0))
    assert desk.notifier.take_events() == [StateWanted(subscription)]
    desk.notifier.notify(subscription, b"seen", Monotonic(1.0))
    (notify,) = desk.notifies()
    assert state(notify) == "active;expires=3599"


def test_an_end_says_why_and_when_to_come_again(desk: Desk) -> None:
    subscription = desk.accepted()
    desk.notifier.end(subscription, "probation", Monotonic(1.0), retry_after=7)
    desk.notifier.end(subscription, "rejected", Monotonic(1.0))
    desk.notifier.notify(subscription, b"x", Monotonic(1.0))
    assert [state(one) for one in desk.notifies()] == ["terminated;reason=probation;retry-after=7"]
    assert desk.notifier.take_events() == [SubscriptionGone(subscription)]


@pytest.mark.parametrize(("status", "left"), [(481, 0), (404, 0), (489, 0), (500, 1), (503, 1), (401, 1)])
def test_a_subscriber_who_knows_of_nothing_is_not_told_again(desk: Desk, status: int, left: int) -> None:
    subscription = desk.accepted()
    desk.pass_time(10.0)
    desk.notifier.notify(subscription, b"two", Monotonic(10.0))
    (notify,) = desk.notifies()
    desk.answer(notify, status)
    assert len(desk.notifier) == left


def test_a_subscriber_who_is_silent_or_gone_is_not_told_again(desk: Desk) -> None:
    subscription = desk.accepted()
    desk.pass_time(10.0)
    desk.notifier.notify(subscription, b"two", Monotonic(10.0))
    desk.pass_time(43.0)
    assert (len(desk.notifier), desk.events) == (0, [SubscriptionGone(subscription)])


def test_a_connection_that_is_gone_takes_its_subscriptions_with_it(desk: Desk) -> None:
    subscription = desk.accepted()
    desk.notifier.drop_hop(Hop("UDP", "192.0.2.9", 5060))
    assert len(desk.notifier) == 1
    desk.notifier.drop_hop(WATCHER)
    assert (len(desk.notifier), desk.notifier.deadline()) == (0, None)
    assert desk.notifier.take_events() == [SubscriptionGone(subscription)]


def test_requests_of_others_are_left_to_them(desk: Desk) -> None:
    request = subscribe(CSeq="1 OPTIONS")
    request.method = "OPTIONS"
    desk.stack.receive(parse(bytes(request)), WATCHER, Monotonic(0.0))
    (event,) = desk.stack.take_events()
    assert not desk.notifier.handle(event, Monotonic(0.0))
    assert not desk.notifier.handle(Event(), Monotonic(0.0))
