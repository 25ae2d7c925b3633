"""A contract wallet's login at hub and node, which judge it by the real chain and their own copies of it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from telsdk.chain.client import Client, facts_of
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.index import ChainIndex
from telsdk.clock import Wall
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.session import Login, login_deep
from telsdk.credential.wallet import RECHECK
from telsdk.hub.hub import Hub
from telsdk.hub.settings import HubSettings
from telsdk.net.sockets import bind
from telsdk.node.node import Node
from telsdk.node.settings import NodeSettings
from telsdk.number import Number
from telsdk.uc.client import UserClient
from telsdk.uc.errors import RegistrationFailed
from telsdk.uc.settings import UcSettings
from tests.contractwallet import TeamWallet
from tests.network import HOST, INTERVAL, TIMERS, Listed

pytestmark = pytest.mark.contracts
NUMBER = Number(5551234)


@pytest.fixture
def team(client: Client, chain: EmbeddedChain) -> TeamWallet:
    """A wallet that holds NUMBER, at home at hub 1; the client's account and the next one are its keys."""
    client.buy_number(NUMBER, wait=chain.advance_time)
    wallet = TeamWallet(client)
    wallet.take(NUMBER, hub=1)
    wallet.set_key(chain.accounts[2].address, True)
    return wallet


@pytest.fixture
async def user(client: Client, chain: EmbeddedChain, team: TeamWallet) -> AsyncIterator[UserClient]:
    """Logged in by the second key, at a hub and a node on the list."""
    listed_hub, listed_node = Listed(), Listed()
    client.hubs.add_hub(listed_hub.uri, listed_hub.identity.pin)
    client.hubs.add_node(1, listed_node.uri, listed_node.identity.pin, 10)
    async with AsyncExitStack() as stack:
        for one in (listed_hub, listed_node):
            stack.callback(one.sockets.close)
        node = await Node.launch(
            stack.enter_context(ChainIndex(client)),
            1,
            0,
            listed_node.sockets,
            listed_node.identity,
            settings=NodeSettings(chain_interval=INTERVAL, timers=TIMERS),
        )
        stack.push_async_callback(node.stop)
        hub = await Hub.launch(
            stack.enter_context(ChainIndex(client)),
            1,
            listed_hub.sockets,
            listed_hub.identity,
            settings=HubSettings(chain_interval=INTERVAL, timers=TIMERS),
        )
        stack.push_async_callback(hub.stop)
        await hub.health.all_heard()
        index = stack.enter_context(ChainIndex(client))
        index.load()
        settings = UcSettings(media_address=HOST, chain_interval=INTERVAL, timers=TIMERS)
        uc = UserClient(index, log_in(client, chain), bind(HOST), settings=settings)
        stack.push_async_callback(uc.close)
        await uc.start()
        yield uc


def log_in(client: Client, chain: EmbeddedChain) -> Login:
    signer = KeystoreSigner(chain.accounts[2])
    facts = facts_of(client, NUMBER)
    return login_deep(signer, facts, client.domain, "desk", Wall(time.time()), contracts=client)


async def test_a_key_of_a_contract_wallet_registers_until_the_wallet_is_asked_again_and_refuses(
    user: UserClient, team: TeamWallet, chain: EmbeddedChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = await user.register()
    team.set_key(chain.accounts[2].address, False)
    await user.register()  # what the wallet said is remembered
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() + RECHECK + 1)
    with pytest.raises(
        RegistrationFailed, match="node .* refuses the login.*signed neither by the owner nor"
    ):
        await user.registration.register_at(node)
    with pytest.raises(RegistrationFailed, match="the home hub .*signed neither by the owner nor"):
        await user.register()


async def test_a_key_that_comes_back_registers_again(
    user: UserClient, team: TeamWallet, chain: EmbeddedChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.set_key(chain.accounts[2].address, False)
    with pytest.raises(RegistrationFailed, match="signed neither by the owner nor"):
        await user.register()
    team.set_key(chain.accounts[2].address, True)
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() + RECHECK + 1)
    assert (await user.register()).index == 0
