"""What an operator may set about a node."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from telsdk.net.egress import Network
from telsdk.net.limits import UDP_RECEIVE_BUFFER, ConnectionLimits
from telsdk.node.shares import ShareSettings
from telsdk.server.gate import GateSettings
from telsdk.sip.transaction import Timers


class UnverifiedCallers(enum.Enum):
    """What a plain phone is told of a caller who is not proven."""

    ANONYMOUS = "anonymous"
    """Nothing (RFC 3323 section 4.1)."""

    MARKED = "marked"
    """The number or name that they say, behind the word "unverified". A phone may find it in its own phone book, and
    show what stands there instead."""


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """The settings of one node, with defaults that suit production."""

    min_expires: int = 60
    """Shortest registration, in seconds (RFC 3261 10.3)."""

    max_expires: int = 3600
    """Longest registration, in seconds."""

    token_lifetime: int = 60
    """Oldest session or caller token that is taken, in seconds."""

    clock_skew: int = 30
    """How far another's clock may be ahead, in seconds."""

    chain_interval: float = 2.0
    """Seconds between looks at the chain."""

    stale_after: float | None = None
    """Age of the newest block, in seconds, beyond which logins wait; None: see `telsdk.freshness`. Calls stay."""

    max_users: int = 10_000
    """Numbers with a binding; the next is told 503."""

    max_open: int = 5_000
    """Requests that may wait for an answer; of more, those that begin something are told 503."""

    retry_after: int = 30
    """Seconds that a refused user is told to wait."""

    ring_time: float = 30.0
    """Seconds that devices ring before those of a lower q are tried."""

    notify_interval: float = 5.0
    """Seconds between two NOTIFYs of one subscription at the least (RFC 3856 6.10, RFC 3680 4.10)."""

    flow_timer: int = 90
    """How often a connection has to be kept alive, in seconds: 30 less than it may be silent (RFC 5626 5.4)."""

    digest_algorithm: str = "MD5"
    """What phones are challenged with. Most know nothing but MD5; the passwords have 130 bits."""

    unverified_callers: UnverifiedCallers = UnverifiedCallers.ANONYMOUS
    """What phones are told of callers who are not proven."""

    phone_lifetime: int = 366 * 86400
    """Longest that a phone password holds that a user has issued to themselves, in seconds."""

    allowed_networks: tuple[Network, ...] = ()
    """Networks that it may send and connect to though they are not public, besides its own: see `telsdk.net.egress`."""

    udp_receive_buffer: int = UDP_RECEIVE_BUFFER
    """Bytes of UDP that the system is asked to keep while the process is busy; it says when it gets less."""

    gate: GateSettings = GateSettings()
    """How many messages a second are looked at, and from whom."""

    shares: ShareSettings = ShareSettings()
    """How many requests may be open at a time, and whose: a part of `max_open` is for users logged in here alone."""

    connections: ConnectionLimits = ConnectionLimits()
    """How many connections there may be, and from whom."""

    timers: Timers = Timers()
    """Timer values of RFC 3261."""
