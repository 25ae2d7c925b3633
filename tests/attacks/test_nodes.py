"""Attacks by those who carry the calls: hostile nodes and hubs, and whoever sends to honest ones."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from telsdk.address import aor
from telsdk.cli.demo.hostile import HostileNode, change_fingerprint, forge_token
from telsdk.directory import NodeFacts
from telsdk.hub.hub import Hub
from telsdk.net.pins import TlsIdentity
from telsdk.net.route import hop_to
from telsdk.sip.message import Request
from telsdk.uc.errors import CallRejected, RegistrationFailed
from telsdk.uc.trust import Trust
from tests.attacks.siege import siege
from tests.network import ALICE, BOB, CAROL, HOST, Listed, Network
from tests.peer import Peer
from tests.uc.test_client import connect


def strip_identity(request: Request) -> Request:
    request.headers.remove("Identity")
    return request


async def turned(network: Network, attack: object) -> None:
    """Every node does this to calls from now on."""
    for node in network.nodes:
        assert isinstance(node, HostileNode)
        node.turn(attack)  # type: ignore[arg-type]


@pytest.mark.parametrize("attack", [change_fingerprint, forge_token])
async def test_a_node_sits_in_the_media(attack: object) -> None:
    async with Network(2) as network:
        await network.start(node_class=HostileNode)
        alice, bob = await network.user(ALICE), await network.user(BOB)
        await turned(network, attack)
        with pytest.raises(CallRejected, match="438"):
            await asyncio.wait_for(alice.call(str(BOB)), 10)
        assert bob.incoming.empty()
        assert bob.refused.get_nowait().trust is Trust.REFUSED


async def test_a_node_downgrades_a_proven_caller_to_a_plain_phone() -> None:
    """The call rings, but as what a plain phone is; nothing on the screen says Alice."""
    async with Network(2) as network:
        await network.start(node_class=HostileNode)
        alice, bob = await network.user(ALICE, "alice.eth"), await network.user(BOB)
        await turned(network, strip_identity)
        calling = asyncio.create_task(alice.call(str(BOB)))
        incoming = await asyncio.wait_for(bob.incoming.get(), 10)
        assert incoming.party is not None
        assert (incoming.party.trust, incoming.party.number) == (Trust.UNVERIFIED, None)
        assert "alice" not in str(incoming.party)
        incoming.reject()
        with pytest.raises(CallRejected):
            await calling


async def test_a_node_lets_somebody_else_answer() -> None:
    """Carol's client takes a call that was meant for Bob: Alice hears that it is not Bob, before any media flows."""
    async with Network(1) as network:
        await network.start()
        alice, carol = await network.user(ALICE), await network.user(CAROL)
        network.own(BOB)
        node = network.nodes[0]
        bindings = node.registrar.bindings
        node.registrar.bindings = lambda user, *at: bindings(  # type: ignore[method-assign]
            str(CAROL) if user == str(BOB) else user, *at
        )
        with pytest.raises(CallRejected, match="438"):
            await asyncio.wait_for(alice.call(str(BOB)), 10)
        # Even a client of hers that takes what is not for it cannot answer in Bob's name: the token is for Bob.
        assert carol.incoming.empty()


async def test_a_node_with_another_key_takes_logins() -> None:
    async with Network(1) as network:
        hub = network.facts.hub_list[0]
        other = replace(hub.nodes[0], pins=(TlsIdentity.generate().pin,))
        await network.start()
        alice = await network.user(ALICE, register=False)
        network.facts.hub_list = (replace(hub, nodes=(other,)),)
        with pytest.raises(RegistrationFailed, match="does not answer"):
            await alice.registration.register_at(other)
        assert network.nodes[0].registrar.users == 0


async def test_a_hub_with_another_key_sends_users_where_it_likes() -> None:
    async with Network(1) as network:
        await network.start()
        hub = network.facts.hub_list[0]
        network.facts.hub_list = (replace(hub, pins=(TlsIdentity.generate().pin,)),)
        with pytest.raises(RegistrationFailed, match="does not answer"):
            await network.user(ALICE)


class LyingHub(Hub):
    """Sends everybody to a node of its own that no list has."""

    lie: NodeFacts

    def _node_for_login(self, *_: object) -> NodeFacts | None:
        return self.lie

    def _node_of(self, *_: object) -> NodeFacts | None:
        return self.lie


async def lying(network: Network, monkeypatch: pytest.MonkeyPatch, unlisted: Listed) -> None:
    lie = NodeFacts(1, 9, unlisted.uri, (unlisted.identity.pin,), 100, True)
    monkeypatch.setattr(LyingHub, "lie", lie, raising=False)
    for name in ("_node_for_login", "_node_of"):
        monkeypatch.setattr(Hub, name, getattr(LyingHub, name))
    monkeypatch.setattr(Hub, "lie", lie, raising=False)


async def test_a_hub_sends_a_user_to_a_node_that_is_not_on_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    unlisted = Listed()
    async with Network(1) as network:
        await network.start()
        await lying(network, monkeypatch, unlisted)
        with pytest.raises(RegistrationFailed, match="not in its list on chain: not followed"):
            await network.user(ALICE)
    unlisted.sockets.close()


async def test_a_hub_sends_a_call_to_a_node_that_is_not_on_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    unlisted = Listed()
    async with Network(1) as network:
        await network.start()
        alice = await network.user(ALICE)
        network.own(BOB)
        await lying(network, monkeypatch, unlisted)
        with pytest.raises(CallRejected, match="480"):
            await asyncio.wait_for(alice.call(str(BOB)), 10)
        unlisted.sockets.udp.setblocking(False)
        with pytest.raises(BlockingIOError):
            unlisted.sockets.udp.recv(1)
    unlisted.sockets.close()


async def test_whoever_answers_at_the_contact_has_another_key() -> None:
    """Bob's address is taken over: what Alice sends within the call reaches nobody but Bob's key."""
    async with Network(1) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB)
        outgoing, incoming = await connect(alice, bob, str(BOB))
        peer = outgoing.call.dialog
        assert peer is not None
        pinned = alice._next_hop(peer.next_uri, peer).pins
        assert pinned == frozenset({bob._identity.pin})
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))


async def test_a_node_is_used_as_an_open_relay() -> None:
    async with Network(2) as network:
        await network.start()
        await network.user(ALICE)
        bob = await network.user(BOB)
        at_bob = bob.registration.node
        assert at_bob is not None
        elsewhere = network.listed[1 - at_bob.index].sockets.port
        with Peer() as peer:
            assert (await peer.ask(peer.request("INVITE", aor(BOB)), HOST, elsewhere)).status == 480
        assert bob.incoming.empty()


async def test_a_route_that_no_node_wrote_makes_one_a_relay() -> None:
    async with siege() as at:
        port = at.network.listed[0].sockets.port
        with Peer() as victim:
            target = f"sip:victim@{HOST}:{victim.port}"
            for user in ("", "00" * 12 + "AAAA@"):
                route = ("Route", f"<sip:{user}{HOST}:{port};lr>")
                request = at.mallory.request("BYE", target, route, to=target)
                request.headers.set("To", f"<{target}>;tag=x")
                assert (await at.mallory.ask(request, HOST, port)).status == 403
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(victim.receive(), 0.2)


async def test_a_users_contact_is_registered_by_another_to_take_his_requests_over() -> None:
    """Carol registers Alice's very Contact as her own: Alice's binding stays where it was."""
    async with siege() as at:
        assert (await at.login(at.alice)).status == 200
        (before,) = at.network.nodes[0].registrar.bindings(str(ALICE))
        with Peer(CAROL) as carol:
            request = carol.request("REGISTER", "sip:telprotocol")
            request.headers.set("Contact", f"<{before.contact.uri}>")
            request.headers.set("Authorization", f"Bearer {at.token(request, at.carol)}")
            await carol.ask(request, HOST, at.network.listed[0].sockets.port)
        assert at.network.nodes[0].registrar.bindings(str(ALICE)) == [before]
        node = at.network.nodes[0]
        assert node.registrar.at(str(ALICE), before.contact.uri) == before


async def test_a_token_that_a_node_was_given_is_passed_on_to_another() -> None:
    async with Network(2) as network:
        await network.start()
        alice = await network.user(ALICE, register=False)
        one, other = network.facts.hub_list[0].nodes
        with pytest.raises(RegistrationFailed, match="401 Unauthorized: the token is for another server"):
            await alice.registration.register_at(replace(other, uri=one.uri), hop=hop_to(other))
