"""Bytes as a row of choices: what a fuzzer changes in a file is then a change of one choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """Reads choices off `data`; when it is used up, the first of everything is chosen."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        """Whether any are left."""
        return self._at < len(self._data)

    def number(self, below: int) -> int:
        """One of 0 to `below` - 1, which must be at most 256."""
        if not self:
            return 0
        self._at += 1
        return self._data[self._at - 1] % below

    def one(self, options: Sequence[T]) -> T:
        """One of `options`."""
        return options[self.number(len(options))]
