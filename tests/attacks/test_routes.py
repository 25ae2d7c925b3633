"""Attacks by a Route that was learned honestly: its holder writes the rest of the request as they like."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

import pytest

from telsdk.address import aor
from telsdk.sip.message import NameAddr, Request, Response, Uri
from telsdk.sip.ua import Dialog
from telsdk.uc.client import UserClient
from tests.calling_phone import CallingPhone
from tests.network import ALICE, BOB, CAROL, HOST, Network
from tests.peer import Peer
from tests.phone import SECRET, Phone


class Victim:
    """Somebody who never took part in a call: takes datagrams and connections, and notes that one came."""

    def __init__(self) -> None:
        self.touched: list[str] = []
        self._udp = Peer("victim")

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, HOST, 0)
        self.tcp = int(self._server.sockets[0].getsockname()[1])
        self.udp = self._udp.port
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self._udp.__exit__(kind, error, trace)

    async def untouched(self) -> bool:
        """Whether nothing came, by now."""
        await asyncio.sleep(0)
        try:
            data = self._udp._socket.recv(65_535)
        except BlockingIOError:
            return not self.touched
        raise AssertionError(data)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.touched.append(repr(writer.get_extra_info("peername")))
        writer.close()


class Learned:
    """What a stranger knows who has called Bob: the route back into that call."""

    def __init__(self, network: Network, stranger: Peer, invite: Request, ringing: Response) -> None:
        self.stranger = stranger
        self.port = network.listed[0].sockets.port
        self.routes = [str(route) for route in reversed(ringing.record_routes)]
        self.invite = invite
        self.ringing = ringing

    def within(self, method: str, uri: str, *routes: str) -> Request:
        """A request that would be one of this call, but for its Request-URI and its further Routes."""
        request = self.stranger.request(method, uri, *(("Route", one) for one in (*self.routes, *routes)))
        request.headers.set("From", str(self.invite.from_))
        request.headers.set("To", str(self.ringing.to))
        request.headers.set("Call-ID", self.invite.call_id)
        return request

    async def ask(self, request: Request) -> int:
        return (await self.stranger.ask(request, HOST, self.port)).status


async def ringing_at(stranger: Peer, request: Request) -> Response:
    while True:
        message = await stranger.receive()
        if isinstance(message, Response) and message.cseq == request.cseq and message.status > 100:
            return message


@asynccontextmanager
async def learned(callee: str) -> AsyncIterator[tuple[Network, Learned, Victim, Phone | UserClient]]:
    """A stranger who has made Bob ring, at his phone or his user client, and has not been answered."""
    async with Network(1) as network, Victim() as victim:
        await network.start(phone_secrets=(SECRET,))
        with Peer() as stranger, Phone(network, BOB) as phone:
            bob: Phone | UserClient = phone
            if callee == "client":
                bob = await network.user(BOB)
            else:
                await phone.register()
            invite = stranger.request("INVITE", aor(BOB))
            await stranger.send(invite, HOST, network.listed[0].sockets.port)
            if callee == "phone":
                asked = await phone.asked("INVITE")
                fields = [("Record-Route", str(route)) for route in asked.record_routes]
                await phone.say(asked.response(180, to_tag="bob", headers=fields))
            ringing = await ringing_at(stranger, invite)
            yield network, Learned(network, stranger, invite, ringing), victim, bob


def to_uri(at: Learned, place: str) -> Request:
    return at.within("INFO", f"sip:x@{place}")


def to_a_route(at: Learned, place: str) -> Request:
    return at.within("INFO", f"sip:5550002@{HOST}", f"<sip:{place};lr>")


def to_a_strict_route(at: Learned, place: str) -> Request:
    return at.within("INFO", f"sip:5550002@{HOST}", f"<sip:{place}>")


def by_a_strict_router(at: Learned, place: str) -> Request:
    """As one that has put our Route into the Request-URI, and the target behind all Routes (16.4)."""
    request = at.within("INFO", f"sip:x@{place}")
    request.headers.remove("Route")
    request.uri = NameAddr.parse(at.routes[-1]).uri
    for route in (*at.routes[:-1], f"<sip:x@{place}>"):
        request.headers.add("Route", route)
    return request


def to_a_maddr(at: Learned, place: str) -> Request:
    host, _, port = place.partition(":")
    return at.within("INFO", f"sip:x@example.net:{port};maddr={host}")


WAYS: tuple[Callable[[Learned, str], Request], ...] = (
    to_uri,
    to_a_route,
    to_a_strict_route,
    by_a_strict_router,
    to_a_maddr,
)


async def test_a_learned_route_leads_to_who_was_called_else_the_attacks_below_would_show_nothing() -> None:
    async with learned("phone") as (_, at, victim, bob):
        assert isinstance(bob, Phone)
        asking = asyncio.create_task(at.ask(at.within("INFO", f"sip:{BOB}@{HOST}:{bob.port}")))
        info = await bob.asked("INFO")
        assert info.routes == []
        await bob.say(info.response(200))
        assert await asking == 200
        await at.stranger.send(b"anything", HOST, victim.udp)
        with pytest.raises(AssertionError, match="anything"):
            await victim.untouched()


@pytest.mark.parametrize("callee", ["client", "phone"])
@pytest.mark.parametrize("way", WAYS)
async def test_a_learned_route_is_led_elsewhere(way: Callable[[Learned, str], Request], callee: str) -> None:
    """By UDP, by TCP and by TLS: it goes to Bob, who says what he thinks of it, or it is refused."""
    async with learned(callee) as (network, at, victim, bob):
        for place in (
            f"{HOST}:{victim.udp}",
            f"{HOST}:{victim.tcp};transport=tcp",
            f"{HOST}:{victim.tcp};transport=tls",
            f"localhost:{victim.udp}",
        ):
            asking = asyncio.create_task(at.ask(way(at, place)))
            if isinstance(bob, Phone):
                await bob.say((await bob.asked("INFO")).response(405))
            assert await asking in (405, 481, 501), place
            assert await victim.untouched()
        assert network.nodes[0].calls.proxy.open == 1  # the INVITE, which rings


@pytest.mark.parametrize("callee", ["client", "phone"])
async def test_an_ack_by_a_learned_route_is_led_elsewhere(callee: str) -> None:
    """An ACK is answered by nobody, so what comes after it tells that it has gone."""
    async with learned(callee) as (_, at, victim, bob):
        for place in (f"{HOST}:{victim.udp}", f"{HOST}:{victim.tcp};transport=tcp"):
            await at.stranger.send(at.within("ACK", f"sip:x@{place}"), HOST, at.port)
            if isinstance(bob, Phone):
                assert (await bob.asked("ACK")).uri.host == HOST
            assert await at.ask(at.stranger.request("OPTIONS", f"sip:{HOST}:{at.port}")) == 200
            assert await victim.untouched()


async def test_a_learned_route_leads_to_another_user_of_the_node() -> None:
    async with learned("phone") as (network, at, _, bob):
        assert isinstance(bob, Phone)
        with Phone(network, CAROL) as carol:
            await carol.register()
            asking = asyncio.create_task(at.ask(at.within("INFO", f"sip:{CAROL}@{HOST}:{carol.port}")))
            info = await bob.asked("INFO")
            await bob.say(info.response(405))
            assert await asking == 405
            with pytest.raises(BlockingIOError):
                carol._socket.recv(65_535)


def of_another_call(request: Request) -> None:
    request.headers.set("Call-ID", secrets.token_hex(8))


def of_another_caller(request: Request) -> None:
    request.headers.set("From", "<sip:5550001@telprotocol>;tag=another")


def of_nobody(request: Request) -> None:
    request.headers.set("From", "<sip:5550001@telprotocol>")


@pytest.mark.parametrize("bend", [of_another_call, of_another_caller, of_nobody])
async def test_a_learned_route_is_taken_into_another_dialog(bend: Callable[[Request], None]) -> None:
    async with learned("phone") as (_, at, victim, _phone):
        request = at.within("INFO", f"sip:x@{HOST}:{victim.udp}")
        bend(request)
        assert await at.ask(request) == 403
        assert await victim.untouched()


@pytest.mark.parametrize("fields", [("Contact",), ("Record-Route",), ("Record-Route", "Contact")])
async def test_a_caller_names_somebody_else_as_their_place(fields: tuple[str, ...]) -> None:
    """Bob hangs up, and whoever was named knows nothing of it: it goes to where the call came from."""
    async with Network(1) as network, Victim() as victim:
        await network.start(phone_secrets=(SECRET,))
        with Peer() as stranger, CallingPhone(network, BOB) as bob:
            await bob.register()
            for place in (f"{HOST}:{victim.tcp};transport=tcp", f"localhost:{victim.udp}"):
                invite = stranger.request("INVITE", aor(BOB))
                invite.headers.set("Call-ID", secrets.token_hex(8))
                for name in fields:
                    invite.headers.set(name, f"<sip:x@{place};lr>")
                await stranger.send(invite, HOST, network.listed[0].sockets.port)
                asked = await bob.asked("INVITE")
                dialog = Dialog.of_callee(asked, "bob", confirmed=True)
                bye = await bob._send_within(dialog.request("BYE"))
                while True:
                    message = await stranger.receive()
                    if isinstance(message, Request):
                        break
                assert message.method == "BYE"
                await stranger.send(message.response(200), HOST, network.listed[0].sockets.port)
                assert (await bob.final(bye)).status == 200
                await bob.say(asked.response(486, to_tag="bob"))
                assert await victim.untouched()


async def test_a_phone_leads_a_call_to_a_client_at_another_node_elsewhere() -> None:
    """The way was learned from Bob's answer: the key in his Contact, which whoever is there has to show."""
    async with Network(2) as network, Victim() as victim:
        await network.start(phone_secrets=(SECRET,))
        bob = await network.user(BOB)
        at = bob.registration.node
        assert at is not None
        with CallingPhone(network, ALICE, node=1 - at.index) as alice:
            await alice.register()
            request = await alice.invite(BOB)
            ringing = await ringing_at(alice, request)
            incoming = await asyncio.wait_for(bob.incoming.get(), 10)
            dialog = Dialog.of_caller(request, ringing)
            honest = dialog.request("INFO")
            for uri, routes in (
                (str(honest.uri), ()),
                (f"sip:x@{HOST}:{victim.udp}", ()),
                (f"sip:x@{HOST}:{victim.tcp};transport=tls;pin={honest.uri.param('pin')}", ()),
                (str(honest.uri), (f"<sip:{HOST}:{victim.tcp};transport=tcp;lr>",)),
            ):
                info = dialog.request("INFO")
                info.uri = Uri.parse(uri)
                for route in routes:
                    info.headers.add("Route", route)
                asked = await alice._send_within(info)
                assert (await alice.final(asked)).status in (405, 481, 501)
                assert await victim.untouched()
            forged = dialog.request("INFO")
            forged.headers.set("To", "<sip:5550002@telprotocol>;tag=of-another-branch")
            assert (await alice.final(await alice._send_within(forged))).status == 403
            incoming.reject(486)
            await alice.acknowledge_refusal(request, await alice.final(request))
