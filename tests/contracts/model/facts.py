"""What can be known of the contracts from their events alone: an indexer that never asks a getter.

Of ENS, which is another's, it is told who owns what. All values are immutable, so a copy of the maps is a
copy of the facts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from eth_utils.crypto import keccak

from telsdk.records import CONTRACT, RECORDS, WORDS, Record, Word
from tests.contracts.evm import Event
from tests.contracts.suite import NO_RECORDS, NONE, ZERO

Args = dict[str, Any]
NO_WORDS = NO_RECORDS[:-1]
LABELS = ("abc", "a-b", "a" * 32, "555-1234")
"""All that are claimed in the model. The last looks like a number, so nobody gets it."""


@dataclass(frozen=True)
class Node:
    """A node of a hub, in the order of the getter."""

    uri: str
    pin: bytes
    previous: bytes
    capacity: int
    active: bool


@dataclass(frozen=True)
class Hub:
    """A hub; `bond` is in wei."""

    operator: str
    uri: str
    pin: bytes
    bond: int
    pending: str = ZERO
    previous: bytes = NONE
    exit_at: int = 0
    nodes: tuple[Node, ...] = ()


@dataclass
class Facts:
    """Facts by number, name, account and hub. `contracts` has the name of each contract by its address."""

    contracts: dict[str, str]
    ens: dict[str, str] | None = None
    links: tuple[str, str, str, str] = (ZERO, ZERO, ZERO, ZERO)
    owners: dict[int, str] = field(default_factory=dict)
    epochs: Counter[int] = field(default_factory=Counter)
    sessions: Counter[int] = field(default_factory=Counter)
    tenures: Counter[int] = field(default_factory=Counter)
    approved: dict[int, str] = field(default_factory=dict)
    operators: set[tuple[str, str]] = field(default_factory=set)
    market_words: Counter[str] = field(default_factory=Counter)
    nonces: Counter[tuple[str, str]] = field(default_factory=Counter)
    treasury: str = ZERO
    pending_treasury: str = ZERO
    prices: dict[int, int] = field(default_factory=dict)
    commitments: dict[bytes, int] = field(default_factory=dict)
    income: int = 0
    claims: dict[str, tuple[int, int]] = field(default_factory=dict)
    records: dict[tuple[int, int], tuple[Any, ...]] = field(default_factory=dict)
    parameter_blocks: Counter[tuple[int, int]] = field(default_factory=Counter)
    asked: dict[int, int] = field(default_factory=dict)
    live: dict[int, str] = field(default_factory=dict)
    owed: Counter[str] = field(default_factory=Counter)
    hubs: dict[int, Hub] = field(default_factory=dict)
    hub_events: int = 0

    def copy(self) -> Self:
        """The facts as they are now."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return type(self)(**{k: v.copy() if hasattr(v, "copy") else v for k, v in values.items()})

    def apply(self, event: Event, now: int, block: int) -> None:
        """Takes in one event of the block of that height and of the time `now`.

        Raises:
            KeyError: nobody has said what such an event means.
        """
        contract = self.contracts[event.address]
        if contract == "HubList":
            self.hub_events += 1
        if event.name == "NonceUsed":
            self._nonce_used(contract, event.args)
        elif event.name == "Committed":
            self.commitments[event.args["commitment"]] = now
        elif event.name == "CredentialSet":
            self._credential_set(event.args, block)
        elif (contract, event.name) not in _WITHOUT_NEWS:
            _MEANINGS[contract, event.name](self, event.args)

    # What follows from them

    def owner_of(self, number: int) -> str:
        """Zero when nobody holds it."""
        return self.owners.get(number, ZERO)

    def name_of(self, number: int) -> str:
        """With .eth or .tel, or empty."""
        names = [label for label in self.claims if self.number_of(label) == number]
        assert len(names) <= 1, f"{number} has the names {names}"
        return f"{names[0]}{self.suffix}" if names else ""

    @property
    def suffix(self) -> str:
        return ".tel" if self.ens is None else ".eth"

    def number_of(self, label: str) -> int:
        """0 when the label stands for none."""
        number, epoch = self.claims.get(label, (0, 0))
        stands = number and epoch == self.epochs[number]
        vouched = self.ens is None or self.ens.get(label, ZERO) == self.owner_of(number)
        return number if stands and vouched else 0

    def records_of(self, number: int) -> tuple[Any, ...]:
        """The words of the records, of what is hashed the hash."""
        return self.records.get((number, self.epochs[number]), NO_WORDS)

    def parameters_block_of(self, number: int) -> int:
        """The block that tells the parameters of its KDF; 0 without any."""
        return self.parameter_blocks[number, self.epochs[number]]

    def backup_of(self, number: int) -> bytes:
        """The backup pointer, which whoever replaces it has to name."""
        places = [word.name for word in WORDS]
        pointer: bytes = self.records_of(number)[places.index("backup")]
        return pointer

    def may_transfer(self, number: int, account: str) -> bool:
        """By ERC-721: its owner, who is approved for it, or an operator of its owner."""
        owner = self.owners.get(number)
        if owner is None:
            return False
        return account in (owner, self.approved.get(number)) or (owner, account) in self.operators

    def consent_of(self, number: int) -> int:
        return self.tenures[number] << 32 | self.market_words[self.owner_of(number)]

    # NumberRegistry and NumberRecords

    def _nonce_used(self, contract: str, args: Args) -> None:
        account = contract, args["signer"]
        assert args["nonce"] == self.nonces[account], "a nonce was left out"
        self.nonces[account] += 1

    def _linked(self, args: Args) -> None:
        self.links = (args["registrar"], args["nameAlias"], args["records"], args["market"])

    def _transferred(self, args: Args) -> None:
        number = args["tokenId"]
        self.owners[number] = args["to"]
        self.tenures[number] += 1
        self.approved.pop(number, None)
        self.live.pop(number, None)

    def _epoch_advanced(self, args: Args) -> None:
        self.epochs[args["number"]] = args["epoch"]

    def _sessions_revoked(self, args: Args) -> None:
        self.sessions[args["number"]] = args["session"]

    def _approved(self, args: Args) -> None:
        number = args["tokenId"]
        self.approved[number] = args["approved"]
        self.tenures[number] += 1
        self.live.pop(number, None)

    def _approved_for_all(self, args: Args) -> None:
        owner, operator = args["owner"], args["operator"]
        (self.operators.add if args["approved"] else self.operators.discard)((owner, operator))
        if self.contracts.get(operator) == "NumberMarket":
            self.market_words[owner] += 1
            self.live = {number: seller for number, seller in self.live.items() if seller != owner}

    def _record(self, args: Args, record: Record) -> None:
        key = args["number"], args["epoch"]
        told = {word.name: _kept(word, args[word.argument]) for word in record.words}
        before = zip(WORDS, self.records.get(key, NO_WORDS), strict=True)
        self.records[key] = tuple(told.get(word.name, value) for word, value in before)

    def _credential_set(self, args: Args, block: int) -> None:
        self._record(args, RECORDS[0])
        self.parameter_blocks[args["number"], args["epoch"]] = block if args["parameters"] else 0

    # NumberRegistrar

    def _treasury_proposed(self, args: Args) -> None:
        self.pending_treasury = args["treasury"]

    def _treasury_changed(self, args: Args) -> None:
        self.treasury, self.pending_treasury = args["treasury"], ZERO

    def _price_changed(self, args: Args) -> None:
        self.prices[args["digits"]] = args["price"]

    def _registered(self, args: Args) -> None:
        del self.commitments[args["commitment"]]
        self.income += args["price"]

    def _income_withdrawn(self, args: Args) -> None:
        self.income -= args["amount"]

    # NameAlias

    def _name_claimed(self, args: Args) -> None:
        assert args["label"] not in self.claims, "a name was claimed that was not released"
        self.claims[args["label"]] = args["number"], args["epoch"]

    def _name_released(self, args: Args) -> None:
        assert self.claims.pop(args["label"])[0] == args["number"]

    # NumberMarket

    def _listed(self, args: Args) -> None:
        self.asked[args["number"]] = args["price"]
        self.live[args["number"]] = args["seller"]

    def _cancelled(self, args: Args) -> None:
        del self.asked[args["number"]]
        self.live.pop(args["number"], None)

    def _bought(self, args: Args) -> None:
        self._cancelled(args)
        self.owed[args["seller"]] += args["price"]

    def _proceeds_withdrawn(self, args: Args) -> None:
        self.owed[args["account"]] -= args["amount"]

    # HubList

    def _hub_added(self, args: Args) -> None:
        assert args["hubId"] == len(self.hubs) + 1
        self.hubs[args["hubId"]] = Hub(args["operator"], args["uri"], args["pin"], bond=_BOND)

    def _hub(self, args: Args, **changes: Any) -> None:
        self.hubs[args["hubId"]] = replace(self.hubs[args["hubId"]], **changes)

    def _node_added(self, args: Args) -> None:
        nodes = self.hubs[args["hubId"]].nodes
        assert args["index"] == len(nodes)
        node = Node(args["uri"], args["pin"], NONE, args["capacity"], active=True)
        self._hub(args, nodes=(*nodes, node))

    def _node(self, args: Args, **changes: Any) -> None:
        nodes = list(self.hubs[args["hubId"]].nodes)
        nodes[args["index"]] = replace(nodes[args["index"]], **changes)
        self._hub(args, nodes=tuple(nodes))


def _kept(word: Word, value: Any) -> Any:
    """What the contract keeps of `value`."""
    if not word.hashed:
        return value
    return bytes(keccak(value))[:20] if value else word.kept_zero


_BOND = 10**17
_WITHOUT_NEWS = {
    ("NumberRegistry", "MetadataUpdate"),  # ERC-4906: look at the card again
    ("NumberRegistry", "Moved"),  # says what kind of Transfer the one before it was
}
_MEANINGS: dict[tuple[str, str], Callable[[Facts, Args], None]] = {
    ("NumberRegistry", "Linked"): Facts._linked,
    ("NumberRegistry", "Transfer"): Facts._transferred,
    ("NumberRegistry", "EpochAdvanced"): Facts._epoch_advanced,
    ("NumberRegistry", "SessionsRevoked"): Facts._sessions_revoked,
    ("NumberRegistry", "Approval"): Facts._approved,
    ("NumberRegistry", "ApprovalForAll"): Facts._approved_for_all,
    ("NumberRegistrar", "TreasuryProposed"): Facts._treasury_proposed,
    ("NumberRegistrar", "TreasuryChanged"): Facts._treasury_changed,
    ("NumberRegistrar", "PriceChanged"): Facts._price_changed,
    ("NumberRegistrar", "Registered"): Facts._registered,
    ("NumberRegistrar", "Withdrawn"): Facts._income_withdrawn,
    ("NameAlias", "NameClaimed"): Facts._name_claimed,
    ("NameAlias", "NameReleased"): Facts._name_released,
    **{
        (CONTRACT, record.event): lambda f, a, record=record: f._record(a, record)  # type: ignore[misc]
        for record in RECORDS[1:]
    },
    ("NumberMarket", "Listed"): Facts._listed,
    ("NumberMarket", "Cancelled"): Facts._cancelled,
    ("NumberMarket", "Bought"): Facts._bought,
    ("NumberMarket", "Withdrawn"): Facts._proceeds_withdrawn,
    ("HubList", "HubAdded"): Facts._hub_added,
    ("HubList", "HubChanged"): lambda f, a: f._hub(a, uri=a["uri"]),
    ("HubList", "HubPinRotated"): lambda f, a: f._hub(a, pin=a["pin"], previous=a["previous"]),
    ("HubList", "HubPinRetired"): lambda f, a: f._hub(a, previous=NONE),
    ("HubList", "NodeAdded"): Facts._node_added,
    ("HubList", "NodeChanged"): lambda f, a: f._node(
        a, uri=a["uri"], capacity=a["capacity"], active=a["active"]
    ),
    ("HubList", "NodePinRotated"): lambda f, a: f._node(a, pin=a["pin"], previous=a["previous"]),
    ("HubList", "NodePinRetired"): lambda f, a: f._node(a, previous=NONE),
    ("HubList", "ExitBegun"): lambda f, a: f._hub(a, exit_at=a["exitAt"]),
    ("HubList", "ExitCancelled"): lambda f, a: f._hub(a, exit_at=0),
    ("HubList", "BondWithdrawn"): lambda f, a: f._hub(a, bond=0, pending=ZERO),
    ("HubList", "OperatorProposed"): lambda f, a: f._hub(a, pending=a["operator"]),
    ("HubList", "OperatorChanged"): lambda f, a: f._hub(a, operator=a["operator"], pending=ZERO, exit_at=0),
}
