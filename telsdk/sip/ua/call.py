"""A call as one user agent sees it, and what its owner is told about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from telsdk.sip.message import Message, Request, Response
from telsdk.sip.transaction import ClientTransaction, Event, Outgoing, ServerTransaction
from telsdk.sip.ua.dialog import Dialog
from telsdk.sip.ua.negotiation import Said


def tokens_in(message: Message, *names: str) -> list[str]:
    """Return the tokens of these list fields, such as Require, Supported and Allow, in order.

    Unlike `Headers.all` it takes any number of them: a message bounds it, and a peer's message never raises.
    """
    keys = [name.lower() for name in names]
    values = [value for key, value in message.headers.items() if key in keys]
    return [token for value in values for token in map(str.strip, value.split(",")) if token]


class CallState(StrEnum):
    CALLING = "calling"  # our INVITE is out, or theirs came; nobody has answered
    RINGING = "ringing"  # a 101-199 came or went
    ANSWERED = "answered"  # we sent 2xx, and wait for its ACK
    CONFIRMED = "confirmed"  # the dialog stands on both sides
    ENDED = "ended"


@dataclass(slots=True)
class PendingAnswer:
    """A 2xx of ours to an INVITE, sent again and again until its ACK comes (13.3.1.4)."""

    tx: ServerTransaction
    response: Response
    interval: float  # seconds until it is sent again


@dataclass(slots=True)
class Reliably:
    """The provisional responses of ours that a PRACK has to acknowledge (RFC 3262)."""

    number: int  # the newest RSeq
    pending: Response | None = None  # sent, and not acknowledged
    interval: float = 0.0  # seconds until it is sent again
    waiting: list[Response] = field(default_factory=list)  # to be sent after it
    final: Response | None = None  # the 2xx to be sent when nothing waits any more


@dataclass(slots=True)
class SessionTimer:
    """What the two sides agreed on to find out that one of them is gone (RFC 4028)."""

    interval: int  # seconds
    ours: bool  # whether we refresh
    minimum: int  # seconds: the least that the peer takes


@dataclass(slots=True, eq=False)
class Call:
    """One call. Made by the user agent; read it, and use `app`."""

    outgoing: bool
    request: Request  # the INVITE that began it
    tx: ClientTransaction | ServerTransaction
    state: CallState = CallState.CALLING
    dialog: Dialog | None = None  # the one that counts; early until the call is answered
    early: dict[str, Dialog] = field(default_factory=dict)  # outgoing: by the callee's tag, one a fork
    leaving: str | None = None  # "local" or "lost": it is to end, and the protocol says not yet
    answer: PendingAnswer | None = None
    acks: dict[str, tuple[int, Outgoing]] = field(default_factory=dict)  # by peer's tag: CSeq and newest ACK
    owes_ack: Request | None = None  # our INVITE whose 2xx brought an offer that waits for its answer
    offer: ClientTransaction | None = None  # our INVITE within the call, unanswered
    refreshes: bool = False  # `offer` changes nothing, and nobody is told of it
    asked: dict[ServerTransaction, Dialog] = field(default_factory=dict)  # what was `Reinvited` and waits
    reliable: Reliably | None = None  # incoming
    rseqs: dict[tuple[str, int], int] = field(default_factory=dict)  # newest RSeq by peer's tag and CSeq
    unacknowledged: dict[str, Response] = field(default_factory=dict)  # by peer's tag: its PRACK is to come
    pracks_itself: bool = False  # set it, and the application sends every PRACK, by `UserAgent.prack`
    refers: set[int] = field(default_factory=set)  # CSeqs of our REFERs of which the peer owes news
    referred: list[ServerTransaction] = field(default_factory=list)  # the peer's REFERs
    replaces: Call | None = None  # incoming: the call that ends when this one is accepted (RFC 3891)
    allow: frozenset[str] = frozenset()  # the methods that the peer said it takes
    timer: SessionTimer | None = None
    app: object | None = None  # free for the application

    @property
    def id(self) -> str:
        """The Call-ID."""
        return self.request.call_id

    @property
    def ended(self) -> bool:
        return self.state is CallState.ENDED

    @property
    def is_negotiating(self) -> bool:
        """Whether an offer would have to wait, because one has no answer yet or an answer no ACK (14.1)."""
        return self.dialog is not None and not self.dialog.negotiation.may(Said.OUR_UPDATE_WITH)

    @property
    def local_sdp(self) -> bytes:
        """Our description as it counts now; empty before the first agreement and after the end."""
        return b"" if self.dialog is None else self.dialog.negotiation.local

    @property
    def remote_sdp(self) -> bytes:
        """The peer's."""
        return b"" if self.dialog is None else self.dialog.negotiation.remote


@dataclass(slots=True)
class IncomingCall(Event):
    """Somebody calls: `UserAgent.ring`, then `accept` or `reject`.

    Where `call.replaces` is set, `accept` ends that call: make sure that the caller may do so.
    """

    call: Call
    request: Request


@dataclass(slots=True)
class Ringing(Event):
    """A provisional response other than 100 came; it may bring media (183) or another fork.

    With `prack` it waits for `UserAgent.prack`: it is a reliable one whose offer is to be answered there, or
    the application has set `Call.pracks_itself`.
    """

    call: Call
    response: Response
    prack: bool = False


@dataclass(slots=True)
class ProvisionalConfirmed(Event):
    """A reliable provisional response of ours has arrived. Its PRACK may carry the answer to our offer."""

    call: Call
    prack: Request


@dataclass(slots=True)
class Answered(Event):
    """The callee took our call; the ACK is sent. What `response` claims is the application's to check.

    With `ack` it is not: our INVITE had no offer, so the response has it, and `UserAgent.acknowledge` sends
    the answer.
    """

    call: Call
    response: Response
    ack: bool = False


@dataclass(slots=True)
class CallConfirmed(Event):
    """The caller has our answer: its ACK came. It may carry the answer to our offer."""

    call: Call
    ack: Request


@dataclass(slots=True)
class LateAnswer(Event):
    """The ACK came to our 200 within the call, to an INVITE that had no offer: it has the answer to ours, or none."""

    call: Call
    ack: Request


@dataclass(slots=True)
class CallFailed(Event):
    """Our call came to nothing. Without a response nobody answered (408) or nobody was reached (503)."""

    call: Call
    response: Response | None
    status: int


@dataclass(slots=True)
class CallEnded(Event):
    """The call is over: ours or theirs was the wish, or (``lost``) it could not be kept up."""

    call: Call
    by: str  # "local", "remote" or "lost"


@dataclass(slots=True)
class Redirected(Event):
    """A 3xx came: ask again where its Contacts say. A `call` so answered is over."""

    tx: ClientTransaction
    response: Response
    call: Call | None


@dataclass(slots=True)
class RequestAnswered(Event):
    """A request outside of calls has its final response; None: no answer (408) or not reached (503)."""

    tx: ClientTransaction
    response: Response | None
    status: int


@dataclass(slots=True)
class IncomingRequest(Event):
    """A request that is no call: MESSAGE, OPTIONS, ..., or one within `call`. `UserAgent.answer` it."""

    tx: ServerTransaction
    request: Request
    call: Call | None


@dataclass(slots=True)
class OfferAnswered(Event):
    """The peer took our INVITE, UPDATE or PRACK within the call; an INVITE's ACK is sent.

    With `ack` it is not: see `Answered`.
    """

    call: Call
    response: Response
    ack: bool = False


@dataclass(slots=True)
class OfferFailed(Event):
    """The peer did not take our INVITE, UPDATE or PRACK within the call; the session stays as it was.

    `retry_after` is the time in seconds after which to try again: after 491 a random one of the window that
    14.1 gives to this end, else what the peer asks for; None where trying again is no use.
    """

    call: Call
    response: Response | None
    status: int
    retry_after: float | None = None


@dataclass(slots=True)
class Reinvited(Event):
    """The peer offers another session within `call`: `UserAgent.accept_offer`, or `answer` with 488.

    `request` is an INVITE, an UPDATE or a PRACK. The last two want their answer at once: who has to ask a
    person first refuses them with 504 (RFC 3311 section 5.2). An INVITE without an offer wants ours in the 200,
    and `LateAnswer` follows.
    """

    call: Call
    tx: ServerTransaction
    request: Request
