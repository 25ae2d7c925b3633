"""What can be known of the contracts from their events alone: a model that never asks a getter."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.contracts.evm import Event
from tests.contracts.suite import NO_RECORDS, NONE, ZERO

_RECORD = {"HubSet": (2, "hubId"), "BackupSet": (3, "digest"), "MessageKeySet": (4, "key")}


@dataclass
class Fold:
    """Facts by number, name, account and hub. `market` is the market's address."""

    market: str
    owners: dict[int, str] = field(default_factory=dict)
    epochs: Counter[int] = field(default_factory=Counter)
    sessions: Counter[int] = field(default_factory=Counter)
    records: dict[tuple[int, int], list[Any]] = field(default_factory=dict)
    claims: dict[str, tuple[int, int]] = field(default_factory=dict)
    prices: dict[int, int] = field(default_factory=dict)
    live: set[int] = field(default_factory=set)
    owed: Counter[str] = field(default_factory=Counter)
    income: int = 0
    hubs: dict[int, dict[str, Any]] = field(default_factory=dict)
    nodes: dict[int, list[list[Any]]] = field(default_factory=dict)
    hub_events: int = 0

    def apply(self, event: Event) -> None:
        """Takes one event in."""
        args = event.args
        if "hubId" in args and event.name != "HubSet":
            self.hub_events += 1
        getattr(self, f"_on_{event.name}", lambda **_: None)(**args)
        if event.name in _RECORD:
            place, name = _RECORD[event.name]
            self._record(args)[place] = args[name]

    def name_of(self, number: int) -> str:
        """With .eth, or empty."""
        names = [
            n
            for n, (holder, epoch) in self.claims.items()
            if (holder, epoch) == (number, self.epochs[number])
        ]
        assert len(names) <= 1, f"{number} has the names {names}"
        return f"{names[0]}.eth" if names else ""

    def records_of(self, number: int) -> tuple[Any, ...]:
        return tuple(self.records.get((number, self.epochs[number]), NO_RECORDS))

    def _record(self, args: dict[str, Any]) -> list[Any]:
        return self.records.setdefault((args["number"], args["epoch"]), list(NO_RECORDS))

    def _on_Transfer(self, tokenId: int, to: str, **_: Any) -> None:  # noqa: N802, N803
        self.owners[tokenId] = to
        self.epochs[tokenId] += 1
        self.live.discard(tokenId)

    def _on_Moved(self, number: int, **_: Any) -> None:  # noqa: N802
        self.epochs[number] -= 1

    def _on_EpochAdvanced(self, number: int, epoch: int) -> None:  # noqa: N802
        assert self.epochs[number] == epoch

    def _on_SessionsRevoked(self, number: int, session: int) -> None:  # noqa: N802
        self.sessions[number] += 1
        assert self.sessions[number] == session

    def _on_Approval(self, tokenId: int, **_: Any) -> None:  # noqa: N802, N803
        self.live.discard(tokenId)

    def _on_ApprovalForAll(self, owner: str, operator: str, **_: Any) -> None:  # noqa: N802
        if operator == self.market:
            self.live -= {number for number, holder in self.owners.items() if holder == owner}

    def _on_CredentialSet(self, hash: bytes, kdf: int, **args: Any) -> None:  # noqa: N802
        self._record(args)[:2] = [hash, kdf]

    def _on_NameClaimed(self, number: int, epoch: int, label: str) -> None:  # noqa: N802
        assert label not in self.claims
        self.claims[label] = (number, epoch)

    def _on_NameReleased(self, number: int, label: str) -> None:  # noqa: N802
        assert self.claims.pop(label)[0] == number

    def _on_Registered(self, price: int, **_: Any) -> None:  # noqa: N802
        self.income += price

    def _on_Listed(self, number: int, price: int, **_: Any) -> None:  # noqa: N802
        self.prices[number] = price
        self.live.add(number)

    def _on_Cancelled(self, number: int) -> None:  # noqa: N802
        self.prices.pop(number)
        self.live.discard(number)

    def _on_Bought(self, number: int, seller: str, price: int, **_: Any) -> None:  # noqa: N802
        self.prices.pop(number)
        self.owed[seller] += price

    def _on_Withdrawn(self, amount: int, account: str | None = None, to: str | None = None) -> None:  # noqa: N802
        if account is not None:
            self.owed[account] -= amount
        else:
            assert to is not None
            self.income -= amount

    def _on_HubAdded(self, hubId: int, operator: str, uri: str, pin: bytes) -> None:  # noqa: N802, N803
        assert hubId == len(self.hubs) + 1
        self.nodes[hubId] = []
        self.hubs[hubId] = {
            "operator": operator, "pending": ZERO, "uri": uri, "pin": pin, "previous": NONE, "bond": True, "exit": 0
        }  # fmt: skip

    def _on_HubChanged(self, hubId: int, uri: str) -> None:  # noqa: N802, N803
        self.hubs[hubId]["uri"] = uri

    def _on_HubPinRotated(self, hubId: int, pin: bytes, previous: bytes) -> None:  # noqa: N802, N803
        self.hubs[hubId] |= {"pin": pin, "previous": previous}

    def _on_HubPinRetired(self, hubId: int, pin: bytes) -> None:  # noqa: N802, N803
        assert self.hubs[hubId]["previous"] == pin
        self.hubs[hubId]["previous"] = NONE

    def _on_NodeAdded(self, hubId: int, index: int, uri: str, pin: bytes, capacity: int) -> None:  # noqa: N802, N803
        assert index == len(self.nodes[hubId])
        self.nodes[hubId].append([uri, pin, NONE, capacity, True])

    def _on_NodeChanged(self, hubId: int, index: int, uri: str, capacity: int, active: bool) -> None:  # noqa: N802, N803
        node = self.nodes[hubId][index]
        node[0], node[3], node[4] = uri, capacity, active

    def _on_NodePinRotated(self, hubId: int, index: int, pin: bytes, previous: bytes) -> None:  # noqa: N802, N803
        self.nodes[hubId][index][1:3] = [pin, previous]

    def _on_NodePinRetired(self, hubId: int, index: int, pin: bytes) -> None:  # noqa: N802, N803
        assert self.nodes[hubId][index][2] == pin
        self.nodes[hubId][index][2] = NONE

    def _on_ExitBegun(self, hubId: int, exitAt: int) -> None:  # noqa: N802, N803
        self.hubs[hubId]["exit"] = exitAt

    def _on_ExitCancelled(self, hubId: int) -> None:  # noqa: N802, N803
        self.hubs[hubId]["exit"] = 0

    def _on_BondWithdrawn(self, hubId: int, **_: Any) -> None:  # noqa: N802, N803
        self.hubs[hubId] |= {"bond": False, "pending": ZERO}

    def _on_OperatorProposed(self, hubId: int, operator: str) -> None:  # noqa: N802, N803
        self.hubs[hubId]["pending"] = operator

    def _on_OperatorChanged(self, hubId: int, operator: str, **_: Any) -> None:  # noqa: N802, N803
        self.hubs[hubId] |= {"operator": operator, "pending": ZERO, "exit": 0}
