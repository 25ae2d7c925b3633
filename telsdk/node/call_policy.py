"""Requests that pass a node: who may send them, where they go, and whether the node stays in the call.

    from a user of ours, to a user of ours    token checked; to their bindings
    from a user of ours, to anybody else      token checked; to the callee's home hub, and to the node that it names
    from elsewhere, to a user of ours         to their bindings: the UC judges the token itself, and trusts no node
    from elsewhere, to anybody else           480: a node is no open relay

Subclasses may watch what leaves by `outbound`; the demo's hostile node does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from telsdk.clock import Monotonic, Wall
from telsdk.compiling import mypyc_attr
from telsdk.directory import NOBODY, Directory, HubFacts, NodeFacts, NumberFacts, locate, node_at
from telsdk.errors import TelError
from telsdk.net.buckets import place_of
from telsdk.net.egress import ANYWHERE, EgressPolicy
from telsdk.net.route import NoRoute, hop_of, hop_to, named_node
from telsdk.net.sockets import Addresses
from telsdk.node.admission import Admission, LoginEnded, drop_login, without_login
from telsdk.node.edges import edge_of, sending_edge
from telsdk.node.flows import ForgedRoute
from telsdk.node.logins import BoundLogin, LoginKind, Logins
from telsdk.node.phone_calls import TOKEN_METHODS, Parties, PhoneCalls
from telsdk.node.promises import AskWallet, PhonesCannotAnswer, Promises
from telsdk.node.settings import UnverifiedCallers
from telsdk.node.shares import Held, Kind, Shares, ShareSettings, TooMany
from telsdk.node.ways import Ways, presentation_in
from telsdk.server.answers import HeaderField, warning
from telsdk.sip.errors import AuthError, SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.message import NameAddr, Request, Response, Uri
from telsdk.sip.server import (
    Arrived,
    Binding,
    Context,
    Finished,
    NoWayOn,
    Proxy,
    ProxySettings,
    Redirect3xx,
    Registrar,
    Target,
    by_user_agent,
)
from telsdk.sip.transaction import Event, Stack, TransactionUser

log = logging.getLogger(__name__)

_DIALOG_METHODS = frozenset({"INVITE", "SUBSCRIBE", "REFER"})


@mypyc_attr(allow_interpreted_subclasses=True)
class CallPolicy:
    """The proxy of one node, and what it decides.

    Args:
        addresses: where this node listens.
        own_place: its hub and index in the list on chain.
        egress: where it may send to.
        unverified: what phones are told of callers who are not proven.
        stale_after: how old the copy of the chain may be that proves them, in seconds, as `telsdk.freshness` takes it.
        shares: how many requests may be open at a time, and whose.
        is_peer: tells whether a connection is that of a server that the chain lists.
        ask_wallet: has a contract wallet asked about an answer.
    """

    def __init__(
        self,
        directory: Directory,
        stack: Stack,
        admission: Admission,
        registrar: Registrar,
        logins: Logins,
        addresses: Addresses,
        own_place: tuple[int, int],
        settings: ProxySettings | None = None,
        egress: EgressPolicy = ANYWHERE,
        unverified: UnverifiedCallers = UnverifiedCallers.ANONYMOUS,
        stale_after: float | None = None,
        shares: Shares | None = None,
        is_peer: Callable[[Hop], bool] = lambda _: False,
        ask_wallet: AskWallet | None = None,
    ) -> None:
        self._directory = directory
        self._admission = admission
        self._registrar = registrar
        self._logins = logins
        self._addresses = addresses
        self._open: set[Context] = set()
        self._shares = Shares(ShareSettings()) if shares is None else shares
        self._is_peer = is_peer
        self._ways = Ways(registrar, addresses, own_place, self._node_at, egress)
        self._phones = PhoneCalls(directory, admission, logins, unverified, stale_after)
        self._promises = Promises(directory, admission, ask_wallet)
        self.proxy = Proxy(
            stack,
            is_local=self._is_local,
            record_route=self._record_route,
            settings=settings,
            next_hop=self.next_hop,
            learn=self._ways.learn,
            moved=self._ways.moved,
            on_answer=self._on_answer,
        )

    def __len__(self) -> int:
        """Return how many calls are being set up."""
        return len(self._open)

    def act(self, event: Event, now: Monotonic, wall: Wall) -> None:
        """Act on an event of the proxy; `now` monotonic, `wall` in seconds since 1970.

        Raises:
            WalletToAsk: a contract wallet has to be asked about the caller first; then act again.
        """
        if isinstance(event, Arrived):
            self._arrived(event.ctx, now, wall)
        elif isinstance(event, Finished):
            self._finished(event.ctx)
        elif isinstance(event, Redirect3xx):
            self._redirected(event, now)

    def busy(self, event: Event, now: Monotonic) -> None:
        """Answer a request that cannot be judged now, because too many wait for contract wallets already."""
        if isinstance(event, Arrived):
            self.proxy.refuse(event.ctx, 503, now)

    def give_up(self, event: Event, now: Monotonic) -> None:
        """End a request that a bug kept us from judging, so that nothing waits for it any more."""
        if isinstance(event, Arrived | Redirect3xx):
            event.ctx.give_up(now)
        elif isinstance(event, Finished):
            self._finished(event.ctx)

    def outbound(self, request: Request) -> Request:
        """Return the request as it is sent on."""
        return request

    def admit(self, request: Request, source: Hop, wall: Wall) -> BoundLogin | None:
        """Return the user logged in at `source` who sends this request; None where it is from elsewhere.

        Raises:
            AuthError: they may not send it, or are not who they say; with the status to answer.
            WalletToAsk: that is not known yet.
        """
        behind = self._logins.over(sending_edge(request, source))
        login = self._admission.sender(request, self._logins.over(source), behind)
        if login is None:
            return None
        if wall >= login.expiry:
            raise LoginEnded(f"the login of {login.number} ended at {login.expiry}: log in again")
        if login.kind is LoginKind.PHONE:
            self._admission.phone_caller(request, login.number, source, wall)
        else:
            if request.method in TOKEN_METHODS:
                self._admission.caller(request, login.number, wall)
            self._admission.own_from(request, login.number)
        return login

    # Requests that begin something

    def _arrived(self, ctx: Context, now: Monotonic, wall: Wall) -> None:
        request = ctx.request
        if ctx.closed:
            return  # the caller has given up since
        if request.method == "INVITE":
            self._open.add(ctx)
        try:
            callee = locate(self._directory, request.uri.user or "")
            login = self.admit(request, ctx.source, wall)
            held = _held(ctx)  # already, where this had to wait for a contract wallet
            if held is None and ctx.tx is not None:  # an ACK waits for nothing
                held = self._hold(ctx, callee, login, now)
            parties = ctx.app = Parties(callee, login, held)
            if callee.answers_verified and parties.from_phone and request.method == "INVITE":
                parties.expected = self._promises.expect(request, ctx.source, callee)
            targets = self._bindings(callee, ctx, login, now, wall)
            if not targets and login is not None:
                targets = [self._home_hub(callee, request)]
        except AuthError as refused:
            self._refuse(ctx, refused, wall, now)
        except TooMany as many:
            later = ("Retry-After", str(self._shares.settings.retry_after))
            self.proxy.refuse(ctx, many.status, now, headers=[warning(many), later])
        except NOBODY as unknown:
            self.proxy.refuse(ctx, 404, now, headers=[warning(unknown)])
        except NoRoute as unreachable:
            self.proxy.refuse(ctx, 480, now, headers=[warning(unreachable)])
        except TelError as error:
            self.proxy.refuse(ctx, 400, now, headers=[warning(error)])
        else:
            self.proxy.forward(ctx, targets, now)

    def _finished(self, ctx: Context) -> None:
        """Forget a request that is answered, and count it no longer."""
        self._open.discard(ctx)
        held, parties = _held(ctx), ctx.app
        ctx.app = None
        if isinstance(parties, Parties) and parties.expected is not None:
            self._promises.ended(parties.expected)
        if held is not None:
            self._shares.give_back(held)

    def _hold(self, ctx: Context, callee: NumberFacts, login: BoundLogin | None, now: Monotonic) -> Held:
        """Count a request as open, for its caller and its callee, until it is answered.

        Raises:
            TooMany: one of them has too many.
        """
        caller: object
        if login is not None:
            caller, kind = login.number, Kind.USER
        elif self._is_peer(ctx.source):
            caller, kind = ctx.source.host, Kind.PEER
        else:
            caller, kind = place_of(ctx.source.host), Kind.STRANGER
        return self._shares.take(caller, callee.number, kind, now)

    def _refuse(self, ctx: Context, error: AuthError, wall: Wall, now: Monotonic) -> None:
        headers: list[HeaderField] = [warning(error)]
        status = error.status
        if status == 401:
            status = 407
            headers.append(("Proxy-Authenticate", self._admission.phone_challenge(error, ctx.source, wall)))
        self.proxy.refuse(ctx, status, now, headers=headers)

    def _bindings(
        self, callee: NumberFacts, ctx: Context, login: BoundLogin | None, now: Monotonic, wall: Wall
    ) -> list[Target]:
        bindings = self._registrar.bindings(str(callee.number), now)
        if callee.answers_verified and bindings and ctx.request.method == "INVITE":
            bindings = self._proving(callee, bindings)
        if len(bindings) == 1 and not bindings[0].path:
            one = bindings[0]
            return [Target(one.contact.uri, one.hop, self._leaving(callee, ctx, login, one, wall))]
        return [self._device(flows, callee, ctx, login, wall) for flows in by_user_agent(bindings)]

    def _proving(self, callee: NumberFacts, bindings: Sequence[Binding]) -> list[Binding]:
        """Return the devices of a number that promises verified answers which can prove one.

        Raises:
            PhonesCannotAnswer: there are plain phones only.
        """
        able = [one for one in bindings if not self._phones.is_phone(one.hop, callee.number)]
        if not able:
            raise PhonesCannotAnswer(
                f"{callee.number} promises verified answers, and only plain phones of it are here: they prove nothing"
            )
        return able

    def _device(
        self,
        flows: Sequence[Binding],
        callee: NumberFacts,
        ctx: Context,
        login: BoundLogin | None,
        wall: Wall,
    ) -> Target:
        """Return one user agent as a target: by its newest flow, else by the others or anew to the proxy before it."""
        ways = [
            Target(
                one.contact.uri,
                hop,
                self._leaving(callee, ctx, login, one, wall),
                routes=one.path,
                q=one.q,
            )
            for one in flows
            for hop in dict.fromkeys((one.hop, edge_of(one) or one.hop))
        ]
        return replace(ways[0], alternatives=tuple(ways[1:]))

    def _leaving(
        self, callee: NumberFacts, ctx: Context, login: BoundLogin | None, binding: Binding, wall: Wall
    ) -> Request:
        """Return the request as it leaves for a binding of the callee's."""
        request = without_login(ctx.request)
        if self._phones.is_phone(binding.hop, callee.number):
            self._phones.present(ctx, request, callee, login, wall)
        return self.outbound(request)

    def _home_hub(self, callee: NumberFacts, request: Request) -> Target:
        """Return where the callee's node can be asked for.

        Raises:
            NoRoute: the callee has named no hub, or one that is not listed.
        """
        hub = self._hub_of(callee)
        if hub is None:
            raise NoRoute(f"{callee.name or callee.number} has no home hub: its owner has not set one up")
        return Target(request.uri, hop_to(hub), self._question(request))

    def _hub_of(self, callee: NumberFacts) -> HubFacts | None:
        return None if callee.hub is None else self._directory.hub(callee.hub)

    def _hub_asked(self, event: Redirect3xx) -> HubFacts | None:
        """Return the hub that the redirect came from: the callee's, as it is listed now; None if it is none of that."""
        try:
            hub = self._hub_of(locate(self._directory, event.ctx.request.uri.user or ""))
            return hub if hub is not None and hop_to(hub) == event.target.hop else None
        except (NoRoute, *NOBODY):
            return None

    def _question(self, request: Request) -> Request:
        """Return what the hub is asked: the request without its body, which is none of the hub's business."""
        question = without_login(request)
        question.body = b""
        question.headers.remove("Content-Type")
        return question

    def _redirected(self, event: Redirect3xx, now: Monotonic) -> None:
        """Forward to the node that the hub names, if it is in that hub's own list. A device's redirect is its answer.

        Other hubs' lists are not asked: who operates one may write any address there, with a key of their own.
        """
        ctx = event.ctx
        if event.target.uri != ctx.request.uri:
            self.proxy.relay(ctx, event.response, now)
            return
        hub = self._hub_asked(event)
        listed = () if hub is None else hub.nodes
        for contact in event.contacts:
            node = named_node(listed, contact.uri)
            if node is not None and node.active:
                hop = hop_to(node)
                if (hop.host, hop.port) in self._addresses:
                    break  # the hub believes that the callee is here, and they are not
                request = self.outbound(without_login(ctx.request))
                self.proxy.forward(ctx, [Target(ctx.request.uri, hop, request)], now)
                return
        else:
            log.warning("a hub redirected to %s, which is not in its list on chain", event.contacts[0].uri)
        self.proxy.reply(ctx, 480, now)

    # Requests within a call

    def next_hop(self, request: Request, own_routes: tuple[NameAddr, ...], source: Hop) -> Hop:
        """Return the way on within a call: where the call itself has led, whatever the request says.

        Raises:
            NoWayOn: a Route names this node that it did not write into this call, or the way leads nowhere.
        """
        if request.method != "ACK":
            self._check_within(source)
        try:
            hop = self._ways.on(request, own_routes)
        except ForgedRoute as forged:
            raise NoWayOn(403, warning(forged)) from None
        except NoRoute as nowhere:
            raise NoWayOn(404, warning(nowhere)) from None
        drop_login(request)
        presented = presentation_in(own_routes)
        if presented is not None:
            self._promises.check_within(request, presented)
            presented.apply(request)
        return hop

    def _on_answer(self, response: Response, request: Request, source: Hop, branch: TransactionUser) -> bool:
        if not self._promises.passes(response, request, source, branch):
            return False
        self._phones.answer(response, request, source)
        return True

    def _check_within(self, source: Hop) -> None:
        """Refuse a request within a call where too many from there wait for an answer already.

        Raises:
            NoWayOn: so it is, 503.
        """
        settings = self._shares.settings
        most = settings.of_peer if self._is_peer(source) else settings.within_calls
        if self.proxy.open_within_calls(source) >= most:
            many = TooMany(503, f"{most} requests within calls from there wait for an answer already")
            raise NoWayOn(503, warning(many), ("Retry-After", str(settings.retry_after)))

    # Staying in the call

    def _is_local(self, uri: Uri) -> bool:
        return (uri.host, uri.port) in self._addresses

    def _record_route(self, ctx: Context, target: Target) -> Sequence[Uri]:
        """Stay in a call only if its ends cannot reach each other: when one is no UC with a key in its Contact."""
        if ctx.request.method not in _DIALOG_METHODS or target.request is None:
            return ()
        caller_needs_us = self._caller_needs_us(ctx)
        if not caller_needs_us and not self._needs_us(target.hop):
            return ()
        assert isinstance(ctx.app, Parties)
        key = None if caller_needs_us else _keyed_contact(ctx.request)
        parties = ctx.app
        presented = parties.presentation(ctx.request, target)
        return self._ways.write(ctx, target, parties.callee, parties.caller, key, presented)

    def _needs_us(self, hop: Hop) -> bool:
        """Return whether somebody behind `hop` is reached by it and no other way."""
        return hop.web or self._logins.has_phone(hop)

    def _caller_needs_us(self, ctx: Context) -> bool:
        """Return whether the caller is reached by us alone, and not by a listed node or a key of their own."""
        if self._needs_us(ctx.source):
            return True
        edge = sending_edge(ctx.request, ctx.source)
        if edge != ctx.source and self._needs_us(edge):
            return True
        if self._logins.over(ctx.source):
            return False
        try:
            routes = ctx.request.record_routes
        except SipParseError:
            return True  # how the caller is reached cannot be read here
        if routes:
            return not self._ways.is_listed(routes[0].uri)
        return _keyed_contact(ctx.request) is None

    def _node_at(self, hub: int, index: int) -> NodeFacts | None:
        return node_at(self._directory, hub, index)


def _held(ctx: Context) -> Held | None:
    return ctx.app.held if isinstance(ctx.app, Parties) else None


def _keyed_contact(request: Request) -> Uri | None:
    """Return the Contact of a caller who is reached there by the key that it names; None without one."""
    try:
        for contact in request.contacts:
            hop = hop_of(contact.uri)
            if hop.secure and hop.pins:
                return contact.uri
    except (SipParseError, NoRoute):
        pass
    return None
