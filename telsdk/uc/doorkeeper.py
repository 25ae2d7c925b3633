"""Whom a user client listens to: strangers who write to its own address have a share, and its node is not kept waiting.

over a connection that it opened, as to its node or a peer in a call    a bucket of that server or peer
anything else                                                           a bucket of the address (IPv6: /64), and
                                                                        one for all such together
"""

from __future__ import annotations

from telsdk.clock import Monotonic
from telsdk.net.buckets import Buckets, place_of
from telsdk.net.gatekeeper import DROP, PASS, REFUSE
from telsdk.sip.hop import Hop
from telsdk.uc.limits import ListeningLimits


class Doorkeeper:
    """The judge of where messages come from: a `telsdk.net.gatekeeper.Gatekeeper`."""

    def __init__(self, limits: ListeningLimits) -> None:
        self.retry_after = limits.retry_after
        self._opened = Buckets(limits.opened, limits.remembered)
        self._sources = Buckets(limits.source, limits.remembered)
        self._strangers = Buckets(limits.strangers, 1)

    def judge(self, source: Hop, now: Monotonic, data: bytes | None) -> int:  # noqa: ARG002
        """Return `PASS`, `REFUSE` or `DROP`; `data` is the datagram, None for a message of a connection."""
        if self.keeps(source, now):
            return PASS if self._opened.take((source.host, source.port), now) else REFUSE
        if self._sources.take(place_of(source.host), now) and self._strangers.take(None, now):
            return PASS
        return DROP  # its source may be forged, and to answer costs as much as to listen

    def keeps(self, hop: Hop, now: Monotonic) -> bool:  # noqa: ARG002
        """Return whether we opened that connection."""
        return hop.reliable and hop.taken_at is None
