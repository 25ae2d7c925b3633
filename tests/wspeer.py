"""A plain SIP peer over WebSocket, as a browser is one: its address is a name that does not exist."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from telsdk.address import aor
from telsdk.credential.phone import PhonePassword
from telsdk.sip.auth import digest
from telsdk.sip.message import Challenge, Request, Response, parse


class WsPeer:
    """One WebSocket. Asks, and waits for what comes."""

    def __init__(self, connection: ClientConnection, user: object) -> None:
        self.connection = connection
        self.user = user
        self.host = f"{secrets.token_hex(6)}.invalid"
        self._cseq = 0

    @property
    def contact(self) -> str:
        return f"<sip:{self.user}@{self.host};transport=ws;ob>"

    def request(self, method: str, uri: str, *headers: tuple[str, str]) -> Request:
        """A request outside any dialog."""
        self._cseq += 1
        token = secrets.token_hex(8)
        fields = [
            ("Via", f"SIP/2.0/WS {self.host};branch=z9hG4bK{token}"),
            ("From", f"<{aor(self.user)}>;tag={token}"),
            ("To", f"<{aor(self.user) if method == 'REGISTER' else uri}>"),
            ("Call-ID", token),
            ("CSeq", f"{self._cseq} {method}"),
            ("Max-Forwards", "70"),
            ("Contact", self.contact),
        ]
        return Request(method, uri, [*fields, *headers])

    async def send(self, message: Request | Response) -> None:
        await self.connection.send(bytes(message).decode())

    async def receive(self) -> Request | Response:
        """The next message that comes."""
        data = await asyncio.wait_for(self.connection.recv(decode=False), 10)
        return parse(data)

    async def ask(self, request: Request) -> Response:
        """The final response to `request`."""
        await self.send(request)
        while True:
            message = await self.receive()
            if isinstance(message, Response) and message.cseq == request.cseq and message.status >= 200:
                return message

    async def register(self, login: PhonePassword) -> Response:
        """Registers by phone password."""
        challenged = await self.ask(self.request("REGISTER", "sip:telprotocol"))
        header = ("Authorization", _answer(challenged, "WWW-Authenticate", "REGISTER", login))
        return await self.ask(self.request("REGISTER", "sip:telprotocol", header))

    async def invite(self, uri: str, login: PhonePassword) -> Request:
        """Sends an INVITE by phone password; its answers are still to come. Returns it."""
        challenged = await self.ask(self.request("INVITE", uri))
        header = ("Proxy-Authorization", _answer(challenged, "Proxy-Authenticate", "INVITE", login, uri))
        request = self.request("INVITE", uri, header)
        await self.send(request)
        return request


def _answer(
    challenged: Response, name: str, method: str, login: PhonePassword, uri: str = "sip:telprotocol"
) -> str:
    return digest.answer(
        Challenge.parse(challenged.headers.get(name) or ""),
        method=method,
        uri=uri,
        user=login.username,
        password=login.password,
        cnonce="0a4f113b",
    )


def within(method: str, answer: Response, cseq: int, peer: WsPeer, *, swapped: bool = False) -> Request:
    """A request within the dialog that `answer`, a 2xx to INVITE, made: by its caller, or `swapped` by its callee."""
    routes = [("Route", str(route)) for route in answer.record_routes]
    token = secrets.token_hex(8)
    fields = [
        ("Via", f"SIP/2.0/WS {peer.host};branch=z9hG4bK{token}"),
        ("From", str(answer.to if swapped else answer.from_)),
        ("To", str(answer.from_ if swapped else answer.to)),
        ("Call-ID", answer.call_id),
        ("CSeq", f"{cseq} {method}"),
        ("Max-Forwards", "70"),
    ]
    return Request(method, answer.contacts[0].uri, [*fields, *(routes if swapped else routes[::-1])])


@asynccontextmanager
async def ws_peer(address: tuple[str, int], user: object) -> AsyncIterator[WsPeer]:
    """A peer whose WebSocket to `address` is open."""
    host, port = address
    async with connect(f"ws://{host}:{port}", subprotocols=[Subprotocol("sip")], proxy=None) as connection:
        yield WsPeer(connection, user)
