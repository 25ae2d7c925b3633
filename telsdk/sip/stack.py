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

from collections.abc import Callable
from typing import TypeAlias

from telsdk.sip.events import (
    AckReceived,
    Cancelled,
    Event,
    Outgoing,
    RequestReceived,
    ResponseReceived,
    StrayResponse,
    TimedOut,
    TransportFailed,
)
from telsdk.sip.headers import Headers
from telsdk.sip.hop import Hop
from telsdk.sip.message import Message, Request, Response
from telsdk.sip.timers import Agenda, Timer, Timers
from telsdk.sip.transaction import (
    Action,
    ClientTransaction,
    Input,
    ProtocolStateError,
    ServerTransaction,
    State,
    Transaction,
    Trigger,
)
from telsdk.sip.transport import MAGIC, receive_via, reply_hop, server_key

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
]

_Running: TypeAlias = tuple[Transaction, Timer]
_DOUBLING = frozenset({Timer.A, Timer.E, Timer.G})


class Stack:
    """All transactions of one element.

    Args:
        sent_by: for a transport as a Via writes it, the host and port that reach this element (18.1.1);
            raises LookupError for one that it does not speak.
        token: fresh random hexadecimal text, for branches and tags; at least 64 bits of it.
        timers: RFC 3261 table 4.
        server_name: for the Server header of responses made here; empty for none.
    """

    def __init__(
        self,
        *,
        sent_by: Callable[[str], tuple[str, int]],
        token: Callable[[], str],
        timers: Timers | None = None,
        server_name: str = "telsdk",
    ) -> None:
        self.sent_by = sent_by
        self.token = token
        self.timers = timers or Timers()
        self.server_name = server_name
        self.refuse_merged = (
            False  # 8.2.2.2: set by a user agent, which must not ring twice for a forked call
        )
        self._durations = {reliable: self.timers.durations(reliable=reliable) for reliable in (True, False)}
        self._clients: dict[object, ClientTransaction] = {}
        self._servers: dict[object, ServerTransaction] = {}
        self._merging: dict[object, ServerTransaction] = {}
        self._agenda: Agenda[_Running] = Agenda()
        self._outgoing: list[Outgoing] = []
        self._events: list[Event] = []

    @property
    def transactions(self) -> int:
        """How many there are; 0 once all is said and every timer has run out."""
        return len(self._clients) + len(self._servers)

    # What comes in

    def receive(self, message: Message, source: Hop, now: float) -> None:
        """Take in a message that was parsed; never raises for what a peer sent."""
        if isinstance(message, Request):
            self._receive_request(message, source, now)
        elif isinstance(message, Response):
            self._receive_response(message, source, now)

    def transport_failed(self, hop: Hop, now: float) -> None:
        """`hop` cannot be reached, or its connection is gone; every transaction over it is told."""
        waiting: list[Transaction] = [tx for tx in self._clients.values() if hop.covers(tx.hop)]
        waiting += [tx for tx in self._servers.values() if hop.covers(tx.reply_hop)]
        for tx in waiting:
            self._step(tx, Input.TRANSPORT_ERROR, now)

    def advance(self, now: float) -> None:
        """Let every timer fire that is due."""
        while (due := self._agenda.pop_due(now)) is not None:
            tx, timer = due
            self._step(tx, timer, now)

    def deadline(self) -> float | None:
        """When `advance` has something to do next; None: not until something else happens."""
        return self._agenda.deadline()

    # What the role wants

    def request(
        self, request: Request, hop: Hop, now: float, *, owner: object | None = None, branch_suffix: str = ""
    ) -> ClientTransaction:
        """Send `request` to `hop` in a transaction of its own; our Via is put on top of it.

        `branch_suffix` follows the random part of the branch: a proxy finds its loops by it (16.6 step 8).

        Raises:
            ProtocolStateError: the method is ACK or CANCEL; see `send` and `cancel`.
        """
        if request.method in ("ACK", "CANCEL"):
            raise ProtocolStateError(f"{request.method} starts no transaction: use send or cancel")
        branch = self._push_via(request, hop, branch_suffix)
        return self._start_client(request, hop, branch, owner, now)

    def respond(self, tx: ServerTransaction, response: Response, now: float) -> None:
        """Send a response; a To tag is put in where it lacks one (8.2.6.2).

        Raises:
            ProtocolStateError: a final response was sent already, or the transaction is over.
        """
        status = response.status
        trigger = (
            Input.SEND_PROVISIONAL
            if status < 200
            else Input.SEND_SUCCESS
            if status < 300
            else Input.SEND_FAILURE
        )
        tx.machine.step(tx.state, trigger)  # refuse before anything is written
        if status > 100:
            self._tag(tx, response)
        tx.last_response = response
        tx.data = bytes(response)
        self._step(tx, trigger, now)

    def answer(
        self,
        tx: ServerTransaction,
        status: int,
        now: float,
        reason: str | None = None,
        *headers: tuple[str, str],
    ) -> None:
        """Respond with a message made here: status, reason and extra headers, no body."""
        self.respond(tx, self.make_response(tx.request, status, reason, *headers), now)

    def answer_stateless(
        self, request: Request, status: int, source: Hop, reason: str | None = None, *headers: tuple[str, str]
    ) -> None:
        """Refuse a request without remembering it: malformed, or too many of them. ACK gets no answer."""
        if request.method == "ACK":
            return
        via = receive_via(request, source)
        response = self.make_response(request, status, reason, *headers)
        if status > 100 and response.to.tag is None:
            response.headers.set("To", str(response.to.with_param("tag", self.token())))
        self.send(response, reply_hop(via, source))

    def abandon(self, tx: ServerTransaction, now: float) -> None:
        """Never answer a non-INVITE request: no answer would come in time (RFC 4320 4.2).

        Raises:
            ProtocolStateError: it is an INVITE, or was answered.
        """
        self._step(tx, Input.ABANDON, now)

    def cancel(self, tx: ClientTransaction, now: float) -> None:
        """Take back an INVITE (9.1): at once when a provisional response came, else when one comes.

        Nothing happens when it has its final response or was cancelled before.

        Raises:
            ProtocolStateError: the request is not an INVITE.
        """
        if tx.request.method != "INVITE":
            raise ProtocolStateError(f"only INVITE can be cancelled, not {tx.request.method} (RFC 3261 9.1)")
        if tx.state is State.CALLING:
            tx.cancel_wanted = True
        elif tx.state is State.PROCEEDING and not tx.cancelled:
            self._send_cancel(tx, now)

    def send(self, message: Message, hop: Hop) -> Outgoing:
        """Send outside any transaction: an ACK to a 2xx (with a new Via), or a response as it is."""
        if isinstance(message, Request):
            self._push_via(message, hop, "")
        out = Outgoing(hop, message, bytes(message))
        self._outgoing.append(out)
        return out

    def send_again(self, out: Outgoing) -> None:
        """Send once more what `send` sent, byte for byte."""
        self._outgoing.append(out)

    def make_response(
        self, request: Request, status: int, reason: str | None = None, *headers: tuple[str, str]
    ) -> Response:
        """A response to `request` with our Server header; to be finished and given to `respond`."""
        response = request.response(status, reason, headers=headers)
        if self.server_name:
            response.headers.add("Server", self.server_name)
        return response

    def is_ours(self, transport: str, host: str, port: int | None) -> bool:
        """Whether a Via with this sent-by was written here."""
        try:
            own_host, own_port = self.sent_by(transport)
        except LookupError:
            return False
        return host == own_host.strip("[]").lower() and port == own_port

    # What goes out

    def take_outgoing(self) -> list[Outgoing]:
        """What is to be sent, in order; each is given out once."""
        taken, self._outgoing = self._outgoing, []
        return taken

    def take_events(self) -> list[Event]:
        """What happened, in order; each is given out once."""
        taken, self._events = self._events, []
        return taken

    # Private: requests

    def _receive_request(self, request: Request, source: Hop, now: float) -> None:
        via = receive_via(request, source)
        key = server_key(request, via)
        method = request.method
        tx = self._servers.get(key)
        if method == "ACK":
            if tx is None:
                self._events.append(AckReceived(request, source))
            else:
                self._step(tx, Input.ACK, now, request)
        elif tx is not None:
            self._step(tx, Input.REQUEST, now)
        elif method == "CANCEL":
            self._receive_cancel(self._start_server(key, request, source, reply_hop(via, source), now), now)
        else:
            self._receive_new(key, request, source, reply_hop(via, source), now)

    def _receive_new(self, key: object, request: Request, source: Hop, back: Hop, now: float) -> None:
        merge_key = None
        if self.refuse_merged and request.to.tag is None:
            merge_key = (request.from_.tag, request.call_id, request.cseq)
        tx = self._start_server(key, request, source, back, now)
        if merge_key is not None:
            if merge_key in self._merging:
                self.answer(tx, 482, now, "Merged Request")
                return
            tx.merge_key = merge_key
            self._merging[merge_key] = tx
        self._events.append(RequestReceived(tx, request, source))

    def _receive_cancel(self, tx: ServerTransaction, now: float) -> None:
        """Answer a CANCEL, and tell the role whose INVITE it takes back (9.2)."""
        assert isinstance(tx.id, tuple)
        invite = self._servers.get((*tx.id[:-1], "INVITE"))
        if invite is None:
            self.answer(tx, 481, now)
            return
        tx.to_tag = self._to_tag(invite)
        self.answer(tx, 200, now)
        if invite.state is State.PROCEEDING:
            self._events.append(Cancelled(invite))

    def _start_server(
        self, key: object, request: Request, source: Hop, back: Hop, now: float
    ) -> ServerTransaction:
        tx = self._servers[key] = ServerTransaction(key, request, source, back)
        for action in tx.machine.start[1]:
            self._do(tx, action, now)
        return tx

    def _to_tag(self, tx: ServerTransaction) -> str:
        if not tx.to_tag:
            tx.to_tag = tx.request.to.tag or self.token()
        return tx.to_tag

    def _tag(self, tx: ServerTransaction, response: Response) -> None:
        if response.to.tag is None:
            response.headers.set("To", str(response.to.with_param("tag", self._to_tag(tx))))
        elif not tx.to_tag:
            tx.to_tag = response.to.tag

    # Private: responses

    def _receive_response(self, response: Response, source: Hop, now: float) -> None:
        via = response.via
        tx = self._clients.get((via.branch, response.cseq.method))
        if tx is None:
            # 18.1.2: silence for what answers no request of ours.
            if self.is_ours(via.transport, via.host, via.port):
                self._events.append(StrayResponse(response, source))
            return
        status = response.status
        trigger = Input.PROVISIONAL if status < 200 else Input.SUCCESS if status < 300 else Input.FAILURE
        if tx.state in (State.CALLING, State.TRYING, State.PROCEEDING):
            tx.last_status = status
            if status >= 300 and tx.request.method == "INVITE":
                tx.ack = self._make_ack(tx, response)
        self._step(tx, trigger, now, response, source)
        if tx.cancel_wanted and tx.state is State.PROCEEDING and not tx.cancelled:
            self._send_cancel(tx, now)

    def _start_client(
        self, request: Request, hop: Hop, branch: str, owner: object | None, now: float
    ) -> ClientTransaction:
        key = (branch, request.method)
        tx = self._clients[key] = ClientTransaction(key, request, hop)
        tx.owner = owner
        tx.data = bytes(request)
        for action in tx.machine.start[1]:
            self._do(tx, action, now)
        return tx

    def _push_via(self, request: Request, hop: Hop, suffix: str) -> str:
        host, port = self.sent_by(hop.transport)
        branch = MAGIC + self.token() + suffix
        host = f"[{host}]" if ":" in host and not host.startswith("[") else host
        rport = "" if hop.reliable else ";rport"
        request.headers.insert("Via", f"SIP/2.0/{hop.transport} {host}:{port}{rport};branch={branch}")
        return branch

    def _make_ack(self, tx: ClientTransaction, response: Response) -> Request:
        """17.1.1.3: the ACK to a final response other than 2xx."""
        ack = self._same_hop(tx, "ACK")
        ack.headers.set("To", response.headers.get("To") or str(response.to))
        return ack

    def _send_cancel(self, tx: ClientTransaction, now: float) -> None:
        tx.cancelled = True
        branch = tx.request.via.branch or ""
        self._start_client(self._same_hop(tx, "CANCEL"), tx.hop, branch, None, now)
        self._step(tx, Input.CANCEL, now)

    def _same_hop(self, tx: ClientTransaction, method: str) -> Request:
        """A request that belongs to the INVITE of `tx` and takes the same way (9.1, 17.1.1.3)."""
        invite = tx.request
        headers = Headers()
        headers.add("Via", str(invite.via))
        for name in ("Route", "From", "To", "Call-ID"):
            for value in invite.headers.all(name):
                headers.add(name, value)
        headers.add("CSeq", f"{invite.cseq.number} {method}")
        headers.add("Max-Forwards", "70")
        return Request(method, invite.uri, headers)

    # Private: the machines at work

    def _step(
        self,
        tx: Transaction,
        trigger: Trigger,
        now: float,
        message: Message | None = None,
        source: Hop | None = None,
    ) -> None:
        before = tx.state
        after, actions = tx.machine.step(before, trigger)
        if after is not before:
            tx.state = after
            for timer in tx.machine.stops(before, after):
                self._agenda.stop((tx, timer))
        for action in actions:
            self._do(tx, action, now, message, source)
        if after is State.TERMINATED:
            self._forget(tx)

    def _do(
        self,
        tx: Transaction,
        action: Action | Timer,
        now: float,
        message: Message | None = None,
        source: Hop | None = None,
    ) -> None:
        if isinstance(action, Timer):
            self._start_timer(tx, action, now)
        elif isinstance(tx, ClientTransaction):
            self._do_client(tx, action, message, source)
        elif isinstance(tx, ServerTransaction):
            self._do_server(tx, action, now, message)

    def _do_client(
        self, tx: ClientTransaction, action: Action, message: Message | None, source: Hop | None
    ) -> None:
        if action is Action.SEND_REQUEST:
            self._outgoing.append(Outgoing(tx.hop, tx.request, tx.data))
        elif action is Action.SEND_ACK:
            assert tx.ack is not None
            self._outgoing.append(Outgoing(tx.hop, tx.ack, bytes(tx.ack)))
        elif tx.request.method == "CANCEL":
            pass  # its INVITE tells how the cancelling went
        elif action is Action.PASS_RESPONSE:
            assert isinstance(message, Response)
            assert source is not None
            self._events.append(ResponseReceived(tx, message, source))
        elif action is Action.TIMED_OUT:
            self._events.append(TimedOut(tx))
        elif action is Action.FAILED:
            self._events.append(TransportFailed(tx))

    def _do_server(self, tx: ServerTransaction, action: Action, now: float, message: Message | None) -> None:
        if action is Action.SEND_RESPONSE:
            if tx.last_response is not None:
                self._outgoing.append(Outgoing(tx.reply_hop, tx.last_response, tx.data))
        elif action is Action.SEND_100:
            self.respond(tx, tx.request.response(100), now)
        elif action is Action.STOP_100:
            self._agenda.stop((tx, Timer.TRYING))
        elif action is Action.PASS_ACK:
            assert isinstance(message, Request)
            self._events.append(AckReceived(message, tx.source))
        elif action is Action.TIMED_OUT:
            self._events.append(TimedOut(tx))
        elif action is Action.FAILED:
            self._events.append(TransportFailed(tx))

    def _start_timer(self, tx: Transaction, timer: Timer, now: float) -> None:
        hop = (
            tx.hop
            if isinstance(tx, ClientTransaction)
            else tx.source
            if isinstance(tx, ServerTransaction)
            else None
        )
        assert hop is not None
        seconds = self._durations[hop.reliable][timer]
        if seconds is None:
            return
        if timer in _DOUBLING:
            seconds = tx.interval = self._interval(tx, timer, seconds)
        if seconds > 0:
            self._agenda.start((tx, timer), seconds, now)
        else:
            self._step(tx, timer, now)

    def _interval(self, tx: Transaction, timer: Timer, first: float) -> float:
        """How long until the next retransmission (17.1.1.2, 17.1.2.2, 17.2.1)."""
        if timer is Timer.A:
            return tx.interval * 2 or first
        if tx.state is State.PROCEEDING:
            return self.timers.t2
        return min(tx.interval * 2 or first, self.timers.t2)

    def _forget(self, tx: Transaction) -> None:
        if isinstance(tx, ClientTransaction):
            self._clients.pop(tx.id, None)
        elif isinstance(tx, ServerTransaction):
            self._servers.pop(tx.id, None)
            if tx.merge_key is not None:
                self._merging.pop(tx.merge_key, None)
