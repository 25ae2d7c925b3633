"""Real messages, spoilt, are thrown at a living node, hub and user client: by a stranger, by a phone, as its answers.

Nothing raises, and when time has passed nothing is left of them.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import pytest

from fuzz.seeds import CORPUS
from fuzz.spoiling import METHODS, STATUSES, URIS, spoilt
from telsdk.address import aor
from telsdk.hub.hub import Hub
from telsdk.net.limits import NO_CONNECTION_LIMITS
from telsdk.net.pins import client_context
from telsdk.node.node import Node
from telsdk.node.shares import NO_SHARES
from telsdk.server.gate import NO_LIMITS
from telsdk.sip.auth import digest
from telsdk.sip.errors import SipParseError
from telsdk.sip.message import Challenge, Request, parse
from telsdk.uc.client import UserClient
from telsdk.uc.errors import CallRejected, MessageNotDelivered
from tests.network import ALICE, BOB, CAROL, HOST, Network
from tests.peer import Peer
from tests.phone import SECRET, Phone
from tests.skipping import SkippingLoop, let_pass

SDP = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"
    b"a=setup:actpass\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdabcdabcdabcdabcdabcd\r\na=rtcp-mux\r\n"
    b"a=fingerprint:sha-256 " + b":".join([b"AB"] * 32) + b"\r\n"
)
LONGEST = 1_200.0
"""Seconds after which everything has to be over: twice the longest timer, and what it may start."""


class World:
    """A hub, a node, a user client and two phones, one of which answers."""

    def __init__(
        self, rng: random.Random, network: Network, alice: UserClient, bob: Phone, carol: Phone
    ) -> None:
        self.rng = rng
        self.network = network
        self.alice = alice
        self.bob = bob
        self.carol = carol
        (self.node,) = network.nodes
        self.stranger = Peer()
        self.corpus = [file.read_bytes() for file in sorted((CORPUS / "message").iterdir())]
        self.learned: list[bytes] = []  # Record-Routes of the node

    @property
    def servers(self) -> tuple[Node, Hub, UserClient]:
        return self.node, self.network.hub, self.alice

    def held(self) -> dict[str, int]:
        """What each of them holds that a request may leave behind."""
        found = {
            "calls": len(self.node.calls),
            "open": self.node.calls.proxy.open,
            "watched": len(self.node.watching),
        }
        found["users"] = self.node.registrar.users
        found["bindings"] = sum(len(self.node.registrar.bindings(str(one))) for one in (ALICE, BOB, CAROL))
        found["dialogs"] = self.alice._agent.dialogs
        found["alarms"] = len(self.alice._agent._calls.alarms)
        found["phone calls"] = (
            len(self.alice._calls._calls) + len(self.alice._calls._answers) + len(self.alice._calls._tasks)
        )
        found["requests"] = len(self.alice._requests._waiting)
        for server in self.servers:
            name, driver = type(server).__name__, server._driver
            found[f"{name} transactions"] = server._stack.transactions
            found[f"{name} connecting"] = len(driver._connections._connecting) + len(
                driver._connections._tasks
            )
            found[f"{name} resolving"] = len(driver._resolving)
            found[f"{name} wallets"] = server._asking._count
        found["logins"] = len(self.node.logins._by_number)
        found["tasks"] = len(asyncio.all_tasks())
        return found

    async def all_over(self, before: dict[str, int]) -> None:
        """Return once they hold no more than before; probes and pings come and go meanwhile."""
        left = before
        for _ in range(int(LONGEST / 10)):
            await let_pass(10.0)
            self.drain()
            left = {name: count for name, count in self.held().items() if count > before[name]}
            if not left and self.held()["logins"] == before["logins"]:
                break
        assert left == {}
        assert [
            {kind: count for kind, count in one.faults.counts.items() if count} for one in self.servers
        ] == [{}, {}, {}]
        assert self.held()["logins"] == before["logins"]
        assert self.held()["bindings"] == before["bindings"]

    def drain(self) -> None:
        """Answer the calls that ring, or let them ring; forget what came to the sockets of strangers."""
        while not self.alice.incoming.empty():
            call = self.alice.incoming.get_nowait()
            if self.rng.random() < 0.5 and not call.call.ended:
                call.reject(self.rng.choice((480, 486, 603)))
        for peer in (self.stranger, self.carol):
            for data in received(peer):
                self.learned += [
                    line[13:].strip() for line in data.split(b"\r\n") if line.startswith(b"Record-Route:")
                ][:1]
        del self.learned[:-50]

    def request(self, peer: Peer, callee: object) -> bytes:
        """A sound request; what is wrong with it is done to it later."""
        rng = self.rng
        if rng.random() < 0.1:
            return self.rng.choice(self.corpus)
        uri = aor(callee) if rng.random() < 0.8 else rng.choice(URIS)
        made = peer.request("OPTIONS", aor(callee))
        made.headers.set("Call-ID", secrets.token_hex(8))
        text = bytes(made)
        method = rng.choice((*METHODS, "INVITE", "MESSAGE", "SUBSCRIBE", "REGISTER")).encode()
        more = rng.choice(
            (
                b"",
                b"",
                b"Event: presence\r\n",
                b"Event: reg\r\n",
                b"Expires: 60\r\n",
                b"Refer-To: <sip:x@h>\r\n",
            )
        )
        if rng.random() < 0.3 and self.learned:
            more += b"Route: " + rng.choice(self.learned) + b"\r\n"
        text = text.replace(b"OPTIONS", method).replace(b"CSeq:", more + b"CSeq:", 1)
        text = text.replace(b" " + aor(callee).encode() + b" ", b" " + uri.encode() + b" ", 1)
        if rng.random() < 0.4:  # as if within a call
            text = text.replace(b"\r\nCall-ID", b";tag=%d\r\nCall-ID" % rng.randrange(3), 1)
        if method in (b"INVITE", b"UPDATE", b"PRACK") and rng.random() < 0.5:
            text = text.replace(
                b"\r\n\r\n", b"\r\nContent-Type: application/sdp\r\n\r\n" + spoilt(rng, SDP), 1
            )
        return text

    async def throw(self, count: int, peer: Peer, port: int, make: Callable[[], bytes]) -> None:
        for number in range(count):
            with suppress(OSError):
                peer._socket.sendto(spoilt(self.rng, make())[:60_000], (HOST, port))
            if number % 16 == 0:
                await asyncio.sleep(0)
                self.drain()
        await asyncio.sleep(0.05)


def received(peer: Peer) -> Iterator[bytes]:
    with suppress(BlockingIOError):
        while True:
            yield peer._socket.recv(65_535)


async def by_strangers(world: World, count: int) -> None:
    """At the node, the hub and the user client, by datagrams; and at the node by a connection."""
    ports = (
        world.network.listed[0].sockets.port,
        world.network.listed_hub.sockets.port,
        world.alice._sockets.port,
    )
    for port in ports:
        for callee in (BOB, ALICE, 5550009, "nobody.eth"):
            make = partial(world.request, world.stranger, callee)
            await world.throw(count // 12, world.stranger, port, make)
    for _ in range(max(1, count // 100)):
        _, writer = await asyncio.open_connection(HOST, ports[0], ssl=client_context())
        for _ in range(10):
            writer.write(spoilt(world.rng, world.request(world.stranger, BOB)))
        with suppress(OSError):
            await writer.drain()
        await asyncio.sleep(0.01)
        writer.close()


async def by_a_phone(world: World, count: int) -> None:
    """At the node by a phone that is logged in there, with its password in most of them."""
    carol = world.carol
    refused = await carol.ask(carol.request("MESSAGE", aor(BOB)), HOST, carol.port_of_node)
    challenge = Challenge.parse(refused.headers.get("Proxy-Authenticate") or "")
    nc = 0

    def make() -> bytes:
        nonlocal nc
        nc += 1
        text = world.request(carol, world.rng.choice((BOB, ALICE, CAROL)))
        if text.startswith(b"REGISTER"):
            return text  # with the password it would be its right to log out
        method, _, rest = text.partition(b" ")
        proof = digest.answer(
            challenge, method=method.decode(errors="replace"), uri=rest.partition(b" ")[0].decode(errors="replace"),
            user=carol.issued.username, password=carol.issued.password, nc=nc, cnonce="0a4f113b",
        )  # fmt: skip
        return text.replace(b"\r\nCSeq:", b"\r\nProxy-Authorization: " + proof.encode() + b"\r\nCSeq:", 1)

    await world.throw(count, carol, carol.port_of_node, make)


async def as_answers(world: World, count: int) -> None:
    """To the node, and by it to a user client, as the answers of a phone."""
    rng, bob, asked = world.rng, world.bob, 0

    async def ask() -> None:
        with suppress(MessageNotDelivered, CallRejected):
            await world.alice.message(str(BOB), "hello")

    tasks = [asyncio.create_task(ask()) for _ in range(count // 50)]
    for _ in range(count):
        request = world.stranger.request(rng.choice(("INVITE", "INVITE", "MESSAGE")), aor(BOB))
        request.headers.set("Call-ID", secrets.token_hex(8))
        await world.stranger.send(request, HOST, bob.port_of_node)
        await asyncio.sleep(0)
        for data in received(bob):
            with suppress(SipParseError):
                came = parse(data)
                if isinstance(came, Request) and came.method not in ("ACK", "CANCEL"):
                    for _ in range(rng.choice((0, 1, 1, 2, 3))):
                        made = came.response(rng.choice(STATUSES), to_tag=rng.choice(("a", "b", "")) or None)
                        made.headers.add("Contact", f"<{rng.choice(URIS)}>")
                        for route in came.headers.all("Record-Route"):
                            made.headers.add("Record-Route", route)
                        await bob.send(spoilt(rng, bytes(made)), HOST, bob.port_of_node)
                        asked += 1
        world.drain()
    assert asked > count / 4
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


BY = {
    "a stranger": by_strangers,
    "a phone that is logged in": by_a_phone,
    "the answers of a phone": as_answers,
}


def thrown(by: str, seed: int, count: int) -> None:
    async def run() -> None:
        async with Network(1) as network:
            # Nobody is turned away, so that all is looked at.
            await network.start_node(
                0, phone_secrets=(SECRET,), gate=NO_LIMITS, shares=NO_SHARES, connections=NO_CONNECTION_LIMITS
            )
            await network.start_hub(gate=NO_LIMITS, connections=NO_CONNECTION_LIMITS)
            alice = await network.user(ALICE)
            with Phone(network, BOB) as bob, Phone(network, CAROL) as carol:
                assert (await bob.register(3_600)).status == 200
                assert (await carol.register(3_600)).status == 200
                world = World(random.Random(seed), network, alice, bob, carol)
                await let_pass(60.0)
                before = world.held()
                with world.stranger:
                    await BY[by](world, count)
                    await world.all_over(before)

    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        runner.run(run())


@pytest.mark.parametrize("by", sorted(BY))
def test_a_spoilt_message_raises_nothing_and_leaves_nothing(by: str) -> None:
    thrown(by, 1, 1_000)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("seed", range(2, 8))
@pytest.mark.parametrize("by", sorted(BY))
def test_many_spoilt_messages_raise_nothing_and_leave_nothing(by: str, seed: int) -> None:
    thrown(by, seed, 8_000)
