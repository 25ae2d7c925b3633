"""The notifier: it tells subscribers the state of something, and each change of it (RFC 6665 section 4.2).

    subscriber                 notifier               application
        |-- SUBSCRIBE ------------>|-- SubscribeAsked ---->|
        |<-- 200, Expires ---------|<-- accept ------------|
        |<-- NOTIFY, the state ----|<-- notify ------------|   asked for by StateWanted
        |<-- NOTIFY, a change -----|<-- notify ------------|
        |<-- NOTIFY, terminated ---|<-- end, or time is up |

It knows the packages by name only. The application writes the documents, and each is the full state. So when two
changes come close together only the second is sent, and none more often than the package allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from telsdk.clock import Monotonic
from telsdk.sip.errors import SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.message import ACCEPT, EVENT, EventType, Request, SubscriptionState, malformation, weight
from telsdk.sip.transaction import (
    Agenda,
    ClientTransaction,
    Event,
    RequestReceived,
    ResponseReceived,
    ServerTransaction,
    Stack,
    TimedOut,
    TransportFailed,
)
from telsdk.sip.ua import Dialog, dialog_id

USAGE_ENDS: Final = frozenset({404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604})
"""Answers to a NOTIFY that end the subscription (RFC 5057 section 5.1)."""

BUSY_RETRY_AFTER: Final = 30


@dataclass(frozen=True, slots=True)
class Package:
    """An event package: its name, its documents, how long a subscription lasts and how often it may tell."""

    name: str
    content_type: str
    default_expires: int = 3600  # seconds, when the subscriber names none
    min_expires: int = 60
    max_expires: int = 3600
    interval: float = 5.0  # seconds, the least between two NOTIFYs (RFC 3856 6.10, RFC 3680 4.10)


class Subscription:
    """One subscriber to one thing. It equals only itself."""

    __slots__ = (
        "app",
        "dialog",
        "event",
        "expires_at",
        "hop",
        "next_at",
        "package",
        "pending",
        "tx",
        "unsent",
    )

    def __init__(self, package: Package, event: EventType, dialog: Dialog, hop: Hop) -> None:
        self.package = package
        self.event = event
        self.dialog = dialog
        self.hop = hop
        self.expires_at = Monotonic(0.0)
        self.pending = False  # whether somebody still has to allow it
        self.next_at = 0.0  # monotonic seconds; no NOTIFY before, unless the subscriber asks
        self.tx: ClientTransaction | None = None  # the NOTIFY that waits for its answer
        self.unsent: bytes | None = None  # the newest state, while it may not go out yet
        self.app: object | None = None  # free for the application


@dataclass(slots=True)
class SubscribeAsked(Event):
    """Somebody wants to subscribe: call `Notifier.accept` or `Notifier.refuse`."""

    tx: ServerTransaction
    request: Request
    source: Hop
    package: Package
    event: EventType
    expires: int  # seconds; 0 asks for the present state only


@dataclass(slots=True)
class StateWanted(Event):
    """A subscriber has to be told the present state: call `Notifier.notify`."""

    subscription: Subscription


@dataclass(slots=True)
class SubscriptionGone(Event):
    """A subscription has ended, whichever side ended it."""

    subscription: Subscription


_Key: TypeAlias = tuple[tuple[str, str, str], EventType]
_Due: TypeAlias = tuple[Subscription, str]  # "expiry" or "interval"


class Notifier:
    """The role of a notifier over a stack.

    Args:
        contact: returns the Contact value by which a subscriber that came by this hop reaches us within the dialog.
        max_subscriptions: at a time; further ones are answered 503.
    """

    def __init__(
        self,
        stack: Stack,
        packages: Iterable[Package],
        *,
        contact: Callable[[Hop], str],
        max_subscriptions: int = 10_000,
    ) -> None:
        self._stack = stack
        self._packages = {package.name: package for package in packages}
        self._contact = contact
        self._max = max_subscriptions
        self._known: dict[_Key, Subscription] = {}
        self._agenda: Agenda[_Due] = Agenda()
        self.untaken: list[Event] = []

    def __len__(self) -> int:
        """Return how many subscriptions there are."""
        return len(self._known)

    @property
    def allow_events(self) -> str:
        """The value of Allow-Events."""
        return ", ".join(self._packages)

    # Events and time

    def handle(self, event: Event, now: Monotonic) -> bool:
        """Take an event of the stack. Return False when it does not concern this role."""
        if isinstance(event, RequestReceived):
            if event.request.method != "SUBSCRIBE":
                return False
            event.tx.owner = self
            if (error := malformation(event.request)) is not None:
                self._stack.answer(event.tx, error.status, now, error.reason)
            else:
                self._subscribe(event, now)
            return True
        if isinstance(event, ResponseReceived):
            return self._answered(event, now)
        if isinstance(event, TimedOut | TransportFailed):
            return self._unreachable(event)
        return False

    def advance(self, now: Monotonic) -> None:
        """End the subscriptions whose time is over, and send what had to wait."""
        while (due := self._agenda.pop_due(now)) is not None:
            subscription, what = due
            if what == "expiry":
                self.end(subscription, "timeout", now)
            else:
                self._flush(subscription, now)

    def deadline(self) -> Monotonic | None:
        """Return when `advance` has something to do next."""
        return self._agenda.deadline()

    def take_events(self) -> list[Event]:
        """Return the events since the last call, in order."""
        taken, self.untaken = self.untaken, []
        return taken

    # What the application decides

    def accept(
        self, asked: SubscribeAsked, now: Monotonic, *, pending: bool = False, hop: Hop | None = None
    ) -> Subscription | None:
        """Let somebody subscribe. `StateWanted` follows.

        Args:
            pending: whether it still has to be allowed, by `allow`.
            hop: where NOTIFYs go; None for where the request came from.

        Returns:
            The subscription, or None when the request cannot make a dialog: then it is answered 400.
        """
        tag = self._stack.token()
        try:
            dialog = Dialog.of_callee(asked.request, tag, confirmed=True)
        except SipParseError as error:
            self.refuse(asked, 400, now, reason=error.reason)
            return None
        subscription = Subscription(asked.package, asked.event, dialog, hop or asked.source)
        subscription.pending = pending
        self._known[dialog.id, asked.event] = subscription
        self._grant(subscription, asked.tx, asked.request, asked.expires, now, tag)
        return subscription

    def refuse(
        self,
        asked: SubscribeAsked,
        status: int,
        now: Monotonic,
        *,
        reason: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Refuse a subscription."""
        self._stack.answer_once(asked.tx, status, now, reason, *headers)

    def allow(self, subscription: Subscription, now: Monotonic) -> None:
        """Make a pending subscription active. `StateWanted` follows."""
        if subscription.pending and self._knows(subscription):
            subscription.pending = False
            subscription.next_at = now
            self.untaken.append(StateWanted(subscription))

    def notify(self, subscription: Subscription, body: bytes, now: Monotonic) -> None:
        """Tell the present state: now, or as soon as the last NOTIFY is answered and the package allows.

        Nothing happens when the subscription has ended meanwhile.
        """
        if not self._knows(subscription):
            return
        subscription.unsent = body
        self._flush(subscription, now)

    def end(
        self,
        subscription: Subscription,
        reason: str,
        now: Monotonic,
        *,
        retry_after: int | None = None,
        body: bytes = b"",
    ) -> None:
        """End a subscription, with a reason of RFC 6665 4.1.3. Nothing happens when it has ended already."""
        if self._knows(subscription):
            state = SubscriptionState("terminated", reason=reason, retry_after=retry_after)
            try:
                self._send(subscription, state, body or subscription.unsent or b"", now)
            finally:
                self.forget(subscription)

    def give_up(self, event: Event) -> None:
        """End the subscription that an event of the stack is about, because its handler failed."""
        owner = event.tx.owner if isinstance(event, ResponseReceived | TimedOut | TransportFailed) else None
        if isinstance(owner, Subscription):
            self.forget(owner)

    def drop_hop(self, hop: Hop) -> None:
        """Forget the subscriptions over a connection that is gone."""
        for subscription in [one for one in self._known.values() if hop.covers(one.hop)]:
            self.forget(subscription)

    # Private: SUBSCRIBE

    def _subscribe(self, event: RequestReceived, now: Monotonic) -> None:
        request, tx = event.request, event.tx
        try:
            kind, accepted = EVENT.of(request), ACCEPT.of(request)
        except SipParseError as error:
            self._stack.answer_once(tx, 400, now, error.reason)
            return
        package = self._packages.get(kind.package) if kind is not None else None
        if kind is None or package is None:
            self._stack.answer_once(tx, 489, now, None, ("Allow-Events", self.allow_events))
            return
        if accepted and not weight(accepted, package.content_type):
            self._stack.answer_once(tx, 406, now, None, ("Accept", package.content_type))
            return
        expires = package.default_expires if request.expires is None else request.expires
        # RFC 6665 4.2.1.1: an hour or more is never too brief.
        if 0 < expires < min(package.min_expires, 3600):
            self._stack.answer_once(tx, 423, now, None, ("Min-Expires", str(package.min_expires)))
            return
        expires = min(expires, package.max_expires)
        if request.to.tag is not None:
            self._refresh(event, kind, expires, now)
        elif len(self._known) >= self._max:
            self._stack.answer_once(tx, 503, now, None, ("Retry-After", str(BUSY_RETRY_AFTER)))
        else:
            self.untaken.append(SubscribeAsked(tx, request, event.source, package, kind, expires))

    def _refresh(self, event: RequestReceived, kind: EventType, expires: int, now: Monotonic) -> None:
        subscription = self._known.get((dialog_id(event.request), kind))
        if subscription is None:
            self._stack.answer(event.tx, 481, now)
        elif not subscription.dialog.receive(event.request):
            self._stack.answer(event.tx, 500, now, "CSeq out of order")
        else:
            subscription.hop = event.source
            subscription.dialog.refresh(event.request)
            self._grant(subscription, event.tx, event.request, expires, now, None)

    def _grant(
        self,
        subscription: Subscription,
        tx: ServerTransaction,
        request: Request,
        expires: int,
        now: Monotonic,
        tag: str | None,
    ) -> None:
        response = self._stack.make_response(request, 200, None, ("Expires", str(expires)))
        response.headers.add("Contact", self._contact(subscription.hop))
        # RFC 3261 12.1.1: the route set of the dialog, as the proxies wrote it
        response.headers.extend(request.headers.only("Record-Route"))
        if tag is not None:
            response.add_to_tag(tag)
        self._stack.respond(tx, response, now)
        subscription.expires_at = Monotonic(now + expires)
        subscription.next_at = now  # RFC 6665 4.2.1.2: each SUBSCRIBE is followed by a NOTIFY at once
        if expires:
            self._agenda.start((subscription, "expiry"), float(expires), now)
        else:
            self._agenda.stop((subscription, "expiry"))
        self.untaken.append(StateWanted(subscription))

    # Private: NOTIFY

    def _flush(self, subscription: Subscription, now: Monotonic) -> None:
        """Send the newest state, if there is one and it may go out."""
        body = subscription.unsent
        left = subscription.expires_at - now
        if body is None or not self._knows(subscription):
            return
        if left <= 0:
            self.end(subscription, "timeout", now)
        elif now < subscription.next_at:
            self._agenda.start((subscription, "interval"), subscription.next_at - now, now)
        elif subscription.tx is None:
            subscription.unsent = None
            state = "pending" if subscription.pending else "active"
            self._send(subscription, SubscriptionState(state, expires=round(left)), body, now)
            subscription.next_at = now + subscription.package.interval

    def _send(
        self, subscription: Subscription, state: SubscriptionState, body: bytes, now: Monotonic
    ) -> None:
        request = subscription.dialog.request("NOTIFY", contact=self._contact(subscription.hop))
        request.headers.add("Event", str(subscription.event))
        request.headers.add("Subscription-State", str(state))
        if body:
            request.headers.add("Content-Type", subscription.package.content_type)
            request.body = body
        subscription.tx = self._stack.request(request, subscription.hop, now, owner=subscription)

    def _answered(self, event: ResponseReceived, now: Monotonic) -> bool:
        subscription = event.tx.owner
        if not isinstance(subscription, Subscription):
            return False
        status = event.response.status
        if status < 200 or event.tx is not subscription.tx:
            return True
        subscription.tx = None
        if status in USAGE_ENDS:
            self.forget(subscription)
        else:
            self._flush(subscription, now)
        return True

    def _unreachable(self, event: TimedOut | TransportFailed) -> bool:
        """End a subscription whose subscriber cannot be reached (RFC 6665 4.2.2)."""
        owner = event.tx.owner
        if isinstance(owner, Subscription):
            if event.tx is owner.tx:
                self.forget(owner)
            return True
        return owner is self

    def _knows(self, subscription: Subscription) -> bool:
        return self._known.get((subscription.dialog.id, subscription.event)) is subscription

    def forget(self, subscription: Subscription) -> None:
        """End a subscription without a word. Nothing happens when it has ended already."""
        if self._knows(subscription):
            del self._known[subscription.dialog.id, subscription.event]
            self._agenda.stop((subscription, "expiry"))
            self._agenda.stop((subscription, "interval"))
            self.untaken.append(SubscriptionGone(subscription))
