"""Draws the transaction machines into docs/sip.md, from the tables in telsdk/sip/transaction/machines.py.

scripts/diagrams.py            write them
scripts/diagrams.py --check    exit 1 when the page says something else than the tables
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from telsdk.sip.transaction import State  # noqa: E402
from telsdk.sip.transaction.machines import MACHINES, Actions, Machine, Trigger  # noqa: E402
from telsdk.sip.transaction.timers import Timer  # noqa: E402

PAGE = ROOT / "docs/sip.md"
BEGIN = "<!-- drawn by scripts/diagrams.py from telsdk/sip/transaction/machines.py -->"
END = "<!-- end of what is drawn -->"


class PageError(Exception):
    """The page has no place for the diagrams."""


def drawn() -> str:
    """All four machines."""
    return "\n".join([BEGIN, *(line for machine in MACHINES for line in _diagram(machine)), END])


def with_diagrams(page: str) -> str:
    """`page` with the diagrams of today between its marks.

    Raises:
        PageError: it has not the two marks, once each and in order.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in after or END in after:
        raise PageError(
            f"{PAGE.name} needs the line {BEGIN!r} and, behind it, {END!r}: put them where they belong"
        )
    return before + drawn() + after


def _diagram(machine: Machine) -> Iterator[str]:
    yield f"\n**{machine.name} transaction**\n\n```mermaid\nstateDiagram-v2"
    first, actions = machine.start
    yield _arrow("[*]", first, _does(actions))
    for (before, after, actions), triggers in _together(machine).items():
        cause = ", ".join(_name(trigger) for trigger in triggers)
        yield _arrow(before, after, f"{cause} / {_does(actions)}" if actions else cause)
    yield f"    {State.TERMINATED} --> [*]\n```"


def _together(machine: Machine) -> dict[tuple[State, State, Actions], list[Trigger]]:
    """The moves, those that differ only in their cause as one."""
    found: dict[tuple[State, State, Actions], list[Trigger]] = {}
    for (before, trigger), (after, actions) in machine.moves.items():
        found.setdefault((before, after, actions), []).append(trigger)
    return found


def _arrow(before: str, after: str, label: str) -> str:
    return f"    {before} --> {after}" + (f" : {label}" if label else "")


def _name(trigger: Trigger) -> str:
    return f"timer {trigger}" if isinstance(trigger, Timer) else str(trigger)


def _does(actions: Actions) -> str:
    return ", ".join(f"start {_name(one)}" if isinstance(one, Timer) else str(one) for one in actions)


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
