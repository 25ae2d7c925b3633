"""Moves bytes between sockets and one sans-IO `Stack`, and holds its clock.

The driver knows transports and nothing of SIP's meaning: it feeds what arrives, lets the application's handler act
on the stack's events, sends what the stack wants sent and asks it when to wake up next.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from telsdk.clock import Monotonic
from telsdk.faults import Fault, Faults
from telsdk.net.certificates import TrustStore
from telsdk.net.connections import Connections
from telsdk.net.egress import ANYWHERE, EgressPolicy, EgressRefused
from telsdk.net.gatekeeper import DROP, PASS, Gatekeeper
from telsdk.net.icmp import Undelivered
from telsdk.net.limits import MAX_PUMP_ROUNDS, MAX_SOURCES, TICK, ConnectionLimits
from telsdk.net.pins import TlsIdentity
from telsdk.net.resolve import is_address, places
from telsdk.net.sockets import BoundSockets, Listener
from telsdk.net.stream import Stream
from telsdk.net.udp import SocketAddress, UdpEndpoint
from telsdk.sip.errors import SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Message, Request, Response, parse, refused_request
from telsdk.sip.transaction import ClientTransaction, Event, ServerTransaction, Stack

log = logging.getLogger(__name__)

_SHORTEST = 64  # bytes: no message is shorter, so what is may be a keep-alive


@dataclass(frozen=True, slots=True)
class Wire:
    """One message as it passed a socket: what a capture sees."""

    time: Monotonic
    direction: Literal["sent", "received"]
    hop: Hop
    data: bytes = field(repr=False)  # tokens and all: nothing for logs


class Timed(Protocol):
    """A part of the core that wants to be woken."""

    def advance(self, now: Monotonic) -> None: ...

    def deadline(self) -> Monotonic | None: ...


class Application(Protocol):
    """What acts on a stack: node, hub or UC."""

    def on_event(self, event: Event, now: Monotonic) -> None:
        """Take what happened in the stack; `now` in monotonic seconds."""
        ...

    def role_events(self) -> Sequence[Event]:
        """Return what the roles over the stack have to tell, in order. Each is given out once."""
        ...

    def on_role_event(self, event: Event, now: Monotonic) -> None:
        """Act on one event of `role_events`."""
        ...

    def give_up(self, event: Event, now: Monotonic) -> None:
        """End what `event` is about, because its handler raised: calls, subscriptions, and who waits for it.

        Of its transaction the driver has been rid by then.
        """
        ...

    def on_flow_closed(self, hop: Hop) -> None:
        """Take note that a connection is gone."""
        ...


class Driver:
    """Runs `stack` on real sockets. All calls are made on the event loop's thread.

    Whatever a handler raises harms what it was about and nothing else: the request is answered 500, what belongs to it
    is given up, and the fault is counted.

    Args:
        stack: what is driven.
        application: who acts on its events.
        roles: the roles over the stack that have timers of their own.
        tap: told of each message that passes, for captures.
        trust: whose certificates are good for a peer whose key is not pinned; None: nobody's.
        receive_buffer: bytes of UDP that the system is asked to keep while this process is busy: for servers.
        egress: where it may send and connect to.
        gate: judges whom to hear, for servers; None: everybody.
        limits: how many connections it takes.

    Attributes:
        faults: the exceptions that nobody foresaw, by kind.
    """

    def __init__(
        self,
        stack: Stack,
        application: Application,
        *,
        roles: Sequence[Timed] = (),
        tap: Callable[[Wire], None] | None = None,
        trust: TrustStore | None = None,
        receive_buffer: int | None = None,
        egress: EgressPolicy = ANYWHERE,
        gate: Gatekeeper | None = None,
        limits: ConnectionLimits | None = None,
    ) -> None:
        self.stack = stack
        self.faults = Faults()
        self._gate = gate
        self._application = application
        self._timed: tuple[Timed, ...] = (stack, *roles)
        self._tap = tap
        self._loop = asyncio.get_running_loop()
        self._connections = Connections(self, trust, egress, limits)
        self._egress = egress
        self._receive_buffer = receive_buffer
        self._udp: UdpEndpoint | None = None
        self._sources: dict[
            SocketAddress, Hop
        ] = {}  # where datagrams came from: made anew when it was emptied
        self._resolving: set[asyncio.Task[None]] = set()
        self._servers: list[asyncio.Server] = []
        self._context: ssl.SSLContext | None = None  # of the listener with our own key
        self._timer: asyncio.TimerHandle | None = None
        self._unanswered = 0  # of `stack.unanswered`, those that are counted
        self._pumping = False
        self._closed = False

    def now(self) -> Monotonic:
        """Return the time by the stack's clock, in monotonic seconds."""
        return Monotonic(self._loop.time())

    async def listen(self, sockets: BoundSockets, identity: TlsIdentity | None) -> None:
        """Serve UDP and, on the same port, TLS with `identity`; without one plain TCP."""
        self._udp = UdpEndpoint(
            sockets.udp, self._datagram, self._undelivered, self._receive_buffer, self._arm
        )
        kind = "TLS" if identity else "TCP"
        self._context = identity.server_context() if identity else None
        await self.listen_also(Listener(kind, sockets.stream, self._context))

    def present(self, identity: TlsIdentity) -> None:
        """Show this key to whoever connects from now on. Connections that stand are not touched."""
        if self._context is None:
            raise RuntimeError("only who listens with a key can change it")
        identity.present_in(self._context)

    async def listen_also(self, listener: Listener) -> None:
        """Take connections at one more place."""
        server = await self._loop.create_server(
            lambda: self._connections.accepted(listener), sock=listener.socket
        )
        self._servers.append(server)

    def let_go(self, hop: Hop) -> None:
        """Close the connection to or from `hop` soon, unless another request goes over it."""
        self._connections.let_go(hop)

    def kick(self) -> None:
        """Handle the stack's events, send what it wants sent, and set its timer. Call after using the stack."""
        if self._pumping or self._closed:
            return
        self._pump(self.now())
        self._arm()

    async def close(self) -> None:
        """Stop listening and close every connection. Closing again does nothing."""
        if self._closed:
            return
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for server in self._servers:
            server.close()
        for task in tuple(self._resolving):
            task.cancel()
        await self._connections.close()
        for server in self._servers:
            await server.wait_closed()
        if self._udp is not None:
            self._udp.close()

    # From the stack to the network

    def _pump(self, now: Monotonic) -> None:
        """Let the application act until nothing happens any more, and send what comes of it."""
        stack, application = self.stack, self._application
        self._pumping = True
        try:
            for _ in range(MAX_PUMP_ROUNDS):
                for event in stack.take_events():
                    try:
                        application.on_event(event, now)
                    except Exception as error:
                        self.failed(event, error)
                told = application.role_events()
                if not told:
                    break
                for event in told:
                    try:
                        application.on_role_event(event, now)
                    except Exception as error:
                        self.failed(event, error)
            else:
                self.faults.note(Fault.UNREST)
            for message in stack.take_outgoing():
                try:
                    self._send(message.hop, message.data)
                except Exception as error:
                    self.faults.note(Fault.SENDING, error, message.hop)
                    self._loop.call_soon(self.hop_failed, message.hop, "a bug kept us from sending")
        finally:
            self._pumping = False

    def failed(self, event: Event, error: Exception) -> None:
        """Count that the handler of `event` raised, and end what it was about: nobody else would.

        A request that waits for its answer is answered 500 (RFC 3261 21.5.1).
        """
        about = _about(event)
        self.faults.note(Fault.EVENT, error, about)
        now, tx = self.now(), getattr(event, "tx", None)
        if isinstance(tx, ServerTransaction | ClientTransaction):
            self._guarded(Fault.GIVING_UP, about, self.stack.give_up, tx, now)
        self._guarded(Fault.GIVING_UP, about, self._application.give_up, event, now)

    def handle_again(self, handler: Callable[[Event, Monotonic], None], event: Event) -> None:
        """Let the application's `handler` take an event that had to wait, as if it came now."""
        try:
            handler(event, self.now())
        except Exception as error:
            self.failed(event, error)
        self.kick()

    def watched(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Start a task. What it raises, and nobody foresaw, is counted and logged."""
        task = self._loop.create_task(work, name=name)
        self.faults.watch(task)
        return task

    def _guarded(self, kind: Fault, about: object, do: Callable[..., None], *args: object) -> None:
        """Do one thing so that a bug in it harms nothing else."""
        try:
            do(*args)
        except Exception as error:
            self.faults.note(kind, error, about)

    def _send(self, hop: Hop, data: bytes) -> None:
        if self._tap is not None:
            self._tap(Wire(self.now(), "sent", hop, data))
        if hop.transport != "UDP":
            self._connections.send(hop, data)
        elif self._udp is None:
            self._loop.call_soon(self.hop_failed, hop, "this endpoint has no UDP")
        elif hop.is_source or is_address(hop.host):
            refused = None if hop.is_source else self._egress.refusal(hop.host)
            if refused is not None:
                self._loop.call_soon(self.hop_failed, hop, refused)
                return
            try:
                self._udp.send(data, (hop.host, hop.port))
            except OSError as error:
                self._loop.call_soon(self.hop_failed, hop, error.strerror or str(error))
        else:
            task = self.watched(self._resolve_and_send(hop, data), f"resolve {hop.host}")
            self._resolving.add(task)
            task.add_done_callback(self._resolving.discard)

    async def _resolve_and_send(self, hop: Hop, data: bytes) -> None:
        """Ask the system's resolver in a thread, then send: `sendto` would ask it here, and all others would wait."""
        assert self._udp is not None
        try:
            found = await places(hop.host, hop.port, socket.SOCK_DGRAM, self._egress)
            self._udp.send(data, found[0])
        except OSError as error:
            self.hop_failed(hop, error.strerror or str(error))
        except EgressRefused as refused:
            self.hop_failed(hop, str(refused))
        except Exception:
            self.hop_failed(hop, "a bug kept us from sending")
            raise

    def _arm(self) -> None:
        """See that we look at the clock soon: what just happened may have started a timer.

        When the next one is due costs more to find out than to look once too often: that is asked at the tick.
        """
        self._wake_at(self._loop.time() + TICK)

    def _wake_at(self, when: float) -> None:
        if self._closed:
            return
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._wake)

    def _wake(self) -> None:
        self._timer = None
        now = Monotonic(self._loop.time())
        for timed in self._timed:
            self._guarded(Fault.TIMER, timed, timed.advance, now)
        self._count_unanswered()
        self._pump(now)
        due = min([due for timed in self._timed if (due := self._due(timed)) is not None], default=None)
        if due is not None:
            self._wake_at(max(due, now + TICK))

    def _count_unanswered(self) -> None:
        """Count the requests that the application has left unanswered until now: that it does is a bug of its own."""
        while self._unanswered < self.stack.unanswered:
            self._unanswered += 1
            self.faults.note(Fault.UNANSWERED)

    def _due(self, timed: Timed) -> Monotonic | None:
        try:
            return timed.deadline()
        except Exception as error:
            self.faults.note(Fault.TIMER, error, timed)
            return None

    # From the network to the stack

    def _datagram(self, data: bytes, address: SocketAddress) -> None:
        source = self._sources.get(address)
        if source is None:
            source = self._new_source(address)
        if len(data) < _SHORTEST and not data.strip(b"\r\n\0"):
            return  # keep-alive (RFC 5626 4.4.2 leaves STUN; bare CRLF and NUL are what phones send)
        if self._closed:
            return
        now = Monotonic(self._loop.time())
        try:
            verdict = PASS if self._gate is None else self._gate.judge(source, now, data)
            if verdict == DROP:
                return
            message = parse(data)
        except SipParseError as error:
            if verdict == PASS:
                self._malformed(error, source)
            return
        except Exception as fault:
            self.faults.note(Fault.MESSAGE, fault, source)
            return
        if verdict != PASS:
            self._turn_away(message, source)
            return
        try:
            if self._tap is not None:
                self._tap(Wire(self.now(), "received", source, bytes(message)))
            self.stack.receive(message, source, now)
        except Exception as fault:
            self.faults.note(Fault.MESSAGE, fault, source)
        self._pump(now)  # the timer is set once for all datagrams of a batch

    def _new_source(self, address: SocketAddress) -> Hop:
        """Make a hop, and keep it for the next datagram from there."""
        if len(self._sources) >= MAX_SOURCES:
            self._sources.clear()
        hop = self._sources[address] = Hop("UDP", address[0], address[1], is_source=True)
        return hop

    def message(self, message: Message, source: Hop) -> None:
        """Take in a message read from a socket."""
        if self._closed:
            return
        assert isinstance(message, Request | Response)
        try:
            if not self._is_heard(source, message):
                return
            if self._tap is not None:
                self._tap(Wire(self.now(), "received", source, bytes(message)))
            self.stack.receive(message, source, self.now())
        except Exception as error:
            self.faults.note(Fault.MESSAGE, error, source)
        self.kick()

    def malformed(self, error: SipParseError, source: Hop) -> None:
        """Take note of what a connection brought that could not be read."""
        if self._closed:
            return
        with self.faults.caught(Fault.MESSAGE, source):
            if self._is_heard(source, None):
                self._malformed(error, source)

    def keeps(self, hop: Hop) -> bool:
        """Return whether a connection is never cut off to make room for others."""
        return self._gate is not None and self._gate.keeps(hop, self.now())

    def _is_heard(self, source: Hop, message: Message | None) -> bool:
        """Return whether what a connection brought is to be looked at; else do what is done about it."""
        if self._gate is None:
            return True
        verdict = self._gate.judge(source, self.now(), None)
        if verdict == PASS:
            return True
        if verdict == DROP:
            if not self.keeps(source):
                self._connections.cut_off(source)
        elif message is not None:
            self._turn_away(message, source)
        return False

    def _turn_away(self, message: Message, source: Hop) -> None:
        """Tell whoever asks too often to come later; nothing is remembered of it."""
        if isinstance(message, Request) and self._gate is not None:
            wait = ("Retry-After", str(self._gate.retry_after))
            with self.faults.caught(Fault.MESSAGE, source):
                self.stack.answer_stateless(message, 503, source, "Too Many Requests", wait)
            self.kick()

    def _malformed(self, error: SipParseError, source: Hop) -> None:
        """Answer what could not be read, where RFC 3261 says so: a request whose Via could be read (18.3, 8.2.6)."""
        log.info("malformed message from %s:%s: %s", source.host, source.port, error.reason)
        self._guarded(Fault.MESSAGE, source, self._refuse, error, source)
        self.kick()

    def _refuse(self, error: SipParseError, source: Hop) -> None:
        request = refused_request(error)
        if request is not None:
            self.stack.answer_stateless(request, error.status, source, error.reason)

    def hop_failed(self, hop: Hop, reason: str) -> None:
        """Tell the stack that nothing gets through to `hop`."""
        if self._closed:
            return
        log.info("cannot reach %s:%s over %s: %s", hop.host, hop.port, hop.transport, reason)
        self._guarded(Fault.CONNECTION, hop, self.stack.transport_failed, hop, self.now())
        self.kick()

    def _undelivered(self, datagram: Undelivered) -> None:
        """Tell the stack that a datagram did not get there, as ICMP says (RFC 3261 18.4)."""
        if self._closed:
            return
        if self.stack.bounced(datagram.quoted, self.now()):
            log.info("cannot reach %s:%s over UDP: %s", datagram.host, datagram.port, datagram.reason)
            self.kick()

    def flow_closed(self, stream: Stream) -> None:
        """Tell the stack and the application that a connection is gone."""
        if self._closed:
            return
        hop = stream.hop
        self._guarded(Fault.CONNECTION, hop, self._application.on_flow_closed, hop)
        self._guarded(Fault.CONNECTION, hop, self.stack.transport_failed, hop, self.now())
        self.kick()


def _about(event: Event) -> str:
    """Return which event it is, of which request and from where: for the log."""
    tx, call = getattr(event, "tx", None), getattr(event, "call", None)
    tx = getattr(call, "tx", None) if tx is None else tx
    if not isinstance(tx, ServerTransaction | ClientTransaction):
        return type(event).__name__
    hop = tx.source if isinstance(tx, ServerTransaction) else tx.hop
    return f"{type(event).__name__}, {tx.request.method} {hop.transport} {hop.host}:{hop.port}"
