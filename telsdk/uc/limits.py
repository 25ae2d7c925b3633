"""How much strangers may make a user client keep: of its store, of its attention, of its memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from telsdk.net.buckets import Rate
from telsdk.net.limits import ConnectionLimits


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of the log is somebody's."""

    events: int = 0  # calls and messages
    octets: int = 0  # of their data, in JSON


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """The settings of a store: how many calls and messages of strangers it takes, and of what size in JSON.

    Who held a number (`telsdk.uc.known_peers`) is not counted, and never goes for want of room: it is one short event
    for each number and epoch that proved itself, and the chain asks a price for those.

    Somebody is known who is a contact, or whom the person has called or written to, and who proves it. What known
    people send is limited by the disk alone. `Store.delete` and its like make room again.
    """

    unverified: Usage = field(default_factory=lambda: Usage(1_000, 1 << 20))
    """All together who prove nothing: they can write any name, so they count as one sender. 1,000 events, 1 MiB."""

    unknown_sender: Usage = field(default_factory=lambda: Usage(200, 256 << 10))
    """One number that proves who it is, and that the person does not know. 200 events, 256 KiB."""

    unknown: Usage = field(default_factory=lambda: Usage(4_000, 4 << 20))
    """All such numbers together. 4,000 events, 4 MiB."""


@dataclass(frozen=True, slots=True)
class ListeningLimits:
    """How many messages a second a user client looks at, and from whom; requests, responses and nonsense count alike.

    It listens at an address of its own, for what comes within its calls without a node.
    """

    opened: Rate = Rate(500, 1_000)
    """Over one connection that it opened, as to its node: that brings all its calls and texts."""

    source: Rate = Rate(50, 200)
    """From one address, or one /64 of IPv6, that connects or writes to it: a call within brings some in a minute."""

    strangers: Rate = Rate(200, 800)
    """From all such addresses together; the source of a datagram may be forged."""

    retry_after: int = 5
    """Seconds that its node is told to wait where it brings too much."""

    remembered: int = 1_000
    """Sources whose bucket is kept, in each of the tables; some 150 bytes each."""

    connections: ConnectionLimits = ConnectionLimits(200, 50, 20, 10, Rate(10, 40), Rate(10, 40))
    """How many connections there may be, and from whom."""


@dataclass(frozen=True, slots=True)
class RingingLimits:
    """How many calls may ring at a time, and how much that nobody reads waits for the program.

    Somebody is known who is proven and a contact, or whom the person has called or written to; without a store, whoever
    is proven. One call more is answered 486.
    """

    most: int = 20
    """Calls that ring at a time. What strangers cannot take of it is there for people who are known."""

    of_strangers: int = 8
    """Those of all together who are not known: whoever proves nothing can write any name."""

    of_one: int = 3
    """Those of one number that is proven: devices of one person may call at the same time."""

    waiting: int = 100
    """Entries that wait in each of `incoming`, `refused`, `changes`, `transfers`; then the oldest gives way, of calls
    that ended first."""
