"""Register: the home hub names a node, the node accepts the login, and the login is renewed in time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from telsdk.address import REALM
from telsdk.clock import Monotonic
from telsdk.credential.session import Login
from telsdk.directory import Directory, HubFacts, NodeFacts, node_at
from telsdk.errors import TelError
from telsdk.faults import Fault, Faults
from telsdk.net.route import hop_to, named_node
from telsdk.sip.hop import Hop
from telsdk.sip.message import Response, Uri
from telsdk.sip.ua import UserAgent
from telsdk.uc.answers import said
from telsdk.uc.errors import NotRegistered, RegistrationFailed
from telsdk.uc.requests import Requests
from telsdk.uc.tokens import Tokens

log = logging.getLogger(__name__)

RETRY = 5.0  # seconds until the next try after a renewal that failed; doubled each time up to RETRY_MOST
RETRY_MOST = 300.0


class Registration:
    """The registration of a UC at a node.

    Args:
        kick: called when the stack has something to send.
        let_go: called with the hop to the hub once the hub has answered: a hub has no room for a
            connection of each user.
        now: returns the time on the stack's clock.
        faults: where exceptions that nobody foresaw are counted.
    """

    def __init__(
        self,
        directory: Directory,
        login: Login,
        agent: UserAgent,
        requests: Requests,
        expires: int,
        kick: Callable[[], None],
        let_go: Callable[[Hop], None],
        now: Callable[[], Monotonic],
        faults: Faults,
    ) -> None:
        self._directory = directory
        self._login = login
        self._tokens = Tokens(login)
        self._agent = agent
        self._requests = requests
        self._expires = expires
        self._kick = kick
        self._let_go = let_go
        self._asking_hub = 0  # how many of our requests wait for its answer
        self._now = now
        self._faults = faults
        self._task: asyncio.Task[None] | None = None
        self._suspended = False
        self._left: tuple[bytes, ...] = ()  # the keys of our node for which we connected to it again
        self.node: NodeFacts | None = None

    @property
    def hop(self) -> Hop:
        """The way to the node that serves us.

        Raises:
            NotRegistered: there is none.
        """
        if self.node is None:
            raise NotRegistered("not registered at any node: is the home hub up?")
        return hop_to(self.node)

    async def register(self) -> NodeFacts:
        """Register by way of the home hub, and stay registered. Return the node.

        Raises:
            RegistrationFailed: the number has no home hub, or the hub or the node refuses and says why.
        """
        await self._register()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._renew(), name="renew the registration")
        assert self.node is not None
        return self.node

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def suspend(self) -> None:
        """Stop renewing until `resume`, because the chain no longer grants the login."""
        self._suspended = self._suspended or self._task is not None
        self.stop()

    def resume(self) -> None:
        """Register again, if `suspend` ended a registration."""
        if self._suspended:
            self._suspended = False
            self._begin_anew()

    def look(self) -> None:
        """Leave a connection to our node that an old key may have opened: one that the chain lists no longer."""
        if self.node is None or self._task is None:
            return
        listed = node_at(self._directory, self.node.hub, self.node.index)
        pins = () if listed is None else listed.pins
        if pins and pins != self._left and not set(self.node.pins) <= set(pins):
            self._left = pins
            self._task.cancel()
            self._begin_anew()

    def lost(self, hop: Hop) -> None:
        """Register again at once, if the connection that is gone led to our node."""
        if self.node is None or self._task is None:
            return
        ours = hop_to(self.node)
        if (hop.host, hop.port) == (ours.host, ours.port):
            self._task.cancel()
            self._begin_anew()

    def _begin_anew(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._renew(at_once=True), name="register again")

    async def _register(self) -> None:
        hub = self._home_hub()
        response = await self._ask_hub(hub)
        if response.status != 302 or not response.contacts:
            raise RegistrationFailed(f"the home hub does not say where to register: {said(response)}")
        node = named_node(hub.nodes, response.contacts[0].uri)
        if node is None:
            raise RegistrationFailed(
                f"the hub names {response.contacts[0].uri}, which is not in its list on chain: not followed"
            )
        await self.register_at(node)

    async def register_at(self, node: NodeFacts, hop: Hop | None = None) -> None:
        """Register at a given node, and by another way than the listed one if `hop` is given.

        Raises:
            RegistrationFailed: the node refuses and says why.
        """
        response = await self._ask(hop or hop_to(node), node.uri)
        if response.status != 200:
            raise RegistrationFailed(f"node {node.uri} refuses the login: {said(response)}")
        self.node = node

    async def _ask_hub(self, hub: HubFacts) -> Response:
        hop = hop_to(hub)
        self._asking_hub += 1
        try:
            return await self._ask(hop, hub.uri)
        finally:
            self._asking_hub -= 1
            if not self._asking_hub:
                self._let_go(hop)

    def _home_hub(self) -> HubFacts:
        facts = self._directory.number(self._login.number)
        hub = self._directory.hub(facts.hub) if facts is not None and facts.hub is not None else None
        if hub is None:
            raise RegistrationFailed(
                f"{self._login.number} has no home hub: its owner chooses one with `telsdk hubs choose`"
            )
        return hub

    async def _ask(self, hop: Hop, audience: str) -> Response:
        """Send a REGISTER whose token serves at one server and no other."""
        request = self._agent.new_request(
            "REGISTER", Uri.parse(f"sip:{REALM}"), headers=[("Expires", str(self._expires))]
        )
        request.headers.add(*self._tokens.session(request, audience))
        future = self._requests.send(request, hop, self._now())
        self._kick()
        response = await future
        if response is None:
            raise RegistrationFailed(f"{hop.host}:{hop.port} does not answer")
        return response

    async def _renew(self, *, at_once: bool = False) -> None:
        pause = 0.0 if at_once else self._expires / 2
        failed = 0
        while True:
            await asyncio.sleep(pause)
            try:
                await self._register()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next try may succeed
                if isinstance(error, TelError):
                    log.warning("not registered: %s", error)
                else:
                    self._faults.note(Fault.TASK, error, "renew the registration")
                pause = min(RETRY * 2**failed, RETRY_MOST)
                failed += 1
            else:
                pause, failed = self._expires / 2, 0
