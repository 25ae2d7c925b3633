"""ENS on the chain of a test.

Registry and registrar of v1 are the real ones, as their authors compiled them (npm's @ensdomains/ethregistrar). The
name wrapper, and all of v2, are stand-ins (``contracts/test/EnsStandIn.sol``): no package index has the real ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self

from eth_utils.crypto import keccak

from scripts.helpers import helpers
from scripts.toolchain import unpacked
from tests.contracts.evm import Chain, Contract, Reverted

ZERO = "0x" + "00" * 20
NONE = bytes(32)
ETH_NODE = bytes(keccak(NONE + keccak(text="eth")))
DAY = 86_400
GRACE = 90 * DAY
CENTURY = 36_525 * DAY
CANNOT_UNWRAP = 1


@cache
def real_artefact(name: str) -> dict[str, Any]:
    """What ENS's own compiler made of a contract of v1."""
    folder = unpacked("@ensdomains/ethregistrar")
    artefact: dict[str, Any] = json.loads((folder / f"package/build/contracts/{name}.json").read_text())
    return artefact


def node(label: str) -> bytes:
    """Return the namehash of label.eth (ENSIP-1)."""
    return bytes(keccak(ETH_NODE + keccak(text=label)))


def token(label: str) -> int:
    """Return the id of label.eth at the registrar of v1, its labelhash."""
    return int.from_bytes(keccak(text=label))


@dataclass
class Ens:
    """ENS v1 with its registrar, the wrapper, and the proxy that will be switched to v2."""

    chain: Chain
    dao: str
    registry: Contract
    registrar: Contract
    wrapper: Contract
    resolver: Contract
    v2: Contract
    wallets: dict[str, Callable[..., object]] = field(default_factory=dict)
    """How accounts that are contracts make a call: others send it themselves."""

    @classmethod
    def deploy(cls, chain: Chain, dao: str) -> Self:
        """As it is before the cutover. `dao` has all rights."""

        def stand_in(name: str, *args: Any) -> Contract:
            return chain.deploy(helpers()[name], *args, sender=dao)

        old = chain.deploy(real_artefact("ENSRegistry"), sender=dao)
        registry = chain.deploy(real_artefact("ENSRegistryWithFallback"), old.address, sender=dao)
        base = real_artefact("BaseRegistrarImplementation")
        registrar = chain.deploy(base, registry.address, ETH_NODE, sender=dao)
        registry.send("setSubnodeOwner", NONE, keccak(text="eth"), registrar.address, sender=dao)
        registrar.send("addController", dao, sender=dao)
        wrapper = stand_in("NameWrapperStandIn", registrar.address)
        first = stand_in("UniversalResolverV1StandIn")
        resolver = stand_in("UniversalResolverProxyStandIn", first.address)
        return cls(
            chain, dao, registry, registrar, wrapper, resolver, stand_in("PermissionedRegistryStandIn")
        )

    @property
    def addresses(self) -> tuple[str, str, str]:
        """What EnsOwners is made with."""
        return self.registry.address, self.wrapper.address, self.resolver.address

    def cut_over(self) -> None:
        """ENS switches to v2."""
        second = self.chain.deploy(helpers()["UniversalResolverV2StandIn"], self.v2.address, sender=self.dao)
        self.resolver.send("upgradeTo", second.address, sender=self.dao)

    def register(self, label: str, owner: str, seconds: int = 365 * DAY) -> None:
        """Register label.eth in v1."""
        self.registrar.send("register", token(label), owner, seconds, sender=self.dao)

    def sell(self, label: str, seller: str, buyer: str) -> None:
        """Transfer the token, and nothing else: the registry goes on naming the seller."""
        self._call(seller, self.registrar, "transferFrom", seller, buyer, token(label))

    def wrap(self, label: str, owner: str, fuses: int = 0) -> None:
        """Wrap a name of `owner`."""
        self._call(owner, self.registrar, "setApprovalForAll", self.wrapper.address, True)
        self._call(owner, self.wrapper, "wrap", label, owner, fuses)

    def give(self, label: str, owner: str, *, wrapped: bool = False) -> None:
        """Make `owner` the owner of label.eth in v1, for a century, from whatever it was."""
        id = token(label)
        try:
            holder = self.registrar.read("ownerOf", id)
        except Reverted:
            self.register(label, owner, CENTURY)
            holder = owner
        if holder == self.wrapper.address:
            held = self.wrapper.read("ownerOf", int.from_bytes(node(label)))
            self._call(held, self.wrapper, "unwrap", label, held)
            holder = held
        if holder != owner:
            self.sell(label, holder, owner)
        if wrapped:
            self.wrap(label, owner)

    def _call(self, account: str, contract: Contract, function: str, *args: Any) -> None:
        if account in self.wallets:
            self.wallets[account](contract, function, *args)
        else:
            contract.send(function, *args, sender=account)
