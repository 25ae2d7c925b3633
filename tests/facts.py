"""A `telsdk.directory.Directory` whose facts the test sets: no chain behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from telsdk.directory import Domain, Head, HubFacts, NoContract, NumberFacts
from telsdk.name import Name
from telsdk.number import Number

DOMAIN = Domain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")

WalletAnswer = Callable[[str, bytes, bytes], bool]


def no_contract(account: str, _digest: bytes, _signature: bytes) -> bool:
    """What the chain says of an account without code."""
    raise NoContract(f"{account} is no contract: a key alone signs for it")


@dataclass
class FixedDirectory:
    """Says what it was told, until it is told otherwise with `change`, `add` or `remove`."""

    domain: Domain = DOMAIN
    head: Head = field(default_factory=lambda: Head(1, bytes(32), 1_800_000_000))
    numbers: dict[Number, NumberFacts] = field(default_factory=dict)
    hub_list: tuple[HubFacts, ...] = ()
    wallets: WalletAnswer = no_contract
    wallet_questions: int = 0
    code_questions: int = 0
    contracts: frozenset[str] = frozenset()

    def add(self, facts: NumberFacts) -> NumberFacts:
        self.numbers[facts.number] = facts
        return facts

    def change(self, number: int, **changes: Any) -> NumberFacts:
        return self.add(replace(self.numbers[Number(number)], **changes))

    def sell(self, number: int, buyer: str) -> NumberFacts:
        """What is left of the facts when the number goes to another owner."""
        old = self.numbers[Number(number)]
        return self.add(NumberFacts(old.number, buyer, old.epoch + 1, old.session))

    def remove(self, number: int) -> None:
        del self.numbers[Number(number)]

    def number(self, number: Number) -> NumberFacts | None:
        return self.numbers.get(number)

    def resolve(self, name: Name) -> Number | None:
        return next((facts.number for facts in self.numbers.values() if facts.name == name), None)

    def hubs(self) -> tuple[HubFacts, ...]:
        return self.hub_list

    def hub(self, hub: int) -> HubFacts | None:
        return next((facts for facts in self.hub_list if facts.id == hub), None)

    def is_contract(self, account: str) -> bool:
        """Any account is, where the test has said what wallets answer, or that this one is."""
        self.code_questions += 1
        return account in self.contracts or (not self.contracts and self.wallets is not no_contract)

    def is_valid_signature(self, account: str, digest: bytes, signature: bytes) -> bool:
        self.wallet_questions += 1
        return self.wallets(account, digest, signature)
