"""A hub, nodes and user clients on loopback, over facts that the test sets: everything real but the chain."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from eth_account import Account
from eth_account.signers.local import LocalAccount

from telsdk.clock import Wall
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.session import Login, login_deep
from telsdk.directory import Head, HubFacts, NodeFacts, NumberFacts
from telsdk.hub.hub import Hub
from telsdk.hub.settings import HubSettings
from telsdk.name import Name
from telsdk.net.certificates import TrustStore
from telsdk.net.driver import Wire
from telsdk.net.pins import TlsIdentity
from telsdk.net.sockets import BoundSockets, Listener, bind
from telsdk.node.node import Node
from telsdk.node.settings import NodeSettings
from telsdk.number import Number
from telsdk.sip.message import write_host
from telsdk.sip.transaction import Timers
from telsdk.uc.client import UserClient
from telsdk.uc.settings import UcSettings
from tests.facts import FixedDirectory

HOST = "127.0.0.1"
INTERVAL = 0.02  # seconds between looks at the facts
ALICE, BOB, CAROL = Number(5550001), Number(5550002), Number(5550003)
TIMERS = Timers(t1=0.05, t2=0.4, t4=0.5)  # what takes 32 s on the Internet takes 3 s here


@dataclass
class FollowedFacts(FixedDirectory):
    """Facts that are followed like a chain: each change is a block, and each look tells of every number."""

    def add(self, facts: NumberFacts) -> NumberFacts:
        self.head = Head(self.head.number + 1, self.head.hash, self.head.timestamp + 12)
        return super().add(facts)

    def poll(self) -> frozenset[Number]:
        return frozenset(self.numbers)


@dataclass(frozen=True)
class Listed:
    """A server before it runs: its sockets and key."""

    sockets: BoundSockets = field(default_factory=lambda: bind(HOST))
    identity: TlsIdentity = field(default_factory=TlsIdentity.generate)

    @property
    def uri(self) -> str:
        return f"sip:{write_host(self.sockets.host, self.sockets.port)};transport=tls"


class Network:
    """One hub and its nodes; users log in with `user`."""

    tap: ClassVar[Callable[[Wire], None] | None] = None  # told of each message that passes a node

    def __init__(self, nodes: int = 2, host: str = HOST) -> None:
        self.host = host
        self.facts = FollowedFacts()
        self.listed_hub = Listed(bind(host))
        self.listed = [Listed(bind(host)) for _ in range(nodes)]
        self.facts.hub_list = (
            HubFacts(
                1,
                "0x" + "11" * 20,
                self.listed_hub.uri,
                (self.listed_hub.identity.pin,),
                tuple(
                    NodeFacts(1, index, one.uri, (one.identity.pin,), 100, True)
                    for index, one in enumerate(self.listed)
                ),
            ),
        )
        self.accounts: dict[Number, LocalAccount] = {}
        self.nodes: list[Node] = []
        self.hub: Hub
        self._undo = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._undo.aclose()
        for one in (self.listed_hub, *self.listed):
            one.sockets.close()

    async def start(self, *, node_class: type[Node] = Node, **settings: Any) -> None:
        """Starts nodes and hub; the hub knows that all nodes are well."""
        for index in range(len(self.listed)):
            await self.start_node(index, node_class=node_class, **settings)
        await self.start_hub()

    async def start_node(
        self,
        index: int,
        *,
        node_class: type[Node] = Node,
        phone_secrets: tuple[bytes, ...] = (),
        listeners: Sequence[Listener] = (),
        trust: TrustStore | None = None,
        tap: Callable[[Wire], None] | None = None,
        **settings: Any,
    ) -> Node:
        listed = self.listed[index]
        node = await node_class.launch(
            self.facts,
            1,
            index,
            listed.sockets,
            listed.identity,
            settings=replace(NodeSettings(chain_interval=INTERVAL, timers=TIMERS), **settings),
            phone_secrets=phone_secrets,
            listeners=listeners,
            trust=trust,
            tap=tap or type(self).tap,
        )
        self._undo.push_async_callback(node.stop)
        self.nodes.append(node)
        return node

    async def start_hub(self, **settings: Any) -> Hub:
        defaults = HubSettings(
            chain_interval=INTERVAL, balance=1.0, timers=TIMERS, probe_interval=0.2, dead_after=1.0
        )
        self.hub = await Hub.launch(
            self.facts,
            1,
            self.listed_hub.sockets,
            self.listed_hub.identity,
            settings=replace(defaults, **settings),
        )
        self._undo.push_async_callback(self.hub.stop)
        await self.hub.health.all_heard()
        return self.hub

    def own(self, number: Number, name: str | None = None) -> LocalAccount:
        """Gives a number to a new account, at home at hub 1."""
        account: LocalAccount = Account.create()
        self.accounts[number] = account
        self.facts.add(NumberFacts(number, account.address, 1, 0, name=Name(name) if name else None, hub=1))
        return account

    def log_in(self, number: Number) -> Login:
        """A deep login of a number's owner."""
        facts = self.facts.numbers[number]
        return login_deep(
            KeystoreSigner(self.accounts[number]), facts, self.facts.domain, "test", Wall(time.time())
        )

    async def user(
        self, number: Number, name: str | None = None, *, register: bool = True, **options: Any
    ) -> UserClient:
        """A user client of a number, which is given to a new account if nobody holds it."""
        if number not in self.facts.numbers:
            self.own(number, name)
        settings = options.pop("settings", UcSettings())
        media_address = options.pop("media_address", self.host)
        client = UserClient(
            self.facts,
            options.pop("login", None) or self.log_in(number),
            bind(self.host),
            settings=replace(settings, media_address=media_address, chain_interval=INTERVAL, timers=TIMERS),
            **options,
        )
        self._undo.push_async_callback(client.close)
        await client.start()
        if register:
            await client.register()
        return client

    async def taken_in(self) -> None:
        """Returns once every node has acted on what the facts say now."""
        for node in self.nodes:
            await node.follower.next_look()
