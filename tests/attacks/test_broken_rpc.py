"""An RPC that is broken, or that somebody breaks: a node is slowed down, never fooled, and never deaf from then on.

The ways in which RPCs misbehave are in `tests/chain/weather`, one by one. Here is what that means to who is logged in.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from telsdk.chain.access import RpcSettings, open_rpc
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.interface import Deployment
from tests.chain.weather import badrpc
from tests.chain.weather.badrpc import Weather, served
from tests.chainnetwork import ChainNetwork
from tests.network import ALICE

QUICK = RpcSettings(timeout=2.0, tries=1)


@asynccontextmanager
async def network_by(
    weather: Weather, chain: EmbeddedChain, deployment: Deployment
) -> AsyncIterator[tuple[ChainNetwork, Client]]:
    """A network that follows the chain by `weather`, with Alice's phone bound at its node; and Alice."""
    with served(weather) as url:

        def source(_: Client) -> Client:
            return Client(open_rpc(url, QUICK), deployment)

        async with ChainNetwork(chain, deployment, nodes=1, source=source) as network:
            seller = network.settle(1, ALICE)
            await network.taken_in()
            with network.phone(ALICE, node=0) as phone:
                assert (await phone.register()).status == 200
                yield network, seller


def bound(network: ChainNetwork) -> int:
    return len(network.nodes[0].registrar.bindings(str(ALICE)))


async def sell(chain: EmbeddedChain, seller: Client) -> int:
    receipt = await asyncio.to_thread(seller.registry.transfer, ALICE, chain.accounts[3].address)
    return receipt.block


async def test_a_sale_that_the_rpc_tells_two_blocks_late_ends_the_sellers_login_all_the_same(
    chain: EmbeddedChain, deployment: Deployment
) -> None:
    weather = badrpc.LateLogs(chain)
    async with network_by(weather, chain, deployment) as (network, seller):
        weather.bad = True
        await network.reached(await sell(chain, seller))
        assert bound(network) == 1  # nobody can know yet
        chain.mine(2)
        await network.reached(seller.head().number)
        assert bound(network) == 0


@pytest.mark.parametrize("weather_class", [badrpc.TwoBackends, badrpc.DoubledLogs, badrpc.RemovedLogs])
async def test_a_sale_that_an_rpc_garbles_ends_the_sellers_login(
    chain: EmbeddedChain, deployment: Deployment, weather_class: type[Weather]
) -> None:
    weather = weather_class(chain)
    async with network_by(weather, chain, deployment) as (network, seller):
        weather.bad = True
        await network.reached(await sell(chain, seller))
        assert bound(network) == 0


@pytest.mark.parametrize(
    "make",
    [
        badrpc.NullLogs,
        badrpc.NullBlock,
        badrpc.AnotherChain,
        lambda chain: badrpc.Garbage(chain, b"[" * 200_000),
        lambda chain: badrpc.GarbageResult(chain, [{}], "eth_getLogs"),
    ],
    ids=["null logs", "null block", "another chain", "brackets", "empty logs"],
)
async def test_no_answer_of_an_rpc_ends_the_following_of_the_chain(
    chain: EmbeddedChain, deployment: Deployment, make: type[Weather]
) -> None:
    weather = make(chain)
    async with network_by(weather, chain, deployment) as (network, seller):
        weather.bad = True
        block = await sell(chain, seller)
        for follower in network.followers:
            await follower.wait_for(lambda follower=follower: follower.trouble is not None)  # type: ignore[misc]
            assert follower.state.trouble is not None
        assert bound(network) == 1  # the last state that is known
        weather.bad = False
        await network.reached(block)
        assert bound(network) == 0
