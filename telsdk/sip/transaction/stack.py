"""The transaction layer (RFC 3261 sections 17 and 18), driven from outside.

Three inputs: messages that came (`Stack.receive`), wishes of the role above (`request`, `respond`, ...), and
the clock (`advance`). Two outputs: messages to send (`take_outgoing`) and events (`take_events`). `deadline`
says when `advance` is wanted next. A driver is then a loop:

    stack.receive(message, source, now)
    for event in stack.take_events():
        role.handle(event, now)
    for out in stack.take_outgoing():
        sockets.send(out.hop, out.data)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError, SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Message, Request, Response, malformation
from telsdk.sip.transaction.client import ClientTransactions
from telsdk.sip.transaction.engine import Ground, Running, TransactionUser
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
from telsdk.sip.transaction.machines import (
    UNANSWERED,
    ClientTransaction,
    Input,
    ServerTransaction,
    Transaction,
)
from telsdk.sip.transaction.proof import Proven
from telsdk.sip.transaction.server import ServerTransactions
from telsdk.sip.transaction.timers import Timers
from telsdk.sip.transaction.via import MAGIC, push_via, receive_via, reply_hop

__all__ = [
    "AckReceived",
    "Cancelled",
    "ClientTransaction",
    "Event",
    "Outgoing",
    "ProtocolStateError",
    "RequestReceived",
    "ResponseReceived",
    "ServerTransaction",
    "Stack",
    "StrayResponse",
    "TimedOut",
    "TransportFailed",
    "Unanswered",
]


class Stack:
    """All transactions of one element.

    Args:
        sent_by: for a transport as a Via writes it, the host and port that reach this element (18.1.1);
            raises LookupError for one that it does not speak.
        token: fresh random hexadecimal text, for branches and tags; at least 64 bits of it.
        timers: RFC 3261 table 4.
        besides: further places where it takes connections. Who came by one is told that one in a Via, and may look by
            that for the connection to answer on.
        proven: the UDP addresses that are known to receive what is sent there; to others little is sent, and no request
            twice. For servers, which strangers ask; None: everybody is trusted to be where they say.
        server_name: for the Server header of responses made here; empty for none.
    """

    def __init__(
        self,
        *,
        sent_by: Callable[[str], tuple[str, int]],
        token: Callable[[], str],
        timers: Timers | None = None,
        besides: frozenset[tuple[str, int]] = frozenset(),
        proven: Proven | None = None,
        server_name: str = "telsdk",
    ) -> None:
        self.server_name = server_name
        self._ground = Ground(sent_by, token, timers or Timers(), besides, proven)
        self._clients = ClientTransactions(self._ground)
        self._servers = ServerTransactions(self._ground)
        self._ends_here = False

    @property
    def transactions(self) -> int:
        """How many there are; 0 once all is said and every timer has run out."""
        return len(self._clients) + len(self._servers)

    @property
    def unanswered(self) -> int:
        """How many requests the roles have said nothing of until nobody waited any more."""
        return self._servers.unanswered

    @property
    def timers(self) -> Timers:
        """The values that all timers run by."""
        return self._ground.timers

    @property
    def sent_by(self) -> Callable[[str], tuple[str, int]]:
        """What was given as `sent_by`."""
        return self._ground.sent_by

    def token(self) -> str:
        """Return fresh random text for a tag or a Call-ID."""
        return self._ground.token()

    def serve_user_agent(self) -> None:
        """Take in what a user agent can take.

        A forked request's second copy gets 482 (8.2.2.2), since a user agent is to ring once. What it could not read
        gets 400 or, if it is a response, silence: at the end of the way more is read than by a proxy.
        """
        self._servers.refuse_merged = True
        self._ends_here = True

    # What comes in

    def receive(self, message: Message, source: Hop, now: Monotonic) -> None:
        """Take in a message that was parsed; never raises for what a peer sent."""
        if self._ends_here and (error := malformation(message)) is not None:
            if isinstance(message, Request):
                self.answer_stateless(message, error.status, source, error.reason)
            return
        if isinstance(message, Request):
            self._servers.receive(message, source, now)
        elif isinstance(message, Response) and not self._clients.receive(message, source, now):
            # 18.1.2: silence for what answers no request of ours.
            try:
                via = message.via
            except SipParseError:
                return
            if self.is_ours(via.transport, via.host, via.port):
                self._ground.events.append(StrayResponse(message, source))

    def transport_failed(self, hop: Hop, now: Monotonic) -> None:
        """Tell every transaction over `hop` that it cannot be reached, or that its connection is gone."""
        self._clients.transport_failed(hop, now)
        self._servers.transport_failed(hop, now)

    def bounced(self, quoted: bytes, now: Monotonic) -> bool:
        """Take note that a datagram that we sent did not arrive (18.4); `quoted` is how it began, as ICMP quotes it.

        Return whether that ended a request of ours. Only its branch counts, which nobody can guess who has not seen the
        datagram: by addresses alone anybody could end others' calls (RFC 5927).
        """
        return self._clients.bounced(quoted, now)

    def expects(self, datagram: bytes) -> bool:
        """Return whether a datagram is probably a response to a request of ours: it has a branch that we made."""
        return self._clients.expects(datagram)

    def advance(self, now: Monotonic) -> None:
        """Let every timer fire that is due."""
        while self._ground.timeline.fire_due(now, self._fire):
            pass

    def _fire(self, running: Running, now: Monotonic) -> None:
        if isinstance(running[0], ClientTransaction):
            self._clients.fire(running, now)
        else:
            self._servers.fire(running, now)

    def deadline(self) -> Monotonic | None:
        """Return when `advance` has something to do next; None: not until something else happens."""
        return self._ground.timeline.deadline()

    # What the role wants

    def request(
        self,
        request: Request,
        hop: Hop,
        now: Monotonic,
        *,
        owner: object | None = None,
        branch_suffix: str = "",
    ) -> ClientTransaction:
        """Send `request` to `hop` in a transaction of its own; our Via is put on top of it.

        `branch_suffix` follows the random part of the branch: a proxy finds its loops by it (16.6 step 8).

        Raises:
            ProtocolStateError: the method is ACK or CANCEL; see `send` and `cancel`.
        """
        if request.method in ("ACK", "CANCEL"):
            raise ProtocolStateError(f"{request.method} starts no transaction: use send or cancel")
        return self._clients.send(request, hop, now, owner, branch_suffix)

    def respond(self, tx: ServerTransaction, response: Response, now: Monotonic) -> None:
        """Send a response; a To tag is put in where it lacks one (8.2.6.2).

        Raises:
            ProtocolStateError: a final response was sent already, or the transaction is over.
        """
        self._servers.respond(tx, response, now)

    def answer(
        self,
        tx: ServerTransaction,
        status: int,
        now: Monotonic,
        reason: str | None = None,
        *headers: tuple[str, str],
    ) -> None:
        """Respond with a message made here: status, reason and extra headers, no body.

        Raises:
            ProtocolStateError: as `respond` does; also for a second 2xx, which only `respond` can send.
        """
        self.respond(tx, self._made(tx, status, reason, headers), now)

    def respond_once(self, tx: ServerTransaction, response: Response, now: Monotonic) -> None:
        """Send a final response and forget the request at once (8.2.7): for what whoever was not judged yet is told.

        It is not sent again by itself; the same request is new when it comes again, and gets the same To tag. Where a
        provisional response was sent, or for a 2xx to INVITE, it is as `respond`.

        Raises:
            ProtocolStateError: a final response was sent already, or the transaction is over.
        """
        self._servers.respond_once(tx, response, now)

    def answer_once(
        self,
        tx: ServerTransaction,
        status: int,
        now: Monotonic,
        reason: str | None = None,
        *headers: tuple[str, str],
    ) -> None:
        """Respond once with a message made here, as `answer` makes it.

        Raises:
            ProtocolStateError: as `answer` does.
        """
        self.respond_once(tx, self._made(tx, status, reason, headers), now)

    def _made(
        self, tx: ServerTransaction, status: int, reason: str | None, headers: Sequence[tuple[str, str]]
    ) -> Response:
        if not len(tx.request.headers):
            raise ProtocolStateError(
                f"this {tx.request.method} has its final response: not the time for {status}"
            )
        return self.make_response(tx.request, status, reason, *headers)

    def answer_stateless(
        self, request: Request, status: int, source: Hop, reason: str | None = None, *headers: tuple[str, str]
    ) -> None:
        """Refuse a request without remembering it: malformed, or too many of them. ACK gets no answer.

        Where its Via cannot be read, the answer goes to `source`, from which the request came.
        """
        if request.method == "ACK":
            return
        try:
            hop = reply_hop(receive_via(request, source), source)
        except SipParseError:
            hop = source  # it says nothing that could be followed
        response = self.make_response(request, status, reason, *headers)
        if status > 100:
            response.add_to_tag(self.token())
        self.send(response, hop)

    def give_up(self, tx: Transaction, now: Monotonic) -> None:
        """End what a transaction is about, because a handler failed: nobody else would, and it would wait for ever.

        Its owner gives up what it holds, and a request that nobody has answered then is answered 500 (21.5.1).
        """
        owner = tx.owner
        try:
            if isinstance(owner, TransactionUser):
                owner.give_up(now)
        finally:
            if isinstance(tx, ServerTransaction) and tx.state in UNANSWERED:
                self._refuse(tx, now)

    def _refuse(self, tx: ServerTransaction, now: Monotonic) -> None:
        try:
            self.answer(tx, 500, now)
        finally:
            if tx.state in UNANSWERED:
                self._servers.drop(tx)  # not even that can be written

    def abandon(self, tx: ServerTransaction, now: Monotonic) -> None:
        """Never answer a non-INVITE request: no answer would come in time (RFC 4320 4.2).

        Raises:
            ProtocolStateError: it is an INVITE, or was answered.
        """
        self._servers.step(tx, Input.ABANDON, now)

    def cancel(self, tx: ClientTransaction, now: Monotonic) -> None:
        """Take back an INVITE (9.1): at once when a provisional response came, else when one comes.

        Nothing happens when it has its final response or was cancelled before.

        Raises:
            ProtocolStateError: the request is not an INVITE.
        """
        self._clients.cancel(tx, now)

    def send(self, message: Message, hop: Hop) -> Outgoing:
        """Send outside any transaction: an ACK to a 2xx (with a new Via), or a response as it is."""
        if isinstance(message, Request):
            push_via(message, self._ground.via_to(hop, MAGIC + self._ground.token()))
        out = Outgoing(hop, bytes(message))
        self._ground.outgoing.append(out)
        return out

    def send_again(self, out: Outgoing) -> None:
        """Send once more what `send` sent, byte for byte."""
        self._ground.outgoing.append(out)

    def make_response(
        self, request: Request, status: int, reason: str | None = None, *headers: tuple[str, str]
    ) -> Response:
        """Return a response to `request` with our Server header; to be finished and given to `respond`."""
        response = request.response(status, reason, headers=headers)
        if self.server_name:
            response.headers.add("Server", self.server_name)
        return response

    def is_ours(self, transport: str, host: str, port: int | None) -> bool:
        """Return whether a Via with this sent-by was written here."""
        try:
            own_host, own_port = self._ground.sent_by(transport)
        except LookupError:
            return False
        return (host == own_host.strip("[]").lower() and port == own_port) or (
            (host, port) in self._ground.besides
        )

    # What goes out

    def take_outgoing(self) -> list[Outgoing]:
        """Return what is to be sent, in order; each is given out once."""
        taken = self._ground.outgoing
        if taken:
            self._ground.outgoing = []
        return taken

    def take_events(self) -> list[Event]:
        """Return what happened, in order; each is given out once."""
        taken = self._ground.events
        if taken:
            self._ground.events = []
        return taken
