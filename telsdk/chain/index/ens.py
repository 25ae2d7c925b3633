"""Keep what ENS says of the names.

On a chain with ENS a name stands for its number only while the number's owner owns it in ENS too. No event of our
contracts says when that ends; a name even expires by itself. So the chain is asked after each name again and again,
and what it said is kept with the block as of which it held. What is older than a setting does not count: the name
stands for nothing until the chain has said it again, and the next look asks after it before all else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from telsdk.directory import Head


@dataclass(frozen=True, slots=True)
class NameSettings:
    """How often an index asks whose the names are, on a chain with ENS. Ages are by the clock of the chain."""

    fresh: int = 600
    """Seconds for which a verdict counts."""

    again: int = 240
    """Seconds after which a name is asked after again, without anybody using it. Less than `fresh`, so that a verdict
    in use is never old unless the chain cannot be asked."""

    at_once: int = 10_000
    """Names that one look asks after, at most; the ones that changed and the ones in use first, then the oldest."""


class Verdict(NamedTuple):
    """What ENS said of a number's name."""

    stands: bool
    time: int  # seconds since 1970, by the clock of the block as of which it was said


class NameWatch:
    """Who asks after which names when. The verdicts themselves are in the file.

    Args:
        due: returns up to so many numbers of whose names nothing was said after the given time, oldest first.
    """

    def __init__(self, due: Callable[[int, int], list[int]], settings: NameSettings) -> None:
        self._due = due
        self.settings = settings
        self._wanted: set[int] = set()

    def counts(self, time: int, head: Head) -> bool:
        """Return whether what was said at `time` still counts at `head`."""
        return head.timestamp - time <= self.settings.fresh

    def want(self, number: int) -> None:
        """Let the next look ask after this number's name: it is in use, and what was said of it is too old."""
        if len(self._wanted) < self.settings.at_once:
            self._wanted.add(number)

    def next(self, touched: Iterable[int], head: Head) -> list[int]:
        """Return the numbers whose names to ask after as of `head`. `touched` have changed."""
        limit = self.settings.at_once
        first = dict.fromkeys((*touched, *self._wanted))
        self._wanted = set()
        due = self._due(head.timestamp - self.settings.again, limit)
        return list(first | dict.fromkeys(due))[:limit]
