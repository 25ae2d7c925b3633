"""A phone over UDP, with a phone password: it registers, subscribes, and answers by the test's hand."""

from __future__ import annotations

import time
from collections.abc import Callable

from telsdk.address import aor
from telsdk.clock import Wall
from telsdk.credential.phone import PhonePassword, PhonePasswords
from telsdk.number import Number
from telsdk.sip.auth import digest
from telsdk.sip.message import Challenge, Request, Response, SubscriptionState
from tests.network import HOST, Network
from tests.peer import Peer

SECRET = bytes(range(32))


class PasswordPhone(Peer):
    """A phone with a password, which answers what it is told.

    Args:
        shares: whose socket it uses besides its own user, as those behind one proxy do to a node.
    """

    def __init__(
        self, number: Number, port_of_node: int, issued: PhonePassword, shares: Peer | None = None
    ) -> None:
        super().__init__(number, shares)
        self.number = number
        self.port_of_node = port_of_node
        self.issued = issued
        self._seen: set[tuple[str | None, str]] = set()

    async def authenticated(self, make: Callable[[tuple[tuple[str, str], ...]], Request]) -> Response:
        """The answer to a request that is made again with the password."""
        request = make(())
        refused = await self.ask(request, HOST, self.port_of_node)
        kind = {401: "WWW-Authenticate", 407: "Proxy-Authenticate"}.get(refused.status)
        if kind is None:
            return refused
        answer = digest.answer(
            Challenge.parse(refused.headers.get(kind) or ""),
            method=request.method,
            uri=str(request.uri),
            user=self.issued.username,
            password=self.issued.password,
            cnonce="0a4f113b",
        )
        name = "Authorization" if kind == "WWW-Authenticate" else "Proxy-Authorization"
        return await self.ask(make(((name, answer),)), HOST, self.port_of_node)

    async def register(
        self, expires: int = 600, params: str = "", contact: str = "", as_proxy: bool = False
    ) -> Response:
        """Registers with these Contact parameters, or with this Contact in place of its own.

        With `as_proxy` as if it were a proxy, which its Path names, and the phone behind it.
        """

        def make(more: tuple[tuple[str, str], ...]) -> Request:
            request = self.request("REGISTER", "sip:telprotocol", ("Expires", str(expires)), *more)
            if as_proxy:
                request.headers.add("Via", f"SIP/2.0/UDP {HOST}:9;branch=z9hG4bKphone")
                request.headers.add("Path", f"<sip:{HOST}:{self.port};lr>")
            request.headers.set("Contact", contact or f"{request.contacts[0]}{params}")
            return request

        return await self.authenticated(make)

    async def subscribe(self, target: Number, event: str) -> Response:
        fields = ("Event", event)
        return await self.authenticated(lambda more: self.request("SUBSCRIBE", aor(target), fields, *more))

    async def send_text(self, target: Number, sender: str | None = None) -> Response:
        """Sends a MESSAGE with the password, and with this From in place of its own number."""

        def make(more: tuple[tuple[str, str], ...]) -> Request:
            request = self.request("MESSAGE", aor(target), ("Content-Type", "text/plain"), *more)
            request.body = b"hello"
            if sender is not None:
                request.headers.set("From", f"{sender};tag={request.from_tag}")
            return request

        return await self.authenticated(make)

    async def asked(self, method: str) -> Request:
        """The next request of that method; one that comes again, because the machine is slow, is no other one."""
        while True:
            message = await self.receive()
            if not isinstance(message, Request) or message.method != method:
                continue
            seen = message.via.branch, method  # a CANCEL has the branch of its INVITE
            if seen not in self._seen:
                self._seen.add(seen)
                return message
            if method == "NOTIFY":
                await self.say(message.response(200))

    async def told(self) -> tuple[SubscriptionState, bytes]:
        """The next NOTIFY, answered with 200."""
        notify = await self.asked("NOTIFY")
        await self.say(notify.response(200))
        return SubscriptionState.parse(notify.headers.get("Subscription-State") or ""), notify.body

    async def say(self, response: Response) -> None:
        self._socket.sendto(bytes(response), (HOST, self.port_of_node))


class Phone(PasswordPhone):
    """A phone of a number in a network, which is given to a new account if nobody holds it.

    Args:
        through: the port of a proxy that it sends everything to; None: that of the node.
        shares: as for `PasswordPhone`.
    """

    def __init__(
        self,
        network: Network,
        number: Number,
        node: int = 0,
        *,
        through: int | None = None,
        shares: Peer | None = None,
    ) -> None:
        if number not in network.facts.numbers:
            network.own(number)
        issued = PhonePasswords([SECRET], network.facts).issue(
            network.facts.numbers[number], Wall(time.time())
        )
        port = network.listed[node].sockets.port if through is None else through
        super().__init__(number, port, issued, shares)
