"""What a driver asks about whom it hears from, before it does much about what they say."""

from __future__ import annotations

from typing import Final, Protocol

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop

PASS: Final = 0
"""What came is looked at."""

REFUSE: Final = 1
"""A request is answered 503, with Retry-After, and nothing is remembered of it."""

DROP: Final = 2
"""There is no answer; a connection that a stranger opened is cut off."""


class Gatekeeper(Protocol):
    """Who judges sources: `telsdk.server.gate.Gate`. An endpoint without one hears everybody."""

    @property
    def retry_after(self) -> int:
        """Seconds that whoever is refused is told to wait."""
        ...

    def judge(self, source: Hop, now: Monotonic, data: bytes | None) -> int:
        """Return `PASS`, `REFUSE` or `DROP`; `data` is the datagram, None for a message of a connection."""
        ...

    def keeps(self, hop: Hop, now: Monotonic) -> bool:
        """Return whether that connection is never cut off to make room for others."""
        ...
