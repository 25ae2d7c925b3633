"""The highest rate that a server keeps up with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

GROWS: Final = 1.6
NEAR: Final = 0.08
"""How near the highest rate that passed and the lowest that did not have to be, as part of the former."""


def highest(passes: Callable[[float], bool], begin: float, tries: int) -> float | None:
    """The highest rate that was seen to pass; None when none was.

    A rate that does not pass is tried once more before it counts: on a machine that others use one is spoilt at times.

    Args:
        passes: tries a rate.
        begin: the first rate to try.
        tries: how many rates may be tried at most, a second try of the same not counted.
    """
    low: float | None = None
    high: float | None = None
    rate = begin
    for _ in range(tries):
        if passes(rate) or passes(rate):
            low = rate
        else:
            high = rate
        if low is None:
            rate /= GROWS * GROWS
        elif high is None:
            rate *= GROWS
        elif high - low <= NEAR * low:
            break
        else:
            rate = (low + high) / 2
    return low
