"""The user client: it is registered at a node, calls and is called, and believes only the chain."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from telsdk.address import aor, user_of
from telsdk.clock import Monotonic, Wall
from telsdk.credential.asking import Asking
from telsdk.credential.phone import DEFAULT_LIFETIME
from telsdk.credential.phoneaccount import PhoneAccount
from telsdk.credential.session import Login
from telsdk.credential.wallet import WalletToAsk
from telsdk.directory import NodeFacts, locate, node_at
from telsdk.faults import Faults
from telsdk.follow import FollowedDirectory, Follower
from telsdk.freshness import Freshness, freshness
from telsdk.net.driver import Driver, Wire
from telsdk.net.pins import TlsIdentity
from telsdk.net.random_text import RandomText
from telsdk.net.route import PIN_PARAM, NoRoute, hop_to, pin_text, way_to
from telsdk.net.sockets import BoundSockets
from telsdk.number import Number
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Uri
from telsdk.sip.transaction import UNANSWERED, Event, ServerTransaction, Stack
from telsdk.sip.ua import (
    Call,
    CallConfirmed,
    CallEnded,
    Dialog,
    IncomingCall,
    IncomingRequest,
    OfferAnswered,
    OfferFailed,
    Redirected,
    ReferAnswered,
    Referred,
    Reinvited,
    RequestAnswered,
    TransferProgress,
    UserAgent,
)
from telsdk.uc import phones
from telsdk.uc.call import PhoneCall
from telsdk.uc.call_control import CallControl
from telsdk.uc.doorkeeper import Doorkeeper
from telsdk.uc.errors import MessageNotDelivered, SessionEnded
from telsdk.uc.holder import Holder, OwnerChange
from telsdk.uc.journal import Journal
from telsdk.uc.known_peers import KnownPeers
from telsdk.uc.quota import RETRY_AFTER
from telsdk.uc.registration import Registration
from telsdk.uc.requests import Requests
from telsdk.uc.settings import UcSettings, Unverified, UnverifiedAnswer
from telsdk.uc.standing import Standing
from telsdk.uc.store import Store
from telsdk.uc.tokens import Tokens
from telsdk.uc.transfers import TransferControl, TransferRequest
from telsdk.uc.trust import Judge, Party, Trust

Judged = IncomingRequest | Reinvited | Referred
"""The events that are answered only after their sender's token was judged. An `IncomingCall` is judged too."""


class UserClient:
    """One login of one number. Make it inside a running event loop, `start` it, and `close` it.

    Args:
        directory: the chain, loaded; this UC follows it.
        login: whose UC this is; its session key signs tokens, and is the TLS key at the Contact.
        sockets: where it listens for what comes without a node: ACK, BYE.
        store: where to note calls and messages; None to note nothing.
        tap: called with each message, for captures.

    Attributes:
        messages: the texts that came, each with its sender, of which `UcSettings.waiting_messages` wait here.
    """

    def __init__(
        self,
        directory: FollowedDirectory,
        login: Login,
        sockets: BoundSockets,
        *,
        settings: UcSettings | None = None,
        store: Store | None = None,
        tap: Callable[[Wire], None] | None = None,
    ) -> None:
        self.login = login
        self.settings = settings or UcSettings()
        self.messages: asyncio.Queue[tuple[Party, str]] = asyncio.Queue(self.settings.waiting_messages)
        self.store = store
        self.directory = directory
        self._sockets = sockets
        self._identity = TlsIdentity(login.key.private)
        address = (sockets.host, sockets.port)
        self._stack = Stack(sent_by=lambda _: address, token=RandomText(), timers=self.settings.timers)
        self._agent = UserAgent(
            self._stack,
            aor=Uri.parse(aor(login.number)),
            contact=f"<{self._contact()}>",
            next_hop=self._next_hop,
            supported=("timer",),
            ring_limit=self.settings.answer_timeout,
            takes_refer=True,
        )
        self._driver = Driver(
            self._stack,
            self,
            roles=(self._agent,),
            tap=tap,
            gate=Doorkeeper(self.settings.listening),
            limits=self.settings.listening.connections,
        )
        self._judge = Judge(
            directory, login.number, stale_after=self.settings.stale_after, own_node=self._node_host
        )
        self._tokens = Tokens(login)
        self._journal = Journal(store, self.settings.store_limits)
        self._peers = KnownPeers(store)
        self._asking = Asking()
        self._calls = CallControl(
            self._agent,
            self._judge,
            self._tokens,
            self.settings,
            self._driver,
            self._journal,
            self._asking,
            self._peers,
        )
        self._transfers = TransferControl(
            self._agent,
            self._judge,
            self._tokens,
            self._calls,
            self._driver,
            self._place,
            self.settings.ringing.waiting,
        )
        self._requests = Requests(self._agent)
        self._standing = Standing(directory, login, self._on_standing)
        self.follower = Follower(
            directory,
            lambda _: None,
            self.settings.chain_interval,
            on_look=self._on_look,
            stale_after=self.settings.stale_after,
        )
        self.registration = Registration(
            directory,
            login,
            self._agent,
            self._requests,
            self.settings.expires,
            self._driver.kick,
            self._driver.let_go,
            self._driver.now,
            self._driver.faults,
        )

    @property
    def number(self) -> Number:
        return self.login.number

    async def start(self) -> None:
        """Follow the chain and listen. `register` then makes the UC reachable."""
        await self.follower.start()
        self._peers.pin_contacts(self.directory)
        await self._standing.begin()
        await self._driver.listen(self._sockets, self._identity)

    @property
    def ended(self) -> SessionEnded | None:
        """Why the chain no longer grants this login; None while it does. Then calls go on, but nothing new begins."""
        return self._standing.ended

    async def wait_ended(self) -> SessionEnded:
        """Wait until the login has ended, and return why."""
        return await self._standing.wait_ended()

    @property
    def freshness(self) -> Freshness:
        """How old this client's copy of the chain is. While it is stale, nobody shows as verified without its date."""
        return freshness(self.directory, self.settings.stale_after, Wall(time.time()))

    async def register(self) -> NodeFacts:
        """Register by way of the home hub, and stay registered. Return the node.

        Raises:
            SessionEnded: the chain grants this login no longer.
            RegistrationFailed: see `telsdk.uc.registration`.
        """
        self._standing.check()
        return await self.registration.register()

    async def close(self) -> None:
        """End all calls, and stop. The binding ends with the connection to the node."""
        self._standing.stop()
        self.registration.stop()
        self._requests.close()
        await self._asking.close()
        await self._calls.close()
        await self.follower.stop()
        await self._driver.close()

    # Calls and messages

    @property
    def incoming(self) -> asyncio.Queue[PhoneCall]:
        """The calls that ring, to be answered or rejected."""
        return self._calls.incoming

    @property
    def refused(self) -> asyncio.Queue[Party]:
        """The callers that were refused without ringing, each with the reason."""
        return self._calls.refused

    @property
    def changes(self) -> asyncio.Queue[OwnerChange]:
        """The peers behind whose number or name somebody else stands than at the last contact, each told once.

        It is told when a call to them begins, or a message goes out, and when theirs arrives.
        """
        return self._calls.changes

    async def call(
        self,
        address: str,
        source: Path | None = None,
        record: Path | None = None,
        *,
        on_ringing: Callable[[], None] | None = None,
        unverified: UnverifiedAnswer | None = None,
    ) -> PhoneCall:
        """Call a number or name. Return once the party that was called has answered.

        Args:
            source: WAV file to play; None for silence.
            record: WAV file to write what is heard to.
            on_ringing: called when it rings at the other end.
            unverified: what happens to an answer that proves nothing; None: as the user has said of this contact, or
                else as in the settings.

        Raises:
            SessionEnded: the chain grants this login no longer.
            NotFound: nobody holds the address.
            NotRegistered: there is no node to call through.
            CallRejected: the callee is busy, declined or was not reached; it has the SIP status.
            CalleeRefused: somebody else answered. The call was ended before any media flowed.
            CalleeUnverified: whoever answered proves nothing, which is not allowed here; likewise.
            CalleeDowngraded: the same, though the number has answered with proof before; likewise.
            CalleeBrokePromise: the same, though the number promises on chain that answers are verified; likewise.
        """
        self._standing.check()
        user = user_of(address)
        callee = Holder.of(locate(self.directory, user))
        if unverified is None:
            self._peers.pin_contacts(self.directory)
            said = self._peers.word_on(user.lower(), callee)
            unverified = said or self.settings.unverified_answers
        request_uri = Uri.parse(aor(user.lower()))
        return await self._calls.call(
            request_uri, callee, self.registration.hop, source, record, on_ringing, unverified
        )

    @property
    def transfers(self) -> asyncio.Queue[TransferRequest]:
        """The requests of proven peers, within running calls, to go on with somebody else."""
        return self._transfers.requests

    async def transfer(self, call: PhoneCall, address: str) -> None:
        """Ask the peer of an answered call to call a number or name. Return once the two are connected.

        By then the call with us has ended.

        Raises:
            NotFound: nobody holds the address.
            CallRejected: the peer does not want to, or did not reach the address. The call goes on with us.
        """
        user = user_of(address).lower()
        locate(self.directory, user)
        await self._transfers.transfer(call, user)

    async def message(self, address: str, text: str) -> OwnerChange | None:
        """Send a text message (RFC 3428) to a number or name.

        Returns:
            what has changed since the last contact with them, which `changes` told of before it was sent.

        Raises:
            SessionEnded, NotFound, NotRegistered: as for `call`.
            MessageNotDelivered: it was not accepted; the text gives the other side's reason.
        """
        self._standing.check()
        user = user_of(address).lower()
        receiver = Holder.of(locate(self.directory, user))
        change = self._peers.met(user, receiver)
        if change is not None:
            self.changes.put_nowait(change)
        body = text.encode()
        request = self._agent.new_request("MESSAGE", Uri.parse(aor(user)), body=body)
        request.headers.add(*self._tokens.header(request, "MESSAGE", aor(user), body=body))
        future = self._requests.send(request, self.registration.hop, self._driver.now())
        self._driver.kick()
        response = await future
        if response is None:
            raise MessageNotDelivered(f"nobody answered for {address}: try again later")
        if response.status >= 300:
            raise MessageNotDelivered(f"{address} did not take it: {response.status} {response.reason}")
        self._journal.message_out(user, text, receiver)
        return change

    # The chain

    def _on_look(self) -> None:
        self._standing.look()
        self.registration.look()

    def _on_standing(self) -> None:
        if self.ended is not None:
            self.registration.suspend()
        else:
            self.registration.resume()

    async def phone_password(self, lifetime: int = DEFAULT_LIFETIME) -> PhoneAccount:
        """Ask the node where this UC is registered for a password for a plain SIP phone of this number.

        The node does not store it, so nobody can show it again.

        Args:
            lifetime: seconds for which it is to hold; the node may give less.

        Raises:
            NotRegistered: there is no node to ask.
            NoRoute: the node is listed without TLS, where others could read the answer.
            NoPhonePassword: the node gave none; the text gives its reason.
        """
        node = self.registration.node
        hop = self.registration.hop
        assert node is not None
        request = phones.question(self._agent, node, lifetime)
        request.headers.add(*self._tokens.session(request, node.uri))
        future = self._requests.send(request, hop, self._driver.now())
        self._driver.kick()
        return phones.account(await future, node, self.number)

    # SIP: called by the driver

    def on_event(self, event: Event, now: Monotonic) -> None:
        self._agent.handle(event, now)

    def role_events(self) -> list[Event]:
        return self._agent.take_events()

    def on_role_event(self, event: Event, now: Monotonic) -> None:
        """Act on an event, at once or when a contract wallet was asked about the sender."""
        try:
            self._act(event, now)
        except WalletToAsk as wanted:
            if not self._asking.later(
                wanted,
                lambda: self._driver.handle_again(self._again, event),
                lambda error: self._driver.failed(event, error),
            ):
                self._busy(event, now)

    def _again(self, event: Event, now: Monotonic) -> None:
        if not isinstance(event, Judged) or event.tx.state in UNANSWERED:  # else the sender gave up meanwhile
            self.on_role_event(event, now)

    def give_up(self, event: Event, now: Monotonic) -> None:
        if isinstance(event, RequestAnswered) or (isinstance(event, Redirected) and event.call is None):
            self._requests.take(event)
            return
        self._agent.give_up(event, now)
        call = getattr(event, "call", None)
        if isinstance(call, Call) and call.ended:
            self._calls.give_up(call)
            self._transfers.ended(call)

    @property
    def faults(self) -> Faults:
        """The exceptions that nobody foresaw, by kind."""
        return self._driver.faults

    def _busy(self, event: Event, now: Monotonic) -> None:
        """Refuse what cannot be judged now, because too much waits for contract wallets already."""
        if isinstance(event, IncomingCall):
            self._agent.reject(event.call, now, status=503)
        elif isinstance(event, Judged):
            self._agent.answer(event.tx, 503, now)
        elif isinstance(event, CallConfirmed):
            self._agent.hang_up(event.call, now)
        elif isinstance(event, OfferAnswered):
            self._calls.act(OfferFailed(event.call, event.response, 503), now)

    def _act(self, event: Event, now: Monotonic) -> None:
        match event:
            case RequestAnswered():
                self._requests.take(event)
            case Redirected(call=None):
                self._requests.take(event)
            case IncomingCall(call=call) if self.ended is not None:
                # An honest node sends none: the call is for whoever holds the number now.
                self._agent.reject(call, now, status=480)
            case IncomingRequest(tx=tx, request=request, call=None) if request.method == "MESSAGE":
                self._take_message(tx, request, now)
            case IncomingRequest(tx=tx, request=request):
                self._agent.answer(tx, 200 if request.method == "OPTIONS" else 405, now)
            case Referred() | ReferAnswered() | TransferProgress():
                self._transfers.act(event, now)
            case _:
                self._calls.act(event, now)
                if isinstance(event, CallEnded):
                    self._transfers.ended(event.call)

    def on_flow_closed(self, hop: Hop) -> None:
        self.registration.lost(hop)

    async def _place(
        self, address: str, source: Path | None, record: Path | None, on_ringing: Callable[[], None]
    ) -> PhoneCall:
        return await self.call(address, source, record, on_ringing=on_ringing)

    def _take_message(self, tx: ServerTransaction, request: Request, now: Monotonic) -> None:
        if self.ended is not None:
            self._agent.answer(tx, 480, now)
            return
        party = self._judge.request(request, Wall(time.time()))
        refused = party.trust is Trust.REFUSED or (
            party.trust is Trust.UNVERIFIED and self.settings.unverified is Unverified.REFUSE
        )
        if refused:
            self._agent.answer(tx, party.status, now)
            return
        text = request.body.decode(errors="replace")
        status = self._journal.message_in(party, request, text)
        if status == 200 and self.messages.full() and self.store is None:
            status = 480  # nobody reads them, and it would be lost
        if status != 200:
            again = () if status == 413 else (("Retry-After", str(RETRY_AFTER)),)
            self._agent.answer(tx, status, now, headers=again)
            return
        party = self._peers.met_party(party)
        if party.change is not None:
            self.changes.put_nowait(party.change)
        self._agent.answer(tx, 200, now)
        if not self.messages.full():  # else it is in the store
            self.messages.put_nowait((party, text))

    def _node_host(self) -> str | None:
        node = self.registration.node
        return None if node is None else hop_to(node).host

    def _contact(self) -> Uri:
        """Return the URI where this UC answers, and by which key."""
        return Uri(
            "sip",
            str(self.login.number),
            self._sockets.host,
            self._sockets.port,
            params=(("transport", "tls"), (PIN_PARAM, pin_text(self._identity.pin))),
        )

    def _next_hop(self, uri: Uri, _dialog: Dialog | None) -> Hop:
        """Return the way to a route or Contact: to a UC by the pin in its Contact, to a node by that of its place."""
        try:
            hop = way_to(uri, partial(node_at, self.directory))
        except NoRoute:
            hop = None
        # Where no key is named, a peer could have us connect to anything. Our node may know the way; else it says so.
        return hop if hop is not None and hop.secure and hop.pins else self.registration.hop
