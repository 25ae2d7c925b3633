"""Names that ENS vouches for no longer.

On a chain with ENS a name stands for its number only while it belongs to the number's owner in ENS too, and
none of our contracts says when that ends: a wrapped name even ends by time alone. So the names are looked at
again, some with every poll, in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from telsdk.chain.abi import NOBODY
from telsdk.chain.deployments import Deployment

LOOKS = 25  # names looked at again with each poll, besides those that the poll touched


def asks_ens(deployment: Deployment) -> bool:
    """Whether names need ENS to vouch for them in `deployment`."""
    arguments: Any = deployment.arguments.get("NameAlias") or ()
    return len(arguments) > 1 and arguments[1] != NOBODY


class NameWatch:
    """Goes round the numbers with names.

    `stands` says whether the name of a number stands, as of a block; `named` gives so many numbers with a
    name that are greater than a given one, in order.
    """

    def __init__(self, stands: Callable[[int, int], bool], named: Callable[[int, int], list[int]]) -> None:
        self._stands = stands
        self._named = named
        self._last = 0
        self.disowned: frozenset[int] = frozenset()

    def look(self, touched: Iterable[int], block: int) -> set[int]:
        """Looks at the names of `touched` and at the next in turn. Says for which numbers the answer is
        another now.

        Raises:
            RpcError, RpcUnreachable: the chain cannot be asked; what was known stays.
        """
        turn = self._named(self._last, LOOKS)
        answers = {number: self._stands(number, block) for number in {*touched, *turn}}
        self._last = turn[-1] if len(turn) == LOOKS else 0
        fallen = {number for number, stands in answers.items() if not stands}
        changed = {number for number in answers if (number in fallen) != (number in self.disowned)}
        self.disowned = (self.disowned - answers.keys()) | fallen
        return changed
