"""Attacks by whoever may write into the list on chain: any operator of a hub lists addresses that are not theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from telsdk.directory import HubFacts, NodeFacts
from telsdk.net.pins import TlsIdentity
from telsdk.net.route import hop_to
from telsdk.uc.client import UserClient
from telsdk.uc.errors import CallRejected
from tests.network import ALICE, BOB, CAROL, Network
from tests.phone import SECRET, Phone
from tests.uc.test_client import connect

PLACES = ("before", "after")  # where in the list the hostile hub stands


def shadow(network: Network, uris: Iterable[str], place: str) -> None:
    """Let a hub of somebody else list these addresses, with a key of its own."""
    evil, real = TlsIdentity.generate(), network.facts.hub_list
    hub = 0 if place == "before" else 9
    nodes = tuple(NodeFacts(hub, index, uri, (evil.pin,), 100, True) for index, uri in enumerate(uris))
    listed = HubFacts(hub, "0x" + "66" * 20, "sip:192.0.2.66:5061;transport=tls", (evil.pin,), nodes)
    network.facts.hub_list = (listed, *real) if place == "before" else (*real, listed)


async def at_two_nodes(network: Network) -> tuple[UserClient, UserClient]:
    """Return clients at different nodes."""
    alice = await network.user(ALICE)
    for number in (BOB, CAROL):
        other = await network.user(number)
        assert alice.registration.node is not None
        assert other.registration.node is not None
        if other.registration.node.index != alice.registration.node.index:
            return alice, other
    raise AssertionError("two nodes of the same weight, and three users at one")


def drop_connections(network: Network) -> None:
    """Let nothing stand between the nodes, as after a restart."""
    for node in network.nodes:
        for stream in tuple(node._driver._connections._ours.values()):
            stream.abort()


@pytest.mark.parametrize("place", PLACES)
async def test_another_hub_lists_the_addresses_of_all_nodes_with_its_own_key(place: str) -> None:
    async with Network(2) as network:
        await network.start()
        alice, other = await at_two_nodes(network)
        shadow(network, [node.uri for node in network.facts.hub_list[0].nodes], place)
        drop_connections(network)
        outgoing, incoming = await connect(alice, other, str(other.number))
        await alice.message(str(other.number), "the code of the safe is 4711")
        _, text = await asyncio.wait_for(other.messages.get(), 10)
        assert text.endswith("4711")
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))
        assert incoming.ended_by == "remote"


@pytest.mark.parametrize("place", PLACES)
async def test_another_hub_lists_the_contact_of_a_user_with_its_own_key(place: str) -> None:
    """The key that the callee's token has proven counts, so ACK and BYE reach them."""
    async with Network(1) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB)
        there = bob._contact()
        shadow(network, [f"sip:{there.host}:{there.port};transport=tls"], place)
        outgoing, incoming = await connect(alice, bob, str(BOB))
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))
        assert incoming.ended_by == "remote"


@pytest.mark.parametrize("place", PLACES)
async def test_another_hub_lists_the_node_that_stays_in_a_call_with_its_own_key(place: str) -> None:
    """A node before a plain phone is in the Record-Route: there its place in the list says which key it has."""
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        alice = await network.user(ALICE)
        network.own(BOB)
        with Phone(network, BOB) as bob:
            await bob.register()
            calling = asyncio.create_task(alice.call(str(BOB)))
            invite = await bob.asked("INVITE")
            shadow(network, [network.listed[0].uri], place)
            way = alice._next_hop(invite.record_routes[-1].uri, None)  # as the caller sees it, the first
            calling.cancel()
            await asyncio.gather(calling, return_exceptions=True)
    assert way == hop_to(network.facts.hubs()[place == "before"].nodes[0])


async def test_a_hub_redirects_to_a_node_of_another_hub() -> None:
    """It has to list its nodes itself: the list that was asked is the only one that counts."""
    async with Network(2) as network:
        await network.start()
        alice, other = await at_two_nodes(network)
        (real,) = network.facts.hub_list
        foreign = tuple(NodeFacts(2, node.index, node.uri, node.pins, 100, True) for node in real.nodes)
        nodes = tuple(node for node in real.nodes if node.index == alice.registration.node.index)  # type: ignore[union-attr]
        network.facts.hub_list = (
            HubFacts(1, real.operator, real.uri, real.pins, nodes),
            HubFacts(2, "0x" + "66" * 20, "sip:192.0.2.66:5061;transport=tls", real.pins, foreign),
        )
        hub, uri = network.facts.hub_list[0], foreign[1 - nodes[0].index].uri
        network.hub._usable = lambda now: list(foreign)  # type: ignore[method-assign]
        with pytest.raises(CallRejected, match="480"):
            await asyncio.wait_for(alice.call(str(other.number)), 10)
        assert uri not in {node.uri for node in hub.nodes}
        assert other.incoming.empty()
