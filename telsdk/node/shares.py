"""Whose requests a node keeps open: nobody can hold so many that others get none, and a part is for users alone.

A request is open until its final response, and one that rings is so for three minutes (Timer C). So it is not enough
that nobody begins many a second.

    users logged in here      each so many at a time; all of `max_open`
    listed servers            each so many: they bring the calls of many users
    anybody else              each address so many, all together so many

What has no login here has, all together, a part of `max_open`, so that the rest is there for users. And a callee is
asked for by so many at a time, by one caller for a quarter of that, and by strangers for half of it: so who calls a
phone again and again does not keep others from calling it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from telsdk.clock import Monotonic
from telsdk.net.buckets import UNLIMITED, Buckets, Rate


class Kind(enum.Enum):
    """Who asks."""

    USER = "user"
    PEER = "peer"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class ShareSettings:
    """How many requests may be open at a time that began something, such as a call or a text."""

    from_elsewhere: int = 3_000
    """Those of all who are not logged in here, together. The rest of `max_open` is for users alone."""

    of_user: int = 100
    """Those of one user who is logged in here."""

    of_peer: int = 1_000
    """Those that come by one server that the chain lists."""

    of_source: int = 30
    """Those from one address without a login, or one /64 of IPv6."""

    of_strangers: int = 1_000
    """Those from all such addresses together."""

    to_callee: int = 40
    """Those for one callee; strangers have half of them, and one caller a quarter."""

    calls_to_callee: Rate = Rate(2, 20)
    """How often a second strangers may begin something with one callee, all of them together."""

    within_calls: int = 100
    """Requests within calls that wait for an answer, for each connection or address that they come from."""

    retry_after: int = 10
    """Seconds that whoever is refused is told to wait."""

    remembered: int = 10_000
    """Callees whose rate is remembered."""


_ANY: Final = 1_000_000_000
NO_SHARES: Final = ShareSettings(_ANY, _ANY, _ANY, _ANY, _ANY, 4 * _ANY, UNLIMITED, _ANY)
"""Settings by which nobody is refused, for load generators."""


class Held:
    """One request that is open, and in whose shares it counts."""

    __slots__ = ("callee", "caller", "kind")

    def __init__(self, caller: object, callee: object, kind: Kind) -> None:
        self.caller = caller
        self.callee = callee
        self.kind = kind


class TooMany(Exception):
    """One more request cannot be held open.

    Attributes:
        status: 486 where the callee is asked for too often, else 503.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Shares:
    """The requests that are open at a node, by who sent them and whom they are for.

    How many there may be, whoever's they are, is seen to elsewhere (`telsdk.sip.server.ProxySettings.max_open`).
    """

    def __init__(self, settings: ShareSettings) -> None:
        self.settings = settings
        self._most = {
            Kind.USER: settings.of_user,
            Kind.PEER: settings.of_peer,
            Kind.STRANGER: settings.of_source,
        }
        self._by_caller: dict[object, int] = {}
        self._by_callee: dict[object, int] = {}
        self._by_strangers: dict[object, int] = {}  # of the callees
        self._by_pair: dict[object, int] = {}
        self._from_elsewhere = 0
        self._of_strangers = 0
        self._begun = Buckets(settings.calls_to_callee, settings.remembered)

    def __len__(self) -> int:
        """Return how many callers have something open."""
        return len(self._by_caller)

    def take(self, caller: object, callee: object, kind: Kind, now: Monotonic) -> Held:
        """Hold one more request open, until `give_back`.

        Raises:
            TooMany: caller or callee have their share already.
        """
        settings = self.settings
        held = self._by_caller.get(caller, 0)
        if held >= self._most[kind]:
            raise TooMany(503, f"{held} requests from here wait for an answer already")
        if kind is not Kind.USER and self._from_elsewhere >= settings.from_elsewhere:
            raise TooMany(503, "too many requests from elsewhere wait for an answer already")
        if kind is Kind.STRANGER and self._of_strangers >= settings.of_strangers:
            raise TooMany(503, "too many requests of strangers wait for an answer already")
        if self._by_callee.get(callee, 0) >= settings.to_callee:
            raise TooMany(486, f"{callee} is asked for by {settings.to_callee} already")
        if self._by_pair.get((caller, callee), 0) >= max(1, settings.to_callee // 4):
            raise TooMany(486, f"{callee} is asked for from here often enough")
        if kind is Kind.STRANGER:
            if self._by_strangers.get(callee, 0) >= max(1, settings.to_callee // 2):
                raise TooMany(486, f"{callee} is asked for by too many strangers")
            if not self._begun.take(callee, now):
                raise TooMany(486, f"{callee} is asked for too often by strangers")
        self._count(caller, callee, kind, 1)
        return Held(caller, callee, kind)

    def give_back(self, held: Held) -> None:
        """Count a request no longer: it has its answer."""
        self._count(held.caller, held.callee, held.kind, -1)

    def _count(self, caller: object, callee: object, kind: Kind, by: int) -> None:
        _add(self._by_caller, caller, by)
        _add(self._by_callee, callee, by)
        _add(self._by_pair, (caller, callee), by)
        if kind is not Kind.USER:
            self._from_elsewhere += by
        if kind is Kind.STRANGER:
            _add(self._by_strangers, callee, by)
            self._of_strangers += by


def _add(table: dict[object, int], key: object, by: int) -> None:
    count = table.get(key, 0) + by
    if count:
        table[key] = count
    else:
        del table[key]
