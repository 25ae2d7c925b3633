"""Which addresses are known to receive what is sent to them over UDP.

Anybody can write a datagram in another's name. Who answers what was sent to an address, by a text that nobody can
guess, is there: until then it is told little, and nothing twice (compare RFC 9000 section 8).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from telsdk.sip.hop import Hop

REMEMBERED: Final = 10_000
"""Addresses that are remembered, the latest; each takes some 200 bytes."""

AMPLIFICATION: Final = 3
"""How many times as many bytes as came are sent to an address that has proven nothing (RFC 9000 section 8.1)."""


class Proven:
    """The addresses that have answered, over UDP; over connections everybody has."""

    __slots__ = ("_known", "_size")

    def __init__(self, size: int = REMEMBERED) -> None:
        self._size = size
        self._known: OrderedDict[object, None] = OrderedDict()  # by `Hop.key`

    def __len__(self) -> int:
        return len(self._known)

    def add(self, hop: Hop) -> None:
        """Note that what was sent to `hop` got there."""
        if hop.reliable:
            return
        if hop.key not in self._known:
            self._known[hop.key] = None
            if len(self._known) > self._size:
                self._known.popitem(last=False)

    def holds(self, hop: Hop) -> bool:
        """Return whether something that was sent to `hop` is known to have got there."""
        return hop.reliable or hop.key in self._known
