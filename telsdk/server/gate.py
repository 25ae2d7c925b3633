"""The gate of a server: whose message is looked at, who is told to come later, and who gets no answer.

    who sends                                                    counts in
    a user who is logged in over this hop                        a bucket of that hop
    a server that the chain lists, over a connection             a bucket of its address
    anybody else                                                 a bucket of the address (IPv6: /64); and if datagrams
                                                                 come from where nothing was ever answered, besides in
                                                                 one for all such, since their source may be forged

What users and listed servers may send is theirs: strangers do not take from it, however many addresses they have. Who
sends too much is told 503 with Retry-After for a while, then nothing. A forger who writes from a user's own address can
empty that user's bucket, but not stop them: a datagram that brings a nonce which was sent there, or that answers a
request which was sent there, counts in a bucket that nobody else can reach.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from telsdk.clock import Monotonic
from telsdk.directory import Directory
from telsdk.net.buckets import UNLIMITED, Buckets, Rate, place_of
from telsdk.net.gatekeeper import DROP, PASS, REFUSE
from telsdk.net.listed import ListedHosts
from telsdk.sip.hop import Hop
from telsdk.sip.transaction import Proven

__all__ = ["DROP", "NO_LIMITS", "PASS", "REFUSE", "Gate", "GateSettings"]

_LISTED_FOR: Final = 1.0  # seconds between two looks at which servers the chain lists


@dataclass(frozen=True, slots=True)
class GateSettings:
    """How many messages a second are looked at, and from whom; requests, responses and nonsense count alike."""

    user: Rate = Rate(50, 200)
    """From one user who is logged in; behind a proxy of others, for each user there."""

    peer: Rate = Rate(2_000, 4_000)
    """From one server that the chain lists: it brings the calls of many."""

    source: Rate = Rate(100, 400)
    """From one address without a login, or one /64 of IPv6. An office behind one address logs in within that."""

    unproven: Rate = Rate(500, 1_000)
    """Datagrams from all addresses together that have never answered anything: their source may be forged."""

    refusals: Rate = Rate(10, 20)
    """503 to one source that sends more than it may; above that it hears nothing."""

    retry_after: int = 5
    """Seconds that it is told to wait: in that time most of its bucket is back."""

    remembered: int = 10_000
    """Sources whose bucket is kept, in each of the tables; some 150 bytes each."""


NO_LIMITS: Final = GateSettings(UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED)
"""Settings by which everything is looked at, for load generators."""


class Gate:
    """The judge of where messages come from, before much is done about them: a `telsdk.net.gatekeeper.Gatekeeper`.

    Args:
        listed: returns the addresses of the servers that the chain lists.
        users_at: returns how many users are logged in over a hop.
        is_proven: tells whether something that was sent to where a datagram came from is known to have arrived there.
        is_expected: tells whether a datagram shows that its sender receives what is sent to that hop.
    """

    def __init__(
        self,
        settings: GateSettings,
        *,
        listed: Callable[[], frozenset[str]],
        users_at: Callable[[Hop], int],
        is_proven: Callable[[Hop], bool],
        is_expected: Callable[[bytes, Hop], bool],
    ) -> None:
        self.retry_after = settings.retry_after
        self.dropped = 0  # messages that were not answered
        self.refused = 0  # messages that were answered 503, or would have been were they requests
        size = settings.remembered
        self._users = Buckets(settings.user, size)
        self._expected = Buckets(settings.user, size)
        self._peers = Buckets(settings.peer, size)
        self._sources = Buckets(settings.source, size)
        self._unproven = Buckets(settings.unproven, 1)
        self._refusals = Buckets(settings.refusals, size)
        self._listed_now = listed
        self._users_at = users_at
        self._is_proven = is_proven
        self._is_expected = is_expected
        self._listed: frozenset[str] = frozenset()
        self._listed_until = 0.0

    @classmethod
    def of_server(
        cls,
        settings: GateSettings,
        directory: Directory,
        proven: Proven,
        *,
        users_at: Callable[[Hop], int],
        is_expected: Callable[[bytes, Hop], bool],
    ) -> Self:
        """Return the gate of a server that knows the listed servers by `directory`, and who was reached by `proven`."""
        listed_hosts = ListedHosts()
        return cls(
            settings,
            listed=lambda: listed_hosts.of(directory.hubs()),
            users_at=users_at,
            is_proven=proven.holds,
            is_expected=is_expected,
        )

    def judge(self, source: Hop, now: Monotonic, data: bytes | None) -> int:
        """Return `PASS`, `REFUSE` or `DROP`; `data` is the datagram, None for a message of a connection."""
        users = self._users_at(source)
        key: object
        if users:
            key = source.key
            if self._users.take(key, now, 1 / users):
                return PASS
        elif source.reliable and self.is_listed(source.host, now):
            key = source.host
            if self._peers.take(key, now):
                return PASS
        else:
            key = place_of(source.host)
            if self._sources.take(key, now):
                if source.reliable or self._is_proven(source) or self._unproven.take(None, now):
                    return PASS
                if data is None or not self._is_wanted(data, source, now):
                    self.dropped += 1
                    return DROP  # to be told would cost as much as to be heard
                return PASS
        if data is not None and self._is_wanted(data, source, now):
            return PASS
        if self._refusals.take(key, now):
            self.refused += 1
            return REFUSE
        self.dropped += 1
        return DROP

    def keeps(self, hop: Hop, now: Monotonic) -> bool:
        """Return whether a connection is a user's or a listed server's, and never cut off to make room for others."""
        return self._users_at(hop) > 0 or self.is_listed(hop.host, now)

    def is_listed(self, host: str, now: Monotonic) -> bool:
        """Return whether the chain lists a server at that address."""
        if now >= self._listed_until:
            self._listed = self._listed_now()
            self._listed_until = now + _LISTED_FOR
        return host in self._listed

    def _is_wanted(self, data: bytes, source: Hop, now: Monotonic) -> bool:
        return self._is_expected(data, source) and self._expected.take((source.host, source.port), now)
