"""Hubs of several operators that serve light logins, and a number whose password needs them. All real but the chain."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from eth_account import Account
from eth_account.signers.local import LocalAccount

from telsdk.clock import Wall
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.hubsecrets import HubSecrets
from telsdk.credential.session import Login, login_deep
from telsdk.directory import HubFacts, NumberFacts
from telsdk.hub.hub import Hub
from telsdk.hub.settings import HubSettings
from telsdk.uc import light_login
from telsdk.uc.light_login import NewPassword
from tests.network import BOB, INTERVAL, TIMERS, FollowedFacts, Listed

PASSWORD = "mend the copper lantern before dusk"


def secret(hub: int) -> bytes:
    """The secret of a hub's operator."""
    return bytes([hub]) * 32


class LightHubs:
    """Hubs 1 to `count`, each of an operator of its own, and BOB's number."""

    def __init__(self, folder: Path, count: int = 3) -> None:
        self.folder = folder
        self.facts = FollowedFacts()
        self.listed = {hub: Listed() for hub in range(1, count + 1)}
        self.facts.hub_list = tuple(
            HubFacts(hub, f"0x{hub:040x}", one.uri, (one.identity.pin,), ())
            for hub, one in self.listed.items()
        )
        self.hubs: dict[int, Hub] = {}
        self.bob: LocalAccount = Account.create()
        self.facts.add(NumberFacts(number=BOB, owner=self.bob.address, epoch=1, session=0, hub=1))
        self._undo = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._undo.aclose()
        for one in self.listed.values():
            one.sockets.close()

    async def start(self, *hubs: int, secrets: Sequence[bytes] | None = None, **settings: Any) -> None:
        """Start these hubs, or all."""
        for hub in hubs or self.listed:
            listed = self.listed[hub]
            defaults = HubSettings(chain_interval=INTERVAL, timers=TIMERS)
            self.hubs[hub] = await Hub.launch(
                self.facts,
                hub,
                listed.sockets,
                listed.identity,
                settings=replace(defaults, **settings),
                light=(HubSecrets(secrets or [secret(hub)]), self.counters(hub)),
            )
            self._undo.push_async_callback(self.hubs[hub].stop)

    async def restart(self, hub: int, **how: Any) -> None:
        """Stop a hub and start it anew, at another place of the same list: `start` takes the rest."""
        await self.hubs[hub].stop()
        self.listed[hub] = Listed(identity=self.listed[hub].identity)
        self.facts.hub_list = tuple(
            replace(one, uri=self.listed[hub].uri) if one.id == hub else one for one in self.facts.hub_list
        )
        await self.start(hub, **how)

    def counters(self, hub: int) -> Path:
        return self.folder / f"hub-{hub}.tries.db"

    def owner(self) -> Login:
        """A deep login of BOB's."""
        return login_deep(
            KeystoreSigner(self.bob), self.facts.numbers[BOB], self.facts.domain, "test", Wall(time.time())
        )

    async def make(self, password: str = PASSWORD, *hubs: int, **how: Any) -> NewPassword:
        """Make a password that needs these hubs, or all, and leave the chain as it is."""
        candidates = [hub for hub in self.facts.hub_list if not hubs or hub.id in hubs]
        return await light_login.make(password, self.facts.numbers[BOB], self.owner(), candidates, **how)

    def write(self, new: NewPassword) -> None:
        """Write a password to the chain."""
        self.facts.change(BOB, credential=new.key.credential, kdf=2, kdf_parameters=new.parameters.encode())

    async def set(self, password: str = PASSWORD, *hubs: int, **how: Any) -> NewPassword:
        """Set BOB's password, as `telsdk credential set` does."""
        new = await self.make(password, *hubs, **how)
        self.write(new)
        return new

    async def log_in(self, password: str = PASSWORD, *, now: float | None = None, **how: Any) -> Login:
        """Log BOB in by password, as `telsdk login light` does."""
        facts, wall = self.facts.numbers[BOB], Wall(now or time.time())
        return await light_login.log_in(
            password, facts, self.facts.domain, self.facts.hub, "test", wall, **how
        )
