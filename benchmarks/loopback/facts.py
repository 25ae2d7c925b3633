"""What the chain would say, in memory: numbers of accounts whose keys follow from the number, one hub, its nodes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from benchmarks.loopback.places import Place
from telsdk.clock import Wall
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.session import Login, login_deep
from telsdk.directory import Domain, Head, HubFacts, NodeFacts, NumberFacts
from telsdk.name import Name
from telsdk.number import Number

HUB = 1
CAPACITY = 1_000_000  # users a node; more than any benchmark has
OPERATOR = "0x" + "11" * 20


@dataclass
class Facts:
    """A `telsdk.follow.FollowedDirectory` without a chain: every look finds all as it was."""

    numbers: dict[Number, NumberFacts] = field(default_factory=dict)
    hub_list: tuple[HubFacts, ...] = ()
    domain: Domain = Domain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
    head: Head = field(default_factory=lambda: Head(1, bytes(32), int(time.time())))

    def list(self, hub: Place, nodes: list[Place]) -> None:
        """Make this hub and these nodes the whole list."""
        entries = [
            NodeFacts(HUB, index, node.uri, (node.pin,), CAPACITY, True) for index, node in enumerate(nodes)
        ]
        self.hub_list = (HubFacts(HUB, OPERATOR, hub.uri, (hub.pin,), tuple(entries)),)

    def own(self, number: Number) -> None:
        """Let `number` be held by its own account, at home at the hub."""
        self.numbers[number] = NumberFacts(number, account(number).address, 1, 0, hub=HUB)

    def poll(self) -> frozenset[Number]:
        return frozenset()

    def number(self, number: Number) -> NumberFacts | None:
        return self.numbers.get(number)

    def resolve(self, name: Name) -> Number | None:  # noqa: ARG002 - nobody has a name here
        return None

    def hubs(self) -> tuple[HubFacts, ...]:
        return self.hub_list

    def hub(self, hub: int) -> HubFacts | None:
        return next((facts for facts in self.hub_list if facts.id == hub), None)

    def is_contract(self, account: str) -> bool:  # noqa: ARG002 - no owner is one
        return False

    def is_valid_signature(self, account: str, digest: bytes, signature: bytes) -> bool:  # noqa: ARG002
        return False


def account(number: Number) -> LocalAccount:
    """The account that holds `number`."""
    made: LocalAccount = Account.from_key(keccak(text=f"benchmark {number}"))
    return made


def log_in(facts: Facts, number: Number) -> Login:
    """A new session of the owner of `number`."""
    signer = KeystoreSigner(account(number))
    return login_deep(signer, facts.numbers[number], facts.domain, "benchmark", Wall(time.time()))
