"""The user agent: calls, and requests outside of calls (RFC 3261 sections 8, 13 and 15).

Requests are made by `UserAgent.new_request` and sent by another call, so that what binds to their Call-ID,
CSeq and body (tokens, credentials) can be put in between:

    request = ua.new_request("INVITE", uri, body=offer)
    request.headers.add("Identity", token_for(request))
    call = ua.invite(request, hop, now)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from telsdk.clock import Monotonic
from telsdk.errors import TelError
from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.hop import Hop
from telsdk.sip.limits import MAX_FORWARDS
from telsdk.sip.message import NameAddr, Request, Response, Uri
from telsdk.sip.transaction import (
    AckReceived,
    Cancelled,
    ClientTransaction,
    Event,
    RequestReceived,
    ResponseReceived,
    ServerTransaction,
    Stack,
    StrayResponse,
    TimedOut,
    TransportFailed,
    Unanswered,
)
from telsdk.sip.ua.acceptance import reason_to_refuse
from telsdk.sip.ua.call import (
    Call,
    CallEnded,
    CallState,
    IncomingRequest,
    Redirected,
    RequestAnswered,
)
from telsdk.sip.ua.dialog import dialog_id
from telsdk.sip.ua.dialogs import Alarm, ChooseHop, Dialogs, HeaderFields, Waiting
from telsdk.sip.ua.giving_up import give_up
from telsdk.sip.ua.incoming import Callee
from telsdk.sip.ua.negotiation import SDP
from telsdk.sip.ua.outgoing import Caller
from telsdk.sip.ua.prack import Reliable
from telsdk.sip.ua.replaces import is_misplaced
from telsdk.sip.ua.session_timer import SessionTimers
from telsdk.sip.ua.transfer import Transfers
from telsdk.sip.ua.update import Updates

_WITH_CONTACT = frozenset({"INVITE", "REGISTER", "SUBSCRIBE", "OPTIONS"})


class UserAgent:
    """User agent role over a stack.

    Args:
        aor: who this is: the From of its requests.
        contact: where it is reached directly.
        next_hop: the hop for ACK, BYE and other requests within a dialog: it gets their next URI (a route or
            the peer's Contact) and the dialog.
        supported: option tags that a request may require of us (8.2.2.3). ``timer`` turns on session timers,
            ``100rel`` reliable provisional responses, ``replaces`` calls that take the place of others, and
            ``norefersub`` transfers that nobody wants to hear of.
        ring_limit: seconds until an unanswered outgoing call is cancelled.
        session_interval: seconds after which a call without a sign of life ends, where the peer agrees.
        takes_refer: whether the application acts on `Referred`; without, REFER is an `IncomingRequest`.

    Attributes:
        transfers: what there is to do about transfers.
    """

    def __init__(
        self,
        stack: Stack,
        *,
        aor: Uri,
        contact: NameAddr | str,
        next_hop: ChooseHop,
        supported: Sequence[str] = (),
        ring_limit: float = 200.0,
        session_interval: int = 1800,
        takes_refer: bool = False,
    ) -> None:
        stack.serve_user_agent()
        self._stack = stack
        self.aor = aor
        self._calls = Dialogs(stack, str(contact), next_hop, supported, transfers=takes_refer)
        self._timers = SessionTimers(self._calls, session_interval)
        self._updates = Updates(self._calls, self._timers)
        self._reliable = Reliable(self._calls, self._updates)
        self._caller = Caller(self._calls, self._timers, self._reliable, ring_limit)
        self._callee = Callee(self._calls, self._timers, self._reliable)
        self.transfers = Transfers(self._calls)
        self._alarmed: dict[Alarm, Callable[[Call, Monotonic], None]] = {
            Alarm.RESEND: self._callee.resend,
            Alarm.NO_ACK: self._callee.no_ack,
            Alarm.RESEND_1XX: self._reliable.resend,
            Alarm.NO_PRACK: self._reliable.no_prack,
            Alarm.RING: self._caller.lose,
            Alarm.REFRESH: self._refresh,
            Alarm.EXPIRE: self._timers.expired,
        }
        self._takes_refer = takes_refer
        self._registration = stack.token()
        self._register_seq = 0

    @property
    def contact(self) -> str:
        """The Contact of what is sent from now on."""
        return self._calls.contact

    @contact.setter
    def contact(self, contact: NameAddr | str) -> None:
        self._calls.contact = str(contact)

    # Events and time

    def handle(self, event: Event, now: Monotonic) -> bool:
        """Take an event of the stack; False when it is none of ours."""
        if isinstance(event, RequestReceived):
            self._requested(event, now)
            return True
        if isinstance(event, AckReceived):
            return self._acked(event, now)
        if isinstance(event, ResponseReceived):
            return self._responded(event, now)
        if isinstance(event, StrayResponse):
            return self._stray(event)
        if isinstance(event, Cancelled):
            if isinstance(event.tx.owner, Call):
                self._callee.cancelled(event.tx.owner, event.tx, now)
            return isinstance(event.tx.owner, Call)
        if isinstance(event, TimedOut | TransportFailed):
            return self._failed(event, now)
        if isinstance(event, Unanswered):
            self.give_up(event, now)
        return isinstance(event, Unanswered)

    def advance(self, now: Monotonic) -> None:
        """Let the clocks of calls go off that are due."""
        while (due := self._calls.alarms.pop_due(now)) is not None:
            call, alarm = due
            try:
                self._alarmed[alarm](call, now)
            except BaseException as error:
                self._calls.end(call, now, CallEnded(call, "lost"))  # nothing else would wake it any more
                if not isinstance(error, TelError):
                    raise

    def give_up(self, event: Event, now: Monotonic) -> None:
        """End what an event is about, because its handler failed: see `telsdk.sip.ua.giving_up`."""
        give_up(self._calls, self._callee, self._updates, event, now)

    def deadline(self) -> Monotonic | None:
        """Return when `advance` has something to do next."""
        return self._calls.alarms.deadline()

    def take_events(self) -> list[Event]:
        """Return what happened, in order. Each event is given out once."""
        taken, self._calls.events = self._calls.events, []
        return taken

    @property
    def dialogs(self) -> int:
        """How many there are, early ones included."""
        return len(self._calls.dialogs)

    # Requests outside of calls

    def new_request(
        self,
        method: str,
        uri: Uri,
        *,
        to: NameAddr | Uri | None = None,
        call_id: str | None = None,
        cseq: int | None = None,
        headers: HeaderFields = (),
        body: bytes = b"",
    ) -> Request:
        """Make a request outside of any dialog, without sending it (8.1.1).

        To try again with credentials, give `call_id` and `cseq` plus one (22.2). REGISTERs have one Call-ID
        and count by themselves (10.2); their To is this user agent.
        """
        if method == "REGISTER":
            self._register_seq += 1
            call_id, cseq = call_id or self._registration, cseq or self._register_seq
            to = to or self.aor
        to = to if isinstance(to, NameAddr) else NameAddr(to or uri)
        request = Request(method, uri, body=body)
        fields = request.headers
        fields.add("Max-Forwards", str(MAX_FORWARDS))
        fields.add("From", str(NameAddr(self.aor).with_param("tag", self._stack.token())))
        fields.add("To", str(to))
        fields.add("Call-ID", call_id or self._stack.token())
        fields.add("CSeq", f"{cseq or 1} {method}")
        if method in _WITH_CONTACT:
            fields.add("Contact", self.contact)
        if method == "INVITE":
            self._calls.describe_self(request)
        fields.extend(headers)
        if method == "INVITE":
            self._timers.propose(request)
        if body and "Content-Type" not in fields:
            fields.add("Content-Type", "text/plain;charset=utf-8" if method == "MESSAGE" else SDP)
        return request

    def send(self, request: Request, hop: Hop, now: Monotonic) -> ClientTransaction:
        """Send a request that is no INVITE; `RequestAnswered` or `Redirected` follows."""
        if request.method == "INVITE":
            raise ProtocolStateError("INVITE begins a call: use invite")
        return self._stack.request(request, hop, now, owner=self)

    def answer(
        self,
        tx: ServerTransaction,
        status: int,
        now: Monotonic,
        *,
        reason: str | None = None,
        headers: HeaderFields = (),
        body: bytes = b"",
    ) -> None:
        """Respond to an `IncomingRequest`, or refuse what was `Reinvited`.

        Raises:
            ProtocolStateError: it is answered, or an offer that `accept_offer` is to take.
        """
        request, call = tx.request, tx.owner
        asked = isinstance(call, Call) and tx in call.asked
        if asked and 200 <= status < 300:
            raise ProtocolStateError("an offer is taken by accept_offer")
        response = self._stack.make_response(request, status, reason, *headers)
        response.body = body
        self._calls.describe_where_due(response)
        self._stack.respond(tx, response, now)
        if 200 <= status < 300:
            self._calls.refresh(request)
        elif isinstance(call, Call) and asked and status >= 300:
            if request.method == "INVITE":
                self._callee.refused(call, tx)
            else:
                self._updates.refused(call, tx)
                self._pracked(call, now)

    # Calls

    def invite(self, request: Request, hop: Hop, now: Monotonic) -> Call:
        """Call somebody. `Ringing`, then `Answered`, `CallFailed`, `Redirected` or `CallEnded` follow."""
        return self._caller.invite(request, hop, now)

    def ring(
        self,
        call: Call,
        now: Monotonic,
        *,
        status: int = 180,
        headers: HeaderFields = (),
        body: bytes = b"",
        reliable: bool | None = None,
    ) -> None:
        """Tell the caller that it rings.

        Where both sides support ``100rel`` the response is `reliable` (RFC 3262) if you say so, by default if
        it has a body, and always if the caller requires it. `ProvisionalConfirmed` follows.
        """
        self._callee.ring(call, status, now, headers, body, reliable)

    def prack(self, call: Call, response: Response, body: bytes, now: Monotonic) -> None:
        """Acknowledge the response of a `Ringing` that says so, with the answer to its offer or an offer.

        `OfferAnswered` or `OfferFailed` follows upon an offer.

        Raises:
            ProtocolStateError: it is acknowledged, or the call is not ringing any more.
        """
        self._reliable.prack(call, response, body, now)

    def accept(self, call: Call, body: bytes, now: Monotonic, *, headers: HeaderFields = ()) -> None:
        """Answer the call with this SDP; `CallConfirmed` follows, or `CallEnded` when no ACK comes.

        The answer goes out once what was sent reliably before has arrived.
        """
        self._callee.accept(call, body, now, headers)
        self._end_replaced(call, now)

    def acknowledge(self, call: Call, body: bytes, *, headers: HeaderFields = ()) -> None:
        """Answer the offer of an `Answered` or `OfferAnswered` with `ack`.

        Raises:
            ProtocolStateError: there is none, or this is no answer.
        """
        self._caller.acknowledge(call, body, headers)

    def accept_offer(
        self,
        call: Call,
        tx: ServerTransaction,
        body: bytes,
        now: Monotonic,
        *,
        headers: HeaderFields = (),
    ) -> None:
        """Answer what was `Reinvited`.

        Raises:
            ProtocolStateError: the peer has withdrawn it or hung up, or it is answered.
        """
        if tx.request.method == "INVITE":
            self._callee.accept_offer(call, tx, body, now, headers)
        else:
            self._updates.answer(call, tx, body, now, headers)
            self._pracked(call, now)

    def update(self, call: Call, request: Request, now: Monotonic) -> None:
        """Send an UPDATE made by `within` (RFC 3311). `OfferAnswered` or `OfferFailed` follows.

        With a body it offers another session, also in a call that rings once the first offer has been
        answered; without one it tells our Contact.

        Raises:
            ProtocolStateError: the call has no dialog, an UPDATE of ours is out, or an offer is open.
        """
        self._updates.send(call, request, now)

    def offer(self, call: Call, request: Request, now: Monotonic) -> None:
        """Offer another session: an INVITE made by `within`, with its body. `OfferAnswered` or `OfferFailed` follows.

        Without a body the peer is to offer, and `OfferAnswered` has `ack`.

        Raises:
            ProtocolStateError: the call is not confirmed, or an offer of either side is still open.
        """
        self._caller.offer(call, request, now)

    def reject(
        self,
        call: Call,
        now: Monotonic,
        *,
        status: int = 486,
        reason: str | None = None,
        headers: HeaderFields = (),
    ) -> None:
        """Refuse an incoming call."""
        self._callee.reject(call, status, now, reason, headers)

    def hang_up(self, call: Call, now: Monotonic) -> None:
        """End the call, however far it is: CANCEL, a refusal, or BYE once RFC 3261 15 allows it.

        `CallEnded` follows at once or when the peer has answered. Nothing happens for a call that has ended.
        """
        if call.ended or call.leaving:
            return
        if call.state is CallState.CONFIRMED:
            self._calls.leave(call, "local", now)
        elif call.state is CallState.ANSWERED:
            call.leaving = "local"
        elif call.outgoing:
            self._caller.cancel(call, "local", now)
        else:
            self._callee.reject(call, 480, now, None, ())

    def within(self, call: Call, method: str) -> Request:
        """Make a request within the call, without sending it: give it to `send_within`.

        Raises:
            ProtocolStateError: the call has no dialog.
        """
        if call.dialog is None or call.ended:
            raise ProtocolStateError(f"this call is {call.state}: it has no dialog for {method}")
        return call.dialog.request(method, contact=self.contact)

    def send_within(self, call: Call, request: Request, now: Monotonic) -> ClientTransaction:
        """Send a request made by `within`; `RequestAnswered` follows.

        Raises:
            ProtocolStateError: there is no dialog, or the method has a call of its own: `offer`, `update`.
        """
        if request.method in ("UPDATE", "PRACK"):
            raise ProtocolStateError(f"{request.method} is bound to offers: use update or prack")
        if call.dialog is None:
            raise ProtocolStateError("this call has no dialog")
        return self.send(request, self._calls.next_hop(call.dialog.next_uri, call.dialog), now)

    # Private

    def _pracked(self, call: Call, now: Monotonic) -> None:
        self._callee.pracked(call, now)
        self._end_replaced(call, now)

    def _end_replaced(self, call: Call, now: Monotonic) -> None:
        if call.replaces is not None and call.state is CallState.ANSWERED:
            replaced, call.replaces = call.replaces, None
            self.hang_up(replaced, now)

    def _refresh(self, call: Call, now: Monotonic) -> None:
        request = self._timers.refresh(call, now)
        if request is not None:
            send = self._updates.send if request.method == "UPDATE" else self._caller.offer
            send(call, request, now, refreshes=True)

    def _requested(self, event: RequestReceived, now: Monotonic) -> None:
        tx, request = event.tx, event.request
        refused = reason_to_refuse(request, self._calls.supported)
        if refused is not None:
            self._stack.answer(tx, refused.status, now, refused.reason, *refused.headers)
        elif is_misplaced(self._calls, request):
            self._stack.answer(tx, 400, now, "Replaces is for INVITE")
        elif request.to.tag is not None or request.method == "BYE":
            self._requested_within(tx, request, now)
        elif request.method == "INVITE":
            if not self._timers.refuses(tx, request, now):
                self._callee.invited(tx, request, now)
        else:
            tx.owner = self
            self._calls.events.append(IncomingRequest(tx, request, None))

    def _requested_within(self, tx: ServerTransaction, request: Request, now: Monotonic) -> None:
        known = self._calls.dialogs.get(dialog_id(request))
        if known is None:
            self._stack.answer(tx, 481, now)
            return
        call, dialog = known
        if not dialog.receive(request):
            self._stack.answer(tx, 500, now, "CSeq out of order")
        elif request.method == "BYE":
            self._ended_by_peer(call, tx, now)
        elif self._timers.refuses(tx, request, now):
            pass
        elif request.method == "INVITE":
            self._callee.reinvited(call, dialog, tx, request, now)
        elif request.method == "UPDATE":
            self._updates.received(call, dialog, tx, request, now)
        elif request.method == "PRACK":
            self._reliable.received(call, dialog, tx, request, now)
            self._pracked(call, now)
        elif request.method == "REFER" and self._takes_refer:
            self.transfers.received(call, tx, request, now)
        elif request.method != "NOTIFY" or not self.transfers.notified(call, tx, request, now):
            tx.owner = self
            self._calls.events.append(IncomingRequest(tx, request, call))

    def _ended_by_peer(self, call: Call, tx: ServerTransaction, now: Monotonic) -> None:
        """End the call (15.1.2). BYE in an early dialog: we missed the 2xx, or the caller gave up early."""
        self._stack.answer(tx, 200, now)
        if isinstance(call.tx, ClientTransaction):
            self._stack.cancel(call.tx, now)
        self._calls.end(call, now, CallEnded(call, "remote"))

    def _acked(self, event: AckReceived, now: Monotonic) -> bool:
        known = self._calls.dialogs.get(dialog_id(event.request))
        if known is not None:
            self._callee.acked(known[0], event.request, now)
        return known is not None

    def _responded(self, event: ResponseReceived, now: Monotonic) -> bool:
        owner, response = event.tx.owner, event.response
        if isinstance(owner, Call):
            self._caller.received(owner, event.tx, response, now)
        elif isinstance(owner, Waiting):
            if response.status >= 200:
                owner.done(response, response.status, now)
        elif owner is self:
            if 300 <= response.status < 400:
                self._calls.events.append(Redirected(event.tx, response, None))
            elif response.status >= 200:
                self._calls.events.append(RequestAnswered(event.tx, response, response.status))
        return isinstance(owner, Call | Waiting) or owner in (self, self._calls)

    def _stray(self, event: StrayResponse) -> bool:
        response = event.response
        if response.cseq.method != "INVITE" or not 200 <= response.status < 300:
            return False
        known = self._calls.dialogs.get((response.call_id, response.from_.tag or "", response.to.tag or ""))
        if known is not None:
            self._caller.stray(known[0], response)
        return known is not None

    def _failed(self, event: TimedOut | TransportFailed, now: Monotonic) -> bool:
        owner, status = event.tx.owner, 408 if isinstance(event, TimedOut) else 503
        if isinstance(event.tx, ClientTransaction):
            if isinstance(owner, Call):
                self._caller.failed(owner, event.tx, status, now)
            elif isinstance(owner, Waiting):
                owner.done(None, status, now)
            elif owner is self:
                self._calls.events.append(RequestAnswered(event.tx, None, status))
        return isinstance(owner, Call | Waiting) or owner in (self, self._calls)
