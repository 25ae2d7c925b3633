"""What the stack tells the roles above it."""

from __future__ import annotations

from dataclasses import dataclass, field

from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response
from telsdk.sip.transaction.machines import ClientTransaction, ServerTransaction


class Event:
    """Something happened. Every role has events of its own besides these."""

    __slots__ = ()


@dataclass(slots=True)
class Outgoing:
    """A message to be sent; not an event, but the driver's work."""

    hop: Hop
    data: bytes = field(repr=False)  # as it goes on the wire, tokens and all: nothing for logs


@dataclass(slots=True)
class RequestReceived(Event):
    """A new request, never a retransmission, never ACK or CANCEL. Somebody has to respond to `tx`."""

    tx: ServerTransaction
    request: Request
    source: Hop


@dataclass(slots=True)
class AckReceived(Event):
    """An ACK to a 2xx, or one that belongs to nothing known here. It is never answered."""

    request: Request
    source: Hop


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
class TransportFailed(Event):
    """A request could not be sent (8.1.3.1: take it for 503), or the hop that our response is for is gone."""

    tx: ClientTransaction | ServerTransaction
