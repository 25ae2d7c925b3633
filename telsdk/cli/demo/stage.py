"""Run the demo's parts: hub, two nodes and the user clients, all on real sockets."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

from telsdk.cli.demo.capture import Capture
from telsdk.cli.demo.hostile import HostileNode
from telsdk.cli.demo.world import HOST, DemoServer, Person, World
from telsdk.clock import Wall
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.hubsecrets import MIN_SECRET, HubSecrets
from telsdk.credential.session import Login, login_deep
from telsdk.directory import NumberFacts
from telsdk.hub.hub import Hub
from telsdk.hub.settings import HubSettings
from telsdk.net.driver import Wire
from telsdk.net.sockets import bind
from telsdk.node.node import Node
from telsdk.node.settings import NodeSettings
from telsdk.uc.client import UserClient
from telsdk.uc.media import tone_wav
from telsdk.uc.settings import UcSettings
from telsdk.uc.store import Store

INTERVAL = 0.1  # seconds between looks at the chain: here blocks come at once, not every 12 s
ALICE_HZ = 440.0
BOB_HZ = 660.0


class Stage:
    """The running parts, which all stop on leaving.

    Attributes:
        alice, bob: their user clients.
        hub, hubs: the hub that sends users to nodes, and all that help to log in by a password.
        capture: what passed the sockets.
    """

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.capture = Capture()
        self.hub: Hub
        self.hubs: list[Hub] = []
        self.nodes: list[Node] = []
        self.alice: UserClient
        self.bob: UserClient
        self.alice_tone = tone_wav(folder / "alice.wav", ALICE_HZ)
        self.bob_tone = tone_wav(folder / "bob.wav", BOB_HZ)
        self._undo = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._undo.aclose()

    async def start_servers(self) -> None:
        """Start hub and nodes, each with its own copy of the chain. A node may turn hostile later."""
        world = self.world
        for index, server in enumerate(world.nodes):
            node = await HostileNode.launch(
                world.index(),
                world.hub_id,
                index,
                server.sockets,
                server.identity,
                settings=NodeSettings(chain_interval=INTERVAL),
                tap=self.capture.tap(f"node {index}"),
            )
            self._undo.push_async_callback(node.stop)
            self.nodes.append(node)
        # Exact balance, so that the second user lands on the other node.
        settings = HubSettings(chain_interval=INTERVAL, balance=1.0)
        self.hub = await self._start_hub(world.hub_id, world.hub, settings, self.capture.tap("hub"))
        for hub_id, server in zip(world.helper_ids, world.helpers, strict=True):
            await self._start_hub(hub_id, server, settings)
        await self.hub.health.all_heard()

    async def _start_hub(
        self,
        hub_id: int,
        server: DemoServer,
        settings: HubSettings,
        tap: Callable[[Wire], None] | None = None,
    ) -> Hub:
        """Start a hub with a secret of its own for light logins."""
        hub = await Hub.launch(
            self.world.index(),
            hub_id,
            server.sockets,
            server.identity,
            settings=settings,
            light=(HubSecrets([secrets.token_bytes(MIN_SECRET)]), self.folder / f"hub-{hub_id}.tries.db"),
            tap=tap,
        )
        self._undo.push_async_callback(hub.stop)
        self.hubs.append(hub)
        return hub

    async def start_client(self, person: Person, login: Login) -> UserClient:
        """Start a user client of `person`, with its own copy of the chain."""
        index = self.world.index()
        await asyncio.to_thread(index.poll)
        store = Store(self.folder / f"{person.number}.db")
        client = UserClient(
            index,
            login,
            bind(HOST),
            settings=UcSettings(media_address=HOST, chain_interval=INTERVAL),
            store=store,
            tap=self.capture.tap(person.label),
        )
        self._undo.callback(store.close)
        self._undo.push_async_callback(client.close)
        await client.start()
        return client

    def log_in(self, person: Person) -> Login:
        """Log in deep with the account's key."""
        domain, now = self.world.deployment.domain, Wall(time.time())
        return login_deep(KeystoreSigner(person.account), self.facts(person), domain, "demo", now)

    def facts(self, person: Person) -> NumberFacts:
        """Return what the chain says of a person's number now."""
        with self.world.index() as index:
            index.load()
            facts = index.number(person.number)
        assert facts is not None
        return facts

    def node_of(self, client: UserClient) -> Node:
        """Return the node that serves a client."""
        place = client.registration.node
        assert place is not None
        return self.nodes[place.index]
