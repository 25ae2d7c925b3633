"""Set up the demo's chain and its inhabitants: three people, and an operator with a hub and two nodes.

Two more operators have a hub each, without nodes: they help to log in by a password.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from telsdk.chain.access import without_secrets
from telsdk.chain.client import Client, connect
from telsdk.chain.development import AnvilChain, DevChain, PlayEns
from telsdk.chain.index import ChainIndex
from telsdk.chain.interface import Deployment
from telsdk.chain.rollout import EnsAddresses, deploy
from telsdk.cli.demo.embedded import embedded_chain
from telsdk.credential import passphrase
from telsdk.name import Name
from telsdk.net.pins import TlsIdentity
from telsdk.net.sockets import BoundSockets, bind
from telsdk.number import Number

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

OnProgress = Callable[[str], None]

HOST = "127.0.0.1"
NODES = 2
HELPERS = 2  # further hubs, each of another operator


@dataclass(frozen=True)
class Person:
    """Somebody with a key, a number, and perhaps a name and a password."""

    number: Number
    account: LocalAccount
    client: Client
    name: Name | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def label(self) -> str:
        return str(self.name or self.number)


@dataclass(frozen=True)
class DemoServer:
    """The address at which a hub or node is listed, and its key."""

    sockets: BoundSockets
    identity: TlsIdentity = field(default_factory=TlsIdentity.generate)

    @property
    def uri(self) -> str:
        return f"sip:{self.sockets.host}:{self.sockets.port};transport=tls"


class World:
    """A deployment of the contracts on a development chain, with ENS.

    Args:
        rpc: the URL of a chain such as anvil; None embeds a chain in this process.
        progress: called with a text that says what is being done.
    """

    def __init__(self, rpc: str | None, progress: OnProgress) -> None:
        self._rpc = rpc
        self._progress = progress
        self.hub = DemoServer(bind(HOST))
        self.nodes = [DemoServer(bind(HOST)) for _ in range(NODES)]
        self.helpers = [DemoServer(bind(HOST)) for _ in range(HELPERS)]
        self.chain: DevChain
        self.deployment: Deployment
        self.hub_id = 0
        self.helper_ids: list[int] = []
        self.alice: Person
        self.bob: Person
        self.carol: Person

    def build(self) -> None:
        """Put everything on the chain that the first call needs. This blocks for some seconds."""
        self._progress(
            "starting the chain" if self._rpc is None else f"connecting to {without_secrets(self._rpc)}"
        )
        self.chain = embedded_chain() if self._rpc is None else AnvilChain(self._rpc)
        deployer, operator, alice, bob, carol, *others = self.chain.accounts[: 5 + HELPERS]
        self._progress("deploying the contracts, and an ENS to play with")
        self._ens = PlayEns(self.chain.w3, deployer)
        ens = EnsAddresses(self._ens.address)
        self.deployment = deploy(self.chain.w3, deployer, name="demo", ens=ens, rpc=self._rpc)
        self._progress("listing a hub and two nodes, and a hub each of two more operators")
        self._list_servers(self.client(operator))
        for other, server in zip(others, self.helpers, strict=True):
            self.helper_ids.append(_listed(self.client(other), server))
        self._progress("alice, bob and carol buy numbers: commit, wait, reveal")
        self.alice = self._settle(alice, Number(5550001), Name("alice.eth"))
        self.bob = self._settle(bob, Number(5550002), Name("bob.eth"), password=passphrase.generate())
        self.carol = self._settle(carol, Number(5550003))

    def client(self, account: LocalAccount | None = None) -> Client:
        """Return a new client; at an RPC it has a connection of its own."""
        if self._rpc is None:
            return Client(self.chain.w3, self.deployment, account)
        return connect(rpc=self._rpc, deployment=self.deployment, account=account)

    def index(self) -> ChainIndex:
        """Return a copy of the chain for one party, which has to load it."""
        return ChainIndex(self.client())

    def close(self) -> None:
        """Close the sockets that no server took over."""
        for server in (self.hub, *self.nodes, *self.helpers):
            server.sockets.close()

    def _list_servers(self, operator: Client) -> None:
        self.hub_id = _listed(operator, self.hub)
        for node in self.nodes:
            operator.hubs.add_node(self.hub_id, node.uri, node.identity.pin, capacity=1000)

    def _settle(
        self, account: LocalAccount, number: Number, name: Name | None = None, password: str | None = None
    ) -> Person:
        """Buy a number, and set up what belongs to it."""
        client = self.client(account)
        client.buy_number(number, max_price=Decimal(1), wait=self.chain.advance_time)
        if name is not None:
            self._ens.register(name, account.address)
            client.alias.claim(name, number)
        client.records.set_hub(number, self.hub_id)
        return Person(number, account, client, name, password)


def _listed(operator: Client, hub: DemoServer) -> int:
    """List a hub, and return its id."""
    return int(operator.hubs.add_hub(hub.uri, hub.identity.pin).event("HubAdded").args["hubId"])
