"""A hub on loopback: who it sends where."""

import asyncio
from dataclasses import replace

import pytest

from telsdk.address import aor
from telsdk.clock import Monotonic
from telsdk.errors import NotFound
from telsdk.hub.hub import Hub
from telsdk.sip.message import Response
from telsdk.uc.errors import RegistrationFailed
from tests.network import ALICE, BOB, CAROL, HOST, Listed, Network
from tests.peer import Peer


async def ask(network: Network, method: str, user: object) -> Response:
    with Peer(user) as peer:
        uri = "sip:telprotocol" if method == "REGISTER" else aor(user)
        return await peer.ask(peer.request(method, uri), HOST, network.listed_hub.sockets.port)


async def test_two_users_land_on_two_nodes_and_callers_are_sent_there() -> None:
    async with Network(2) as network:
        await network.start()
        places = {number: (await network.user(number)).registration.node for number in (ALICE, BOB)}
        assert len({place.index for place in places.values() if place}) == 2
        for number, place in places.items():
            answer = await ask(network, "INVITE", number)
            assert answer.status == 302
            assert place is not None
            assert answer.contacts[0].uri.port == network.listed[place.index].sockets.port


async def test_who_comes_again_is_sent_to_the_same_node() -> None:
    async with Network(2) as network:
        await network.start()
        alice = await network.user(ALICE)
        first = alice.registration.node
        await alice.registration.register()
        assert alice.registration.node == first


async def test_strangers_take_no_room() -> None:
    async with Network(2) as network:
        await network.start()
        network.own(CAROL)
        for _ in range(3):
            assert (await ask(network, "REGISTER", CAROL)).status == 302
        alice, bob = await network.user(ALICE), await network.user(BOB)
        assert alice.registration.node != bob.registration.node


async def test_the_users_of_a_dead_node_are_sent_to_another() -> None:
    async with Network(2) as network:
        await network.start()
        alice = await network.user(ALICE)
        place = alice.registration.node
        assert place is not None
        alice.registration.stop()
        await network.nodes[place.index].stop()
        async with asyncio.timeout(15):  # the promise: 15 s
            while True:
                try:
                    await alice.registration.register()
                except RegistrationFailed:
                    continue
                break
        assert alice.registration.node != place


async def test_an_inactive_node_gets_nobody() -> None:
    async with Network(2) as network:
        hub = network.facts.hub_list[0]
        nodes = (replace(hub.nodes[0], active=False), hub.nodes[1])
        network.facts.hub_list = (replace(hub, nodes=nodes),)
        await network.start()
        for number in (ALICE, BOB, CAROL):
            place = (await network.user(number)).registration.node
            assert place is not None
            assert place.index == 1


async def test_without_a_living_node_the_hub_says_when_to_come_back() -> None:
    async with Network(1) as network:
        await network.start()
        await network.nodes[0].stop()
        async with asyncio.timeout(15):
            while (answer := await ask(network, "INVITE", _own(network))).status != 480:
                pass
        assert answer.headers.get("Retry-After") == "10"


def _own(network: Network) -> object:
    if ALICE not in network.facts.numbers:
        network.own(ALICE)
    return ALICE


@pytest.mark.parametrize("user", [7777777, 12, "nobody.eth", "nobody"])
async def test_nobody_is_not_found(user: object) -> None:
    async with Network(1) as network:
        await network.start()
        assert (await ask(network, "INVITE", user)).status == 404
        assert (await ask(network, "REGISTER", user)).status == 404


async def test_a_number_of_another_hub_is_not_found_here() -> None:
    async with Network(1) as network:
        await network.start()
        network.own(ALICE)
        network.facts.change(ALICE, hub=2)
        assert (await ask(network, "INVITE", ALICE)).status == 404


async def test_a_hub_does_nothing_but_redirect() -> None:
    async with Network(1) as network:
        await network.start()
        network.own(ALICE)
        assert (await ask(network, "SUBSCRIBE", ALICE)).status == 405
        assert (await ask(network, "OPTIONS", ALICE)).status == 200


async def test_a_node_with_another_key_is_not_trusted() -> None:
    async with Network(2) as network:
        hub = network.facts.hub_list[0]
        nodes = (replace(hub.nodes[0], pins=(bytes(32),)), hub.nodes[1])
        network.facts.hub_list = (replace(hub, nodes=nodes),)
        await network.start_node(0)
        await network.start_node(1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(network.start_hub(), 1.0)
        assert network.hub.health.is_healthy(1, Monotonic(asyncio.get_running_loop().time()))
        assert not network.hub.health.is_healthy(0, Monotonic(asyncio.get_running_loop().time()))


async def test_a_hub_that_the_chain_does_not_list_does_not_start() -> None:
    async with Network(1) as network:
        extra = Listed()
        with pytest.raises(NotFound, match="hub 7 is not in the list on chain"):
            await Hub.launch(network.facts, 7, extra.sockets, extra.identity)
        extra.sockets.close()
