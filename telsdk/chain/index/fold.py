"""Fold the events about one number, label or hub to what they add up to. Pure: no chain, no database.

A state is the fold of its own events and of nothing else, so after a reorganisation it is enough to forget
the events that are gone and to fold the rest again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from telsdk.chain.interface import ChainEvent
from telsdk.directory import HubFacts, NodeFacts
from telsdk.records import CONTRACT, RECORDS, Records

Args = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NumberState(Records):
    """A number in its present epoch. Whatever was written in an earlier one is gone."""

    owner: str
    epoch: int = 0
    session: int = 0
    label: str | None = None  # claimed by this number; another may have claimed it since
    listing: Listing | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """An offer that no event about the number itself has ended."""

    price: int  # wei
    block: int  # where it was made: the owner's later word to the market as a whole ends it too
    index: int


def fold_number(events: Iterable[ChainEvent]) -> NumberState | None:
    """Return what the events about one number, oldest first, add up to; None when nobody ever held it."""
    state: NumberState | None = None
    for event in events:
        step = _NUMBER.get((event.contract, event.name))
        if event.name == "Transfer" and state is None:
            state = NumberState(event.args["to"])
        elif step is not None and state is not None:
            state = step(state, event)
    return state


def fold_label(events: Iterable[ChainEvent]) -> int | None:
    """Return the number that claimed a label last, or None. It may have lost it since by changing hands."""
    holder: int | None = None
    for event in events:
        if event.name == "NameClaimed":
            holder = event.args["number"]
        elif event.name == "NameReleased" and event.args["number"] == holder:
            holder = None
    return holder


def _transferred(state: NumberState, event: ChainEvent) -> NumberState:
    return replace(state, owner=event.args["to"], listing=None)


def _epoch_advanced(state: NumberState, event: ChainEvent) -> NumberState:
    return NumberState(state.owner, epoch=event.args["epoch"], session=state.session)


def _sessions_revoked(state: NumberState, event: ChainEvent) -> NumberState:
    return replace(state, session=event.args["session"])


def _unlisted(state: NumberState, event: ChainEvent) -> NumberState:  # noqa: ARG001
    return replace(state, listing=None)


def _listed(state: NumberState, event: ChainEvent) -> NumberState:
    return replace(state, listing=Listing(event.args["price"], event.block, event.index))


def _name_claimed(state: NumberState, event: ChainEvent) -> NumberState:
    return replace(state, label=event.args["label"])


def _name_released(state: NumberState, event: ChainEvent) -> NumberState:
    return replace(state, label=None) if state.label == event.args["label"] else state


def _record_set(state: NumberState, event: ChainEvent) -> NumberState:
    return replace(state, **_RECORDS[event.name].told(event.args))


_RECORDS = {record.event: record for record in RECORDS}
_NUMBER: dict[tuple[str, str], Callable[[NumberState, ChainEvent], NumberState]] = {
    ("NumberRegistry", "Transfer"): _transferred,
    ("NumberRegistry", "Approval"): _unlisted,
    ("NumberRegistry", "EpochAdvanced"): _epoch_advanced,
    ("NumberRegistry", "SessionsRevoked"): _sessions_revoked,
    ("NameAlias", "NameClaimed"): _name_claimed,
    ("NameAlias", "NameReleased"): _name_released,
    **{(CONTRACT, event): _record_set for event in _RECORDS},
    ("NumberMarket", "Listed"): _listed,
    ("NumberMarket", "Cancelled"): _unlisted,
}


# Hubs


def fold_hub(events: Iterable[ChainEvent]) -> HubFacts | None:
    """Return what the events about one hub and its nodes add up to; None when there is none, or it has left."""
    hub: HubFacts | None = None
    nodes: list[NodeFacts] = []  # changed in place: a hub may list thousands
    for event in events:
        args = event.args
        if event.name == "HubAdded":
            hub, nodes = HubFacts(args["hubId"], args["operator"], args["uri"], (args["pin"],), ()), []
        elif event.name == "BondWithdrawn":
            return None
        elif hub is None:
            continue
        elif (step := _HUB.get(event.name)) is not None:
            hub = step(hub, args)
        elif event.name == "NodeAdded":
            pins = (args["pin"],)
            nodes.append(NodeFacts(hub.id, args["index"], args["uri"], pins, args["capacity"], active=True))
        elif (change := _NODE.get(event.name)) is not None:
            nodes[args["index"]] = change(nodes[args["index"]], args)
    return None if hub is None else replace(hub, nodes=tuple(nodes))


def _hub_changed(hub: HubFacts, args: Args) -> HubFacts:
    return replace(hub, uri=args["uri"])


def _hub_pin_rotated(hub: HubFacts, args: Args) -> HubFacts:
    return replace(hub, pins=(args["pin"], args["previous"]))


def _hub_pin_retired(hub: HubFacts, args: Args) -> HubFacts:  # noqa: ARG001
    return replace(hub, pins=hub.pins[:1])


def _operator_changed(hub: HubFacts, args: Args) -> HubFacts:
    return replace(hub, operator=args["operator"])


def _node_changed(node: NodeFacts, args: Args) -> NodeFacts:
    return replace(node, uri=args["uri"], capacity=args["capacity"], active=args["active"])


def _node_pin_rotated(node: NodeFacts, args: Args) -> NodeFacts:
    return replace(node, pins=(args["pin"], args["previous"]))


def _node_pin_retired(node: NodeFacts, args: Args) -> NodeFacts:  # noqa: ARG001
    return replace(node, pins=node.pins[:1])


_HUB: dict[str, Callable[[HubFacts, Args], HubFacts]] = {
    "HubChanged": _hub_changed,
    "HubPinRotated": _hub_pin_rotated,
    "HubPinRetired": _hub_pin_retired,
    "OperatorChanged": _operator_changed,
}
_NODE: dict[str, Callable[[NodeFacts, Args], NodeFacts]] = {
    "NodeChanged": _node_changed,
    "NodePinRotated": _node_pin_rotated,
    "NodePinRetired": _node_pin_retired,
}
