"""Draws the transaction machines and the negotiation of offers into docs/sip.md, from their tables in telsdk/sip.

scripts/diagrams.py            write them
scripts/diagrams.py --check    exit 1 when the page says something else than the tables
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from telsdk.sip.transaction import State  # noqa: E402
from telsdk.sip.transaction.machines import MACHINES, Actions, Machine, Trigger  # noqa: E402
from telsdk.sip.transaction.timers import Timer  # noqa: E402
from telsdk.sip.ua.negotiation import INVITE, OFFER, UPDATE, Negotiation, Ruling, Said  # noqa: E402

PAGE = ROOT / "docs/sip.md"
END = "<!-- end of what is drawn -->"

Arrow: TypeAlias = tuple[str, str, str, str]
"""From where to where, upon what, and what is done."""

NEGOTIATION: dict[str, tuple[StrEnum, dict[tuple[StrEnum, Said], tuple[StrEnum, Ruling]]]] = {
    name: (start, {(state, said): move for (state, said), move in moves.items()})
    for name, start, moves in (
        ("The offer of a dialog", Negotiation().open, OFFER),
        ("The INVITE of a dialog", Negotiation().turn, INVITE),
        ("Our UPDATE without an offer", Negotiation().errand, UPDATE),
    )
}
"""The tables of the negotiation, each with its first state."""


class PageError(Exception):
    """The page has no place for the diagrams."""


@dataclass(frozen=True)
class Place:
    """Where on the page what is drawn from one file has its place: between two marks."""

    source: str
    draw: Callable[[], Iterable[str]]

    @property
    def begin(self) -> str:
        return f"<!-- drawn by scripts/diagrams.py from {self.source} -->"

    def drawn(self) -> str:
        return "\n".join([self.begin, *self.draw(), END])


def with_diagrams(page: str) -> str:
    """`page` with the diagrams of today between their marks.

    Raises:
        PageError: it has not the marks of each place, once and in order.
    """
    for place in PLACES:
        before, begin, rest = page.partition(place.begin)
        _, end, after = rest.partition(END)
        if not begin or not end or place.begin in after:
            raise PageError(
                f"{PAGE.name} needs the line {place.begin!r} and, behind it, {END!r}: put them where they belong"
            )
        page = before + place.drawn() + after
    if page.count(END) != len(PLACES):
        raise PageError(f"{PAGE.name} needs the line {END!r} once behind each of what is drawn")
    return page


def _machines() -> Iterator[str]:
    for machine in MACHINES:
        first, actions = machine.start
        yield from _diagram(f"{machine.name} transaction", first, _does(actions), _moves_of(machine))
        yield f"    {State.TERMINATED} --> [*]\n```"


def _moves_of(machine: Machine) -> Iterator[Arrow]:
    for (before, trigger), (after, actions) in machine.moves.items():
        yield before, after, _name(trigger), _does(actions)


def _negotiation() -> Iterator[str]:
    for name, (start, moves) in NEGOTIATION.items():
        arrows = [
            (str(before), str(after), str(said), "" if ruling is Ruling.PASS else str(ruling))
            for (before, said), (after, ruling) in sorted(moves.items(), key=lambda move: _order(move[0][0]))
            if said.ours or (before, ruling) != (after, Ruling.PASS)
        ]
        yield from _diagram(name, start, "", arrows)
        yield "```"


def _order(state: StrEnum) -> int:
    return list(type(state)).index(state)


def _diagram(title: str, first: str, done: str, arrows: Iterable[Arrow]) -> Iterator[str]:
    yield f"\n**{title}**\n\n```mermaid\nstateDiagram-v2"
    yield _arrow("[*]", first, done)
    for (before, after, done), causes in _together(arrows).items():
        cause = ", ".join(causes)
        yield _arrow(before, after, f"{cause} / {done}" if done else cause)


def _together(arrows: Iterable[Arrow]) -> dict[tuple[str, str, str], list[str]]:
    """The moves, those that differ only in their cause as one."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for before, after, cause, done in arrows:
        found.setdefault((before, after, done), []).append(cause)
    return found


def _arrow(before: str, after: str, label: str) -> str:
    return f"    {before} --> {after}" + (f" : {label}" if label else "")


def _name(trigger: Trigger) -> str:
    return f"timer {trigger}" if isinstance(trigger, Timer) else str(trigger)


def _does(actions: Actions) -> str:
    return ", ".join(f"start {_name(one)}" if isinstance(one, Timer) else str(one) for one in actions)


PLACES = (
    Place("telsdk/sip/transaction/machines.py", _machines),
    Place("telsdk/sip/ua/negotiation.py", _negotiation),
)


def main(arguments: list[str]) -> int:
    page = PAGE.read_text()
    try:
        new = with_diagrams(page)
    except PageError as error:
        print(error)
        return 1
    if arguments == ["--check"]:
        if new != page:
            print("the diagrams in docs/sip.md are not those of the tables: run scripts/diagrams.py")
        return int(new != page)
    PAGE.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
