"""How old a copy of the chain is: judged by the time in its newest block, and by nothing else.

That an RPC answers says nothing: it may be stuck, cut off or kept back, and then answers at once, with the chain of ten
days ago. Its blocks cannot be younger than they are. So node, hub, user client and lookup all ask here, with one limit:

    stale_after=120.0   a copy whose newest block is more than 120 s away from this machine's clock is *stale*
    stale_after=None    the default: 120 s, but on a development chain never

A development chain (`DEVELOPMENT_CHAINS`, by chain id) makes a block only when somebody sends a transaction, and its
clock may be set at will: there the time of a block says nothing. A limit that is given holds there too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from telsdk.clock import Wall
from telsdk.directory import Directory

STALE_AFTER: Final = 120.0
"""Seconds: ten blocks of Ethereum's main net, and more of every other chain that is in use."""

DEVELOPMENT_CHAINS: Final = frozenset({1337, 31337, 131277322940537})
"""Chain ids of geth --dev and ganache, of anvil and hardhat, and of eth-tester, which is the embedded chain."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old a copy of the chain is.

    Attributes:
        time: the time in the newest block, in seconds since 1970.
        age: by how many seconds this machine's clock is ahead of it; negative where the block is ahead.
        limit: the seconds, either way, beyond which the copy is stale; None where none is set.
    """

    time: int
    age: float
    limit: float | None

    @property
    def stale(self) -> bool:
        """Whether what the copy says may be long over. A block far ahead of the clock proves nothing either."""
        return self.limit is not None and not -self.limit <= self.age <= self.limit

    @property
    def as_of(self) -> str:
        """The time of the newest block, in words: `2026-11-28 03:50:12 UTC`."""
        return utc(self.time)

    def __str__(self) -> str:
        away = f"{abs(self.age):.0f} s {'ago' if self.age >= 0 else 'ahead of this clock'}"
        limit = "" if self.limit is None else f", and {self.limit:.0f} s are allowed"
        return f"the newest block here is of {self.as_of}, {away}{limit}"


def freshness(directory: Directory, stale_after: float | None, now: Wall) -> Freshness:
    """Return how old the copy of the chain in `directory` is at `now`, in seconds since 1970.

    Args:
        stale_after: the limit as a setting has it, see above.
    """
    return freshness_at(directory.head.timestamp, directory.domain.chain_id, stale_after, now)


def freshness_at(time: int, chain_id: int, stale_after: float | None, now: Wall) -> Freshness:
    """Return the same of facts that are as of one block, whose time is `time`."""
    if stale_after is None and chain_id not in DEVELOPMENT_CHAINS:
        stale_after = STALE_AFTER
    return Freshness(time, now - time, stale_after)


def utc(time: int) -> str:
    """Return seconds since 1970 for people: `2026-11-28 03:50:12 UTC`."""
    try:
        return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):  # an RPC says what it likes
        return f"second {time} since 1970"
