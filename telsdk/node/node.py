"""The node: a SIP registrar and stateful proxy that serves user clients and stores nothing of theirs.

What it knows of people it knows from the chain; who is logged in is forgotten when the connection, the registration
or the right to it ends.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

from telsdk.clock import Monotonic, Wall
from telsdk.compiling import mypyc_attr
from telsdk.credential.asking import Asking
from telsdk.credential.wallet import WalletToAsk
from telsdk.directory import NodeFacts, node_at
from telsdk.errors import NotFound
from telsdk.faults import Fault, Faults
from telsdk.follow import FollowedDirectory, Follower
from telsdk.freshness import Freshness
from telsdk.net.certificates import TrustStore
from telsdk.net.driver import Driver, Wire
from telsdk.net.egress import EgressPolicy
from telsdk.net.pins import TlsIdentity
from telsdk.net.random_text import RandomText
from telsdk.net.route import hop_to
from telsdk.net.sockets import Address, Addresses, BoundSockets, Listener
from telsdk.node.admission import Admission
from telsdk.node.call_policy import CallPolicy
from telsdk.node.edges import edge_of
from telsdk.node.lag import LagMeter
from telsdk.node.logins import Logins
from telsdk.node.phones import Phones, phone_servers
from telsdk.node.registration_policy import RegistrationPolicy
from telsdk.node.settings import NodeSettings
from telsdk.node.shares import Shares
from telsdk.node.watching import Watching
from telsdk.number import Number
from telsdk.server.answers import later
from telsdk.server.gate import Gate
from telsdk.server.lifecycle import Lifecycle
from telsdk.server.load import LOAD_HEADER, Load
from telsdk.server.own_key import OwnKey
from telsdk.server.staleness import Staleness
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response
from telsdk.sip.server import Arrived, Finished, ProxySettings, Redirect3xx, Registrar
from telsdk.sip.transaction import UNANSWERED, AckReceived, Event, Proven, RequestReceived, Stack

log = logging.getLogger(__name__)

Respond = Callable[[Request, Hop, Monotonic], Response]

ALLOW = "REGISTER, INVITE, ACK, BYE, CANCEL, MESSAGE, OPTIONS, SUBSCRIBE"


@mypyc_attr(allow_interpreted_subclasses=True)
class Node:
    """One node of a hub's list. Make it inside a running event loop, by `launch`.

    Args:
        directory: the chain, loaded; followed by this node itself.
        hub_id, index: its place in the list on chain.
        sockets: where it is listed; UDP and TLS are served.
        identity: the key whose pin is listed.
        phone_secrets: the operator's secrets for phone passwords, newest first; without one, phones are refused.
        listeners: where it takes connections besides: WebSocket, TCP, or TLS by an ordinary certificate.
        trust: whose certificates are good for servers that no list on chain has; None: nobody's.
        tap: told of each message, for captures.

    Raises:
        NotFound: the chain does not list this node.
    """

    # What a node of another kind does otherwise: a hostile one in the demo, one for load generators in benchmarks/.
    admission_class: ClassVar[type[Admission]] = Admission
    registration_class: ClassVar[type[RegistrationPolicy]] = RegistrationPolicy
    calls_class: ClassVar[type[CallPolicy]] = CallPolicy

    def __init__(
        self,
        directory: FollowedDirectory,
        hub_id: int,
        index: int,
        sockets: BoundSockets,
        identity: TlsIdentity,
        *,
        settings: NodeSettings | None = None,
        phone_secrets: tuple[bytes, ...] = (),
        listeners: Sequence[Listener] = (),
        trust: TrustStore | None = None,
        tap: Callable[[Wire], None] | None = None,
    ) -> None:
        self.place = (hub_id, index)
        self.settings = settings or NodeSettings()
        self._directory = directory
        who = "node {1} of hub {0}".format(*self.place)
        key = OwnKey(who, identity, lambda: self._own_facts().pins)
        self._staleness = Staleness(who, directory)
        listeners = tuple(listeners)
        addresses = Addresses((sockets.host, sockets.port), listeners)
        self._proven = Proven(2 * self.settings.max_users)
        self._stack = Stack(
            sent_by=addresses.sent_by,
            token=RandomText(),
            timers=self.settings.timers,
            besides=addresses.besides,
            proven=self._proven,
        )
        self.follower = Follower(
            directory,
            self._on_change,
            self.settings.chain_interval,
            on_look=key.look,
            stale_after=self.settings.stale_after,
        )
        self.logins = Logins()
        self.registrar = Registrar(
            min_expires=self.settings.min_expires,
            max_expires=self.settings.max_expires,
            flow_timer=self.settings.flow_timer,
            on_change=self._on_bindings,
        )
        self._lag = LagMeter()
        self._asking = Asking()
        listed = self._own_facts()
        egress = EgressPolicy(self.settings.allowed_networks, listed_at=_address(listed)[0])
        self._admission = self.admission_class(directory, listed.uri, self.settings, phone_secrets)
        self._admission.proven = self._proven
        self._phones = Phones(
            directory, self._admission, self.settings, phone_servers(_address(listed), listeners)
        )
        self._registration = self.registration_class(
            directory, self._admission, self.registrar, self.logins, self.settings
        )
        self.gate = Gate.of_server(
            self.settings.gate,
            directory,
            self._proven,
            users_at=self.logins.count,
            is_expected=self._is_expected,
        )
        self.calls = self.calls_class(
            directory,
            self._stack,
            self._admission,
            self.registrar,
            self.logins,
            addresses,
            self.place,
            ProxySettings(
                ring_time=self.settings.ring_time,
                max_open=self.settings.max_open,
                retry_after=self.settings.retry_after,
            ),
            egress,
            self.settings.unverified_callers,
            self.settings.stale_after,
            Shares(self.settings.shares),
            self._is_peer,
            self._ask_wallet,
        )
        self.watching = Watching(
            directory,
            self._stack,
            self.registrar,
            self.logins,
            self.calls.admit,
            self._admission.phone_challenge,
            addresses,
            self.settings.notify_interval,
        )
        self._driver = Driver(
            self._stack,
            self,
            roles=(self.calls.proxy, self.watching.notifier, _Expiry(self)),
            tap=tap,
            trust=trust,
            receive_buffer=self.settings.udp_receive_buffer,
            egress=egress,
            gate=self.gate,
            limits=self.settings.connections,
        )
        self._life = Lifecycle(self.follower, self._driver, self._asking, key, sockets, listeners)

    @classmethod
    async def launch(cls, directory: FollowedDirectory, *args: Any, **settings: Any) -> Self:
        """Load the chain, then make a node and start it. Arguments as for the class.

        Raises:
            TelError: the chain cannot be read, or does not list this node.
        """
        await asyncio.to_thread(directory.poll)
        node = cls(directory, *args, **settings)
        await node.start()
        return node

    async def start(self) -> None:
        """Follow the chain and serve."""
        await self._life.start()
        self._lag.start()

    def present(self, identity: TlsIdentity) -> None:
        """Show this key from now on: see `telsdk.server.lifecycle.Lifecycle.present`."""
        self._life.present(identity)

    async def stop(self) -> None:
        self._lag.stop()
        await self._life.stop()

    @property
    def faults(self) -> Faults:
        """The exceptions that nobody foresaw, by kind."""
        return self._driver.faults

    def load(self) -> Load:
        """Return how loaded this node is now."""
        head = self._directory.head
        stale = self.freshness(Wall(time.time())).stale
        return Load(self.registrar.users, len(self.calls), self._lag.lag, head.number, head.timestamp, stale)

    def freshness(self, now: Wall) -> Freshness:
        """Return how old this node's copy of the chain is; `now` in seconds since 1970."""
        return self._staleness.look(self.settings.stale_after, now)

    def _is_expected(self, datagram: bytes, source: Hop) -> bool:
        """Return whether a datagram shows that its sender gets what is sent to that address."""
        if datagram.startswith(b"SIP/2.0 "):
            return self._stack.expects(datagram)
        return self._admission.is_proof(datagram, source, Wall(time.time()))

    def _is_peer(self, hop: Hop) -> bool:
        return hop.reliable and self.gate.is_listed(hop.host, self._driver.now())

    def _own_facts(self) -> NodeFacts:
        node = node_at(self._directory, *self.place)
        if node is not None:
            return node
        raise NotFound(
            "node {1} of hub {0} is not in the list on chain: add it with `telsdk hubs nodes`".format(
                *self.place
            )
        )

    # The chain

    def _on_change(self, changed: frozenset[Number]) -> None:
        """End the logins that the chain no longer grants, and what was bound and watched by them. Calls stay."""
        for number in changed:
            with self.faults.caught(Fault.CHAIN, number):  # the others are to be judged all the same
                self._judge_anew(number)
        self._driver.kick()

    def _judge_anew(self, number: Number) -> None:
        left = self.logins.judge(number, self._directory.number(number))
        if left is not None:
            dropped = self.registrar.drop(str(number), left)
            self.watching.drop(number, left, self._driver.now())
            log.info("%s changed on chain: %d bindings dropped", number, len(dropped))

    # SIP: called by the driver

    def on_event(self, event: Event, now: Monotonic) -> None:
        if isinstance(event, RequestReceived):
            self._asked(event, now)
        elif isinstance(event, AckReceived) or not self.watching.notifier.handle(event, now):
            self.calls.proxy.handle(event, now)

    def _asked(self, event: RequestReceived, now: Monotonic) -> None:
        request, proxy = event.request, self.calls.proxy
        if request.method == "REGISTER":
            self._judged(event, self._register, now)
        elif not request.uri.user and self._is_for_us(request):
            self._answer_own(event, now)
        elif request.method == "SUBSCRIBE" and self.watching.serves(event):
            self.watching.notifier.handle(event, now)
        else:
            proxy.handle(event, now)

    def role_events(self) -> list[Event]:
        proxy, watching = self.calls.proxy, self.watching
        told = proxy.untaken
        if told:
            proxy.untaken = []
        if watching.changes or watching.notifier.untaken:
            return told + watching.take_events()
        return told

    def on_role_event(self, event: Event, now: Monotonic) -> None:
        try:
            if isinstance(event, Arrived | Finished | Redirect3xx):
                self.calls.act(event, now, Wall(time.time()))
            else:
                self.watching.act(event, now, Wall(time.time()))
        except WalletToAsk as wanted:
            if not self._later(wanted, self.on_role_event, event):
                self._busy(event, now)

    def give_up(self, event: Event, now: Monotonic) -> None:
        self.calls.give_up(event, now)
        self.watching.give_up(event)

    def _busy(self, event: Event, now: Monotonic) -> None:
        """Refuse what cannot be judged now, because too much waits for contract wallets already."""
        self.calls.busy(event, now)
        self.watching.busy_for(event, now)

    def _later(self, wanted: WalletToAsk, handler: Callable[[Event, Monotonic], None], event: Event) -> bool:
        """Let `handler` take `event` again once a contract wallet was asked; False where too much waits for that."""
        return self._asking.later(
            wanted,
            lambda: self._driver.handle_again(handler, event),
            lambda error: self._driver.failed(event, error),
        )

    def _ask_wallet(self, wanted: WalletToAsk, again: Callable[[Monotonic], None]) -> bool:
        """Have a contract wallet asked about an answer, and call `again` once it has said something, or nothing."""

        def go_on(_failed: Exception | None = None) -> None:
            again(self._driver.now())
            self._driver.kick()

        return self._asking.later(wanted, go_on, go_on)

    def _judged(self, event: Event, answer: Respond, now: Monotonic) -> None:
        """Respond by `answer`, at once or when a contract wallet was asked about the sender."""
        assert isinstance(event, RequestReceived)
        if event.tx.state not in UNANSWERED:
            return  # its connection is gone since
        try:
            response = answer(event.request, event.source, now)
        except WalletToAsk as wanted:
            if self._later(wanted, lambda event, now: self._judged(event, answer, now), event):
                return
            response = later(event.request, self.settings.retry_after)
        if response.status < 300:
            self._stack.respond(event.tx, response, now)
        else:
            self._stack.respond_once(event.tx, response, now)

    def on_flow_closed(self, hop: Hop) -> None:
        """Forget who came by a connection that is gone (RFC 5626 5.3). A binding that leads by a proxy stays."""
        self.logins.drop_hop(hop)
        self.registrar.drop_flow(hop, stays=lambda binding: edge_of(binding) is not None)
        self.watching.drop_hop(hop)

    def _on_bindings(self, user: str) -> None:
        self.watching.changed(user)

    def _register(self, request: Request, source: Hop, now: Monotonic) -> Response:
        wall = Wall(time.time())
        return self._registration.answer(request, source, now, wall, chain=self.freshness(wall))

    def _phone_password(self, request: Request, source: Hop, _now: Monotonic) -> Response:
        wall = Wall(time.time())
        return self._phones.answer(request, source, wall, chain=self.freshness(wall))

    def _is_for_us(self, request: Request) -> bool:
        """Return whether a request is for the node itself: its Request-URI is a SIP URI that names no user."""
        return request.uri.scheme in ("sip", "sips") and not request.uri.user and not request.routes

    def _answer_own(self, event: RequestReceived, now: Monotonic) -> None:
        tx, request = event.tx, event.request
        if self._phones.serves(request):
            self._judged(event, self._phone_password, now)
        elif request.method == "OPTIONS":
            events = ("Allow-Events", self.watching.notifier.allow_events)
            self._stack.answer_once(
                tx, 200, now, None, ("Allow", ALLOW), events, (LOAD_HEADER, str(self.load()))
            )
        else:
            self._stack.answer_once(tx, 405, now, None, ("Allow", ALLOW))


def _address(listed: NodeFacts) -> Address:
    hop = hop_to(listed)
    return hop.host, hop.port


class _Expiry:
    """Ends registrations when their time is over."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def advance(self, now: Monotonic) -> None:
        for user in self._node.registrar.expire(now):
            self._node.logins.drop(Number.parse(user))

    def deadline(self) -> Monotonic | None:
        return self._node.registrar.deadline()
