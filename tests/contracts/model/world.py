"""Who acts in the model, what they have done, and one step of it: a transaction that succeeded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from eth_account.signers.local import LocalAccount

from tests.contracts.evm import Contract, Event, Result, Reverted
from tests.contracts.model.facts import Facts
from tests.contracts.suite import Suite, actor

NUMBERS = (12_345, 5_551_234, 999_999_999_999_999)
CONTRACTS = {
    "NumberRegistry": "registry",
    "NumberRegistrar": "registrar",
    "NameAlias": "names",
    "NumberRecords": "records",
    "NumberMarket": "market",
    "HubList": "hubs",
}
"""Where each stands in `Suite`."""


@dataclass(frozen=True)
class Actor:
    """Somebody who acts. With `wallet`, a contract account that `key` signs and calls through (ERC-1271)."""

    address: str
    key: LocalAccount
    wallet: Contract | None = None

    def send(self, contract: Contract, function: str, *args: Any, value: int = 0) -> Result:
        """Calls as this actor. Raises `Reverted`."""
        if self.wallet is None:
            return contract.send(function, *args, sender=self.address, value=value)
        data = contract.abi.calldata(function, *args)
        return self.wallet.send("execute", contract.address, value, data, sender=self.key.address)


@dataclass(frozen=True)
class Signed:
    """A call that needs a signature, with one. `values` is what was signed, by `signer`."""

    contract: str
    function: str
    call: tuple[Any, ...]
    signer: Actor
    values: dict[str, Any]


@dataclass(frozen=True)
class Step:
    """A transaction that succeeded: what was known before and after it."""

    contract: str
    function: str
    args: tuple[Any, ...]
    sender: Actor
    value: int
    time: int
    events: list[Event]
    before: Facts
    after: Facts
    balances: tuple[dict[str, int], dict[str, int]]
    signed: Signed | None = None

    def gained(self, account: str) -> int:
        """How many wei `account` has more than before."""
        return self.balances[1][account] - self.balances[0][account]


@dataclass
class World:
    """The contracts, the actors, what is known, and what was seen on the way."""

    suite: Suite
    actors: tuple[Actor, ...]
    facts: Facts
    check: Callable[[World, Step], None]
    commitments: set[bytes] = field(default_factory=set)
    served: set[bytes] = field(default_factory=set)
    consents: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    fingerprints: dict[bytes, Any] = field(default_factory=dict)
    parameters: defaultdict[tuple[int, int], set[bytes]] = field(default_factory=lambda: defaultdict(set))
    """Those of KDFs that were told of a number in a block."""

    @classmethod
    def begin(cls, suite: Suite, check: Callable[[World, Step], None]) -> World:
        """Alice, Bob, Mallory, the treasury and a contract account, none of whom has done anything."""
        people = [suite.alice, suite.bob, suite.mallory, suite.treasury]
        actors = [Actor(account.address, account) for account in people]
        key = actor("the wallet's key")
        suite.chain.fund(key.address)
        wallet = suite.helper("Wallet", key.address)
        suite.chain.fund(wallet.address)
        actors.append(Actor(wallet.address, key, wallet))
        if suite.ens is not None:
            suite.ens.wallets[wallet.address] = actors[-1].send
        contracts = {getattr(suite, place).address: name for name, place in CONTRACTS.items()}
        facts = Facts(contracts, ens={} if suite.ens else None)
        for event in suite.begun:
            facts.apply(event, suite.chain.now, suite.chain.block)
        return cls(suite, tuple(actors), facts, check)

    @property
    def now(self) -> int:
        return self.suite.chain.now

    def contract(self, name: str) -> Contract:
        contract: Contract = getattr(self.suite, CONTRACTS[name])
        return contract

    def at(self, address: str | None) -> Actor:
        """The actor of that address; Alice when nobody has it."""
        return next((a for a in self.actors if a.address == address), self.actors[0])

    def act(
        self,
        contract: str,
        function: str,
        *args: Any,
        sender: Actor,
        value: int = 0,
        signed: Signed | None = None,
    ) -> bool:
        """Tries a call and, when it is done, holds it to the promises.

        Raises:
            Reverted: by no error of ours.
            AssertionError: a promise is broken.
        """
        target = self.contract(contract)
        balances = self._balances()
        try:
            result = sender.send(target, function, *args, value=value)
        except Reverted as refused:
            ours = {name for place in CONTRACTS for name in self.contract(place).abi.refusals}
            if refused.name not in ours:
                raise
            return False
        before = self.facts.copy()
        for event in result.events:
            self.facts.apply(event, self.now, self.suite.chain.block)
            self._note(event)
        step = Step(
            contract,
            function.partition("(")[0],
            args,
            sender,
            value,
            self.now,
            result.events,
            before,
            self.facts,
            (balances, self._balances()),
            signed,
        )
        self.check(self, step)
        return True

    def _note(self, event: Event) -> None:
        if event.name == "CredentialSet":
            found = self.parameters[event.args["number"], self.suite.chain.block]
            found.add(event.args["parameters"])

    def vouch(self, label: str, owner: str, *, wrapped: bool) -> None:
        """Makes `owner` the owner of label.eth in ENS, where there is ENS."""
        if self.suite.ens is None or self.facts.ens is None:
            return
        self.suite.ens.give(label, owner, wrapped=wrapped)
        self.facts.ens[label] = owner

    def _balances(self) -> dict[str, int]:
        accounts = [*self.facts.contracts, *(a.address for a in self.actors)]
        return {account: self.suite.chain.balance(account) for account in accounts}
