"""What the stack tells the roles above it."""

from __future__ import annotations

from dataclasses import dataclass

from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response
from telsdk.sip.transaction.machines import ClientTransaction, ServerTransaction


class Event:
    """Something happened. Every role has events of its own besides these."""

    __slots__ = ()


# No dataclasses, here and of what else each message makes one: their `__init__` is never compiled.


class Outgoing:
    """A message to be sent; not an event, but the driver's work.

    Attributes:
        data: as it goes on the wire, tokens and all: nothing for logs.
    """

    __slots__ = ("data", "hop")

    def __init__(self, hop: Hop, data: bytes) -> None:
        self.hop = hop
        self.data = data

    def __repr__(self) -> str:
        return f"Outgoing(hop={self.hop!r})"


class RequestReceived(Event):
    """A new request, never a retransmission, never ACK or CANCEL. Somebody has to respond to `tx`."""

    __slots__ = ("request", "source", "tx")

    def __init__(self, tx: ServerTransaction, request: Request, source: Hop) -> None:
        self.tx = tx
        self.request = request
        self.source = source

    def __repr__(self) -> str:
        return f"RequestReceived(tx={self.tx!r}, source={self.source!r})"


class AckReceived(Event):
    """An ACK to a 2xx, or one that belongs to nothing known here. It is never answered."""

    __slots__ = ("request", "source")

    def __init__(self, request: Request, source: Hop) -> None:
        self.request = request
        self.source = source

    def __repr__(self) -> str:
        return f"AckReceived(request={self.request!r}, source={self.source!r})"


@dataclass(slots=True)
class Cancelled(Event):
    """The peer takes back its INVITE `tx`. The CANCEL is answered; the INVITE still needs its 487."""

    tx: ServerTransaction


@dataclass(slots=True)
class ResponseReceived(Event):
    """A response to `tx`: every provisional one, the final one, and for INVITE every further 2xx."""

    tx: ClientTransaction
    response: Response
    source: Hop


@dataclass(slots=True)
class StrayResponse(Event):
    """A response with our Via but without a transaction, such as a 2xx that comes late."""

    response: Response
    source: Hop


@dataclass(slots=True)
class TimedOut(Event):
    """A request got no answer (8.1.3.1: take it for 408), or a final response other than 2xx no ACK."""

    tx: ClientTransaction | ServerTransaction


@dataclass(slots=True)
class Unanswered(Event):
    """Nobody has answered this request in time (`Timers.answer`, `Timers.decide`), and nobody can any more.

    An INVITE is refused with 408 for its role; to others no answer would come in time (RFC 4320 4.2).
    """

    tx: ServerTransaction


@dataclass(slots=True)
class TransportFailed(Event):
    """A request could not be sent (8.1.3.1: take it for 503), or the hop that our response is for is gone."""

    tx: ClientTransaction | ServerTransaction
