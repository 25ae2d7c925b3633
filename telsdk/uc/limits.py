"""How much of a store is somebody's, and how much of it strangers may fill."""

from __future__ import annotations

from dataclasses import dataclass, field


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
