"""Hubs that serve light logins for commands: listed on the chain, each of an operator of its own, run in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

from telsdk.chain.client import Client, connect
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.index import ChainIndex
from telsdk.chain.interface import Deployment
from telsdk.credential.hubsecrets import HubSecrets
from telsdk.hub.hub import Hub
from telsdk.hub.settings import HubSettings
from tests.network import TIMERS, Listed

INTERVAL = 0.05  # seconds between looks at the chain
OPERATORS = (2, 3, 4)  # accounts


class ChainHubs:
    """The hubs; `caught_up` waits until all of them know the newest block."""

    def __init__(self, readers: list[Client], writers: list[Client], folder: Path) -> None:
        self._readers, self._folder = readers, folder
        self._loop = asyncio.new_event_loop()
        self._running: list[Hub] = []
        self._undo = AsyncExitStack()
        self.listed = [Listed() for _ in writers]
        self.ids = [
            int(operator.hubs.add_hub(one.uri, one.identity.pin).event("HubAdded").args["hubId"])
            for operator, one in zip(writers, self.listed, strict=True)
        ]
        self._thread = threading.Thread(target=self._loop.run_forever, name="hubs")

    def start(self) -> None:
        self._thread.start()
        self._do(self._start())

    def stop(self) -> None:
        self._do(self._undo.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        for one in self.listed:
            one.sockets.close()

    def caught_up(self) -> None:
        """Return once every hub has looked at the chain as it is now."""
        self._do(self._look())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    async def _look(self) -> None:
        for hub in self._running:
            await hub.follower.next_look()

    async def _start(self) -> None:
        for client, hub, listed in zip(self._readers, self.ids, self.listed, strict=True):
            index = ChainIndex(client)
            self._undo.callback(index.close)
            running = await Hub.launch(
                index,
                hub,
                listed.sockets,
                listed.identity,
                settings=HubSettings(chain_interval=INTERVAL, timers=TIMERS),
                light=(HubSecrets([bytes([hub]) * 32]), self._folder / f"hub-{hub}.db"),
            )
            self._undo.push_async_callback(running.stop)
            self._running.append(running)


@contextmanager
def chain_hubs(
    chain: EmbeddedChain,
    deployment: Deployment,
    rpc: str,
    folder: Path,
    operators: tuple[int, ...] = OPERATORS,
) -> Iterator[ChainHubs]:
    """Hubs of these accounts, on the list of the chain."""
    writers = [Client(chain.w3, deployment, chain.accounts[account]) for account in operators]
    # Each reads by a connection of its own, since they are in another thread than the test.
    readers = [connect(rpc=rpc, deployment=deployment) for _ in operators]
    hubs = ChainHubs(readers, writers, folder)
    hubs.start()
    try:
        yield hubs
    finally:
        hubs.stop()
