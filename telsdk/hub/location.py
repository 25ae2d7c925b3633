"""The hub's memory: which node each number was sent to, and how the nodes are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from telsdk.clock import Monotonic
from telsdk.server.load import Load


@dataclass(frozen=True, slots=True)
class NodeHealth:
    """What the hub knows of a node from its last answer to a probe."""

    answered_at: Monotonic
    load: Load


class Location(Protocol):
    """The hub's memory. `MemoryLocation` serves one process."""

    def node_of(self, number: int, now: Monotonic) -> int | None:
        """Return the index of the node that `number` was sent to, as long as that holds; else None."""
        ...

    def assign(self, number: int, node: int, until: Monotonic) -> None: ...

    def forget(self, number: int) -> None: ...

    def users(self, now: Monotonic) -> dict[int, int]:
        """Return how many numbers each node was given, by its index."""
        ...

    def heard(self, node: int, health: NodeHealth) -> None: ...

    def health(self, node: int) -> NodeHealth | None: ...


@dataclass(frozen=True, slots=True)
class _Assignment:
    node: int
    until: Monotonic


class MemoryLocation:
    """A `Location` in this process's memory. What a restart loses, placement computes again."""

    def __init__(self) -> None:
        self._assigned: dict[int, _Assignment] = {}
        self._health: dict[int, NodeHealth] = {}

    def node_of(self, number: int, now: Monotonic) -> int | None:
        assignment = self._assigned.get(number)
        if assignment is None or assignment.until <= now:
            self._assigned.pop(number, None)
            return None
        return assignment.node

    def assign(self, number: int, node: int, until: Monotonic) -> None:
        self._assigned[number] = _Assignment(node, until)

    def forget(self, number: int) -> None:
        self._assigned.pop(number, None)

    def users(self, now: Monotonic) -> dict[int, int]:
        counts: dict[int, int] = {}
        for number in [number for number, held in self._assigned.items() if held.until <= now]:
            del self._assigned[number]
        for held in self._assigned.values():
            counts[held.node] = counts.get(held.node, 0) + 1
        return counts

    def heard(self, node: int, health: NodeHealth) -> None:
        self._health[node] = health

    def health(self, node: int) -> NodeHealth | None:
        return self._health.get(node)
