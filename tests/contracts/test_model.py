"""Any calls in any order by any of three people: the getters say what the events say, and the promises hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.contracts.evm import Contract, Reverted
from tests.contracts.fold import Fold
from tests.contracts.suite import NONE, SECRET, Suite, actor

BOND = 10**17
NUMBERS = (12_345, 5_551_234, 999_999_999_999_999)
PEOPLE = tuple(actor(name) for name in ("alice", "bob", "mallory"))

numbers = st.sampled_from(NUMBERS)
people = st.sampled_from(PEOPLE)
# Mostly who may: the owner or operator, looked up when the step is taken. Else few steps would do anything.
callers = st.sampled_from([None, None, None, None, *PEOPLE])
labels = st.sampled_from(["abc", "a-b", "a" * 32])
words = st.sampled_from([NONE, b"\1" * 32, b"\2" * 32])
prices = st.sampled_from([1, 10**15])
hub_ids = st.integers(1, 2)
uris = st.sampled_from(["sip:a", "sips:hub.example;transport=tls", "no address"])


class Suites(RuleBasedStateMachine):
    """The contracts, and what is known of them from their events."""

    suite: Suite

    def __init__(self) -> None:
        super().__init__()
        self.before = self.suite.chain.evm.snapshot()
        self.clock = self.suite.chain.now
        self.fold = Fold(self.suite.market.address)

    def teardown(self) -> None:
        self.suite.chain.evm.revert(self.before)
        self.suite.chain.advance(self.clock - self.suite.chain.now)

    def owner(self, chosen: Any, number: int) -> Any:
        """Who was chosen, or else the number's owner, or else Alice."""
        return chosen or self._person(self.fold.owners.get(number))

    def operator(self, chosen: Any, hub: int) -> Any:
        """Who was chosen, or else the hub's operator, or else Alice."""
        return chosen or self._person(self.fold.hubs.get(hub, {}).get("operator"))

    def _person(self, address: str | None) -> Any:
        return next((person for person in PEOPLE if person.address == address), PEOPLE[0])

    @initialize(owners=st.lists(people, min_size=len(NUMBERS), max_size=len(NUMBERS)), operator=people)
    def begin(self, owners: Any, operator: Any) -> None:
        """Two of the numbers are held from the start, and there is a hub with a node."""
        for number, owner in zip(NUMBERS[1:], owners[1:], strict=True):
            self.register(number, owner, owner, 60)
        self.add_hub(operator, "sip:a", b"\1" * 32, BOND)
        self.change_hub(operator, 1, ("addNode", "sip:b", b"\1" * 32, 1))

    def act(self, contract: Contract, function: str, *args: Any, sender: str, value: int = 0) -> bool:
        """Tries a call. What is refused is refused by a documented error."""
        try:
            result = contract.send(function, *args, sender=sender, value=value)
        except Reverted as refused:
            # Else the test ends by it.
            if refused.name not in contract.abi.refusals | self.suite.registry.abi.refusals:
                raise
            return False
        for event in result.events:
            self.fold.apply(event)
        return True

    def owners_act(self, contract: Contract, function: str, number: int, *args: Any, sender: str) -> None:
        """Tries a call that is the owner's alone."""
        owner = self.fold.owners.get(number)
        if self.act(contract, function, *args, sender=sender):
            assert sender == owner

    @rule(number=numbers, owner=people, payer=people, wait=st.sampled_from([59, 60, 86_400, 86_401]))
    def register(self, number: int, owner: Any, payer: Any, wait: int) -> None:
        registrar = self.suite.registrar
        price = registrar.read("priceOf", number)
        commitment = registrar.read("makeCommitment", number, owner.address, SECRET, price)
        self.act(registrar, "commit", commitment, sender=payer.address)
        self.suite.chain.advance(wait)
        done = self.act(
            registrar, "register", number, owner.address, SECRET, price, sender=payer.address, value=price + 7
        )
        if done:
            assert self.fold.owners[number] == owner.address
            assert self.fold.epochs[number] == 1

    @rule(number=numbers, holder=callers, to=people, sender=callers, safely=st.booleans())
    def transfer(self, number: int, holder: Any, to: Any, sender: Any, safely: bool) -> None:
        sender = self.owner(sender, number)
        holder = self.owner(holder, number)
        registry, epoch = self.suite.registry, self.fold.epochs[number]
        approved = self._may_transfer(number, sender.address)
        name = "safeTransferFrom(address,address,uint256)" if safely else "transferFrom"
        if self.act(registry, name, holder.address, to.address, number, sender=sender.address):
            assert approved
            assert self.fold.epochs[number] == epoch + 1

    def _may_transfer(self, number: int, sender: str) -> bool:
        owner = self.fold.owners.get(number)
        if owner is None:
            return False
        registry = self.suite.registry
        return bool(
            sender == owner
            or registry.read("getApproved", number) == sender
            or registry.read("isApprovedForAll", owner, sender)
        )

    @rule(number=numbers, sender=callers, other=people, market=st.booleans())
    def approve(self, number: int, sender: Any, other: Any, market: bool) -> None:
        sender = self.owner(sender, number)
        to = self.suite.market.address if market else other.address
        self.act(self.suite.registry, "approve", to, number, sender=sender.address)

    @rule(sender=people, other=people, market=st.booleans(), approved=st.booleans())
    def approve_for_all(self, sender: Any, other: Any, market: bool, approved: bool) -> None:
        operator = self.suite.market.address if market else other.address
        self.act(self.suite.registry, "setApprovalForAll", operator, approved, sender=sender.address)

    @rule(number=numbers, sender=callers, to=people, signer=callers)
    def move(self, number: int, sender: Any, to: Any, signer: Any) -> None:
        sender = self.owner(sender, number)
        signer = signer or to
        registry, deadline = self.suite.registry, self.suite.chain.now
        values = {
            "number": number,
            "from": sender.address,
            "to": to.address,
            "epoch": self.fold.epochs[number],
            "nonce": registry.read("nonces", to.address),
            "deadline": deadline,
        }
        signature = self.suite.sign(signer, "Move", values)
        before = self.fold.owners.get(number), self.fold.epochs[number], self.fold.records_of(number)
        if self.act(registry, "moveTo", number, to.address, deadline, signature, sender=sender.address):
            assert (sender.address, signer.address) == (before[0], to.address)
            assert (self.fold.epochs[number], self.fold.records_of(number)) == before[1:]

    @rule(number=numbers, sender=callers)
    def revoke_sessions(self, number: int, sender: Any) -> None:
        sender = self.owner(sender, number)
        self.owners_act(self.suite.registry, "revokeSessions", number, number, sender=sender.address)

    @rule(number=numbers, sender=callers, label=labels)
    def claim(self, number: int, sender: Any, label: str) -> None:
        sender = self.owner(sender, number)
        self.owners_act(self.suite.names, "claim", number, label, number, sender=sender.address)

    @rule(number=numbers, sender=callers)
    def release(self, number: int, sender: Any) -> None:
        sender = self.owner(sender, number)
        self.owners_act(self.suite.names, "release", number, number, sender=sender.address)

    @rule(number=numbers, sender=callers, word=words, kdf=st.integers(0, 2))
    def set_credential(self, number: int, sender: Any, word: bytes, kdf: int) -> None:
        sender = self.owner(sender, number)
        self.owners_act(self.suite.records, "setCredential", number, number, word, kdf, sender=sender.address)

    @rule(number=numbers, sender=callers)
    def clear_credential(self, number: int, sender: Any) -> None:
        sender = self.owner(sender, number)
        self.owners_act(self.suite.records, "clearCredential", number, number, sender=sender.address)

    @rule(number=numbers, sender=callers, seen=words | st.none(), digest=words)
    def set_backup(self, number: int, sender: Any, seen: bytes | None, digest: bytes) -> None:
        sender = self.owner(sender, number)
        actual = self.fold.records_of(number)[3]
        expected = actual if seen is None else seen
        records = self.suite.records
        if self.act(records, "setBackup", number, expected, digest, sender=sender.address):
            assert (expected, sender.address) == (actual, self.fold.owners[number])

    @rule(
        number=numbers,
        sender=callers,
        fields=st.integers(0, 16),
        word=words,
        kdf=st.integers(0, 2),
        hub=hub_ids,
    )
    def set_many(self, number: int, sender: Any, fields: int, word: bytes, kdf: int, hub: int) -> None:
        sender = self.owner(sender, number)
        update = (fields, word, kdf, hub, self.fold.records_of(number)[3], word, word)
        self.owners_act(self.suite.records, "setMany", number, number, update, sender=sender.address)

    @rule(number=numbers, sender=callers, signer=callers, hub=hub_ids, late=st.booleans())
    def set_hub_by_signature(self, number: int, sender: Any, signer: Any, hub: int, late: bool) -> None:
        sender = self.owner(sender, number)
        signer = self.owner(signer, number)
        records, deadline = self.suite.records, self.suite.chain.now - late
        values = {
            "number": number,
            "epoch": self.fold.epochs[number],
            "hubId": hub,
            "nonce": records.read("nonces", signer.address),
            "deadline": deadline,
        }
        call = ("setHubFor", number, hub, deadline, self.suite.sign(signer, "SetHub", values))
        if self.act(records, *call, sender=sender.address):
            assert signer.address == self.fold.owners[number]
            assert not late
            assert not self.act(records, *call, sender=sender.address), "a signature served twice"

    @rule(sender=people, records=st.booleans())
    def cancel_nonce(self, sender: Any, records: bool) -> None:
        contract = self.suite.records if records else self.suite.registry
        assert self.act(contract, "cancelNonce", sender=sender.address)

    @rule(number=numbers, sender=callers, price=prices, approve=st.booleans())
    def list(self, number: int, sender: Any, price: int, approve: bool) -> None:
        sender = self.owner(sender, number)
        if approve:
            self.act(self.suite.registry, "approve", self.suite.market.address, number, sender=sender.address)
        self.owners_act(self.suite.market, "list", number, number, price, sender=sender.address)

    @rule(number=numbers, sender=callers)
    def cancel(self, number: int, sender: Any) -> None:
        sender = self.owner(sender, number)
        self.owners_act(self.suite.market, "cancel", number, number, sender=sender.address)

    @rule(number=numbers, buyer=people, named=prices | st.none(), offer=st.booleans())
    def buy(self, number: int, buyer: Any, named: int | None, offer: bool) -> None:
        if offer:
            self.list(number, None, 1, True)
        price = named or self.fold.prices.get(number, 1)
        market = self.suite.market
        fingerprint = self.suite.fingerprint(number) if number in self.fold.owners else NONE
        for_sale, asked = number in self.fold.live, self.fold.prices.get(number)
        if self.act(market, "buy", number, price, fingerprint, sender=buyer.address, value=price):
            assert for_sale
            assert asked == price
            assert self.fold.owners[number] == buyer.address

    @rule(sender=people)
    def take_proceeds(self, sender: Any) -> None:
        if self.act(self.suite.market, "withdraw", sender=sender.address):
            assert self.fold.owed[sender.address] == 0

    @rule(sender=people)
    def take_income(self, sender: Any) -> None:
        assert self.act(self.suite.registrar, "withdraw", sender=sender.address)
        assert self.fold.income == 0

    @precondition(lambda self: len(self.fold.hubs) < 2)
    @rule(sender=people, uri=uris, pin=words, bond=st.sampled_from([BOND, BOND, 0]))
    def add_hub(self, sender: Any, uri: str, pin: bytes, bond: int) -> None:
        if self.act(self.suite.hubs, "addHub", uri, pin, sender=sender.address, value=bond):
            assert bond == BOND

    @rule(
        sender=callers,
        hub=hub_ids,
        call=st.one_of(
            st.tuples(st.just("setHub"), uris),
            st.tuples(st.just("rotateHubPin"), words),
            st.tuples(st.just("retireHubPin")),
            st.tuples(st.just("addNode"), uris, words, st.integers(0, 9)),
            st.tuples(st.just("setNode"), st.integers(0, 1), uris, st.integers(0, 9), st.booleans()),
            st.tuples(st.just("rotateNodePin"), st.integers(0, 1), words),
            st.tuples(st.just("retireNodePin"), st.integers(0, 1)),
        ),
    )
    def change_hub(self, sender: Any, hub: int, call: tuple[Any, ...]) -> None:
        sender = self.operator(sender, hub)
        before = dict(self.fold.hubs.get(hub, {}))
        if self.act(self.suite.hubs, call[0], hub, *call[1:], sender=sender.address):
            assert before["operator"] == sender.address
            assert before["bond"]
            if call[0] == "withdrawBond":
                assert 0 < before["exit"] <= self.suite.chain.now

    @rule(
        sender=callers,
        hub=hub_ids,
        calls=st.lists(st.sampled_from(["beginExit", "cancelExit", "withdrawBond"]), min_size=1, max_size=3),
        wait=st.sampled_from([0, 7 * 86_400 - 1, 7 * 86_400]),
    )
    def leave(self, sender: Any, hub: int, calls: Any, wait: int) -> None:
        for call in calls:
            self.change_hub(sender, hub, (call,))
            self.suite.chain.advance(wait)

    @rule(sender=callers, hub=hub_ids, to=people, accepts=callers)
    def hand_over(self, sender: Any, hub: int, to: Any, accepts: Any) -> None:
        self.change_hub(sender, hub, ("proposeOperator", to.address))
        self.accept_operator(accepts, hub)

    @rule(sender=callers, hub=hub_ids)
    def accept_operator(self, sender: Any, hub: int) -> None:
        before = dict(self.fold.hubs.get(hub, {}))
        sender = sender or self._person(before.get("pending"))
        if self.act(self.suite.hubs, "acceptOperator", hub, sender=sender.address):
            assert before["pending"] == sender.address

    @rule(seconds=st.sampled_from([1, 7 * 86_400]))
    def wait(self, seconds: int) -> None:
        self.suite.chain.advance(seconds)

    @invariant()
    def who_holds_what_is_told(self) -> None:
        registry = self.suite.registry
        for number in NUMBERS:
            told = (self.fold.owners.get(number, "0x" + "00" * 20), self.fold.epochs[number])
            assert registry.read("custodyOf", number) == (*told, self.fold.sessions[number])
        held = [registry.read("balanceOf", person.address) for person in PEOPLE]
        owners = list_of(self.fold.owners)
        assert held == [owners.count(person.address) for person in PEOPLE]

    @invariant()
    def records_are_those_of_the_present_epoch(self) -> None:
        for number in NUMBERS:
            assert self.suite.records.read("recordsOf", number) == self.fold.records_of(number)

    @invariant()
    def name_and_number_agree(self) -> None:
        for number in NUMBERS:
            name = self.suite.names.read("nameOf", number)
            assert name == self.fold.name_of(number)
            if name:
                assert self.suite.names.read("numberOf", name.removesuffix(".eth")) == number

    @invariant()
    def what_is_for_sale_may_be_sold(self) -> None:
        for number in NUMBERS:
            price, live = self.suite.market.read("listing", number)
            assert (price, live) == (self.fold.prices.get(number, 0), number in self.fold.live)
            if live:
                assert self._may_transfer(number, self.suite.market.address)

    @invariant()
    def no_money_is_lost_or_made(self) -> None:
        chain, suite = self.suite.chain, self.suite
        assert chain.balance(suite.market.address) == sum(self.fold.owed.values())
        assert chain.balance(suite.registrar.address) == self.fold.income
        bonds = sum(hub["bond"] for hub in self.fold.hubs.values())
        assert chain.balance(suite.hubs.address) == BOND * bonds
        for person in PEOPLE:
            assert suite.market.read("owed", person.address) == self.fold.owed[person.address]

    @invariant()
    def the_hub_list_is_told(self) -> None:
        hubs = self.suite.hubs
        assert hubs.read("version") == self.fold.hub_events
        assert hubs.read("hubCount") == len(self.fold.hubs)
        for hub_id, told in self.fold.hubs.items():
            nodes = self.fold.nodes[hub_id]
            expected = (*list_of(told)[:5], BOND * told["bond"], told["exit"], len(nodes))
            assert hubs.read("hub", hub_id) == expected
            assert hubs.read("nodes", hub_id, 0, 100) == tuple(tuple(node) for node in nodes)


def list_of(mapping: dict[Any, Any]) -> list[Any]:
    """The values, in order. (`list` is a rule of the machine.)"""
    return [*mapping.values()]


def _run(suite: Suite, sequences: int, steps: int) -> None:
    machine = type("Machine", (Suites,), {"suite": suite})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=sequences,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )


def test_events_tell_all_and_the_promises_hold(suite: Suite) -> None:
    _run(suite, 40, 40)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_events_tell_all_and_the_promises_hold_for_long(suite: Suite) -> None:
    _run(suite, 500, 50)
