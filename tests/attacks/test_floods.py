"""Floods: a stranger asks for more than is theirs, from one address or from many that may be forged."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from telsdk.address import aor
from telsdk.net.buckets import UNLIMITED, Rate
from telsdk.net.limits import ConnectionLimits
from telsdk.net.pins import client_context
from telsdk.node.node import Node
from telsdk.node.shares import ShareSettings
from telsdk.number import Number
from telsdk.server.gate import GateSettings
from telsdk.sip.auth import digest
from telsdk.sip.message import Challenge, Request, Response, parse
from telsdk.sip.transaction import Timers
from tests.network import ALICE, BOB, CAROL, HOST, TIMERS, Network
from tests.peer import Peer
from tests.phone import SECRET, Phone

SHARES = ShareSettings(
    calls_to_callee=UNLIMITED
)  # what is held open is tried here, not how often it is begun


@asynccontextmanager
async def served(**settings: Any) -> AsyncIterator[tuple[Network, Node, Phone, Phone]]:
    """One node, and two phones that are served there: Alice's and Bob's."""
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,), **settings)
        with Phone(network, ALICE) as alice, Phone(network, BOB) as bob:
            for phone in (alice, bob):
                assert (await phone.register()).status == 200
            yield network, network.nodes[0], alice, bob


async def is_served(alice: Phone, bob: Phone) -> bool:
    """Whether a text of Alice's reaches Bob, and his answer her."""
    sending = asyncio.ensure_future(alice.send_text(BOB))
    text = await bob.asked("MESSAGE")
    await bob.say(text.response(200, to_tag="b"))
    return (await sending).status == 200


async def rings(phone: Phone) -> None:
    """Answer every INVITE with 180, and nothing else ever."""
    while True:
        message = await phone.receive()
        if isinstance(message, Request) and message.method == "INVITE":
            await phone.say(message.response(180, to_tag="q"))


@asynccontextmanager
async def ringing(phone: Phone) -> AsyncIterator[None]:
    task = asyncio.ensure_future(rings(phone))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def invite(peer: Peer, callee: Number) -> Request:
    made = peer.request("INVITE", aor(callee))
    made.headers.set("Call-ID", secrets.token_hex(8))
    return made


async def flood(node: Node, peer: Peer, port: int, requests: list[Request]) -> list[Response]:
    """Send them, and return what comes back until an answer comes to what is asked over another socket."""
    for at, request in enumerate(requests):
        await peer.send(request, HOST, port)
        if at % 50 == 49:
            await asyncio.sleep(0)
    answers: list[Response] = []
    with contextlib.suppress(TimeoutError):
        while True:
            data = await asyncio.wait_for(peer.receive_data(), 0.5)
            message = parse(data)
            if isinstance(message, Response):
                answers.append(message)
    return answers


async def test_users_are_served_while_nobody_floods_else_the_attacks_below_would_show_nothing() -> None:
    async with served() as (_, _, alice, bob):
        assert await is_served(alice, bob)


async def test_a_phone_that_rings_for_ever_takes_the_node_down() -> None:
    """Mallory has a number, with a phone that rings, and calls it as often as it takes."""
    async with served(max_open=60, shares=SHARES, timers=Timers()) as (network, node, alice, bob):
        with Phone(network, CAROL) as carol, Peer("nobody") as mallory:
            await carol.register()
            async with ringing(carol):
                answers = await flood(
                    node, mallory, alice.port_of_node, [invite(mallory, CAROL) for _ in range(100)]
                )
                refused = [one for one in answers if one.status == 486]
                assert len(node.calls) == SHARES.to_callee // 4
                assert len(refused) == 100 - len(node.calls)
                assert all(one.headers.get("Retry-After") for one in refused)
                assert await is_served(alice, bob)


async def test_strangers_with_many_numbers_take_what_is_for_users() -> None:
    shares = ShareSettings(of_strangers=6, of_source=1_000, calls_to_callee=UNLIMITED)
    async with served(max_open=10, shares=shares, timers=Timers()) as (network, node, alice, bob):
        numbers = [Number(7_770_000 + at) for at in range(10)]
        async with contextlib.AsyncExitStack() as stack:
            for number in numbers:
                phone = stack.enter_context(Phone(network, number))
                await phone.register()
                await stack.enter_async_context(ringing(phone))
            with Peer("nobody") as mallory:
                requests = [invite(mallory, number) for number in numbers]
                answers = await flood(node, mallory, alice.port_of_node, requests)
            assert len(node.calls) == 6
            assert [one.status for one in answers].count(503) == 4
            assert await is_served(alice, bob)


async def test_one_address_sends_more_than_all_others() -> None:
    gate = GateSettings(source=Rate(1, 20), refusals=Rate(1, 5))
    async with served(gate=gate) as (_, node, alice, bob):
        with Peer("nobody") as mallory:
            # Phones at the same address have logged in since, of whose requests three counted in its bucket.
            requests = [mallory.request("REGISTER", "sip:telprotocol") for _ in range(500)]
            answers = await flood(node, mallory, alice.port_of_node, requests)
        late = [one for one in answers if one.status == 503]
        assert len(late) <= 7  # seconds pass meanwhile
        assert all(one.headers.get("Retry-After") == str(gate.retry_after) for one in late)
        assert len(answers) <= 40
        assert node.gate.dropped >= 460
        assert await is_served(alice, bob)


async def test_a_flood_from_many_forged_addresses_keeps_users_out() -> None:
    gate = GateSettings(unproven=Rate(1, 20))
    async with served(gate=gate) as (_, node, alice, bob):
        port = alice.port_of_node
        with contextlib.ExitStack() as stack:
            for at in range(2, 100):
                sock = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                sock.bind((f"127.0.0.{at}", 0))
                with Peer("nobody") as mallory:
                    sock.sendto(bytes(mallory.request("OPTIONS", aor(BOB))), (HOST, port))
            assert await is_served(alice, bob)
            assert node.gate.dropped >= 70


async def test_a_forger_at_a_phones_own_address_keeps_it_out() -> None:
    """The forger is played by the phone's own socket: what comes from there is not the phone's."""
    gate = GateSettings(user=Rate(0.001, 20), refusals=Rate(0.001, 2), source=Rate(0.001, 20))
    async with served(gate=gate) as (_, node, alice, bob):
        port = alice.port_of_node

        def text(value: str) -> Request:
            fields = [("Proxy-Authorization", value)] if value else []
            return alice.request("MESSAGE", aor(BOB), ("Content-Type", "text/plain"), *fields)

        refused = await alice.ask(text(""), HOST, port)
        credentials = digest.answer(
            Challenge.parse(refused.headers.get("Proxy-Authenticate") or ""),
            method="MESSAGE",
            uri=aor(BOB),
            user=alice.issued.username,
            password=alice.issued.password,
            cnonce="0a4f113b",
        )
        for _ in range(100):
            await alice.send(b"SIP/2.0 nonsense\r\n\r\n" + b"x" * 100, HOST, port)
        for _ in range(50):
            await bob.send(b"SIP/2.0 nonsense\r\n\r\n" + b"x" * 100, HOST, port)
        honest = text(credentials)
        sending = asyncio.ensure_future(alice.ask(honest, HOST, port))
        got = await bob.asked("MESSAGE")
        assert node.gate.dropped > 50
        await bob.say(got.response(200, to_tag="b"))  # it answers what was sent there: so it is heard
        assert (await sending).status == 200


async def test_a_forged_source_is_sent_more_than_it_sent() -> None:
    """Whatever a stranger asks a node or a hub, the address that it names hears three times as much and one answer."""
    async with served(timers=TIMERS) as (network, node, alice, bob):

        async def busy() -> None:
            while True:
                await bob.say((await bob.asked("INVITE")).response(486, to_tag="b"))

        answering = asyncio.ensure_future(busy())
        hub = network.listed_hub.sockets.port
        for what, port in (
            ("INVITE 99999", alice.port_of_node), (f"INVITE {BOB}", alice.port_of_node),
            (f"MESSAGE {ALICE}", alice.port_of_node), ("REGISTER", alice.port_of_node),
            ("OPTIONS", alice.port_of_node), (f"INVITE {BOB}", hub), (f"REGISTER {BOB}", hub), ("INVITE 99999", hub),
        ):  # fmt: skip
            with Peer("v") as victim:
                method, _, user = what.partition(" ")
                small = (
                    f"{method} sip:{user + '@' if user else ''}telprotocol SIP/2.0\r\n"
                    f"v:SIP/2.0/UDP 1.1.1.1;rport;branch=z9hG4bK{secrets.token_hex(4)}\r\nf:<sip:a@b>;tag=1\r\n"
                    f"t:<sip:{user or 'a'}@telprotocol>\r\ni:{secrets.token_hex(4)}\r\nCSeq:1 {method}\r\n"
                    "m:<sip:a@b>\r\nl:0\r\n\r\n"
                ).encode()
                await victim.send(small, HOST, port)
                sizes = []
                with contextlib.suppress(TimeoutError):
                    while True:  # until nothing has come for longer than between any two repetitions
                        sizes.append(len(await asyncio.wait_for(victim.receive_data(), 3 * TIMERS.t2)))
                assert sum(sizes) - max(sizes, default=0) <= 3 * len(small), what
                assert sum(sizes) <= 6 * len(small), what
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
        assert node.calls.proxy.open == 0


async def test_connections_that_say_nothing_keep_others_from_connecting() -> None:
    limits = ConnectionLimits(arriving_of_source=5, arriving=8)
    async with served(connections=limits) as (network, _, alice, _):
        held = [await asyncio.open_connection(HOST, alice.port_of_node) for _ in range(40)]
        carol = await network.user(CAROL)
        assert carol is not None
        assert len(network.nodes[0].registrar.bindings(str(CAROL))) == 1
        for _, writer in held:
            writer.close()


async def test_connections_that_only_ping_take_the_place_of_users() -> None:
    limits = ConnectionLimits(most=6)
    async with served(connections=limits) as (network, node, alice, _):
        carol = await network.user(CAROL)
        held = []
        for _ in range(20):
            reader, writer = await asyncio.open_connection(
                HOST, alice.port_of_node, ssl=client_context(), local_addr=("127.0.0.9", 0)
            )
            writer.write(b"\r\n\r\n")
            assert await reader.readexactly(2) == b"\r\n"
            held.append(writer)
        await carol.message(str(CAROL), "still here")
        assert len(node.registrar.bindings(str(CAROL))) == 1
        for writer in held:
            writer.close()


async def test_acks_take_the_share_of_those_who_call() -> None:
    """A stranger sends ACKs that begin nothing, with a Route by which the node takes them as its own."""
    async with served(timers=Timers()) as (_, node, alice, bob):
        with Peer("nobody") as mallory:
            acks = [mallory.request("ACK", aor(BOB)) for _ in range(2 * SHARES.of_source)]
            for ack in acks:
                ack.headers.set("Call-ID", secrets.token_hex(8))
                ack.headers.set("Route", f"<sip:{HOST}:{alice.port_of_node};lr>")
            await flood(node, mallory, alice.port_of_node, acks)
            await mallory.send(invite(mallory, BOB), HOST, alice.port_of_node)
            assert (await bob.asked("INVITE")).to.uri.user == str(BOB)
