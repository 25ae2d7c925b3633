"""A hub, nodes and user clients on loopback that follow the real contracts, each by its own copy of the chain."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, Self

from telsdk.chain.client import Client
from telsdk.chain.development import DevChain
from telsdk.chain.index import ChainIndex, Source
from telsdk.chain.interface import Deployment
from telsdk.clock import Wall
from telsdk.credential import light
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.phone import PhonePassword, PhonePasswords
from telsdk.credential.session import Login, login_deep, login_light
from telsdk.directory import NodeFacts, NumberFacts
from telsdk.follow import Follower
from telsdk.hub.hub import Hub
from telsdk.hub.settings import HubSettings
from telsdk.net.sockets import bind
from telsdk.node.node import Node
from telsdk.node.settings import NodeSettings
from telsdk.number import Number
from telsdk.uc.client import UserClient
from telsdk.uc.settings import UcSettings
from tests.network import HOST, TIMERS, Listed, Network
from tests.phone import SECRET, PasswordPhone

INTERVAL = 0.1  # seconds between looks at the chain; each costs an RPC


class ChainNetwork:
    """One hub and its nodes, listed on `chain`. Accounts: 0 deployed, 9 operates, all others may buy numbers.

    Args:
        source: what everybody asks in place of an honest RPC.
    """

    def __init__(
        self,
        chain: DevChain,
        deployment: Deployment,
        nodes: int = 2,
        source: Callable[[Client], Source] = lambda client: client,
    ) -> None:
        self.chain = chain
        self._source = source
        self.deployment = deployment
        self.operator = self.client(9)
        self.listed_hub = Listed(bind(HOST))
        self.listed = [Listed(bind(HOST)) for _ in range(nodes)]
        self.followers: list[Follower] = []
        self.nodes: list[Node] = []
        self.clients: list[UserClient] = []
        self.hub: Hub
        receipt = self.operator.hubs.add_hub(self.listed_hub.uri, self.listed_hub.identity.pin)
        self.hub_id = int(receipt.event("HubAdded").args["hubId"])
        for one in self.listed:
            self.operator.hubs.add_node(self.hub_id, one.uri, one.identity.pin, 100)
        self._undo = AsyncExitStack()

    def client(self, account: int) -> Client:
        """The contracts in the hands of that account."""
        return Client(self.chain.w3, self.deployment, self.chain.accounts[account])

    async def __aenter__(self) -> Self:
        for index in range(len(self.listed)):
            await self._start_node(index)
        settings = HubSettings(chain_interval=INTERVAL, balance=1.0, timers=TIMERS, probe_interval=0.2)
        self.hub = await Hub.launch(
            self._index(),
            self.hub_id,
            self.listed_hub.sockets,
            self.listed_hub.identity,
            settings=settings,
        )
        self._undo.push_async_callback(self.hub.stop)
        self.followers.append(self.hub.follower)
        await self.hub.health.all_heard()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._undo.aclose()
        for one in (self.listed_hub, *self.listed):
            one.sockets.close()

    async def _start_node(self, index: int) -> None:
        listed = self.listed[index]
        node = await Node.launch(
            self._index(),
            self.hub_id,
            index,
            listed.sockets,
            listed.identity,
            settings=NodeSettings(chain_interval=INTERVAL, timers=TIMERS),
            phone_secrets=(SECRET,),
            tap=Network.tap,
        )
        self._undo.push_async_callback(node.stop)
        self.nodes.append(node)
        self.followers.append(node.follower)

    def _index(self) -> ChainIndex:
        index = ChainIndex(self._source(Client(self.chain.w3, self.deployment)))
        self._undo.callback(index.close)
        return index

    # People

    def settle(self, account: int, number: Number, password: str | None = None) -> Client:
        """Buys `number` for that account, at home here, with a light login if there is a password."""
        client = self.client(account)
        client.buy_number(number, wait=self.chain.advance_time)
        client.records.set_hub(number, self.hub_id)
        if password is not None:
            self.set_password(client, number, password)
        return client

    def set_password(self, client: Client, number: Number, password: str) -> int:
        """Makes `password` the light login of `number`; gives the block."""
        key = light.derive(password, client.domain, number, client.registry.custody(number).epoch)
        return client.records.set_credential(number, key.credential, light.DEFAULT_KDF).block

    def facts(self, number: Number) -> NumberFacts:
        """What the chain says of `number` now."""
        with ChainIndex(Client(self.chain.w3, self.deployment)) as index:
            index.load()
            facts = index.number(number)
        assert facts is not None
        return facts

    def deep(self, account: int, number: Number) -> Login:
        signer = KeystoreSigner(self.chain.accounts[account])
        return login_deep(signer, self.facts(number), self.deployment.domain, "test", Wall(time.time()))

    def light(self, number: Number, password: str) -> Login:
        return login_light(password, self.facts(number), self.deployment.domain, "test", Wall(time.time()))

    async def user(self, login: Login, node: int | None = None, **options: Any) -> UserClient:
        """A user client, registered at that node, or by way of the hub."""
        index = self._index()
        await asyncio.to_thread(index.load)
        client = UserClient(
            index,
            login,
            bind(HOST),
            settings=replace(UcSettings(), media_address=HOST, chain_interval=INTERVAL, timers=TIMERS),
            **options,
        )
        self._undo.push_async_callback(client.close)
        await client.start()
        self.clients.append(client)
        self.followers.append(client.follower)
        if node is None:
            await client.register()
        else:
            await client.registration.register_at(self.node_facts(node))
        return client

    def phone_password(self, number: Number) -> PhonePassword:
        """A phone password that holds for the number as it is now."""
        with ChainIndex(Client(self.chain.w3, self.deployment)) as index:
            return PhonePasswords([SECRET], index).issue(self.facts(number), Wall(time.time()))

    def phone(self, number: Number, node: int) -> PasswordPhone:
        """A phone with such a password, at that node."""
        return PasswordPhone(number, self.listed[node].sockets.port, self.phone_password(number))

    def node_facts(self, index: int) -> NodeFacts:
        """A node as the chain lists it now."""
        return next(node for node in self.operator.hubs.nodes(self.hub_id) if node.index == index)

    # What has happened

    async def reached(self, block: int) -> None:
        """Returns once everybody has acted on `block`, and not later."""
        for follower in self.followers:
            await follower.reach(block)

    async def taken_in(self) -> None:
        """Returns once everybody has acted on what the chain says now."""
        await asyncio.gather(*(follower.next_look() for follower in self.followers))
