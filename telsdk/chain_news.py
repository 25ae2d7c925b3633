"""What people are told of how a copy of the chain is followed: one line when that changes, and not too many of them.

    well     the newest block is read, and young enough
    trouble  the last look failed: nothing of what happened since the last good one is known
    stale    looks succeed, but the newest block that the RPC has is old (`telsdk.freshness`)

What flaps is told of no more often than every `QUIET` seconds; then the line says how things stand by that time.
"""

from __future__ import annotations

from typing import Final

from telsdk.clock import Monotonic
from telsdk.freshness import Freshness

QUIET: Final = 60.0
"""Seconds between two lines at the least, but for the first trouble after a long time of rest."""

WELL: Final = "well"


class ChainNews:
    """Says when there is something to say, and what."""

    def __init__(self, quiet: float = QUIET) -> None:
        self._quiet = quiet
        self._told = WELL
        self._told_at = -float("inf")

    def look(self, trouble: str, message: str, chain: Freshness | None, now: Monotonic) -> str | None:
        """Return the line that is to be told now; None where it was told, or something else was just before.

        Args:
            trouble: the kind of what made the last look fail; empty when it succeeded.
            message: what it said.
            chain: how old the copy is; None before the first block.
        """
        standing = trouble or ("stale" if chain is not None and chain.stale else WELL)
        if standing == self._told or now - self._told_at < self._quiet:
            return None
        self._told, self._told_at = standing, now
        as_of = "no block was read yet" if chain is None else f"what is known here is as of {chain.as_of}"
        if trouble:
            return (
                f"the chain cannot be read: {message}; {as_of}, and it is tried again: "
                "if that lasts, give another RPC besides (--rpc, several times)"
            )
        if standing == WELL:
            return f"the chain is followed again: {as_of}"
        return (
            f"the RPC stands still: {chain}; logins wait, and nobody counts as proven without that date: "
            "give another RPC (--rpc), or check this machine's clock"
        )

    @property
    def is_well(self) -> bool:
        """Whether the last line that was told said so."""
        return self._told == WELL
