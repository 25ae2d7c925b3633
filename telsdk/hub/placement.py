"""Which node serves a number: weighted rendezvous hashing with bounded load.

Each (number, node) pair has a score that anybody can compute; a number goes to its highest-scoring node that is not
full. A node that comes or goes moves only the numbers it gains or loses. The bound keeps any node's share within a
factor of the fair one (Mirrokni, Thorup, Zadimoghaddam: Consistent Hashing with Bounded Loads).
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

    key: str  # what the score is made from: stable for the node's life
    capacity: int  # users; its weight


def score(number: int, candidate: Candidate) -> float:
    """The candidate's score for `number`: -capacity / ln(h) with h uniform in (0, 1) (Schindelhauer, Schomaker)."""
    digest = hashlib.sha256(f"{number}|{candidate.key}".encode()).digest()
    uniform = (int.from_bytes(digest[:8], "big") + 0.5) / 2**64
    return -candidate.capacity / math.log(uniform)


def ranked(number: int, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates, best first. Ties, which only equal keys have, go by key."""
    return sorted(candidates, key=lambda candidate: (-score(number, candidate), candidate.key))


def place(
    number: int,
    candidates: Sequence[Candidate],
    load: Mapping[str, int],
    *,
    balance: float = DEFAULT_BALANCE,
) -> Candidate | None:
    """The best candidate below its bound, or None when all are full.

    Args:
        load: users per candidate key, `number` itself left out.
        balance: how far above its fair share a node may go; 1 is exact balance, more moves fewer numbers.
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
