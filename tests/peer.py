"""A plain SIP peer over UDP: asks one thing and waits for the final answer."""

from __future__ import annotations

import asyncio
import secrets
import socket
from types import TracebackType
from typing import Self

from telsdk.address import aor
from telsdk.sip.message import Request, Response, parse


class Peer:
    """One UDP socket, whose address stays the same from request to request; its own, or that of another peer."""

    def __init__(self, user: object = "stranger", shares: Peer | None = None) -> None:
        self.user = user
        self._socket: socket.socket = _bound() if shares is None else shares._socket
        self._cseq = 0
        self._call_id = secrets.token_hex(8)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def request(self, method: str, uri: str, *headers: tuple[str, str], to: str | None = None) -> Request:
        """A request of this peer, which it has not sent yet."""
        self._cseq += 1
        branch = secrets.token_hex(8)
        fields = [
            ("Via", f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{branch};rport"),
            ("From", f"<{aor(self.user)}>;tag={branch}"),
            ("To", f"<{to or (aor(self.user) if method == 'REGISTER' else uri)}>"),
            ("Call-ID", self._call_id),
            ("CSeq", f"{self._cseq} {method}"),
            ("Max-Forwards", "70"),
            ("Contact", f"<sip:{self.user}@127.0.0.1:{self.port}>"),
        ]
        return Request(method, uri, [*fields, *headers])

    async def ask(self, request: Request, host: str, port: int) -> Response:
        """The final response to `request`, which is sent again until one comes."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(10):
            while True:
                await loop.sock_sendto(self._socket, bytes(request), (host, port))
                try:
                    async with asyncio.timeout(0.5):
                        return await self.final(request)
                except TimeoutError:
                    continue

    async def send(self, message: Request | Response | bytes, host: str, port: int) -> None:
        """Sends once, whatever it is."""
        await asyncio.get_running_loop().sock_sendto(self._socket, bytes(message), (host, port))

    async def receive(self) -> Request | Response:
        """The next message that comes, whatever it is."""
        return parse(await self.receive_data())

    async def receive_data(self) -> bytes:
        """The next datagram that comes."""
        return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self._socket, 65_535), 10)

    async def final(self, request: Request) -> Response:
        """The final response to `request`; what comes before it is passed over."""
        while True:
            message = await self.receive()
            if isinstance(message, Response) and message.cseq == request.cseq and message.status >= 200:
                return message


def _bound() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.bind(("127.0.0.1", 0))
    return sock
