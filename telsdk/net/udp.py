"""UDP by batches: `add_reader` and a bounded receive loop.

Stock asyncio datagram endpoints wake once a datagram; reading until the socket is empty is four to five times
faster on one core (docs/architecture.md).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from telsdk.net.limits import DATAGRAMS_A_READ, UDP_RECEIVE_BUFFER

OnDatagram = Callable[[bytes, tuple[str, int]], None]


class UdpEndpoint:
    """One bound UDP socket. Calls `on_datagram` with bytes and the sender's (host, port)."""

    def __init__(self, sock: socket.socket, on_datagram: OnDatagram) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UDP_RECEIVE_BUFFER)
        self._socket = sock
        self._on_datagram = on_datagram
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock.fileno(), self._readable)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._socket.getsockname()[:2]
        return host, port

    def send(self, data: bytes, address: tuple[str, int]) -> None:
        """Sends one datagram. A full buffer drops it, as the network may: timers A and E send again.

        Raises:
            OSError: the system says that it cannot be sent there.
        """
        try:
            self._socket.sendto(data, address)
        except BlockingIOError:
            return

    def close(self) -> None:
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def _readable(self) -> None:
        for _ in range(DATAGRAMS_A_READ):
            try:
                data, address = self._socket.recvfrom(65_535)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error for something sent earlier; timer F or B reports that
            self._on_datagram(data, (address[0], address[1]))
