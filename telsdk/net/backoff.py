"""Leave a peer that could not be reached alone for a while, so that not every message tries to connect in vain."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from telsdk.clock import Monotonic
from telsdk.net.limits import BACKOFF_FIRST, BACKOFF_MOST, MAX_UNREACHABLE


@dataclass(frozen=True, slots=True)
class Unreachable:
    """What is known of a peer that could not be reached."""

    reason: str
    delay: float  # seconds for which this failure counts
    until: Monotonic  # from which the peer is tried again


class Backoff:
    """A memory of failures. The delay grows from `BACKOFF_FIRST` by doubling to `BACKOFF_MOST`."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Unreachable] = {}

    def blocked(self, peer: Hashable, now: Monotonic) -> Unreachable | None:
        """Return why `peer` is not to be tried now; None when it may be."""
        failure = self._known.get(peer)
        return failure if failure is not None and now < failure.until else None

    def failed(self, peer: Hashable, reason: str, now: Monotonic) -> None:
        """Note that `peer` could not be reached."""
        before = self._known.pop(peer, None)
        delay = BACKOFF_FIRST if before is None else min(before.delay * 2, BACKOFF_MOST)
        if len(self._known) >= MAX_UNREACHABLE:
            del self._known[next(iter(self._known))]  # the one that failed longest ago
        self._known[peer] = Unreachable(reason, delay, Monotonic(now + delay))

    def reached(self, peer: Hashable) -> None:
        """Note that `peer` was reached. Its next failure costs `BACKOFF_FIRST` again."""
        self._known.pop(peer, None)
