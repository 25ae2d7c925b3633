"""Choose the node that serves a number: weighted rendezvous hashing with bounded load.

Each pair of number and node has a score that anybody can compute. A number goes to the node with the highest score that
is not full. So when a node comes or goes, only the numbers that it gains or loses move. The bound keeps each node's
share within a factor of the fair one (Mirrokni, Thorup, Zadimoghaddam: Consistent Hashing with Bounded Loads).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DEFAULT_BALANCE = 1.25


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node that could take a number."""

    key: str  # the score is computed from it; the same as long as the node lives
    capacity: int  # users: the node's weight


def score(number: int, candidate: Candidate) -> float:
    """Return the score for `number`: -capacity / ln(h) with h uniform in (0, 1) (Schindelhauer, Schomaker)."""
    digest = hashlib.sha256(f"{number}|{candidate.key}".encode()).digest()
    uniform = (int.from_bytes(digest[:8], "big") + 0.5) / 2**64
    return -candidate.capacity / math.log(uniform)


def ranked(number: int, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates, the best first. The key breaks ties."""
    return sorted(candidates, key=lambda candidate: (-score(number, candidate), candidate.key))


def place(
    number: int,
    candidates: Sequence[Candidate],
    load: Mapping[str, int],
    *,
    balance: float = DEFAULT_BALANCE,
) -> Candidate | None:
    """Return the best candidate below its bound, or None when all are full.

    Args:
        load: users by candidate key, `number` itself not counted.
        balance: how far above its fair share a node may go: 1 is exact balance, more moves fewer numbers.
    """
    usable = [candidate for candidate in candidates if candidate.capacity > 0]
    total_capacity = sum(candidate.capacity for candidate in usable)
    users = 1 + sum(load.get(candidate.key, 0) for candidate in usable)
    for candidate in ranked(number, usable):
        fair = users * candidate.capacity / total_capacity
        bound = min(candidate.capacity, math.ceil(balance * fair))
        if load.get(candidate.key, 0) < bound:
            return candidate
    return None
