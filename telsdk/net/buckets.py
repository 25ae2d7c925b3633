"""Token buckets: how many a second somebody may do of something, and how many at once.

A bucket is one number, the time when it will be full again (the virtual scheduling algorithm of ITU-T I.371). One that
is full needs no memory: so a table of them may forget what it likes. Who is forgotten only gains by that.
"""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache

from telsdk.clock import Monotonic


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something may be.

    Attributes:
        per_second: how often in the long run; infinite: without a limit.
        burst: how often at once, after a time of rest.
    """

    per_second: float
    burst: float


UNLIMITED = Rate(math.inf, 1)


class Buckets:
    """A bucket for each key.

    Args:
        rate: what each grants.
        size: how many are remembered that are not full; of more, the oldest is taken for full.
    """

    def __init__(self, rate: Rate, size: int) -> None:
        self._unlimited = math.isinf(rate.per_second)
        self._gap = 1 / rate.per_second  # seconds that one takes to come back
        self._depth = rate.burst * self._gap  # seconds that an empty one takes
        self._size = size
        self._full_at: OrderedDict[object, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, key: object, now: Monotonic, count: float = 1.0) -> bool:
        """Take `count` out of the bucket of `key`; False when there is not so much in it, and nothing is taken."""
        if self._unlimited:
            return True
        full_at: float = self._full_at.get(key, 0.0)
        if full_at < now:
            full_at = now
        full_at += count * self._gap
        if full_at - now > self._depth:
            return False
        self._full_at[key] = full_at
        if len(self._full_at) > self._size:
            self._full_at.popitem(last=False)
        return True


@lru_cache(maxsize=4_096)
def place_of(host: str) -> str:
    """Return what an address is counted by: itself, or the /64 that it is in, which one customer has (RFC 6177)."""
    if ":" not in host:
        return host
    try:
        return str(ipaddress.ip_network((host.partition("%")[0], 64), strict=False))
    except ValueError:
        return host
