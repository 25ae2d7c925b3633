"""The transaction layer (RFC 3261 sections 17 and 18)."""

from telsdk.sip.transaction.engine import TransactionUser
from telsdk.sip.transaction.events import (
    AckReceived,
    Cancelled,
    Event,
    Outgoing,
    RequestReceived,
    ResponseReceived,
    StrayResponse,
    TimedOut,
    TransportFailed,
    Unanswered,
)
from telsdk.sip.transaction.machines import UNANSWERED, ClientTransaction, ServerTransaction, State
from telsdk.sip.transaction.proof import Proven
from telsdk.sip.transaction.stack import Stack
from telsdk.sip.transaction.timers import Agenda, Timeline, Timers

__all__ = [
    "UNANSWERED",
    "AckReceived",
    "Agenda",
    "Cancelled",
    "ClientTransaction",
    "Event",
    "Outgoing",
    "Proven",
    "RequestReceived",
    "ResponseReceived",
    "ServerTransaction",
    "Stack",
    "State",
    "StrayResponse",
    "TimedOut",
    "Timeline",
    "Timers",
    "TransactionUser",
    "TransportFailed",
    "Unanswered",
]
