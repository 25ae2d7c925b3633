"""The connections of one driver: accept them, open them when needed, use them again, cut them off at the limits."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine
from typing import Any, Protocol

from telsdk.clock import Monotonic
from telsdk.errors import TelError
from telsdk.net.backoff import Backoff
from telsdk.net.certificates import TrustStore
from telsdk.net.crowd import Crowd
from telsdk.net.egress import ANYWHERE, EgressPolicy
from telsdk.net.framing import Framing, StreamFraming
from telsdk.net.limits import CONNECT_TIMEOUT, MAX_UNSENT, STREAM_READ, ConnectionLimits
from telsdk.net.peers import Peers
from telsdk.net.resolve import places
from telsdk.net.sockets import Address, Listener
from telsdk.net.stream import Stream
from telsdk.net.tls import TlsFraming
from telsdk.net.websocket import WebSocketFraming
from telsdk.net.wheel import Wheel
from telsdk.sip.errors import SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Message

_Key = tuple[str, str, int, frozenset[bytes]]


class ConnectionsOwner(Protocol):
    """The receiver of what the connections bring: `telsdk.net.driver.Driver`."""

    def message(self, message: Message, source: Hop) -> None: ...
    def malformed(self, error: SipParseError, source: Hop) -> None: ...
    def hop_failed(self, hop: Hop, reason: str) -> None: ...
    def flow_closed(self, stream: Stream) -> None: ...
    def watched(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]: ...

    def keeps(self, hop: Hop) -> bool:
        """Return whether that connection is never cut off to make room for others."""
        ...


class Connections:
    """Every stream of one driver by its flow number, and those that we opened also by where they lead.

    Args:
        owner: the receiver of messages and of the news that a connection is closed.
        trust: the authorities for peers without pinned keys; None trusts none.
        egress: where it may connect to.
        limits: how many there may be.
    """

    def __init__(
        self,
        owner: ConnectionsOwner,
        trust: TrustStore | None = None,
        egress: EgressPolicy = ANYWHERE,
        limits: ConnectionLimits | None = None,
    ) -> None:
        self._owner = owner
        self._loop = asyncio.get_running_loop()
        self._peers = Peers(trust)
        self._egress = egress
        self._backoff = Backoff()
        self.read_buffer = memoryview(bytearray(STREAM_READ))
        self._wheel = Wheel(self._look)
        self._by_flow: dict[int, Stream] = {}
        self._arriving: dict[int, Stream] = {}  # whose TLS handshake is not done, the oldest first
        self._crowd = Crowd(limits or ConnectionLimits(), owner.keeps)
        self._here: dict[Address, Address] = {}
        self._ours: dict[_Key, Stream] = {}
        self._keys: dict[int, _Key] = {}  # the keys of `_ours`, by flow
        self._connecting: dict[_Key, list[tuple[Hop, bytes]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_flow = 0
        self._closed = asyncio.Event()

    def accepted(self, listener: Listener) -> Stream:
        """Return a new stream for a connection that a peer opens to `listener`."""
        web = listener.transport in ("WS", "WSS")
        framing: Framing = WebSocketFraming.server() if web else StreamFraming()
        if listener.context is not None:
            framing = TlsFraming(framing, listener.context)
        return Stream(self, self._next_flow(), listener.transport, framing)

    def send(self, hop: Hop, data: bytes) -> None:
        """Write `data` to the hop's flow, to an open connection that leads there, or to a new one."""
        stream = self._stream(hop)
        if stream is not None and stream.is_open:
            stream.write(data)
        elif hop.flow is not None:
            # We cannot open a flow again that the peer opened (RFC 5626 5.3.1): the peer has to come back.
            self._fail_soon(hop, "the connection it came by is closed")
        else:
            self._send_by_another(_key(hop), hop, data)

    def _send_by_another(self, key: _Key, hop: Hop, data: bytes) -> None:
        if key in self._connecting:
            self._wait(key, hop, data)
        elif (failure := self._backoff.blocked(key, Monotonic(self._loop.time()))) is not None:
            left = failure.until - self._loop.time()
            self._fail_soon(hop, f"{failure.reason}; not tried again for {left:.1f} s")
        else:
            self._begin(key, hop, data)

    def let_go(self, hop: Hop) -> None:
        """Close the connection to `hop` soon, unless another request goes over it."""
        stream = self._stream(hop)
        if stream is not None:
            stream.let_go()

    def cut_off(self, hop: Hop) -> None:
        """Reset the connection `hop`, because its peer sends too much."""
        stream = self._stream(hop)
        if stream is not None:
            stream.abort()

    async def close(self) -> None:
        """Close every connection, and wait until each is gone."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._closed.clear()  # connections may all have been gone once before
        for stream in tuple(self._arriving.values()):
            stream.abort()
        for stream in tuple(self._by_flow.values()):
            stream.close("this server stops")
        if self._by_flow:
            try:
                await asyncio.wait_for(self._closed.wait(), CONNECT_TIMEOUT)
            except TimeoutError:  # a peer does not answer the TLS close
                for stream in tuple(self._by_flow.values()):
                    stream.abort()
        self._wheel.stop()

    def _stream(self, hop: Hop) -> Stream | None:
        return self._by_flow.get(hop.flow) if hop.flow is not None else self._ours.get(_key(hop))

    def _next_flow(self) -> int:
        self._last_flow += 1
        return self._last_flow

    def _fail_soon(self, hop: Hop, reason: str) -> None:
        self._loop.call_soon(self._owner.hop_failed, hop, reason)

    # Opening one

    def _begin(self, key: _Key, hop: Hop, data: bytes) -> None:
        self._connecting[key] = [(hop, data)]
        task = self._owner.watched(self._connect(key, hop), f"connect to {hop}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _wait(self, key: _Key, hop: Hop, data: bytes) -> None:
        waiting = self._connecting[key]
        if sum(len(data) for _, data in waiting) + len(data) > MAX_UNSENT:
            self._fail_soon(hop, "too much is waiting for the connection")
        else:
            waiting.append((hop, data))

    async def _connect(self, key: _Key, hop: Hop) -> None:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                stream = await self._open(hop)
        except TimeoutError:
            self._refused(key, f"no answer within {CONNECT_TIMEOUT:g} s")
        except (OSError, TelError, ValueError) as error:  # a ValueError: of a host that can be no name
            self._refused(key, str(error))
        except Exception:
            self._refused(key, "a bug kept us from connecting")  # or what waits would wait for ever
            raise
        else:
            self._backoff.reached(key)
            self._ours[key] = stream
            self._keys[stream.flow] = key
            for _, data in self._connecting.pop(key):
                stream.write(data)

    async def _open(self, hop: Hop) -> Stream:
        framing = self._peers.secure(hop, _client_framing(hop))
        made = Stream(self, self._next_flow(), hop.transport, framing, opened=True)
        transport = await self._reach(made, hop)
        try:
            await made.opened()
        except BaseException:
            transport.abort()
            raise
        return made

    async def _reach(self, made: Stream, hop: Hop) -> asyncio.Transport:
        """Connect to the first address of the hop's host that answers, of those that may be reached."""
        failure: OSError | None = None
        for host, port in await places(hop.host, hop.port, socket.SOCK_STREAM, self._egress):
            try:
                transport, _ = await self._loop.create_connection(lambda: made, host, port)
            except OSError as error:
                failure = failure or error
            else:
                return transport
        assert failure is not None  # there is an address, or `places` had raised
        raise failure

    def _refused(self, key: _Key, reason: str) -> None:
        self._backoff.failed(key, reason, Monotonic(self._loop.time()))
        hops = {hop for hop, _ in self._connecting.pop(key)}
        for hop in hops:
            self._owner.hop_failed(hop, reason)

    # What the streams tell

    def same(self, address: Address) -> Address:
        return self._here.setdefault(address, address)

    def look_at(self, stream: Stream, when: Monotonic) -> None:
        self._wheel.add(stream.flow, when)

    def _look(self, flow: int, now: Monotonic) -> None:
        stream = self._by_flow.get(flow) or self._arriving.get(flow)
        if stream is not None:
            stream.look(now)

    def stream_arrived(self, stream: Stream) -> None:
        self._arriving[stream.flow] = stream
        if not stream.is_ours:
            self._crowd.arrived(stream, Monotonic(self._loop.time()))

    def stream_speaks(self, stream: Stream) -> bool:
        return self._crowd.may_shake_hands(stream, Monotonic(self._loop.time()))

    def stream_opened(self, stream: Stream) -> None:
        self._arriving.pop(stream.flow, None)
        self._by_flow[stream.flow] = stream
        if not stream.is_ours:
            self._crowd.opened(stream, Monotonic(self._loop.time()))

    def stream_message(self, stream: Stream, message: Message) -> None:
        self._owner.message(message, stream.hop)

    def stream_malformed(self, stream: Stream, error: SipParseError) -> None:
        self._owner.malformed(error, stream.hop)

    def stream_closed(self, stream: Stream) -> None:
        self._arriving.pop(stream.flow, None)
        if not stream.is_ours:
            self._crowd.gone(stream)
        was_open = self._by_flow.pop(stream.flow, None) is not None
        key = self._keys.pop(stream.flow, None)
        if key is not None and self._ours.get(key) is stream:
            del self._ours[key]
        if not self._by_flow:
            self._closed.set()
        # The end of a connection that we no longer need is no failure of its peer: another may lead there by now.
        if was_open and not (stream.was_let_go and key is not None):
            self._owner.flow_closed(stream)


def _key(hop: Hop) -> _Key:
    return hop.transport, hop.host, hop.port, hop.pins


def _client_framing(hop: Hop) -> Framing:
    if hop.transport in ("WS", "WSS"):
        return WebSocketFraming.client(hop.host, hop.port, secure=hop.secure)
    return StreamFraming()
