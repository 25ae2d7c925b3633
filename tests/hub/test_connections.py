"""A hub has thousands of users and no room for a connection of each: they come, are told, and go."""

from __future__ import annotations

import asyncio
import time

import pytest

from telsdk.credential.session import Login
from telsdk.net.pins import client_context
from telsdk.net.stream import Stream
from telsdk.sip.message import Request, Response, parse
from telsdk.uc.client import UserClient
from telsdk.uc.tokens import Tokens
from tests.network import ALICE, BOB, HOST, Network


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Seconds become hundredths."""
    monkeypatch.setattr("telsdk.net.wheel.LOOK_EVERY", 0.01)
    monkeypatch.setattr("telsdk.net.stream.LINGER", 0.02)
    monkeypatch.setattr("telsdk.net.stream.LINGER_PEER", 0.2)
    monkeypatch.setattr("telsdk.net.stream.KEEP_ALIVE", 0.05)
    return monkeypatch


def taken(network: Network) -> list[Stream]:
    """The connections that others have opened to the hub."""
    return [one for one in network.hub._driver._connections._by_flow.values() if not one.is_ours]


async def until_nobody_is_there(network: Network) -> None:
    async with asyncio.timeout(10):
        while taken(network):
            await network.hub.follower.next_look()


async def test_a_user_client_leaves_the_hub_once_it_is_answered_and_comes_back_to_ask_again() -> None:
    async with Network(2) as network:
        await network.start()
        alice = await network.user(ALICE)
        await until_nobody_is_there(network)
        place = alice.registration.node
        await alice.register()
        assert alice.registration.node == place
        await until_nobody_is_there(network)


async def test_a_client_that_asks_twice_at_once_hears_both_answers() -> None:
    async with Network(2) as network:
        await network.start()
        alice = await network.user(ALICE, register=False)
        await asyncio.gather(alice.register(), alice.register())
        await until_nobody_is_there(network)


async def test_leaving_the_hub_is_no_failure_of_what_is_asked_next() -> None:
    async with Network(2) as network:
        await network.start()
        alice = await network.user(ALICE)
        for _ in range(20):  # at whatever moment of the old connection's end
            await alice.register()


@pytest.mark.slow
async def test_the_users_of_a_node_that_fails_ask_the_hub_by_themselves_and_are_served_within_15_s() -> None:
    async with Network(2) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB)
        await until_nobody_is_there(network)
        place = alice.registration.node
        assert place is not None
        began = time.monotonic()
        await network.nodes[place.index].stop()
        await moved_from(place.index, alice)
        assert time.monotonic() - began < 15
        await bob.message(str(ALICE), "are you there?")
        assert (await asyncio.wait_for(alice.messages.get(), 10))[1] == "are you there?"


async def moved_from(index: int, client: UserClient) -> None:
    async with asyncio.timeout(20):
        while client.registration.node is None or client.registration.node.index == index:
            await client.follower.next_look()


async def test_a_node_that_asks_where_others_are_keeps_its_connection() -> None:
    async with Network(2) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB)
        await until_nobody_is_there(network)
        await alice.message(str(BOB), "one")
        (asked,) = taken(network)
        await asyncio.wait_for(bob.messages.get(), 10)
        await network.hub.health.all_heard()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(until_nobody_is_there(network), 0.5)
        await alice.message(str(BOB), "two")
        assert taken(network) == [asked]


def registration(login: Login, port: int, hub: str) -> bytes:
    """A REGISTER with a session token for the hub."""
    request = Request(
        "REGISTER",
        "sip:telprotocol",
        [
            ("Via", f"SIP/2.0/TLS {HOST}:{port};branch=z9hG4bKstays"),
            ("Max-Forwards", "70"),
            ("From", f"<sip:{login.number}@telprotocol>;tag=1"),
            ("To", f"<sip:{login.number}@telprotocol>"),
            ("Call-ID", "stays"),
            ("CSeq", "1 REGISTER"),
            ("Contact", f"<sip:{login.number}@{HOST}:{port};transport=tls>"),
        ],
    )
    request.headers.add(*Tokens(login).session(request, hub))
    return bytes(request)


async def test_who_stays_and_pings_is_sent_away_by_the_hub() -> None:
    async with Network(1) as network:
        await network.start()
        network.own(ALICE)
        place = network.listed_hub
        reader, writer = await asyncio.open_connection(HOST, place.sockets.port, ssl=client_context())
        port = writer.get_extra_info("sockname")[1]
        writer.write(registration(network.log_in(ALICE), port, place.uri))
        answer = parse(await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10))
        assert isinstance(answer, Response)
        assert answer.status == 302
        pings = 0
        async with asyncio.timeout(10):
            while not reader.at_eof():
                writer.write(b"\r\n\r\n")
                pings += len(await reader.read(1_000)) // 2
        assert pings
        writer.close()
