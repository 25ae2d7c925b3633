"""What a UC notes, as the events of its log have it, and as it is shown.

    contact           address, label; turn; number, owner, epoch (who held it then); unverified (what the user said)
    contact-removed   address; turn (of two events about one contact the higher counts)
    peer              number, owner, epoch, name; answered (1: a call of ours, with proof)
    call              direction, peer, trust, outcome, seconds; number, owner, epoch of the peer
    message           direction, peer, trust, text; number, owner, epoch of the peer

What an event has not, because an older version wrote it, is unknown.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, Self

from telsdk.uc.events import LogEvent
from telsdk.uc.holder import Holder
from telsdk.uc.settings import UnverifiedAnswer


class EventKind(enum.StrEnum):
    """The kinds of events that this version knows."""

    CONTACT = "contact"
    CONTACT_REMOVED = "contact-removed"
    PEER = "peer"
    CALL = "call"
    MESSAGE = "message"


class Direction(enum.StrEnum):
    """Which side began."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody worth remembering."""

    address: str  # number or name
    label: str
    at: int  # milliseconds since 1970
    holder: Holder | None = None  # who held it then; None until that is known
    unverified: UnverifiedAnswer | None = None  # what the user has said of unverified answers

    @classmethod
    def read(cls, event: LogEvent) -> Self:
        """Return the contact that is noted in an event."""
        said = event.text("unverified")
        word = next((one for one in UnverifiedAnswer if one.value == said), None)
        return cls(event.text("address"), event.text("label"), event.at, Holder.in_event(event), word)


@dataclass(frozen=True, slots=True)
class MetPeer:
    """Somebody we have had to do with."""

    holder: Holder
    name: str | None  # by which they were known
    answered: bool  # whether they answered a call of ours with proof

    @classmethod
    def read(cls, event: LogEvent) -> Self | None:
        """Return whom an event notes; None where it names nobody."""
        holder = Holder.in_event(event)
        name, answered = event.text("name") or None, event.number("answered") == 1
        return None if holder is None else cls(holder, name, answered)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Logged:
    """What is noted of calls and messages alike."""

    id: str
    at: int  # milliseconds since 1970
    direction: Direction
    peer: str  # number or name
    trust: str  # how far the peer was proven
    holder: Holder | None = None  # of the peer's number; None if that is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedCall(_Logged):
    """A call that was made, answered or missed."""

    outcome: str  # such as "answered", "missed", "busy"
    seconds: int  # of talk

    @classmethod
    def read(cls, event: LogEvent) -> Self:
        """Return the call that is noted in an event."""
        return cls(**_shared(event), outcome=event.text("outcome"), seconds=event.number("seconds"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedMessage(_Logged):
    """A text that was sent or received."""

    text: str

    @classmethod
    def read(cls, event: LogEvent) -> Self:
        """Return the message that is noted in an event."""
        return cls(**_shared(event), text=event.text("text"))


def pinned(holder: Holder | None) -> dict[str, object]:
    """Return what an event has of who holds a number; nothing where that is not known."""
    return {} if holder is None else holder.fields()


def _shared(event: LogEvent) -> dict[str, Any]:
    return {
        "id": event.id,
        "at": event.at,
        "direction": Direction.OUT if event.text("direction") == Direction.OUT else Direction.IN,
        "peer": event.text("peer"),
        "trust": event.text("trust"),
        "holder": Holder.in_event(event),
    }
