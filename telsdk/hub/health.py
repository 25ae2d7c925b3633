"""Learn how the hub's nodes are: send each an OPTIONS over its pinned TLS, again and again.

The dispatchers of other proxies use OPTIONS too, and it needs nothing between hub and node but SIP. The 200 carries the
node's load.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from telsdk.address import REALM
from telsdk.clock import Monotonic
from telsdk.directory import NodeFacts
from telsdk.faults import Fault, Faults
from telsdk.freshness import utc
from telsdk.hub.location import Location, NodeHealth
from telsdk.hub.settings import HubSettings
from telsdk.net.route import NoRoute, hop_to
from telsdk.server.load import LOAD_HEADER, Load, LoadError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response
from telsdk.sip.transaction import ClientTransaction, Stack

log = logging.getLogger(__name__)


class Probe:
    """The owner of an OPTIONS transaction: it names the node that was asked."""

    __slots__ = ("node",)

    def __init__(self, node: int) -> None:
        self.node = node


class HealthMonitor:
    """The prober of the nodes. It keeps the last answer of each in `location`.

    Args:
        nodes: returns the nodes to probe now, as the chain lists them.
        kick: called when the stack has something to send.
    """

    def __init__(
        self,
        stack: Stack,
        location: Location,
        nodes: Callable[[], tuple[NodeFacts, ...]],
        kick: Callable[[], None],
        settings: HubSettings,
        faults: Faults,
    ) -> None:
        self._stack = stack
        self._location = location
        self._nodes = nodes
        self._kick = kick
        self._settings = settings
        self._faults = faults
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._dead: dict[int, str] = {}
        self._heard = asyncio.Event()

    def start(self) -> None:
        self._probe_all()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def is_healthy(self, node: int, now: Monotonic) -> bool:
        """Return whether `node` answered its last probe, and not too long ago."""
        health = self._location.health(node)
        if health is None or node in self._dead:
            return False
        return now - health.answered_at < self._settings.dead_after

    def takes_logins(self, node: int) -> bool:
        """Return whether `node` has not said with its last answer that its copy of the chain is stale."""
        health = self._location.health(node)
        return health is None or not health.load.stale

    async def all_heard(self, timeout: float = 15.0) -> None:
        """Wait until every active node has answered.

        Raises:
            TimeoutError: that took longer than `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            while not all(
                self.is_healthy(node.index, Monotonic(self._loop.time())) for node in self._nodes()
            ):
                self._heard.clear()
                await self._heard.wait()

    def answered(self, probe: Probe, response: Response, now: Monotonic) -> None:
        """Take in a node's final answer to a probe."""
        if response.status != 200:
            self.failed(probe, f"it answered {response.status} {response.reason}")
            return
        try:
            load = Load.parse(response.headers.get(LOAD_HEADER) or "")
        except LoadError as error:
            self.failed(probe, str(error))
            return
        if self._dead.pop(probe.node, None):
            log.info("node %s is back", probe.node)
        self._note_stale(probe.node, load)
        self._location.heard(probe.node, NodeHealth(now, load))
        self._heard.set()

    def _note_stale(self, node: int, load: Load) -> None:
        before = self._location.health(node)
        if load.stale and (before is None or not before.load.stale):
            log.warning("node %s takes no logins: its copy of the chain is of %s", node, utc(load.time))
        elif before is not None and before.load.stale and not load.stale:
            log.info("node %s takes logins again", node)

    def failed(self, probe: Probe, reason: str) -> None:
        """Note that a probe got no good answer: until one does, the node is given no users."""
        if probe.node not in self._dead:
            log.warning("node %s does not serve: %s", probe.node, reason)
        self._dead[probe.node] = reason

    def _probe_all(self) -> None:
        self._timer = self._loop.call_later(self._settings.probe_interval, self._probe_all)
        for node in self._nodes():
            with self._faults.caught(Fault.TIMER, node.uri):  # the others are to be probed all the same
                self._probe_one(node)
        self._kick()

    def _probe_one(self, node: NodeFacts) -> None:
        try:
            self._probe(node.index, hop_to(node))
        except NoRoute as error:
            self.failed(Probe(node.index), str(error))
        except Exception:
            self.failed(Probe(node.index), "it cannot be asked")
            raise

    def _probe(self, node: int, hop: Hop) -> ClientTransaction:
        token = self._stack.token()
        request = Request(
            "OPTIONS",
            f"sip:{REALM}",
            [
                ("From", f"<sip:hub@{REALM}>;tag={token}"),
                ("To", f"<sip:node@{REALM}>"),
                ("Call-ID", f"probe-{token}"),
                ("CSeq", "1 OPTIONS"),
                ("Max-Forwards", "70"),
            ],
        )
        return self._stack.request(request, hop, Monotonic(self._loop.time()), owner=Probe(node))
