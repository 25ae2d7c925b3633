"""The way back to a phone that only its own connection leads to."""

from __future__ import annotations

import asyncio
import time

import pytest

from telsdk.address import REALM, aor
from telsdk.clock import Wall
from telsdk.credential.phone import PhonePassword, PhonePasswords
from telsdk.net.sockets import Listener, bind_stream
from telsdk.node.flows import MAX_KNOWN, FlowTokens, ForgedRoute, Way, WayKind
from telsdk.number import Number
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response
from telsdk.sip.transaction.via import MAX_UDP_REQUEST
from tests.network import ALICE, BOB, HOST, Network
from tests.node.test_node import phone_login
from tests.peer import Peer
from tests.wspeer import WsPeer, within, ws_peer

SECRET = bytes(range(32))
FLOW = Way(WayKind.END, Hop("WS", "2001:db8::7", 40123, flow=12))
OTHER = Way(WayKind.END, Hop("WS", "192.0.2.2", 2, flow=2), "5550001")
KEYED = Way(WayKind.KEY, Hop("TLS", "192.0.2.3", 3, pins=frozenset({bytes(32), bytes(range(32))})), "5550002")
TAGS = ("caller", "callee")


@pytest.mark.parametrize(
    "way",
    [
        FLOW,
        OTHER,
        KEYED,
        Way(WayKind.PROXY, Hop("TCP", "192.0.2.7", 5070)),
        Way(WayKind.LISTED, Hop("WSS", "n.example.net", 443), "", (7, 12)),
        Way(WayKind.END, Hop("UDP", "192.0.2.7", 5062), "1"),
        None,
    ],
)
def test_a_token_leads_away_from_who_sends(way: Way | None) -> None:
    tokens = FlowTokens()
    assert tokens.read("call", tokens.write("call", "caller", way, OTHER), "caller", "callee") == way
    assert tokens.read("call", tokens.write("call", "caller", OTHER, way), "callee", "caller") == way
    if way is not None:
        assert tokens.read("call", tokens.write_answered("call", *TAGS, way), *TAGS) == way


@pytest.mark.parametrize("kind", WayKind)
def test_only_where_somebody_sends_from_is_no_address_that_anybody_gave(kind: WayKind) -> None:
    tokens = FlowTokens()
    token = tokens.write("call", "caller", Way(kind, Hop("UDP", "192.0.2.7", 5062)), None)
    way = tokens.read("call", token, *TAGS, place=("192.0.2.1", 5060))
    assert way is not None
    assert (way.hop.is_source, way.hop.taken_at) == (kind is WayKind.END, ("192.0.2.1", 5060))


def test_a_token_is_of_one_node_one_call_and_its_caller() -> None:
    tokens = FlowTokens()
    token = tokens.write("call", "caller", FLOW, OTHER)
    mac, _, ways = token.partition(".")
    for call_id, forged, tags in [
        ("other", token, TAGS),
        ("call", FlowTokens().write("call", "caller", FLOW, OTHER), TAGS),
        ("call", token, ("x", "y")),
        ("call", token, ("callee", "x")),
        ("call", ".".join([mac, *reversed(ways.split("."))]), TAGS),
        ("call", token + ".", TAGS),
        ("call", f"{mac}~{ways}", TAGS),
        ("call", mac + ".", TAGS),
        ("call", mac, TAGS),
        ("call", ways, TAGS),
        ("call", "é" * 30, TAGS),
        ("call", "", TAGS),
        ("call", None, TAGS),
    ]:
        with pytest.raises(ForgedRoute):
            tokens.read(call_id, forged, *tags)


def test_a_token_that_an_answer_has_told_is_of_the_caller_and_that_answer_alone() -> None:
    tokens = FlowTokens()
    token = tokens.write_answered("call", *TAGS, KEYED)
    for call_id, forged, tags in [
        ("other", token, TAGS),
        ("call", token, ("caller", "of another branch")),
        ("call", token, ("callee", "caller")),
        ("call", token.replace("~", "."), TAGS),
        ("call", token.replace("~", "~" + token.partition("~")[2]), TAGS),
    ]:
        with pytest.raises(ForgedRoute):
            tokens.read(call_id, forged, *tags)


def test_a_token_that_was_read_once_opens_nothing_to_others() -> None:
    tokens = FlowTokens()
    token = tokens.write("call", "caller", FLOW, FLOW)
    for tags in [("caller", "callee"), ("callee", "caller")]:
        assert tokens.read("call", token, *tags) == FLOW
    with pytest.raises(ForgedRoute):
        tokens.read("call", token, "callee", "somebody")


def test_what_is_remembered_of_tokens_is_bounded_in_number_and_length() -> None:
    tokens = FlowTokens()
    token = tokens.write("call", "caller", FLOW, FLOW)
    for n in range(MAX_KNOWN + 10):
        assert tokens.read("call", token, "caller", f"{n}") == FLOW
    assert len(tokens._known) <= MAX_KNOWN
    long = "c" * 30_000
    for call_id, tags in [(long, ("a", "b")), ("call", ("a", long)), ("call", (long, "b"))]:
        assert tokens.read(call_id, tokens.write(call_id, tags[0], FLOW, FLOW), *tags) == FLOW
    assert not any(long in key for key in tokens._known)


class WebNetwork(Network):
    """One node that takes WebSocket."""

    async def serve(self) -> Listener:
        return (await self.serve_at(1))[0]

    async def serve_at(self, places: int) -> list[Listener]:
        listeners = [Listener("WS", bind_stream(HOST)) for _ in range(places)]
        await self.start_node(0, phone_secrets=(SECRET,), listeners=listeners)
        return listeners

    def password(self, number: Number) -> PhonePassword:
        self.own(number)
        return PhonePasswords([SECRET], self.facts).issue(self.facts.numbers[number], Wall(time.time()))


async def request_at(peer: WsPeer, method: str) -> Request:
    message = await peer.receive()
    assert isinstance(message, Request), message
    assert message.method == method
    return message


def taken(invite: Request, contact: str) -> Response:
    """The 200 to an INVITE, with the route that it came by."""
    fields = [("Contact", contact), *(("Record-Route", str(route)) for route in invite.record_routes)]
    response = invite.response(200, headers=fields)
    response.add_to_tag("bob")
    return response


async def answer_at(peer: WsPeer, status: int) -> Response:
    while True:
        message = await peer.receive()
        assert isinstance(message, Response), message
        if message.status >= 200:
            assert message.status == status
            return message


async def in_a_call(network: WebNetwork, alice: WsPeer, bob: WsPeer) -> Response:
    """Both registered, bob called and taking it: the 200 that alice has."""
    alices = network.password(ALICE)
    await alice.register(alices)
    await bob.register(network.password(BOB))
    await alice.invite(aor(BOB), alices)
    await bob.send(taken(await request_at(bob, "INVITE"), bob.contact))
    return await answer_at(alice, 200)


async def test_the_way_back_names_the_place_that_each_came_to() -> None:
    async with WebNetwork(1) as network:
        one, other = await network.serve_at(2)
        async with ws_peer(one.address, ALICE) as alice, ws_peer(other.address, BOB) as bob:
            alices = network.password(ALICE)
            await alice.register(alices)
            await bob.register(network.password(BOB))
            await alice.invite(aor(BOB), alices)
            invite = await request_at(bob, "INVITE")
            assert (invite.via.host, invite.via.port) == other.address
            await bob.send(taken(invite, bob.contact))
            ok = await answer_at(alice, 200)
            assert [(route.uri.host, route.uri.port) for route in ok.record_routes] == [
                other.address,
                one.address,
            ]


async def test_a_contact_that_nobody_registered_is_reached_by_the_place_that_its_phone_came_to() -> None:
    async with WebNetwork(1) as network:
        one, other = await network.serve_at(2)
        async with ws_peer(other.address, ALICE) as alice, ws_peer(one.address, BOB) as bob:
            alices = network.password(ALICE)
            await alice.register(alices)
            await bob.register(network.password(BOB))
            await alice.invite(aor(BOB), alices)
            await bob.send(taken(await request_at(bob, "INVITE"), "<sip:bob@elsewhere.invalid;transport=ws>"))
            ok = await answer_at(alice, 200)
            await alice.send(within("BYE", ok, ok.cseq.number + 1, alice))
            bye = await request_at(bob, "BYE")
            assert (bye.via.host, bye.via.port) == one.address


async def test_requests_within_a_call_reach_either_browser_by_its_flow() -> None:
    async with WebNetwork(1) as network:
        listener = await network.serve()
        alices, bobs = network.password(ALICE), network.password(BOB)
        async with ws_peer(listener.address, ALICE) as alice, ws_peer(listener.address, BOB) as bob:
            assert (await alice.register(alices)).status == 200
            assert (await bob.register(bobs)).status == 200
            await alice.invite(aor(BOB), alices)
            invite = await request_at(bob, "INVITE")
            await bob.send(taken(invite, bob.contact))
            ok = await answer_at(alice, 200)
            assert len(ok.record_routes) == 1  # both came by one listener
            await alice.send(within("ACK", ok, ok.cseq.number, alice))
            assert (await request_at(bob, "ACK")).to.tag == "bob"

            # The callee's own view of the dialog: the INVITE's Contact, its Record-Route in order.
            seen = taken(invite, str(invite.contacts[0]))
            await bob.send(within("BYE", seen, 1, bob, swapped=True))
            bye = await request_at(alice, "BYE")
            assert bye.routes == []
            await alice.send(bye.response(200))
            assert (await answer_at(bob, 200)).cseq.method == "BYE"


async def test_a_browser_that_is_gone_is_told_of_at_once() -> None:
    async with WebNetwork(1) as network:
        listener = await network.serve()
        async with ws_peer(listener.address, ALICE) as alice:
            async with ws_peer(listener.address, BOB) as bob:
                ok = await in_a_call(network, alice, bob)
            await alice.send(within("BYE", ok, ok.cseq.number + 1, alice))
            assert (await answer_at(alice, 500)).reason == "Next Hop Unreachable"
            assert network.nodes[0].registrar.bindings(str(BOB)) == []


async def test_the_flow_of_one_call_opens_no_other() -> None:
    async with WebNetwork(1) as network:
        listener = await network.serve()
        async with ws_peer(listener.address, ALICE) as alice, ws_peer(listener.address, BOB) as bob:
            ok = await in_a_call(network, alice, bob)
            forged = within("BYE", ok, 99, alice)
            forged.headers.set("Call-ID", "another-call")
            await alice.send(forged)
            await answer_at(alice, 403)


async def test_a_large_request_reaches_a_udp_phone_where_it_registered_from() -> None:
    async with WebNetwork(1) as network:
        await network.serve()
        port = network.listed[0].sockets.port
        alices = network.password(ALICE)
        with Peer(ALICE) as phone, Peer() as stranger:
            assert (await phone_login(phone, network, alices.username, alices.password)).status == 200
            request = stranger.request("MESSAGE", aor(ALICE), ("Content-Type", "text/plain"))
            request.body = b"x" * (MAX_UDP_REQUEST + 1)
            asked = asyncio.create_task(stranger.ask(request, HOST, port))
            message = await phone.receive()
            assert isinstance(message, Request)
            assert (message.via.transport, len(message.body)) == ("UDP", len(request.body))
            await phone.send(message.response(200), HOST, port)
            assert (await asked).status == 200


async def test_the_password_that_a_request_within_a_call_carries_goes_no_further_either() -> None:
    async with WebNetwork(1) as network:
        listener = await network.serve()
        async with ws_peer(listener.address, ALICE) as alice, ws_peer(listener.address, BOB) as bob:
            ok = await in_a_call(network, alice, bob)
            bye = within("BYE", ok, ok.cseq.number + 1, alice)
            login = f'Digest username="a", realm="{REALM}", nonce="n", uri="sip:b", response="r"'
            bye.headers.add("Proxy-Authorization", login)
            await alice.send(bye)
            assert "Proxy-Authorization" not in (await request_at(bob, "BYE")).headers
