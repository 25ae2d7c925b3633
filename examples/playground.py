"""A chain, a hub and a node in this process, and phones that are registered there: what the other examples run on.

A program of yours has none of this. It connects to a chain that is there (`telsdk.connect`), opens a login that
`telsdk login` keeps, and registers at the hub that its number names.
"""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from typing import Self

import telsdk
from telsdk.chain.development import PlayEns
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.rollout import EnsAddresses, deploy
from telsdk.clock import Wall

HOST = "127.0.0.1"
LOOK = 0.2  # seconds between looks at the chain


class Playground:
    """Use it as `async with Playground() as here`. Everything stops on leaving."""

    def __init__(self) -> None:
        self._undo = AsyncExitStack()
        self._accounts = 2  # taken: one deployed, one operates the servers

    async def __aenter__(self) -> Self:
        self.chain = EmbeddedChain()
        deployer, operator = self.chain.accounts[:2]
        self._ens = PlayEns(self.chain.w3, deployer)
        ens = EnsAddresses(self._ens.address)
        self.deployment = deploy(self.chain.w3, deployer, name="playground", ens=ens)
        await self._start_servers(telsdk.Client(self.chain.w3, self.deployment, operator))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._undo.aclose()

    def owner(self) -> telsdk.Client:
        """One more account with ether, which may buy numbers."""
        self._accounts += 1
        return telsdk.Client(self.chain.w3, self.deployment, self.chain.accounts[self._accounts])

    def buy(self, number: int, name: str) -> telsdk.Client:
        """The new owner of a number, which has a name and is at home at this hub."""
        owner, bought = self.owner(), telsdk.Number(number)
        owner.buy_number(bought, wait=self.chain.advance_time)  # a minute between commit and reveal
        assert owner.account is not None
        self._ens.register(telsdk.Name(name), owner.account.address)
        owner.alias.claim(telsdk.Name(name), bought)
        owner.records.set_hub(bought, self._hub)
        return owner

    async def phone(self, number: int, name: str) -> telsdk.UserClient:
        """A registered user client of a number that was just bought."""
        self.buy(number, name)
        signer = telsdk.KeystoreSigner(self.chain.accounts[self._accounts])
        index = self.index()
        index.load()
        facts = index.number(telsdk.Number(number))
        assert facts is not None
        login = telsdk.login_deep(signer, facts, index.domain, "example", Wall(time.time()))
        settings = telsdk.UcSettings(media_address=HOST, chain_interval=LOOK)
        phone = telsdk.UserClient(index, login, telsdk.bind(HOST), settings=settings)
        self._undo.push_async_callback(phone.close)
        await phone.start()
        for server in self._servers:  # they look by themselves; who comes before that is refused
            await server.follower.next_look()
        await phone.register()
        return phone

    def index(self) -> telsdk.ChainIndex:
        """A copy of the chain, which whoever holds it follows."""
        index = telsdk.ChainIndex(telsdk.Client(self.chain.w3, self.deployment))
        self._undo.callback(index.close)
        return index

    async def _start_servers(self, operator: telsdk.Client) -> None:
        places = telsdk.bind(HOST), telsdk.bind(HOST)
        keys = telsdk.TlsIdentity.generate(), telsdk.TlsIdentity.generate()
        hub_uri, node_uri = (f"sip:{place.host}:{place.port};transport=tls" for place in places)
        added = operator.hubs.add_hub(hub_uri, keys[0].pin).event("HubAdded")
        self._hub = int(added.args["hubId"])
        operator.hubs.add_node(self._hub, node_uri, keys[1].pin, capacity=100)
        node = await telsdk.Node.launch(
            self.index(), self._hub, 0, places[1], keys[1], settings=telsdk.NodeSettings(chain_interval=LOOK)
        )
        self._undo.push_async_callback(node.stop)
        hub = await telsdk.Hub.launch(
            self.index(), self._hub, places[0], keys[0], settings=telsdk.HubSettings(chain_interval=LOOK)
        )
        self._undo.push_async_callback(hub.stop)
        await hub.health.all_heard()
        self._servers = node, hub
