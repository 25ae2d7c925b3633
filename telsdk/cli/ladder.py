"""The ladder of a call: who sent what to whom, and when. Drawn as text here and as SVG in `ladder_svg`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NotRequired, Self, TypedDict

Kind = Literal["message", "media"]

_MIN_GAP = 16  # characters between two lifelines
_ARROW = 8  # characters of an arrow that are not its label: lifeline, head, shaft and blanks
_TIME = 12  # characters of the column of times


class LadderEntry(TypedDict("_From", {"from": str})):  # ``from`` is a keyword of Python
    """One arrow, as ``telsdk demo --json`` prints it."""

    n: int
    """Its number: 1 is F1; 0 for what has none, as media."""
    time_ms: float
    """Since the first arrow."""
    to: str
    what: str
    """``INVITE``, ``200``, or words for media."""
    kind: NotRequired[Kind]
    """``message`` when left out."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """One arrow of a ladder."""

    time: float
    """Seconds since the first."""
    source: str
    target: str
    label: str
    """``INVITE F1``, ``200 F11``."""
    note: str = ""
    kind: Kind = "message"
    """Media goes both ways and is drawn so."""


@dataclass(frozen=True)
class Ladder:
    """Parties from left to right, and what passed between them from top to bottom.

    Raises:
        ValueError: a step names somebody who is not among the parties.
    """

    parties: Sequence[str]
    messages: Sequence[Arrow] = field(default_factory=list)

    def __post_init__(self) -> None:
        for step in self.messages:
            for party in (step.source, step.target):
                if party not in self.parties:
                    raise ValueError(f"{party!r} sends or receives {step.label!r} but is not in the ladder")

    @classmethod
    def from_entries(cls, entries: Iterable[LadderEntry], parties: Sequence[str] = ()) -> Self:
        """The ladder in a report. Without `parties` they stand in the order in which they first appear."""
        steps = [_step(entry) for entry in entries]
        seen = dict.fromkeys(party for step in steps for party in (step.source, step.target))
        return cls(parties or list(seen), steps)

    def text(self) -> str:
        """The ladder in plain characters, one line an arrow, with the times in milliseconds."""
        gap = self._gap()
        lines = [self._heads(gap)]
        for step in self.messages:
            note = f"  {step.note}" if step.note else ""
            lines.append(f"{step.time * 1000:{_TIME - 4}.1f} ms " + self._row(step, gap) + note)
        return "\n".join(line.rstrip() for line in lines)

    def _gap(self) -> int:
        """Characters from one lifeline to the next, so that every label and name has room."""
        gap = _MIN_GAP
        for step in self.messages:
            columns = abs(self.parties.index(step.target) - self.parties.index(step.source)) or 1
            gap = max(gap, math.ceil((len(step.label) + _ARROW) / columns))
        for left, right in pairwise(self.parties):
            gap = max(gap, (len(left) + len(right)) // 2 + 3)
        return gap

    def _margin(self) -> int:
        """Characters left of the first lifeline, for half of its name."""
        return max(1, len(self.parties[0]) // 2) if self.parties else 1

    def _heads(self, gap: int) -> str:
        line = ""
        for at, party in enumerate(self.parties):
            line = line.ljust(_TIME + self._margin() + at * gap - len(party) // 2) + party
        return line

    def _row(self, step: Arrow, gap: int) -> str:
        """Lifelines with the arrow of `step` over them."""
        ends = sorted((self.parties.index(step.source), self.parties.index(step.target)))
        left, right = (self._margin() + end * gap for end in ends)
        row = list(" " * self._margin() + "|".ljust(gap) * len(self.parties))
        if left == right:
            row[left + 1 :] = f"* {step.label} "
        else:
            row[left + 1 : right] = _shaft(step, right - left - 1, self.parties.index(step.source) == ends[0])
        return "".join(row).rstrip()


def _shaft(step: Arrow, room: int, rightward: bool) -> str:
    """An arrow of `room` characters, its label at the sender's end; media is doubled, its label midway."""
    if step.kind == "media":
        return f"<{f' {step.label} ':=^{room - 2}}>"
    if rightward:
        return f"-- {step.label} ".ljust(room - 1, "-") + ">"
    return "<" + f" {step.label} --".rjust(room - 1, "-")


def _step(entry: LadderEntry) -> Arrow:
    number = f" F{entry['n']}" if entry["n"] else ""
    return Arrow(
        time=entry["time_ms"] / 1000,
        source=entry["from"],
        target=entry["to"],
        label=f"{entry['what']}{number}",
        kind=entry.get("kind", "message"),
    )
