"""The hub: a SIP redirect server that sends users to nodes, and callers to the nodes of users.

It keeps nothing that the chain and its nodes cannot tell it again. It sees no media, and of a call only the question
where the callee is.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from telsdk.address import REALM, user_of
from telsdk.clock import Monotonic, Wall
from telsdk.credential.asking import Asking
from telsdk.credential.hubsecrets import HubSecrets
from telsdk.credential.verify import UNPROVEN, Authority, Verifier
from telsdk.credential.wallet import WalletToAsk
from telsdk.directory import NOBODY, HubFacts, NodeFacts, NumberFacts, locate
from telsdk.errors import NotFound, TelError
from telsdk.faults import Faults
from telsdk.follow import FollowedDirectory, Follower
from telsdk.freshness import Freshness
from telsdk.hub.health import HealthMonitor, Probe
from telsdk.hub.light_logins import LightLogins, NotMine, serves
from telsdk.hub.location import Location, MemoryLocation
from telsdk.hub.placement import Candidate, place, ranked
from telsdk.hub.settings import HubSettings
from telsdk.hub.tries import Tries
from telsdk.net.buckets import place_of
from telsdk.net.driver import Driver, Wire
from telsdk.net.egress import EgressPolicy
from telsdk.net.limits import UDP_RECEIVE_BUFFER
from telsdk.net.pins import TlsIdentity
from telsdk.net.random_text import RandomText
from telsdk.net.route import at_place, hop_to
from telsdk.net.sockets import BoundSockets
from telsdk.number import Number
from telsdk.server.answers import CHAIN_BEHIND, HeaderField, warning
from telsdk.server.gate import Gate
from telsdk.server.lifecycle import Lifecycle
from telsdk.server.own_key import OwnKey
from telsdk.server.staleness import Staleness
from telsdk.sip.auth import BearerVerifier, challenge
from telsdk.sip.errors import AuthError
from telsdk.sip.hop import Hop
from telsdk.sip.message import NameAddr, Request, Response, Uri
from telsdk.sip.server import Redirect, RedirectAsked
from telsdk.sip.transaction import (
    ClientTransaction,
    Event,
    Proven,
    ResponseReceived,
    ServerTransaction,
    Stack,
    TimedOut,
    TransportFailed,
)

log = logging.getLogger(__name__)

LightSecrets = tuple[HubSecrets, Path]
"""What a hub needs to serve light logins: its secrets, and the file where it counts tries."""

ALLOW = "REGISTER, INVITE, MESSAGE, OPTIONS, ACK, CANCEL"


class Hub:
    """One hub of the list on the chain. Make it inside a running event loop, by `launch`.

    Args:
        directory: the chain, loaded; this hub follows it.
        hub_id: its id in the list.
        sockets: the address where it is listed; it serves UDP and TLS.
        identity: the key whose pin is listed.
        location: its memory; by default in this process.
        light: its secrets for light logins by KDF 2, and the file where it counts tries; None: it serves none.
        tap: called with each message, for captures.

    Raises:
        NotFound: the chain does not list this hub.
    """

    def __init__(
        self,
        directory: FollowedDirectory,
        hub_id: int,
        sockets: BoundSockets,
        identity: TlsIdentity,
        *,
        settings: HubSettings | None = None,
        location: Location | None = None,
        light: LightSecrets | None = None,
        tap: Callable[[Wire], None] | None = None,
    ) -> None:
        self.id = hub_id
        self._directory = directory
        self._chain = Staleness(f"hub {hub_id}", directory)
        key = OwnKey(f"hub {hub_id}", identity, lambda: self._own_facts().pins)
        self._settings = settings or HubSettings()
        self._location: Location = location or MemoryLocation()
        address = (sockets.host, sockets.port)
        proven = Proven()
        self._stack = Stack(
            sent_by=lambda _: address, token=RandomText(), timers=self._settings.timers, proven=proven
        )
        self.gate = Gate.of_server(
            self._settings.gate,
            directory,
            proven,
            users_at=lambda _: 0,
            is_expected=lambda datagram, _: self._stack.expects(datagram),
        )
        self._role = Redirect(self._stack)
        self._asking = Asking()
        listed_at = hop_to(self._own_facts()).host
        self._driver = Driver(
            self._stack,
            self,
            tap=tap,
            receive_buffer=UDP_RECEIVE_BUFFER,
            egress=EgressPolicy(self._settings.allowed_networks, listed_at=listed_at),
            gate=self.gate,
            limits=self._settings.connections,
        )
        self.health = HealthMonitor(
            self._stack,
            self._location,
            self._active_nodes,
            self._driver.kick,
            self._settings,
            self._driver.faults,
        )
        self.follower = Follower(
            directory,
            self._on_change,
            self._settings.chain_interval,
            on_look=key.look,
            stale_after=self._settings.stale_after,
        )
        self._life = Lifecycle(self.follower, self._driver, self._asking, key, sockets)
        self._verifier = Verifier(directory, deferred=True)
        self._bearer = BearerVerifier(
            self._own_facts().uri,
            number_of=lambda user: locate(directory, user).number,
            lifetime=self._settings.token_lifetime,
        )
        self._light = None if light is None else self._light_logins(*light)

    @classmethod
    async def launch(cls, directory: FollowedDirectory, *args: Any, **settings: Any) -> Self:
        """Load the chain, make a hub and start it. The arguments are those of the class.

        Raises:
            TelError: the chain cannot be read, or does not list this hub.
        """
        await asyncio.to_thread(directory.poll)
        hub = cls(directory, *args, **settings)
        await hub.start()
        return hub

    async def start(self) -> None:
        """Follow the chain, serve, and probe the nodes."""
        await self._life.start()
        self.health.start()

    @property
    def faults(self) -> Faults:
        """The exceptions that nobody foresaw, by kind."""
        return self._driver.faults

    def present(self, identity: TlsIdentity) -> None:
        """Show this key from now on: see `telsdk.server.lifecycle.Lifecycle.present`."""
        self._life.present(identity)

    async def stop(self) -> None:
        self.health.stop()
        await self._life.stop()
        if self._light is not None:  # last: until then something may come that wants to be counted
            await self._light.close()

    def _on_change(self, changed: frozenset[Number]) -> None:
        # To which node a number goes does not depend on its owner. The node drops the logins that a sale ends.
        log.debug("%d numbers changed on chain", len(changed))

    def _own_facts(self) -> HubFacts:
        facts = self._directory.hub(self.id)
        if facts is None:
            raise NotFound(f"hub {self.id} is not in the list on chain: add it with `telsdk hubs add`")
        return facts

    def _active_nodes(self) -> tuple[NodeFacts, ...]:
        facts = self._directory.hub(self.id)
        return tuple(node for node in facts.nodes if node.active) if facts else ()

    # SIP

    def on_event(self, event: Event, now: Monotonic) -> None:
        match event:
            case ResponseReceived(tx=ClientTransaction(owner=Probe() as probe), response=response):
                if response.status >= 200:
                    self.health.answered(probe, response, now)
            case TimedOut(tx=ClientTransaction(owner=Probe() as probe)):
                self.health.failed(probe, "no answer")
            case TransportFailed(tx=ClientTransaction(owner=Probe() as probe)):
                self.health.failed(probe, "it cannot be reached")
            case _:
                self._role.handle(event, now)

    def role_events(self) -> list[Event]:
        return self._role.take_events()

    def on_role_event(self, event: Event, now: Monotonic) -> None:
        if isinstance(event, RedirectAsked):
            self._judge(event, now)

    def give_up(self, event: Event, now: Monotonic) -> None:
        """End a probe whose answer we failed to take: that node is given no users. Nothing else is kept here."""
        del now
        owner = event.tx.owner if isinstance(event, ResponseReceived | TimedOut | TransportFailed) else None
        if isinstance(owner, Probe):
            self.health.failed(owner, "its answer cannot be taken")

    def on_flow_closed(self, hop: Hop) -> None:
        """Do nothing: nobody is logged in at a hub, so a connection that ends takes nothing with it."""

    def _judge(self, event: RedirectAsked, now: Monotonic) -> None:
        """Answer, at once or when a contract wallet was asked about the sender."""
        tx, request = event.tx, event.request
        try:
            self._on_request(tx, request, now)
        except WalletToAsk as wanted:
            again = self._driver.handle_again
            if self._asking.later(
                wanted,
                lambda: again(self.on_role_event, event),
                lambda error: self._driver.failed(event, error),
            ):
                return
            self._role.refuse(tx, 503, now, headers=[("Retry-After", str(self._settings.retry_after))])
        if request.method == "REGISTER":
            # Its sender knows where to go, and needs us no more. Nodes, which ask where others are, come again.
            self._driver.let_go(tx.source)

    def _on_request(self, tx: ServerTransaction, request: Request, now: Monotonic) -> None:
        try:
            if serves(request):
                self._log_in_light(tx, request, now)
            elif request.method == "OPTIONS":
                self._role.refuse(tx, 200, now, headers=[("Allow", ALLOW), *self._staleness()])
            elif request.method == "REGISTER":
                self._login(tx, request, now)
            elif request.method in ("INVITE", "MESSAGE"):
                facts = locate(self._directory, user_of(str(request.uri)))
                self._redirect(tx, self._node_of(facts, now), request.uri.user, now)
            else:
                self._role.refuse(tx, 405, now, headers=[("Allow", ALLOW)])
        except NOBODY as error:
            self._role.refuse(tx, 404, now, headers=[warning(error)])
        except AuthError as error:
            headers = [("WWW-Authenticate", challenge(REALM, error))] if error.status == 401 else []
            self._role.refuse(tx, error.status, now, headers=[*headers, warning(error)])
        except TelError as error:
            self._role.refuse(tx, 400, now, headers=[warning(error)])

    def _login(self, tx: ServerTransaction, request: Request, now: Monotonic) -> None:
        """Say where to log in. While all that is known of the chain is stale, logins wait."""
        waits, node = self._staleness(), None
        if not waits:
            node = self._node_for_login(request, tx.source, now)
            if node is not None and not self.health.takes_logins(node.index):
                waits = [warning(f"node {node.index} has a stale copy of the chain")]
        if waits:
            self._put_off(tx, waits, now)
        else:
            self._redirect(tx, node, None, now)

    def _put_off(self, tx: ServerTransaction, waits: Sequence[HeaderField], now: Monotonic) -> None:
        """Have a login wait until a copy of the chain is fresh again; `waits` says which, and how old it is."""
        headers = [("Retry-After", str(self._settings.retry_after)), *waits]
        self._role.refuse(tx, 503, now, reason=CHAIN_BEHIND, headers=headers)

    def freshness(self, now: Wall) -> Freshness:
        """Return how old this hub's copy of the chain is; `now` in seconds since 1970."""
        return self._chain.look(self._settings.stale_after, now)

    def _staleness(self) -> list[HeaderField]:
        """Return a Warning that says how old this hub's copy of the chain is; nothing while it is fresh."""
        chain = self.freshness(Wall(time.time()))
        return [warning(str(chain))] if chain.stale else []

    def _redirect(
        self, tx: ServerTransaction, node: NodeFacts | None, user: str | None, now: Monotonic
    ) -> None:
        if node is None:
            self._role.refuse(tx, 480, now, headers=[("Retry-After", str(self._settings.retry_after))])
            return
        contact = NameAddr(at_place(replace(Uri.parse(node.uri), user=user), node))
        self._role.answer(tx, [contact], now)

    # Where a number is

    def _node_for_login(self, request: Request, source: Hop, now: Monotonic) -> NodeFacts | None:
        """Return the node for a user who logs in. Remember it only if a session token proves that it is the user."""
        number = locate(self._directory, request.to.uri.user or "").number
        authorization = request.headers.get("Authorization") or ""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            # A plain phone has no token. It goes where the hash says, and the table does not grow for strangers.
            return self._first_choice(number, now)
        authority = self._authority(request, token.strip(), source)
        if self._light is not None:
            self._light.logged_in(authority)
        return self._assign(number, now)

    def _authority(self, request: Request, token: str, source: Hop) -> Authority:
        """Return for whom a session token speaks, and use it up."""
        asker = place_of(source.host) if source.reliable else UNPROVEN
        authority = self._bearer.verify(request, token, Wall(time.time()), self._verifier.asked_by(asker))
        assert isinstance(authority, Authority)
        return authority

    # Light logins by KDF 2

    def _light_logins(self, secrets: HubSecrets, counters: Path) -> LightLogins:
        return LightLogins(
            self._directory,
            self.id,
            secrets,
            Tries(counters, self._settings.tries),
            self._authority,
            self._answer_later,
            most_waiting=self._settings.waiting_tries,
            retry_after=self._settings.retry_after,
        )

    def _log_in_light(self, tx: ServerTransaction, request: Request, now: Monotonic) -> None:
        """Evaluate a password or give a ticket. While all that is known of the chain is stale, that waits."""
        if waits := self._staleness():
            self._put_off(tx, waits, now)
        elif self._light is None:
            raise NotMine(f"hub {self.id} serves no light logins")
        else:
            self._light.take(tx, request)

    def _answer_later(self, tx: ServerTransaction, response: Response) -> None:
        self._role.respond(tx, response, self._driver.now())
        self._driver.kick()

    def _assign(self, number: Number, now: Monotonic) -> NodeFacts | None:
        usable = self._usable(now)
        fresh = [node for node in usable if self.health.takes_logins(node.index)]
        nodes = {node.index: node for node in fresh or usable}
        held = self._location.node_of(number, now)
        if held is None or held not in nodes:
            self._location.forget(number)
            users = {str(index): count for index, count in self._location.users(now).items()}
            candidates = [Candidate(str(node.index), node.capacity) for node in nodes.values()]
            chosen = place(number, candidates, users, balance=self._settings.balance)
            if chosen is None:
                return None
            held = int(chosen.key)
        self._location.assign(number, held, Monotonic(now + self._settings.assignment_lifetime))
        return nodes[held]

    def _node_of(self, facts: NumberFacts, now: Monotonic) -> NodeFacts | None:
        """Return the node where callers find a number."""
        if facts.hub != self.id:
            raise NotFound(f"{facts.number} is not at home at hub {self.id}")
        held = self._location.node_of(facts.number, now)
        for node in self._usable(now):
            if node.index == held:
                return node
        # A plain phone, or a restarted hub: placement is the same each time, so the user is probably there.
        return self._first_choice(facts.number, now)

    def _first_choice(self, number: Number, now: Monotonic) -> NodeFacts | None:
        nodes = {str(node.index): node for node in self._usable(now)}
        best = ranked(number, [Candidate(key, node.capacity) for key, node in nodes.items()])
        return nodes[best[0].key] if best else None

    def _usable(self, now: Monotonic) -> list[NodeFacts]:
        return [node for node in self._active_nodes() if self.health.is_healthy(node.index, now)]
