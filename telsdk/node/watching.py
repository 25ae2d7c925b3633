"""Who is told what by a node: presence of the users that are bound here, and to a user their own registrations.

A node stores no lists of who may see whom. What it tells of others is what a call would show as well, whether
somebody is there, and it tells it to users who are logged in here, and to nobody else. Where a user is bound it
tells only that user. It takes no presence that a user client publishes (PUBLISH, RFC 3903).

A node knows of its own users alone. Who asks for somebody who is not bound here gets 480, for they may be at another
node; who watched them when they left is told closed, which then says no more than that they have left this node.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from telsdk.address import aor
from telsdk.clock import Monotonic, Wall
from telsdk.directory import NOBODY, Directory, locate
from telsdk.errors import TelError
from telsdk.net.sockets import Addresses
from telsdk.node.edges import sending_edge
from telsdk.node.logins import BoundLogin, Logins
from telsdk.number import Number
from telsdk.server.answers import HeaderField, warning
from telsdk.sip.errors import AuthError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Uri
from telsdk.sip.server import Registrar
from telsdk.sip.subscription import (
    Notifier,
    Package,
    Presence,
    RegistrationInfo,
    Service,
    StateWanted,
    SubscribeAsked,
    Subscription,
    SubscriptionGone,
    pidf,
    reginfo,
)
from telsdk.sip.transaction import Event, RequestReceived, Stack

PACKAGES = {pidf.PACKAGE: pidf.CONTENT_TYPE, reginfo.PACKAGE: reginfo.CONTENT_TYPE}
"""What can be subscribed to, and how it is told."""

CONTACT_USER = "watch"
"""The user part of the Contact that a subscriber is given."""

Admit = Callable[[Request, Hop, Wall], BoundLogin | None]
MakeChallenge = Callable[[AuthError, Hop, Wall], str]


RETRY_AFTER = 10
"""Seconds after which somebody may ask again who cannot be judged now."""

MAX_WATCHED = 200
"""Subscriptions that one user may have here at a time."""


class NotHere(AuthError):
    """Somebody asks who is not logged in at this node, or for what is not theirs."""

    status = 403


class Elsewhere(AuthError):
    """Somebody asks for a user who is not bound at this node."""

    status = 480


@dataclass(slots=True)
class _Watch:
    """What a subscription is about."""

    watcher: Number
    target: Number
    entity: str  # the address as it was asked for
    edge: Hop  # the proxy that the watcher is behind, if there is one
    told: bool | None = None  # whether the target was there, as last told
    version: int = 0  # of the next reginfo document


@dataclass(slots=True)
class TargetChanged(Event):
    """Where somebody is bound has changed, and this subscriber may have to be told."""

    subscription: Subscription


class Watching:
    """The notifier of one node, and what it decides.

    Args:
        admit: which user that is logged in at a hop sends a request, None for nobody; raises AuthError where they
            may not. The time in seconds since 1970.
        challenge: what a phone is challenged with after such an error.
        addresses: where this node listens.
        interval: seconds between two NOTIFYs of one subscription at the least.
    """

    def __init__(
        self,
        directory: Directory,
        stack: Stack,
        registrar: Registrar,
        logins: Logins,
        admit: Admit,
        challenge: MakeChallenge,
        addresses: Addresses,
        interval: float,
    ) -> None:
        self._directory = directory
        self._registrar = registrar
        self._logins = logins
        self._admit = admit
        self._challenge = challenge
        self._addresses = addresses
        self._user = f"{CONTACT_USER}-{secrets.token_hex(4)}"
        self._by_target: dict[Number, set[Subscription]] = {}
        self._watched: Counter[Number] = Counter()  # subscriptions by watcher
        self.changes: set[Number] = set()  # whose watchers are to be told
        packages = [Package(name, kind, interval=interval) for name, kind in PACKAGES.items()]
        self.notifier = Notifier(stack, packages, contact=self._contact)

    def __len__(self) -> int:
        """Return how many subscriptions there are."""
        return len(self.notifier)

    def serves(self, event: RequestReceived) -> bool:
        """Return whether this SUBSCRIBE is answered here, and not passed on to whom it asks for."""
        request = event.request
        if request.method != "SUBSCRIBE":
            return False
        if request.to.tag is not None:
            return request.uri.user == self._user
        package = (request.headers.get("Event") or "").partition(";")[0].strip()
        return package in PACKAGES

    def take_events(self) -> list[Event]:
        """Return what there is to act on, in order: whose target has changed first. Each is given out once."""
        changed, self.changes = self.changes, set()
        news: list[Event] = [
            TargetChanged(subscription)
            for number in changed
            for subscription in tuple(self._by_target.get(number, ()))
        ]
        return news + self.notifier.take_events()

    def act(self, event: Event, now: Monotonic, wall: Wall) -> None:
        """Act on one event; `now` monotonic, `wall` in seconds since 1970."""
        match event:
            case TargetChanged(subscription=subscription):
                self._tell_change(subscription, now, wall)
            case SubscribeAsked():
                self._asked(event, now, wall)
            case StateWanted(subscription=subscription):
                self._tell(subscription, now, wall)
            case SubscriptionGone(subscription=subscription):
                self._forget(subscription)

    def busy_for(self, event: Event, now: Monotonic) -> None:
        """Refuse a subscription that cannot be judged now, because too many wait for contract wallets already."""
        if isinstance(event, SubscribeAsked):
            self.notifier.refuse(event, 503, now, headers=[("Retry-After", str(RETRY_AFTER))])

    def give_up(self, event: Event) -> None:
        """End the subscription that an event is about, because its handler failed."""
        if isinstance(event, TargetChanged | StateWanted):
            self.notifier.forget(event.subscription)
        elif isinstance(event, SubscriptionGone):
            self._forget(event.subscription)
        else:
            self.notifier.give_up(event)

    def changed(self, user: str) -> None:
        """Note that `user` is bound elsewhere than before, or no more."""
        self.changes.add(Number.parse(user))

    def drop(self, watcher: Number, keep: Sequence[Hop], now: Monotonic) -> None:
        """End what a user is told whose login the chain no longer grants; over the hops of `keep` it still does."""
        for subscriptions in tuple(self._by_target.values()):
            for subscription in tuple(subscriptions):
                kept = any(hop.covers(subscription.hop) for hop in keep)
                if _watch(subscription).watcher == watcher and not kept:
                    self.notifier.end(subscription, "rejected", now)

    def drop_hop(self, hop: Hop) -> None:
        """Forget what is told over a connection that is gone."""
        self.notifier.drop_hop(hop)

    def _asked(self, event: SubscribeAsked, now: Monotonic, wall: Wall) -> None:
        try:
            watch = self._granted(event, wall)
        except AuthError as refused:
            headers: list[HeaderField] = [warning(refused)]
            if refused.status == 401:
                headers.append(("Proxy-Authenticate", self._challenge(refused, event.source, wall)))
            status = 407 if refused.status == 401 else refused.status
            self.notifier.refuse(event, status, now, headers=headers)
        except TelError as error:
            status = 404 if isinstance(error, NOBODY) else 400
            self.notifier.refuse(event, status, now, headers=[warning(error)])
        else:
            subscription = self.notifier.accept(event, now)
            if subscription is not None:
                subscription.app = watch
                self._by_target.setdefault(watch.target, set()).add(subscription)
                self._watched[watch.watcher] += 1

    def _granted(self, event: SubscribeAsked, wall: Wall) -> _Watch:
        login = self._admit(event.request, event.source, wall)
        if login is None:
            raise NotHere("this node tells only its own users")
        user = event.request.uri.user
        target = locate(self._directory, user or "").number
        if event.package.name == reginfo.PACKAGE and login.number != target:
            raise NotHere(f"registrations are told to whom they are of, and the login is of {login.number}")
        if login.number != target and str(target) not in self._registrar:
            raise Elsewhere(f"{target} is not at this node")
        if self._watched[login.number] >= MAX_WATCHED:
            raise NotHere(f"{login.number} watches {MAX_WATCHED} users already: end a subscription first")
        return _Watch(login.number, target, aor(user), sending_edge(event.request, event.source))

    def _tell_change(self, subscription: Subscription, now: Monotonic, wall: Wall) -> None:
        """Tell what is new. One device more or less changes nothing in whether somebody is there."""
        if subscription not in self._by_target.get(_watch(subscription).target, ()):
            return  # it has ended meanwhile
        watch = _watch(subscription)
        there = bool(self._registrar.bindings(str(watch.target), now))
        if subscription.package.name != pidf.PACKAGE or there != watch.told:
            self._tell(subscription, now, wall)

    def _tell(self, subscription: Subscription, now: Monotonic, wall: Wall) -> None:
        watch = _watch(subscription)
        logins = (self._logins.over(hop).get(watch.watcher) for hop in (subscription.hop, watch.edge))
        if not any(login is not None and wall < login.expiry for login in logins):
            self.notifier.end(subscription, "rejected", now)
            return
        bindings = self._registrar.bindings(str(watch.target), now)
        watch.told = bool(bindings)
        if subscription.package.name == pidf.PACKAGE:
            document = bytes(Presence(watch.entity, (Service("telprotocol", bool(bindings)),)))
        else:
            document = bytes(RegistrationInfo.of(watch.version, watch.entity, bindings, now))
            watch.version += 1
        self.notifier.notify(subscription, document, now)

    def _forget(self, subscription: Subscription) -> None:
        watch = subscription.app
        if not isinstance(watch, _Watch):
            return  # it was accepted, and then a bug kept us from entering it
        subscriptions = self._by_target.get(watch.target, set())
        subscriptions.discard(subscription)
        self._watched[watch.watcher] -= 1
        if not self._watched[watch.watcher]:
            del self._watched[watch.watcher]
        if not subscriptions:
            self._by_target.pop(watch.target, None)

    def _contact(self, hop: Hop) -> str:
        host, port = self._addresses.reached_by(hop)
        return f"<{Uri('sip', self._user, host, port, params=(('transport', hop.uri_transport),))}>"


def _watch(subscription: Subscription) -> _Watch:
    assert isinstance(subscription.app, _Watch)
    return subscription.app
