"""How old a server's copy of the chain is, and a line in its log when that becomes too old, or is well again."""

from __future__ import annotations

import logging

from telsdk.clock import Wall
from telsdk.directory import Directory
from telsdk.freshness import Freshness, freshness

log = logging.getLogger(__name__)


class Staleness:
    """What a hub or node asks before it lets anybody log in, and tells with its heartbeat.

    Args:
        who: names the server to people, such as "node 0 of hub 1".
    """

    def __init__(self, who: str, directory: Directory) -> None:
        self._who = who
        self._directory = directory
        self._was_stale = False

    def look(self, stale_after: float | None, now: Wall) -> Freshness:
        """Return how old the copy is, and log it once when that has become too old, or is not any more.

        Args:
            stale_after: how old it may be, in seconds, as `telsdk.freshness` takes it.
            now: seconds since 1970.
        """
        chain = freshness(self._directory, stale_after, now)
        if chain.stale and not self._was_stale:
            log.warning("%s takes no logins: %s", self._who, chain)
        elif self._was_stale and not chain.stale:
            log.info("%s takes logins again: %s", self._who, chain)
        self._was_stale = chain.stale
        return chain
