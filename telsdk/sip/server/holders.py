"""Who holds what, where nearly always one holder is alone: a set for each would take more room than all else."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)


class Holders(Generic[KeyT]):
    """Names by what they hold, in the order in which they took hold of it."""

    def __init__(self) -> None:
        self._names: dict[KeyT, str | dict[str, None]] = {}  # a name alone is kept bare

    def __len__(self) -> int:
        """Return how many things are held."""
        return len(self._names)

    def add(self, key: KeyT, name: str) -> None:
        """Let `name` hold `key` too. A name that holds it already keeps its place."""
        known = self._names.setdefault(key, name)
        if isinstance(known, dict):
            known[name] = None
        elif known != name:
            self._names[key] = {known: None, name: None}

    def discard(self, key: KeyT, name: str) -> None:
        """Let `name` hold `key` no more."""
        known = self._names.get(key)
        if known == name:
            del self._names[key]
        elif isinstance(known, dict):
            known.pop(name, None)
            if len(known) == 1:
                (self._names[key],) = known

    def of(self, key: KeyT) -> tuple[str, ...]:
        """Return the names that hold `key`, the first holder first."""
        known = self._names.get(key, ())
        return (known,) if isinstance(known, str) else tuple(known)
