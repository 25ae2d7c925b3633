"""Random text for branches and tags, fetched from the system by the pool: a call to it costs more than the text."""

from __future__ import annotations

import os
from typing import Final

TEXT: Final = 24  # hexadecimal digits: 96 bits, where RFC 3261 section 19.3 asks for 32
_POOL: Final = 256  # texts fetched at once


class RandomText:
    """Gives a fresh text with each call. For the thread of one event loop."""

    __slots__ = ("_at", "_pool")

    def __init__(self) -> None:
        self._pool = ""
        self._at = 0

    def __call__(self) -> str:
        """Return 24 hexadecimal digits that nobody can guess and nobody gets again."""
        start = self._at
        if start >= len(self._pool):
            self._pool = os.urandom(_POOL * TEXT // 2).hex()
            start = 0
        self._at = start + TEXT
        return self._pool[start : self._at]
