"""Any call of the six contracts, in any order, by any of five actors, one of whom is a contract."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from telsdk.records import RECORDS, UPDATE
from tests.contracts.model import getters
from tests.contracts.model.facts import LABELS
from tests.contracts.model.promises import Keeper
from tests.contracts.model.world import NUMBERS, Actor, Signed, World
from tests.contracts.suite import NONE, SECRET, SIGNED_CALLS, ZERO, Suite

BOND = 10**17
DAY = 86_400
WORDS = (NONE, b"\1" * 32, b"\2" * 32)

numbers = st.sampled_from(NUMBERS)
who = st.integers(0, 4)
# Mostly who may: the owner or operator, looked up when the step is taken. Else few steps would do anything.
caller = st.sampled_from([None] * 15 + [0, 1, 2, 3, 4])
words = st.sampled_from(WORDS)
labels = st.sampled_from(LABELS)
hub_ids = st.sampled_from([1, 1, 2])
# Mostly what the contract takes: a hash with a KDF's id and its parameters, or none of them.
credentials = st.sampled_from(
    [
        (WORDS[1], 1, b""),
        (WORDS[2], 2, b"\1" * 137),
        (WORDS[1], 2, b"\2"),
        (WORDS[1], 0, b""),
        (NONE, 1, b""),
        (NONE, 0, b""),
        (NONE, 0, b"\2"),
        (WORDS[2], 2, bytes(1025)),
    ]
)
uris = st.sampled_from(["sip:a", "sips:hub.example;transport=tls", "sip:" + "a" * 124, "sip:" + "a" * 125])
of_type = {"bytes32": words, "uint32": hub_ids, "bool": st.booleans()}
plain = tuple(record for record in RECORDS if record.name != "credential")
updates = st.builds(
    lambda fields, credential, *rest: (fields, *credential, *rest),
    st.integers(0, 1 << len(RECORDS)),
    credentials,
    *(of_type[kind] for record in plain for _, kind in record.members),
)
mostly = st.sampled_from([True, True, True, False])
serves = mostly
# What is wrong with a signature: mostly nothing.
flaws = st.sampled_from([None] * 12 + ["deadline", "epoch", "nonce", "number", "session", "chain"])


class Contracts(RuleBasedStateMachine):
    """The contracts, and what is known of them from their events."""

    suite: Suite
    keeper: Keeper

    def __init__(self) -> None:
        super().__init__()
        self.before = self.suite.chain.evm.snapshot()
        self.clock = self.suite.chain.now
        self.world = World.begin(self.suite, self.keeper)
        self.fixed = getters.constants(self.world)
        self.wishes: list[tuple[int, str, bytes, int]] = []
        self.kept: list[Signed] = []

    def teardown(self) -> None:
        assert getters.constants(self.world) == self.fixed, "E2: a constant changed"
        self.suite.chain.evm.revert(self.before)
        self.suite.chain.advance(self.clock - self.suite.chain.now)

    # Who acts

    def owner(self, chosen: int | None, number: int) -> Actor:
        """Who was chosen, or else the number's owner, or else Alice."""
        return self._actor(chosen, self.world.facts.owners.get(number))

    def operator(self, chosen: int | None, hub: int) -> Actor:
        """Who was chosen, or else the hub's operator, or else Alice."""
        found = self.world.facts.hubs.get(hub)
        return self._actor(chosen, found.operator if found else None)

    def _actor(self, chosen: int | None, address: str | None) -> Actor:
        return self.world.at(address) if chosen is None else self.world.actors[chosen]

    @initialize(owners=st.lists(who, min_size=2, max_size=2), operator=who)
    def begin(self, owners: list[int], operator: int) -> None:
        """Two of the numbers are held from the start, and there is a hub with a node."""
        for number, owner in zip(NUMBERS[1:], owners, strict=True):
            self.register(number, owner, owner, 0, 60, 0)
        self.add_hub(operator, "sip:a", b"\1" * 32, BOND)
        self.change_hub(operator, 1, ("addNode", "sip:b", b"\1" * 32, 1))

    # NumberRegistrar

    @precondition(lambda self: len(self.wishes) < 2)
    @rule(number=numbers, owner=who, payer=who, ceiling=st.sampled_from([0, 0, 0, -1]))
    def commit(self, number: int, owner: int, payer: int, ceiling: int) -> None:
        registrar = self.suite.registrar
        price = registrar.read("priceOf", number) + ceiling
        wish = (number, self.world.actors[owner].address, SECRET, max(0, price))
        commitment = registrar.read("makeCommitment", *wish)
        self.world.commitments.add(commitment)
        if self.world.act("NumberRegistrar", "commit", commitment, sender=self.world.actors[payer]):
            self.wishes.append(wish)

    @precondition(lambda self: self.wishes)
    @rule(payer=who, more=st.sampled_from([0, 7, -1]))
    def reveal(self, payer: int, more: int) -> None:
        wish = self.wishes.pop()
        paid = max(0, self.suite.registrar.read("priceOf", wish[0]) + more)
        self.world.act("NumberRegistrar", "register", *wish, sender=self.world.actors[payer], value=paid)

    @precondition(lambda self: len(self.world.facts.owners) < len(NUMBERS))
    @rule(
        number=numbers,
        owner=who,
        payer=who,
        ceiling=st.sampled_from([0, 0, 0, -1]),
        wait=st.sampled_from([59, 60, DAY, DAY + 1]),
        more=st.sampled_from([0, 7]),
    )
    def register(self, number: int, owner: int, payer: int, ceiling: int, wait: int, more: int) -> None:
        self.commit(number, owner, payer, ceiling)
        self.suite.chain.advance(wait)
        if self.wishes:
            self.reveal(payer, more)

    @rule(
        sender=st.sampled_from([None, None, 0]),
        digits=st.integers(4, 11),
        price=st.integers(0, 2 * 10**19),
        to=who,
        accepts=who,
        prices=st.booleans(),
    )
    def rule_the_registrar(
        self, sender: int | None, digits: int, price: int, to: int, accepts: int, prices: bool
    ) -> None:
        actor = self._actor(sender, self.world.facts.treasury)
        if prices:
            self.world.act("NumberRegistrar", "setPrice", digits, price % 10**17, sender=actor)
            self.world.act("NumberRegistrar", "setPrice", digits, price, sender=actor)
            return
        self.world.act("NumberRegistrar", "proposeTreasury", self.world.actors[to].address, sender=actor)
        self.world.act("NumberRegistrar", "acceptTreasury", sender=self.world.actors[accepts])

    @precondition(lambda self: self.world.facts.income)
    @rule(sender=who)
    def take_income(self, sender: int) -> None:
        assert self.world.act("NumberRegistrar", "withdraw", sender=self.world.actors[sender])

    # NumberRegistry

    @rule(number=numbers, holder=caller, to=who, sender=caller, how=st.sampled_from(["", "safe", "data"]))
    def transfer(self, number: int, holder: int | None, to: int, sender: int | None, how: str) -> None:
        name = {
            "": "transferFrom",
            "safe": "safeTransferFrom(address,address,uint256)",
            "data": "safeTransferFrom(address,address,uint256,bytes)",
        }[how]
        parties = (self.owner(holder, number).address, self.world.actors[to].address)
        rest = (b"data",) if how == "data" else ()
        self.world.act("NumberRegistry", name, *parties, number, *rest, sender=self.owner(sender, number))

    @rule(number=numbers, sender=caller, to=st.sampled_from(["market", "market", "nobody", 0, 1]))
    def approve(self, number: int, sender: int | None, to: str | int) -> None:
        fixed = {"market": self.suite.market.address, "nobody": ZERO}
        account = self.world.actors[to].address if isinstance(to, int) else fixed[to]
        self.world.act("NumberRegistry", "approve", account, number, sender=self.owner(sender, number))

    @rule(sender=who, other=who, market=st.booleans(), approved=st.booleans())
    def approve_for_all(self, sender: int, other: int, market: bool, approved: bool) -> None:
        operator = self.suite.market.address if market else self.world.actors[other].address
        call = ("setApprovalForAll", operator, approved)
        self.world.act("NumberRegistry", *call, sender=self.world.actors[sender])

    @rule(number=numbers, sender=caller)
    def revoke_sessions(self, number: int, sender: int | None) -> None:
        self.world.act("NumberRegistry", "revokeSessions", number, sender=self.owner(sender, number))

    @rule(sender=who, number=numbers)
    def intrude(self, sender: int, number: int) -> None:
        """Calls that are the other contracts' or the linker's alone."""
        actor = self.world.actors[sender]
        for call in (("mint", actor.address, number), ("link", *[actor.address] * 4), ("refreshMetadata", 1)):
            assert not self.world.act("NumberRegistry", *call, sender=actor)

    # By signature, in both contracts

    @rule(number=numbers, signer=caller, to=who, flaw=flaws, serve=serves)
    def sign_move(self, number: int, signer: int | None, to: int, flaw: str | None, serve: bool) -> None:
        recipient = self.world.actors[to]
        parties = {"from": self.owner(None, number).address, "to": recipient.address}
        actor = recipient if signer is None else self.world.actors[signer]
        self._sign("moveTo", number, actor, parties, flaw, serve)

    @rule(number=numbers, signer=caller, flaw=flaws, serve=serves)
    def sign_end_of_sessions(self, number: int, signer: int | None, flaw: str | None, serve: bool) -> None:
        self._sign("revokeSessionsFor", number, self.owner(signer, number), {}, flaw, serve)

    @rule(number=numbers, signer=caller, update=updates, seen=mostly, flaw=flaws, serve=serves)
    def sign_many(
        self, number: int, signer: int | None, update: Any, seen: bool, flaw: str | None, serve: bool
    ) -> None:
        values = self._expecting(update, number, seen)
        self._sign("setManyFor", number, self.owner(signer, number), {"update": values}, flaw, serve)

    @rule(
        number=numbers,
        signer=caller,
        function=st.sampled_from(["clearCredentialFor", *(f"{record.setter}For" for record in RECORDS)]),
        credential=credentials,
        values=st.fixed_dictionaries(
            {name: of_type[kind] for record in plain for name, kind in record.inputs if name != "expected"}
        ),
        seen=mostly,
        flaw=flaws,
        serve=serves,
    )
    def sign_record(
        self,
        number: int,
        signer: int | None,
        function: str,
        credential: tuple[bytes, int, bytes],
        values: dict[str, Any],
        seen: bool,
        flaw: str | None,
        serve: bool,
    ) -> None:
        expected = self.world.facts.backup_of(number) if seen else WORDS[2]
        named = dict(zip(("hash", "kdf", "parameters"), credential, strict=True))
        given = {**values, **named, "expected": expected}
        self._sign(function, number, self.owner(signer, number), given, flaw, serve)

    def _sign(
        self, function: str, number: int, signer: Actor, given: dict[str, Any], flaw: str | None, serve: bool
    ) -> None:
        """Has somebody sign a call and, unless it is kept for later, makes it."""
        self.kept.append(self._signed(function, number, signer, given, flaw))
        if serve:
            self.serve(-1)

    def _signed(
        self, function: str, number: int, signer: Actor, given: dict[str, Any], flaw: str | None
    ) -> Signed:
        contract, primary, inputs = SIGNED_CALLS[function]
        facts, deadline = self.world.facts, self.world.now + DAY
        values = {
            **given,
            "number": number,
            "epoch": facts.epochs[number],
            "session": facts.sessions[number],
            "nonce": facts.nonces[contract, signer.address],
            "deadline": deadline,
        }
        if flaw == "deadline":
            values["deadline"] = deadline = self.world.now - 1
        elif flaw in values:
            values[flaw] += 1
        chain = {"chain_id": 1} if flaw == "chain" else {}
        values = {key: values[key] for key in self.suite.fields(primary)}
        signature = self.suite.sign(signer.key, primary, values, **chain)
        args = [tuple(given[key].values()) if key == "update" else given[key] for key in inputs]
        return Signed(contract, function, (number, *args, deadline, signature), signer, values | chain)

    @precondition(lambda self: self.kept)
    @rule(which=st.integers(0, 9), sender=caller)
    def serve(self, which: int, sender: int | None = None) -> None:
        """Brings a signature that was kept, or one that served before."""
        signed = self.kept[which % len(self.kept)]
        bearer = self.owner(sender, signed.call[0])
        self.world.act(signed.contract, signed.function, *signed.call, sender=bearer, signed=signed)

    @rule(sender=who, contract=st.sampled_from(["NumberRegistry", "NumberRecords"]))
    def cancel_nonce(self, sender: int, contract: str) -> None:
        assert self.world.act(contract, "cancelNonce", sender=self.world.actors[sender])

    # NameAlias

    @rule(number=numbers, sender=caller, label=labels, vouched=st.booleans(), wrapped=st.booleans())
    def claim(self, number: int, sender: int | None, label: str, vouched: bool, wrapped: bool) -> None:
        actor = self.owner(sender, number)
        if vouched:
            self.world.vouch(label, actor.address, wrapped=wrapped)
        self.world.act("NameAlias", "claim", label, number, sender=actor)

    @rule(number=numbers, sender=caller)
    def release(self, number: int, sender: int | None) -> None:
        self.world.act("NameAlias", "release", number, sender=self.owner(sender, number))

    @rule(label=labels, owner=who, wrapped=st.booleans())
    def sell_in_ens(self, label: str, owner: int, wrapped: bool) -> None:
        self.world.vouch(label, self.world.actors[owner].address, wrapped=wrapped)

    # NumberRecords

    @rule(
        number=numbers,
        sender=caller,
        call=st.one_of(
            credentials.map(lambda credential: ("setCredential", *credential)),
            st.tuples(st.just("clearCredential")),
            *(
                st.tuples(
                    st.just(record.setter),
                    *(
                        st.none() | words if name == "expected" else of_type[kind]
                        for name, kind in record.inputs
                    ),
                )
                for record in plain
            ),
        ),
    )
    def write(self, number: int, sender: int | None, call: tuple[Any, ...]) -> None:
        present = self.world.facts.backup_of(number)
        args = [present if arg is None else arg for arg in call[1:]]
        self.world.act("NumberRecords", call[0], number, *args, sender=self.owner(sender, number))

    @rule(number=numbers, sender=caller, update=updates, seen=mostly)
    def write_many(self, number: int, sender: int | None, update: Any, seen: bool) -> None:
        call = ("setMany", number, tuple(self._expecting(update, number, seen).values()))
        self.world.act("NumberRecords", *call, sender=self.owner(sender, number))

    def _expecting(self, update: Any, number: int, seen: bool) -> dict[str, Any]:
        """The update by names, expecting the backup pointer that there is if its writer has `seen` that."""
        values = dict(zip((name for name, _ in UPDATE), update, strict=True))
        return values | {"expectedBackup": self.world.facts.backup_of(number)} if seen else values

    # NumberMarket

    @rule(number=numbers, sender=caller, price=st.sampled_from([0, 1, 10**15]), approve=st.booleans())
    def list(self, number: int, sender: int | None, price: int, approve: bool) -> None:
        if approve:
            self.approve(number, sender, "market")
        self.world.act("NumberMarket", "list", number, price, sender=self.owner(sender, number))

    @rule(number=numbers, sender=caller)
    def cancel(self, number: int, sender: int | None) -> None:
        self.world.act("NumberMarket", "cancel", number, sender=self.owner(sender, number))

    @rule(
        number=numbers,
        buyer=who,
        off=st.sampled_from(["", "", "", "price", "payment", "fingerprint"]),
        offer=st.booleans(),
    )
    def buy(self, number: int, buyer: int, off: str, offer: bool) -> None:
        if offer:
            self.list(number, None, 1, True)
        facts = self.world.facts
        price = facts.asked.get(number, 1) + (off == "price")
        fingerprint = self.suite.fingerprint(number) if number in facts.owners else NONE
        if off == "fingerprint":
            self.revoke_sessions(number, None)
        paid = price + (off == "payment")
        call = ("buy", number, price, fingerprint)
        self.world.act("NumberMarket", *call, sender=self.world.actors[buyer], value=paid)

    @precondition(lambda self: self.world.facts.owed.total())
    @rule(sender=caller)
    def take_proceeds(self, sender: int | None) -> None:
        creditor = next(account for account, wei in self.world.facts.owed.items() if wei)
        self.world.act("NumberMarket", "withdraw", sender=self._actor(sender, creditor))

    # HubList

    @precondition(lambda self: len(self.world.facts.hubs) < 2)
    @rule(sender=who, uri=uris, pin=words, bond=st.sampled_from([BOND, BOND, 0]))
    def add_hub(self, sender: int, uri: str, pin: bytes, bond: int) -> None:
        self.world.act("HubList", "addHub", uri, pin, sender=self.world.actors[sender], value=bond)

    @rule(
        sender=caller,
        hub=hub_ids,
        call=st.one_of(
            st.tuples(st.just("setHub"), uris),
            st.tuples(st.just("addNode"), uris, words, st.integers(0, 9)),
            st.tuples(st.just("setNode"), st.integers(0, 1), uris, st.integers(0, 9), st.booleans()),
        ),
    )
    def change_hub(self, sender: int | None, hub: int, call: tuple[Any, ...]) -> None:
        self.world.act("HubList", call[0], hub, *call[1:], sender=self.operator(sender, hub))

    @rule(
        sender=caller,
        hub=hub_ids,
        node=st.sampled_from([(), (), (0,), (0,), (1,)]),
        pin=words.filter(any),
        calls=st.sampled_from(["rotate", "rotate retire", "rotate rotate", "retire"]),
    )
    def change_keys(
        self, sender: int | None, hub: int, node: tuple[int, ...], pin: bytes, calls: str
    ) -> None:
        """Of a hub, or of one of its nodes."""
        for call in calls.split():
            pins = (pin,) if call == "rotate" else ()
            self.change_hub(sender, hub, (f"{call}{'Node' if node else 'Hub'}Pin", *node, *pins))

    @rule(
        sender=caller,
        hub=hub_ids,
        calls=st.sampled_from(
            ["beginExit withdrawBond", "beginExit cancelExit withdrawBond", "beginExit", "cancelExit"]
        ),
        wait=st.sampled_from([7 * DAY, 7 * DAY, 7 * DAY - 1, 0]),
    )
    def leave(self, sender: int | None, hub: int, calls: str, wait: int) -> None:
        for call in calls.split():
            self.change_hub(sender, hub, (call,))
            self.suite.chain.advance(wait)

    @rule(sender=caller, hub=hub_ids, to=who, accepts=caller)
    def hand_over(self, sender: int | None, hub: int, to: int, accepts: int | None) -> None:
        self.change_hub(sender, hub, ("proposeOperator", self.world.actors[to].address))
        self.accept_operator(accepts, hub)

    @rule(sender=caller, hub=hub_ids)
    def accept_operator(self, sender: int | None, hub: int) -> None:
        found = self.world.facts.hubs.get(hub)
        actor = self._actor(sender, found.pending if found else None)
        self.world.act("HubList", "acceptOperator", hub, sender=actor)

    @rule(seconds=st.sampled_from([1, 7 * DAY]))
    def wait(self, seconds: int) -> None:
        self.suite.chain.advance(seconds)
