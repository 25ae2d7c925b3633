"""The called half of a user agent: ring, answer, wait for the ACK (RFC 3261 sections 13.3 and 9.2)."""

from __future__ import annotations

from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.message import Request, Response
from telsdk.sip.transaction import UNANSWERED, ServerTransaction
from telsdk.sip.ua.call import (
    Call,
    CallConfirmed,
    CallEnded,
    CallState,
    IncomingCall,
    LateAnswer,
    PendingAnswer,
    Reinvited,
)
from telsdk.sip.ua.dialog import Dialog
from telsdk.sip.ua.dialogs import Alarm, Dialogs, HeaderFields, name_body, note_peer
from telsdk.sip.ua.negotiation import Ruling, Said
from telsdk.sip.ua.prack import Reliable
from telsdk.sip.ua.replaces import replaced_by
from telsdk.sip.ua.session_timer import SessionTimers


class Callee:
    """Incoming calls of one user agent, and new offers within any call."""

    def __init__(self, calls: Dialogs, timers: SessionTimers, reliable: Reliable) -> None:
        self._calls = calls
        self._reliable = reliable
        self._timers = timers

    def invited(self, tx: ServerTransaction, request: Request, now: Monotonic) -> None:
        """Take an INVITE outside of any dialog."""
        if not request.contacts:
            self._calls.stack.answer(tx, 400, now, "Contact missing")
            return
        replaced = replaced_by(self._calls, request)
        if isinstance(replaced, int):
            self._calls.stack.answer(tx, replaced, now)
            return
        call = Call(outgoing=False, request=request, tx=tx, replaces=replaced)
        tx.owner = call
        note_peer(call, request)
        self._calls.events.append(IncomingCall(call, request))

    def reinvited(
        self, call: Call, dialog: Dialog, tx: ServerTransaction, request: Request, now: Monotonic
    ) -> None:
        """Take an INVITE within the call."""
        if self._calls.refuses(tx, dialog.negotiation.receive(request), now):
            return
        tx.owner, call.asked[tx] = call, dialog
        note_peer(call, request)
        if self._timers.repeats(call, request):
            self.accept_offer(call, tx, call.local_sdp, now, ())
            return
        self._calls.events.append(Reinvited(call, tx, request))

    def ring(
        self,
        call: Call,
        status: int,
        now: Monotonic,
        headers: HeaderFields,
        body: bytes,
        reliable: bool | None,
    ) -> None:
        """Send 180, or another 1xx."""
        tx = self._open(call)
        response = self._response(tx, status, headers, body)
        if self._reliable.applies(call.request, response, reliable):
            self._reliable.send(call, tx, response, now)
        else:
            self._calls.stack.respond(tx, response, now)
            self._calls.dialog_of(call, tx)
        call.state = CallState.RINGING

    def accept(self, call: Call, body: bytes, now: Monotonic, headers: HeaderFields) -> None:
        """Send the 200 that answers the call."""
        tx = self._open(call)
        response = self._response(tx, 200, headers, body)
        self._reliable.check_final(self._calls.negotiation_of(call), response)
        if not self._reliable.holds(call, response):
            self._accept(call, tx, response, now)

    def pracked(self, call: Call, now: Monotonic) -> None:
        """Send the 200 that waited, if all that was sent reliably before it has arrived."""
        response = self._reliable.take_final(call)
        if response is not None and isinstance(call.tx, ServerTransaction):
            self._accept(call, call.tx, response, now)

    def _accept(self, call: Call, tx: ServerTransaction, response: Response, now: Monotonic) -> None:
        self._timers.grant(call, call.request, response, now)
        self._answer(call, tx, response, now)
        call.state = CallState.ANSWERED
        dialog = self._calls.dialog_of(call, tx)
        dialog.confirmed = True
        dialog.negotiation.send(response)

    def accept_offer(
        self, call: Call, tx: ServerTransaction, body: bytes, now: Monotonic, headers: HeaderFields
    ) -> None:
        """Send the 200 that answers an INVITE within the call."""
        if tx not in call.asked or tx.state not in UNANSWERED:
            raise ProtocolStateError("this offer was answered or withdrawn, or the call is over")
        request = tx.request
        response = self._response(tx, 200, headers, body)
        dialog = call.asked[tx]
        dialog.negotiation.check(response)
        self._timers.grant(call, request, response, now)
        self._answer(call, tx, response, now)
        self._calls.refresh(request)
        dialog.negotiation.send(response)
        del call.asked[tx]

    @staticmethod
    def refused(call: Call, tx: ServerTransaction) -> None:
        """Note that an INVITE within the call was answered with something else than 200."""
        call.asked.pop(tx).negotiation.step(Said.OUR_REFUSAL)

    def reject(
        self, call: Call, status: int, now: Monotonic, reason: str | None, headers: HeaderFields
    ) -> None:
        """Refuse the call."""
        self._calls.stack.answer(self._unanswered(call), status, now, reason, *headers)
        self._calls.end(call, now, CallEnded(call, "local"))

    def cancelled(self, call: Call, tx: ServerTransaction, now: Monotonic) -> None:
        """Take note that the peer took an INVITE back (9.2). One that was answered first stays."""
        if tx in call.asked:
            self._calls.stack.answer(tx, 487, now)
            self.refused(call, tx)
        elif call.state in (CallState.CALLING, CallState.RINGING):
            self._calls.end(call, now, CallEnded(call, "remote"))

    def acked(self, call: Call, ack: Request, now: Monotonic) -> None:
        """Take an ACK within the call. It ends the retransmission of the 2xx that it belongs to."""
        answer = call.answer
        if answer is None or ack.cseq.number != answer.response.cseq.number:
            return
        self._stop(call)
        assert call.dialog is not None
        ruling = call.dialog.negotiation.receive(ack)
        if call.state is CallState.ANSWERED:
            call.state = CallState.CONFIRMED
            self._calls.events.append(CallConfirmed(call, ack))
        elif ruling is not Ruling.PASS:
            self._calls.events.append(LateAnswer(call, ack))
        if call.leaving:
            self._calls.leave(call, call.leaving, now)

    def resend(self, call: Call, now: Monotonic) -> None:
        """Send the 2xx again, on every transport: a hop further on may lose messages. T2 bounds the wait (13.3.1.4)."""
        answer = call.answer
        if answer is None or answer.tx.ended:
            return
        self._calls.stack.respond(answer.tx, answer.response, now)
        answer.interval = min(2 * answer.interval, self._calls.stack.timers.t2)
        self._calls.alarms.start((call, Alarm.RESEND), answer.interval, now)

    def no_ack(self, call: Call, now: Monotonic) -> None:
        """End the call that got no ACK in 64*T1: the dialog stands, the session should not (13.3.1.4)."""
        self._stop(call)
        self._calls.leave(call, call.leaving or "lost", now)

    def _stop(self, call: Call) -> None:
        call.answer = None
        self._calls.alarms.stop((call, Alarm.RESEND))
        self._calls.alarms.stop((call, Alarm.NO_ACK))

    def _answer(self, call: Call, tx: ServerTransaction, response: Response, now: Monotonic) -> None:
        timers = self._calls.stack.timers
        self._calls.stack.respond(tx, response, now)
        call.answer = PendingAnswer(tx, response, timers.t1)
        self._calls.alarms.start((call, Alarm.RESEND), timers.t1, now)
        self._calls.alarms.start((call, Alarm.NO_ACK), timers.timeout, now)

    def _unanswered(self, call: Call) -> ServerTransaction:
        if call.state not in (CallState.CALLING, CallState.RINGING) or not isinstance(
            call.tx, ServerTransaction
        ):
            raise ProtocolStateError(f"this call is {call.state}: only an incoming one, unanswered, can be")
        return call.tx

    def _open(self, call: Call) -> ServerTransaction:
        """Return the INVITE of a call that may still ring or be answered."""
        if call.reliable is not None and call.reliable.final is not None:
            raise ProtocolStateError("this call is answered, and waits for a PRACK")
        return self._unanswered(call)

    def _response(self, tx: ServerTransaction, status: int, headers: HeaderFields, body: bytes) -> Response:
        response = self._calls.stack.make_response(tx.request, status, None, *headers)
        for route in tx.request.headers.all("Record-Route"):
            response.headers.add("Record-Route", route)
        self._calls.for_dialog(response, allow=status >= 200)
        response.body = body
        name_body(response)
        return response
