"""The subscriber: it asks to be told the state of something, and keeps asking (RFC 6665 section 4.1).

The NOTIFY makes the dialog, not the answer to the SUBSCRIBE, which may be lost or forked on its way (4.1.3, 4.4.1). A
SUBSCRIBE that reaches several notifiers brings several subscriptions, if the application wants that. Else the first
notifier to tell is the one, and the others get 481. When a subscription ends, the application hears why, and when it
may subscribe again; the subscriber does not do so by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from telsdk.clock import Monotonic
from telsdk.sip.errors import SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.limits import MAX_FORWARDS
from telsdk.sip.message import (
    EVENT,
    MIN_EXPIRES,
    NEVER_RESUBSCRIBE,
    RESUBSCRIBE_AT_ONCE,
    SUBSCRIPTION_STATE,
    EventType,
    NameAddr,
    Request,
    Response,
    SubscriptionState,
    Uri,
    readers,
)
from telsdk.sip.subscription.notifier import USAGE_ENDS
from telsdk.sip.transaction import (
    Agenda,
    ClientTransaction,
    Event,
    RequestReceived,
    ResponseReceived,
    Stack,
    TimedOut,
    TransportFailed,
)
from telsdk.sip.ua import Dialog, DialogId, dialog_id

LATER: Final = 60
"""Seconds to wait before a new subscription, when the notifier asks to wait and does not say how long."""

REFRESH_EARLY: Final = 30.0
"""Seconds before its end at which a subscription is refreshed, but not before half its time is over."""


class OwnSubscription:
    """What we subscribed to. It equals only itself."""

    __slots__ = (
        "accept",
        "app",
        "call_id",
        "dialog",
        "event",
        "expires",
        "forks",
        "hop",
        "leaving",
        "local",
        "remote",
        "retried",
        "seq",
        "state",
        "tx",
        "uri",
    )

    def __init__(
        self,
        uri: Uri,
        hop: Hop,
        local: NameAddr,
        remote: NameAddr,
        event: EventType,
        accept: str,
        call_id: str,
    ) -> None:
        self.uri = uri
        self.hop = hop
        self.local = local  # with our tag
        self.remote = remote
        self.event = event
        self.accept = accept  # the one media type that is understood
        self.call_id = call_id
        self.expires = 0  # seconds asked for
        self.forks = False
        self.state: str | None = None  # by the last NOTIFY; None before the first
        self.dialog: Dialog | None = None  # None before the first NOTIFY
        self.seq = 0  # of the last SUBSCRIBE outside a dialog
        self.leaving = False  # unsubscribed by us
        self.retried = False  # whether it was sent again with the time that a 423 asked for
        self.tx: ClientTransaction | None = None  # a SUBSCRIBE that waits for its answer
        self.app: object | None = None  # free for the application


@dataclass(slots=True)
class Notified(Event):
    """A NOTIFY came: this is the present state."""

    subscription: OwnSubscription
    state: SubscriptionState
    body: bytes  # of the media type that was asked for; may be empty


@dataclass(slots=True)
class Forked(Event):
    """Another notifier answers the same SUBSCRIBE: there is one more subscription."""

    original: OwnSubscription
    subscription: OwnSubscription


@dataclass(slots=True)
class SubscriptionEnded(Event):
    """A subscription has ended.

    `retry_after` says in how many seconds to subscribe again; None means not before something changes. `response` is
    the refusal of a SUBSCRIBE, such as a challenge that a new SUBSCRIBE has to meet.
    """

    subscription: OwnSubscription
    reason: str
    retry_after: int | None
    response: Response | None = None


_Due: TypeAlias = tuple[OwnSubscription, str]  # "N" (4.1.2: no NOTIFY comes), "refresh" or "expiry"


class Subscriber:
    """The role of a subscriber over a stack.

    Args:
        contact: returns the Contact value by which a notifier reaches us over this hop.
    """

    def __init__(self, stack: Stack, *, contact: Callable[[Hop], str]) -> None:
        self._stack = stack
        self._contact = contact
        self._opening: dict[
            tuple[str, str], OwnSubscription
        ] = {}  # by Call-ID and our tag, while NOTIFYs may fork
        self._known: dict[DialogId, OwnSubscription] = {}
        self._agenda: Agenda[_Due] = Agenda()
        self._events: list[Event] = []

    def __len__(self) -> int:
        """Return how many subscriptions there are, those counted that wait for their first NOTIFY."""
        return len({*self._opening.values(), *self._known.values()})

    # What the application wants

    def subscribe(
        self,
        uri: Uri,
        hop: Hop,
        now: Monotonic,
        *,
        local: NameAddr,
        event: str,
        accept: str,
        expires: int = 3600,
        forks: bool = False,
        headers: Sequence[tuple[str, str]] = (),
    ) -> OwnSubscription:
        """Ask to be told about `uri`.

        Args:
            local: the value of From.
            event: the package, with its id where it has one.
            accept: the media type of the documents.
            expires: seconds; 0 asks for the present state only.
            forks: whether several notifiers may answer, each with a subscription of its own.
            headers: further fields of this SUBSCRIBE, such as credentials.
        """
        tagged = local.with_param("tag", self._stack.token())
        sub = OwnSubscription(
            uri, hop, tagged, NameAddr(uri), EventType.parse(event), accept, self._stack.token()
        )
        sub.forks = forks
        self._opening[sub.call_id, tagged.tag or ""] = sub
        self._ask(sub, expires, now, headers)
        return sub

    def refresh(self, subscription: OwnSubscription, expires: int, now: Monotonic) -> None:
        """Ask for more time. This also happens by itself. Before the first NOTIFY and after the end it does nothing."""
        if subscription.dialog is not None and self._lives(subscription) and not subscription.leaving:
            self._ask(subscription, expires, now, ())

    def unsubscribe(self, subscription: OwnSubscription, now: Monotonic) -> None:
        """End a subscription. `SubscriptionEnded` follows. Nothing happens when it has ended already.

        Before the first NOTIFY there is no dialog in which to ask: then it is asked when the NOTIFY comes.
        """
        if subscription.leaving or not self._lives(subscription):
            return
        subscription.leaving = True
        if subscription.dialog is not None:
            self._ask(subscription, 0, now, ())

    # Events and time

    def handle(self, event: Event, now: Monotonic) -> bool:
        """Take an event of the stack. Return False when it does not concern this role."""
        if isinstance(event, RequestReceived):
            if event.request.method != "NOTIFY":
                return False
            event.tx.owner = self
            self._notified(event, now)
            return True
        if isinstance(event, ResponseReceived):
            return self._answered(event, now)
        if isinstance(event, TimedOut | TransportFailed):
            return self._unanswered(event)
        return False

    def advance(self, now: Monotonic) -> None:
        """Refresh what is due, and give up the subscriptions whose notifier is silent."""
        while (due := self._agenda.pop_due(now)) is not None:
            subscription, what = due
            if what == "refresh":
                self.refresh(subscription, subscription.expires, now)
            elif what == "N" and subscription.tx is not None and subscription.dialog is None:
                pass  # there is no answer either: the transaction times out at this very moment, and tells it
            elif what == "N":
                self._opening.pop((subscription.call_id, subscription.local.tag or ""), None)
                if subscription.dialog is None:
                    self._end(subscription, "silent", None if subscription.leaving else LATER)
            else:
                self._end(subscription, "timeout", None if subscription.leaving else 0)

    def deadline(self) -> Monotonic | None:
        """Return when `advance` has something to do next."""
        return self._agenda.deadline()

    def take_events(self) -> list[Event]:
        """Return the events since the last call, in order."""
        taken, self._events = self._events, []
        return taken

    # Private: SUBSCRIBE

    def _ask(
        self, sub: OwnSubscription, expires: int, now: Monotonic, headers: Sequence[tuple[str, str]]
    ) -> None:
        sub.expires = expires
        if sub.dialog is not None:
            request = sub.dialog.request("SUBSCRIBE", contact=self._contact(sub.hop))
        else:
            request = self._first(sub)
            self._agenda.start((sub, "N"), self._stack.timers.timeout, now)
        request.headers.add("Event", str(sub.event))
        request.headers.add("Accept", sub.accept)
        request.headers.add("Expires", str(expires))
        request.headers.extend(headers)
        sub.tx = self._stack.request(request, sub.hop, now, owner=sub)

    def _first(self, sub: OwnSubscription) -> Request:
        sub.seq += 1
        lines = [
            ("Max-Forwards", str(MAX_FORWARDS)),
            ("From", str(sub.local)),
            ("To", str(sub.remote)),
            ("Call-ID", sub.call_id),
            ("CSeq", f"{sub.seq} SUBSCRIBE"),
            ("Contact", self._contact(sub.hop)),
        ]
        return Request("SUBSCRIBE", sub.uri, lines)

    def _answered(self, event: ResponseReceived, now: Monotonic) -> bool:
        sub, response = event.tx.owner, event.response
        if not isinstance(sub, OwnSubscription):
            return False
        if response.status < 200 or event.tx is not sub.tx:
            return True
        sub.tx = None
        if response.status < 300:
            self._granted(sub, sub.expires if response.expires is None else response.expires, now)
        elif response.status == 423 and not sub.retried and (longer := _min_expires(response)) > sub.expires:
            sub.retried = True
            self._ask(sub, longer, now, ())
        elif sub.dialog is None or response.status in USAGE_ENDS:
            self._end(sub, "refused", _retry_after(response, sub), response)
        # Else RFC 6665 4.1.2.2: what was granted before stays until its time is over.
        return True

    def _granted(self, sub: OwnSubscription, seconds: int, now: Monotonic) -> None:
        if not self._lives(sub):
            return
        self._agenda.stop((sub, "refresh"))
        # Wait longer than the time granted, be it 0: a last NOTIFY is still to come.
        self._agenda.start((sub, "expiry"), seconds + self._stack.timers.timeout, now)
        if seconds and not sub.leaving and sub.expires:
            early = max(seconds - REFRESH_EARLY, seconds / 2)
            self._agenda.start((sub, "refresh"), early, now)

    def _unanswered(self, event: TimedOut | TransportFailed) -> bool:
        sub = event.tx.owner
        if isinstance(sub, OwnSubscription):
            if event.tx is not sub.tx:
                return True
            sub.tx = None
            # A NOTIFY has come, so we have subscribed although the answer to the first SUBSCRIBE was lost (4.1.3).
            if sub.dialog is None or event.tx.request.to.tag is not None:
                self._end(sub, "unreachable", None if sub.leaving else LATER)
            return True
        return sub is self

    # Private: NOTIFY

    def _notified(self, event: RequestReceived, now: Monotonic) -> None:
        request, tx = event.request, event.tx
        sub = self._known.get(dialog_id(request))
        original = self._opening.get((request.call_id, request.to.tag or ""))
        candidate = sub or original
        if candidate is None or (sub is None and candidate.dialog is not None and not candidate.forks):
            self._stack.answer(tx, 481, now)
            return
        try:
            kind, state = EVENT.of(request), SUBSCRIPTION_STATE.of(request)
            if kind is None or state is None:
                raise SipParseError("Event or Subscription-State is missing (RFC 6665 section 4.2.2)")
            if kind != candidate.event:
                self._stack.answer(tx, 489, now, None, ("Allow-Events", candidate.event.package))
                return
            if sub is None:
                sub = self._establish(candidate, request)
            elif sub.dialog is not None and not sub.dialog.receive(request):
                self._stack.answer(tx, 500, now, "CSeq out of order")
                return
        except SipParseError as error:
            self._stack.answer(tx, 400, now, error.reason)
            return
        if request.body and request.content_type != sub.accept:
            self._stack.answer(tx, 415, now, None, ("Accept", sub.accept))
            return
        self._stack.answer(tx, 200, now)
        if sub.dialog is not None:
            sub.dialog.refresh(request)
        self._take(sub, state, request.body, now)

    def _establish(self, original: OwnSubscription, request: Request) -> OwnSubscription:
        """Make the dialog of a first NOTIFY, for the subscription itself or for one more notifier that it reached."""
        tag = request.to.tag or ""
        dialog = Dialog.of_callee(request, tag, confirmed=True)
        dialog.local_seq = original.seq
        sub = original
        if original.dialog is not None:
            sub = OwnSubscription(
                original.uri,
                original.hop,
                original.local,
                original.remote,
                original.event,
                original.accept,
                original.call_id,
            )
            sub.expires = original.expires
            self._events.append(Forked(original, sub))
        sub.dialog = dialog
        self._known[dialog.id] = sub
        return sub

    def _take(self, sub: OwnSubscription, state: SubscriptionState, body: bytes, now: Monotonic) -> None:
        sub.state = state.state
        self._events.append(Notified(sub, state, body))
        if state.terminated:
            self._end(sub, state.reason or "", None if sub.leaving else _when_again(state))
        elif sub.leaving and sub.expires:
            self._ask(sub, 0, now, ())
        elif state.expires is not None:
            self._granted(sub, state.expires, now)
        elif (sub, "expiry") not in self._agenda:
            self._granted(sub, sub.expires, now)

    # Private: the end

    def _lives(self, sub: OwnSubscription) -> bool:
        if sub.dialog is not None:
            return self._known.get(sub.dialog.id) is sub
        return self._opening.get((sub.call_id, sub.local.tag or "")) is sub

    def _end(
        self, sub: OwnSubscription, reason: str, retry_after: int | None, response: Response | None = None
    ) -> None:
        if sub.dialog is not None:
            if not self._lives(sub):
                return
            del self._known[sub.dialog.id]
        else:
            self._agenda.stop((sub, "N"))
            if self._opening.pop((sub.call_id, sub.local.tag or ""), None) is None and reason != "silent":
                return
        for what in ("refresh", "expiry"):
            self._agenda.stop((sub, what))
        self._events.append(SubscriptionEnded(sub, reason, retry_after, response))


def _when_again(state: SubscriptionState) -> int | None:
    """Return in how many seconds a terminated subscription may be made again; None for never (RFC 6665 4.1.3)."""
    if state.reason in NEVER_RESUBSCRIBE:
        return None
    if state.reason in RESUBSCRIBE_AT_ONCE:
        return 0
    return LATER if state.retry_after is None else state.retry_after


def _retry_after(response: Response, sub: OwnSubscription) -> int | None:
    """Return when to subscribe again after a refusal: as it says, else only if a subscription that we had is lost."""
    if "Retry-After" in response.headers:
        try:
            return response.headers.typed("retry-after", readers.retry_after)
        except SipParseError:
            return LATER
    return 0 if response.status == 481 and sub.dialog is not None and not sub.leaving else None


def _min_expires(response: Response) -> int:
    try:
        return MIN_EXPIRES.of(response) or 0
    except SipParseError:
        return 0
