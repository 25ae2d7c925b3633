"""A user client without media: it registers by hub and node, calls and answers, and judges whoever speaks to it."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass
from functools import partial

from benchmarks.loopback.facts import Facts, log_in
from benchmarks.loopback.places import HOST
from telsdk.address import aor
from telsdk.clock import Monotonic, Wall
from telsdk.credential.session import Login
from telsdk.directory import node_at
from telsdk.net.driver import Driver
from telsdk.net.pins import TlsIdentity
from telsdk.net.route import PIN_PARAM, pin_text, way_to
from telsdk.net.sockets import BoundSockets, bind
from telsdk.number import Number
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response, Uri
from telsdk.sip.transaction import Event, Stack
from telsdk.sip.ua import (
    Answered,
    Call,
    CallEnded,
    CallFailed,
    Dialog,
    IncomingCall,
    Redirected,
    RequestAnswered,
    Ringing,
    UserAgent,
)
from telsdk.uc.registration import Registration
from telsdk.uc.requests import Requests
from telsdk.uc.tokens import Tokens
from telsdk.uc.trust import Judge, Trust

EXPIRES = 600

_SDP = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 opus/48000/2\r\na=setup:actpass\r\n"
    b"a=fingerprint:sha-256 " + b":".join([b"4A"] * 32) + b"\r\n"
)


@dataclass
class Timing:
    """Seconds from the INVITE to its answers, as the caller sees them, and to the end of its BYE."""

    ringing: float = 0.0
    answered: float = 0.0
    ended: float = 0.0


@dataclass
class _Placed:
    began: float
    callee: Number
    timing: Timing
    over: asyncio.Future[None]


class Telephone:
    """One number's user client. Make it inside a running event loop and `start` it."""

    def __init__(self, facts: Facts, number: Number) -> None:
        self.number = number
        self._facts = facts
        self._login: Login = log_in(facts, number)
        self._identity = TlsIdentity(self._login.key.private)
        self._sockets: BoundSockets = bind(HOST)
        self._tokens = Tokens(self._login)
        self._judge = Judge(facts, number)
        address = (HOST, self._sockets.port)
        stack = Stack(sent_by=lambda _: address, token=lambda: secrets.token_hex(12))
        contact = Uri("sip", str(number), *address, params=self._params())
        self._agent = UserAgent(
            stack, aor=Uri.parse(aor(number)), contact=f"<{contact}>", next_hop=self._next_hop
        )
        self._driver = Driver(stack, self, roles=(self._agent,))
        self._requests = Requests(self._agent)
        self._placed: dict[Call, _Placed] = {}
        self.registration = Registration(
            facts,
            self._login,
            self._agent,
            self._requests,
            EXPIRES,
            self._driver.kick,
            self._driver.let_go,
            self._driver.now,
            self._driver.faults,
        )

    async def start(self) -> None:
        """Listen, and register by way of the hub."""
        await self._driver.listen(self._sockets, self._identity)
        await self.registration.register()

    async def close(self) -> None:
        self.registration.stop()
        self._requests.close()
        await self._driver.close()

    async def call(self, callee: Number) -> Timing:
        """Call, and hang up once it is answered; return how long all of it took.

        Raises:
            RuntimeError: the call came to nothing.
        """
        uri = Uri.parse(aor(callee))
        request = self._agent.new_request("INVITE", uri, body=_SDP)
        request.headers.add(*self._tokens.header(request, "INVITE", str(uri), sdp=_SDP))
        call = self._agent.invite(request, self.registration.hop, self._driver.now())
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        placed = self._placed[call] = _Placed(time.monotonic(), callee, Timing(), over)
        self._driver.kick()
        await over
        del self._placed[call]
        return placed.timing

    # Called by the driver

    def on_event(self, event: Event, now: Monotonic) -> None:
        self._agent.handle(event, now)

    def role_events(self) -> list[Event]:
        return self._agent.take_events()

    def on_role_event(self, event: Event, now: Monotonic) -> None:
        self._act(event, now)

    def give_up(self, event: Event, now: Monotonic) -> None:
        self._agent.give_up(event, now)

    def on_flow_closed(self, hop: Hop) -> None:
        self.registration.lost(hop)

    def _act(self, event: Event, now: Monotonic) -> None:
        match event:
            case RequestAnswered() | Redirected(call=None):
                self._requests.take(event)
            case IncomingCall(call=call, request=request):
                self._answer(call, request, now)
            case Ringing(call=call):
                self._placed[call].timing.ringing = time.monotonic() - self._placed[call].began
            case Answered(call=call, response=response):
                self._answered(call, response, now)
            case CallFailed(call=call, status=status):
                self._placed[call].over.set_exception(RuntimeError(f"a call came to nothing: {status}"))
            case CallEnded(call=call) if call in self._placed:
                placed = self._placed[call]
                placed.timing.ended = time.monotonic() - placed.began
                if not placed.over.done():
                    placed.over.set_result(None)
            case _:
                pass

    def _answer(self, call: Call, request: Request, now: Monotonic) -> None:
        party = self._judge.request(request, Wall(time.time()))
        if party.trust is not Trust.VERIFIED:
            self._agent.reject(
                call, now, status=party.status
            )  # a flood's: who calls here in earnest is proven
            return
        self._agent.ring(call, now)
        header = self._tokens.header(request, "INVITE 200", str(request.from_.uri.aor), sdp=_SDP)
        self._agent.accept(call, _SDP, now, headers=[header])

    def _answered(self, call: Call, response: Response, now: Monotonic) -> None:
        placed = self._placed[call]
        placed.timing.answered = time.monotonic() - placed.began
        party = self._judge.response(response, placed.callee, Wall(time.time()))
        assert party.trust is Trust.VERIFIED, party
        self._agent.hang_up(call, now)

    def _next_hop(self, uri: Uri, _dialog: Dialog | None) -> Hop:
        return way_to(uri, partial(node_at, self._facts))

    def _params(self) -> tuple[tuple[str, str | None], ...]:
        return (("transport", "tls"), (PIN_PARAM, pin_text(self._identity.pin)))
