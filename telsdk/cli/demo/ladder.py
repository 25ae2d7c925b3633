"""The ladder of a call: who sent what to whom, and when. This draws it as text; `ladder_svg` draws it as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NotRequired, Self, TypedDict

ArrowKind = Literal["message", "media"]

_MIN_GAP = 16  # characters between two lifelines
_ARROW = 8  # characters of an arrow that are not its label: lifeline, head, shaft and blanks
_TIME = 12  # characters of the column of times


class LadderEntry(TypedDict("_From", {"from": str})):  # ``from`` is a keyword of Python
    """One arrow, as ``telsdk demo --json`` prints it."""

    n: int
    """Its number: 1 is F1; 0 for an arrow without one, such as media."""
    time_ms: float
    """Milliseconds since the first arrow."""
    to: str
    what: str
    """``INVITE``, ``200``, or words for media."""
    kind: NotRequired[ArrowKind]
    """``message`` when left out."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """One arrow of a ladder."""

    time: float
    """Seconds since the first arrow."""
    source: str
    target: str
    label: str
    """``INVITE F1``, ``200 F11``."""
    note: str = ""
    kind: ArrowKind = "message"
    """Media goes both ways, and is drawn so."""


@dataclass(frozen=True)
class Ladder:
    """Parties from left to right, and what passed between them from top to bottom.

    Raises:
        ValueError: an arrow names somebody who is not among the parties.
    """

    parties: Sequence[str]
    messages: Sequence[Arrow] = field(default_factory=list)

    def __post_init__(self) -> None:
        for arrow in self.messages:
            for party in (arrow.source, arrow.target):
                if party not in self.parties:
                    raise ValueError(f"{party!r} sends or receives {arrow.label!r} but is not in the ladder")

    @classmethod
    def from_entries(cls, entries: Iterable[LadderEntry], parties: Sequence[str] = ()) -> Self:
        """Return the ladder in a report. Without `parties` these are in the order of their first appearance."""
        arrows = [_arrow(entry) for entry in entries]
        seen = dict.fromkeys(party for arrow in arrows for party in (arrow.source, arrow.target))
        return cls(parties or list(seen), arrows)

    def text(self) -> str:
        """Draw the ladder in plain characters: a line for each arrow, with the time in milliseconds."""
        gap = self._gap()
        lines = [self._heads(gap)]
        for arrow in self.messages:
            note = f"  {arrow.note}" if arrow.note else ""
            lines.append(f"{arrow.time * 1000:{_TIME - 4}.1f} ms " + self._row(arrow, gap) + note)
        return "\n".join(line.rstrip() for line in lines)

    def _gap(self) -> int:
        """Return the characters from one lifeline to the next, so that every label and name has room."""
        gap = _MIN_GAP
        for arrow in self.messages:
            columns = abs(self.parties.index(arrow.target) - self.parties.index(arrow.source)) or 1
            gap = max(gap, math.ceil((len(arrow.label) + _ARROW) / columns))
        for left, right in pairwise(self.parties):
            gap = max(gap, (len(left) + len(right)) // 2 + 3)
        return gap

    def _margin(self) -> int:
        """Return the characters left of the first lifeline, for half of its name."""
        return max(1, len(self.parties[0]) // 2) if self.parties else 1

    def _heads(self, gap: int) -> str:
        line = ""
        for at, party in enumerate(self.parties):
            line = line.ljust(_TIME + self._margin() + at * gap - len(party) // 2) + party
        return line

    def _row(self, arrow: Arrow, gap: int) -> str:
        """Draw the lifelines with `arrow` over them."""
        ends = sorted((self.parties.index(arrow.source), self.parties.index(arrow.target)))
        left, right = (self._margin() + end * gap for end in ends)
        row = list(" " * self._margin() + "|".ljust(gap) * len(self.parties))
        if left == right:
            row[left + 1 :] = f"* {arrow.label} "
        else:
            row[left + 1 : right] = _shaft(
                arrow, right - left - 1, self.parties.index(arrow.source) == ends[0]
            )
        return "".join(row).rstrip()


def _shaft(arrow: Arrow, room: int, rightward: bool) -> str:
    """Draw an arrow of `room` characters, its label at the sender's end. Media has a double line, its label midway."""
    if arrow.kind == "media":
        return f"<{f' {arrow.label} ':=^{room - 2}}>"
    if rightward:
        return f"-- {arrow.label} ".ljust(room - 1, "-") + ">"
    return "<" + f" {arrow.label} --".rjust(room - 1, "-")


def _arrow(entry: LadderEntry) -> Arrow:
    number = f" F{entry['n']}" if entry["n"] else ""
    return Arrow(
        time=entry["time_ms"] / 1000,
        source=entry["from"],
        target=entry["to"],
        label=f"{entry['what']}{number}",
        kind=entry.get("kind", "message"),
    )
