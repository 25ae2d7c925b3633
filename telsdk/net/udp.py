"""UDP by batches: `add_reader` and a bounded receive loop.

Stock asyncio datagram endpoints wake once a datagram; reading until the socket is empty is four to five times
faster on one core (docs/architecture.md). A server that is well in time gains nothing by that: each datagram finds it
waiting. So where many come, it looks once a millisecond, as drivers of network cards do.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

from telsdk.net.icmp import Undelivered, report_icmp, undelivered
from telsdk.net.limits import DATAGRAMS_A_READ, GATHER, LIVELY, LIVELY_FOR

log = logging.getLogger(__name__)

SocketAddress = tuple[str, int] | tuple[str, int, int, int]
"""Host and port; of IPv6 flow info and scope besides."""
OnDatagram = Callable[[bytes, SocketAddress], None]
OnUndelivered = Callable[[Undelivered], None]


def _nothing() -> None:
    pass


class UdpEndpoint:
    """One bound UDP socket.

    Args:
        sock: bound.
        on_datagram: called with bytes and the sender's address as the system gives it: host and port first.
        on_drained: called when a batch has been handed over.
        on_undelivered: told when the network says that a datagram did not get there.
        receive_buffer: bytes that the system is asked to keep while we are busy; None: as many as it wants.
    """

    def __init__(
        self,
        sock: socket.socket,
        on_datagram: OnDatagram,
        on_undelivered: OnUndelivered,
        receive_buffer: int | None = None,
        on_drained: Callable[[], None] = _nothing,
    ) -> None:
        sock.setblocking(False)
        if receive_buffer is not None:
            _enlarge(sock, receive_buffer)
        report_icmp(sock)
        self._socket = sock
        self._on_datagram = on_datagram
        self._on_drained = on_drained
        self._receive = sock.recvfrom
        self._sendto = sock.sendto
        self._on_undelivered = on_undelivered
        self._loop = asyncio.get_running_loop()
        self._counted = 0  # datagrams
        self._counted_since = self._loop.time()
        self._lively = False
        self._gathering: asyncio.TimerHandle | None = None  # where not each datagram wakes us up
        self._loop.add_reader(sock.fileno(), self._readable)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._socket.getsockname()[:2]
        return host, port

    @property
    def waits(self) -> bool:
        """Whether each datagram wakes it up at once; else it looks for them soon."""
        return self._gathering is None

    def send(self, data: bytes, address: tuple[str, int]) -> None:
        """Send one datagram to an IP address. A full buffer drops it, as the network may: timers A and E send again.

        Raises:
            OSError: the system says that it cannot be sent there.
        """
        try:
            self._sendto(data, address)
        except BlockingIOError:
            return
        except OSError:
            # It may be the fate of an earlier datagram that is told here, and this one was not sent.
            self._tell_undelivered()
            self._send(data, address)

    def close(self) -> None:
        self._loop.remove_reader(self._socket.fileno())
        if self._gathering is not None:
            self._gathering.cancel()
        self._socket.close()

    def _send(self, data: bytes, address: tuple[str, int]) -> None:
        try:
            self._sendto(data, address)
        except BlockingIOError:
            return

    def _readable(self) -> None:
        """Read what is there; where much comes, stop waiting for each and every one."""
        self._drain()
        if self._is_lively():
            self._loop.remove_reader(self._socket.fileno())
            self._gathering = self._loop.call_later(GATHER, self._look)

    def _look(self) -> None:
        """Read what has gathered, and let the next gather or, where little comes, wait for it again."""
        self._gathering = None
        self._drain()
        if self._is_lively():
            self._gathering = self._loop.call_later(GATHER, self._look)
        else:
            self._loop.add_reader(self._socket.fileno(), self._readable)

    def _is_lively(self) -> bool:
        """Return whether so many come at present that it pays to let them gather."""
        now = self._loop.time()
        passed = now - self._counted_since
        if passed >= LIVELY_FOR:
            self._lively = self._counted >= LIVELY * passed
            self._counted, self._counted_since = 0, now
        return self._lively

    def _drain(self) -> None:
        receive, take = self._receive, self._on_datagram
        for count in range(DATAGRAMS_A_READ):
            try:
                data, address = receive(65_535)
            except BlockingIOError:
                if not count:
                    self._tell_undelivered()  # woken by those alone
                self._counted += count
                break
            except OSError:
                self._tell_undelivered()
                continue
            take(data, address)
        else:
            self._counted += DATAGRAMS_A_READ
        self._on_drained()

    def _tell_undelivered(self) -> None:
        for one in undelivered(self._socket):
            # Not within `send`: the stack is being asked for what to send then.
            self._loop.call_soon(self._on_undelivered, one)


def _enlarge(sock: socket.socket, wanted: int) -> None:
    """Ask for a receive buffer of `wanted` bytes, and say so when the system gives less."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, wanted)
    given = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2  # Linux tells twice what may be used
    if given < wanted:
        log.warning(
            "the system keeps %d KiB of UDP while this process is busy, not the %d KiB asked for: "
            "raise net.core.rmem_max, or packets are lost at full load",
            given // 1024,
            wanted // 1024,
        )
