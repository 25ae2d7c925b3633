"""Find the names for which ENS no longer vouches.

On a chain with ENS a name stands for its number only while the number's owner owns it in ENS too. No event of our
contracts says when that ends; a wrapped name even expires by itself. So the names are looked at again, some with every
poll, in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from telsdk.chain.interface import NOBODY, Deployment

LOOKS = 25  # names to look at again with each poll, besides those that the poll touched


def asks_ens(deployment: Deployment) -> bool:
    """Return whether ENS has to vouch for names in `deployment`."""
    arguments: Any = deployment.arguments.get("NameAlias") or ()
    return len(arguments) > 1 and arguments[1] != NOBODY


class NameWatch:
    """A watch that goes round the numbers with names.

    Args:
        named: returns, in order, so many numbers with a name that are greater than a given one.
    """

    def __init__(self, named: Callable[[int, int], list[int]]) -> None:
        self._named = named
        self._last = 0
        self.disowned: frozenset[int] = frozenset()

    def look(self, stands: Callable[[int, int], bool], touched: Iterable[int], block: int) -> set[int]:
        """Look at the names of `touched`, and at the next in turn.

        `stands` says whether the name of a number stands as of a block.

        Returns:
            The numbers for which the answer has changed.

        Raises:
            RpcError, RpcUnreachable: the chain cannot be asked. What was known stays.
        """
        turn = self._named(self._last, LOOKS)
        answers = {number: stands(number, block) for number in {*touched, *turn}}
        self._last = turn[-1] if len(turn) == LOOKS else 0
        fallen = {number for number, stands in answers.items() if not stands}
        changed = {number for number in answers if (number in fallen) != (number in self.disowned)}
        self.disowned = (self.disowned - answers.keys()) | fallen
        return changed
