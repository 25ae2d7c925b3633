"""The life of a server that the chain lists: it follows the chain, serves, changes its key, stops."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from telsdk.credential.asking import Asking
from telsdk.follow import Follower
from telsdk.net.driver import Driver
from telsdk.net.pins import TlsIdentity
from telsdk.net.sockets import BoundSockets, Listener
from telsdk.server.own_key import OwnKey

log = logging.getLogger(__name__)


class Lifecycle:
    """What makes a hub or node a server, started and stopped together.

    Args:
        key: the key that it shows at `sockets`, the address where it is listed.
        listeners: the further addresses where it accepts connections.
    """

    def __init__(
        self,
        follower: Follower,
        driver: Driver,
        asking: Asking,
        key: OwnKey,
        sockets: BoundSockets,
        listeners: Sequence[Listener] = (),
    ) -> None:
        self._follower = follower
        self._driver = driver
        self._asking = asking
        self._key = key
        self._sockets = sockets
        self._listeners = listeners

    async def start(self) -> None:
        """Follow the chain, then serve."""
        await self._follower.start()
        await self._driver.listen(self._sockets, self._key.identity)
        for listener in self._listeners:
            await self._driver.listen_also(listener)

    def present(self, identity: TlsIdentity) -> None:
        """Show this key, the second of a rotation, on new connections from now on. Open connections stay.

        Raises:
            PinMismatch: this process's copy of the chain does not list it, or not yet.
        """
        self._key.change(identity)
        self._driver.present(identity)
        log.info("shows the key %s from now on", identity.pin.hex())

    async def stop(self) -> None:
        """Stop asking wallets, stop following the chain, and close every connection."""
        await self._asking.close()
        await self._follower.stop()
        await self._driver.close()
