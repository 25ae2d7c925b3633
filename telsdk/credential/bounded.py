"""Tables that hostile input cannot grow."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def keep(table: OrderedDict[K, V], key: K, value: V, size: int) -> None:
    """Put `value` in as the youngest, and drop the oldest when the table has more than `size` entries."""
    table[key] = value
    table.move_to_end(key)
    if len(table) > size:
        table.popitem(last=False)
