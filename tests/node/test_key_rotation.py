"""The keys of a node and its hub are changed on chain in three steps, while people call."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.interface import Deployment
from telsdk.clock import Monotonic
from telsdk.net.pins import PinMismatch, TlsIdentity, client_context, pin_of_certificate
from telsdk.number import Number
from telsdk.uc.call import PhoneCall
from telsdk.uc.client import UserClient
from telsdk.uc.errors import RegistrationFailed
from tests.chainnetwork import ChainNetwork
from tests.network import ALICE, BOB, CAROL, HOST, Listed
from tests.uc.test_client import connect


async def shown_at(listed: Listed) -> bytes:
    """The pin of the key that a server shows to who connects now."""
    _, writer = await asyncio.open_connection(HOST, listed.sockets.port, ssl=client_context())
    tls = writer.get_extra_info("ssl_object")
    assert isinstance(tls, ssl.SSLObject)
    pin = pin_of_certificate(tls.getpeercert(binary_form=True) or b"")
    writer.close()
    return pin


async def still_heard(*calls: PhoneCall) -> None:
    """Sound comes, which was not there before."""
    for call in calls:
        assert call.media is not None
        await call.media.wait_for_audio((await call.media.stats()).seconds + 0.3)


def flows(network: ChainNetwork, *users: UserClient) -> list[int | None]:
    """The connection to its node by which each is bound; there is one for each."""
    bound = [
        binding
        for user in users
        for node in network.nodes
        for binding in node.registrar.bindings(str(user.number))
    ]
    assert len(bound) == len(users)
    return [binding.hop.flow for binding in bound]


async def rotate(network: ChainNetwork, users: list[UserClient], calls: list[PhoneCall]) -> TlsIdentity:
    """Changes both keys; all that time everybody is registered, and heard. Gives the node's new key."""
    (node,), (listed,), list_ = network.nodes, network.listed, network.operator.hubs
    new, new_of_hub = TlsIdentity.generate(), TlsIdentity.generate()
    with pytest.raises(PinMismatch, match="list it first"):
        node.present(new)
    before = flows(network, *users)

    await asyncio.to_thread(list_.rotate_node_pin, network.hub_id, 0, new.pin)
    await asyncio.to_thread(list_.rotate_hub_pin, network.hub_id, new_of_hub.pin)
    await network.taken_in()
    assert await shown_at(listed) == listed.identity.pin
    await still_heard(*calls)

    node.present(new)
    network.hub.present(new_of_hub)
    assert (await shown_at(listed), await shown_at(network.listed_hub)) == (new.pin, new_of_hub.pin)
    assert flows(network, *users) == before
    await still_heard(*calls)

    await asyncio.to_thread(list_.retire_node_pin, network.hub_id, 0)
    await asyncio.to_thread(list_.retire_hub_pin, network.hub_id)
    await network.taken_in()
    async with asyncio.timeout(30):  # each user client leaves its connection, which the old key had opened
        while set(before) & set(flows(network, *users)):  # noqa: ASYNC110 - a binding tells nobody
            await asyncio.sleep(0.02)
    await still_heard(*calls)
    assert network.hub.health.is_healthy(0, Monotonic(asyncio.get_running_loop().time()))
    return new


async def settled(network: ChainNetwork, *numbers: Number) -> list[UserClient]:
    """A registered user client of each number."""
    for account, number in enumerate(numbers, 1):
        network.settle(account, number)
    await network.taken_in()
    return [await network.user(network.deep(account, number)) for account, number in enumerate(numbers, 1)]


async def test_the_keys_of_node_and_hub_change_under_a_call_and_nobody_is_lost(
    chain: EmbeddedChain, deployment: Deployment
) -> None:
    async with ChainNetwork(chain, deployment, nodes=1) as network:
        alice, bob = await settled(network, ALICE, BOB)
        outgoing, incoming = await connect(alice, bob, str(BOB))
        new = await rotate(network, [alice, bob], [outgoing, incoming])
        network.settle(3, CAROL)
        await network.taken_in()
        carol = await network.user(network.deep(3, CAROL))
        another, _ = await connect(carol, bob, str(BOB))
        for call in (outgoing, another):
            call.hang_up()
            await call.wait_ended(10)
        assert await shown_at(network.listed[0]) == new.pin


async def test_the_old_key_is_refused_when_it_is_retired(
    chain: EmbeddedChain, deployment: Deployment
) -> None:
    async with ChainNetwork(chain, deployment, nodes=1) as network:
        (alice,) = await settled(network, ALICE)
        await rotate(network, [alice], [])
        node, listed = network.nodes[0], network.listed[0]
        with pytest.raises(PinMismatch):
            node.present(listed.identity)
        node._driver.present(listed.identity)  # whoever has the old key, at the node's address
        await alice.close()
        network.followers.remove(alice.follower)
        with pytest.raises(RegistrationFailed):
            await network.user(network.deep(1, ALICE), node=0)
