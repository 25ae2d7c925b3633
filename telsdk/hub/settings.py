"""What an operator may set about a hub."""

from __future__ import annotations

from dataclasses import dataclass, field

from telsdk.hub.placement import DEFAULT_BALANCE
from telsdk.net.buckets import Rate
from telsdk.net.egress import Network
from telsdk.net.limits import ConnectionLimits
from telsdk.server.gate import GateSettings
from telsdk.sip.transaction import Timers


@dataclass(frozen=True, slots=True)
class HubSettings:
    """The settings of one hub, with defaults that suit production."""

    balance: float = DEFAULT_BALANCE
    """How far above its fair share of users a node may go: 1 is exact balance."""

    probe_interval: float = 4.0
    """Seconds between two OPTIONS to a node."""

    dead_after: float = 10.0
    """Seconds without an answer after which a node gets no users. After a refused connection it gets none at once."""

    assignment_lifetime: float = 3600.0
    """Seconds for which the hub remembers where it sent a number. A UC that stays registers again sooner."""

    token_lifetime: int = 60
    """The age of the oldest session token that is accepted, in seconds."""

    chain_interval: float = 2.0
    """Seconds between looks at the chain."""

    allowed_networks: tuple[Network, ...] = ()
    """Networks that it may send and connect to though they are not public, besides its own: see `telsdk.net.egress`."""

    gate: GateSettings = GateSettings()
    """How many messages a second are looked at, and from whom. Nobody is logged in at a hub."""

    connections: ConnectionLimits = ConnectionLimits()
    """How many connections there may be, and from whom."""

    stale_after: float | None = None
    """Age of the newest block, in seconds, beyond which logins wait; None: see `telsdk.freshness`."""

    retry_after: int = 10
    """Seconds that whoever is refused for now is told to wait."""

    tries: Rate = Rate(1 / 3_600, 10)
    """How often a password of KDF 2 may be tried here: for each number, and for each device that has a ticket."""

    waiting_tries: int = 1_000
    """How many tries may wait to be counted on disk; beyond that 503."""

    timers: Timers = field(default_factory=Timers)
    """Timer values of RFC 3261."""
