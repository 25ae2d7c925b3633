"""The calling half of a user agent: INVITE, its forks, ACK, CANCEL (RFC 3261 sections 13.2 and 9.1)."""

from __future__ import annotations

from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response
from telsdk.sip.transaction import ClientTransaction
from telsdk.sip.ua.call import (
    Answered,
    Call,
    CallEnded,
    CallFailed,
    CallState,
    OfferAnswered,
    OfferFailed,
    Redirected,
    Ringing,
)
from telsdk.sip.ua.dialog import Dialog
from telsdk.sip.ua.dialogs import Alarm, Dialogs, HeaderFields, name_body, note_peer
from telsdk.sip.ua.negotiation import Ruling, Said
from telsdk.sip.ua.prack import Reliable, Taken
from telsdk.sip.ua.session_timer import SessionTimers


class Caller:
    """Outgoing calls of one user agent."""

    def __init__(self, calls: Dialogs, timers: SessionTimers, reliable: Reliable, ring_limit: float) -> None:
        self._calls = calls
        self._reliable = reliable
        self._timers = timers
        self._ring_limit = ring_limit

    def invite(self, request: Request, hop: Hop, now: Monotonic) -> Call:
        """Send the INVITE that begins a call.

        Raises:
            ProtocolStateError: it is another method.
        """
        if request.method != "INVITE":
            raise ProtocolStateError(f"a call begins with INVITE, not {request.method}: use send")
        tx = self._calls.stack.request(request, hop, now)
        call = Call(outgoing=True, request=request, tx=tx)
        tx.owner = call
        self._calls.alarms.start((call, Alarm.RING), self._ring_limit, now)
        return call

    def cancel(self, call: Call, by: str, now: Monotonic) -> None:
        """Take the call back; it is over when the callee's side has said so."""
        assert isinstance(call.tx, ClientTransaction)
        call.leaving = by
        self._calls.stack.cancel(call.tx, now)

    def lose(self, call: Call, now: Monotonic) -> None:
        """Take the call back, because it rings for too long."""
        self.cancel(call, "lost", now)

    def offer(self, call: Call, request: Request, now: Monotonic, *, refreshes: bool = False) -> None:
        """Send an INVITE within the call (14.1); nobody is told of one that only refreshes the session timer.

        Raises:
            ProtocolStateError: the call is not confirmed, or an offer of either side is still open.
        """
        dialog = call.dialog
        if call.state is not CallState.CONFIRMED or dialog is None:
            raise ProtocolStateError(f"this call is {call.state}: not the time for another INVITE")
        name_body(request)
        dialog.negotiation.check(request)
        hop = self._calls.next_hop(dialog.next_uri, dialog)
        self._timers.propose(request, call)
        call.refreshes = refreshes
        call.offer = self._calls.stack.request(request, hop, now, owner=call)
        dialog.negotiation.send(request)

    def received(self, call: Call, tx: ClientTransaction, response: Response, now: Monotonic) -> None:
        """Take a response to an INVITE of ours."""
        status = response.status
        if tx is not call.tx:
            self._offer_answered(call, tx, response, now)
        elif status < 200:
            self._provisional(call, response, now)
        elif status < 300:
            self._success(call, response, now)
        elif not call.ended:
            self._failure(call, response, now)

    def failed(self, call: Call, tx: ClientTransaction, status: int, now: Monotonic) -> None:
        """Take note that an INVITE of ours got no answer, or could not be sent."""
        if call.ended:
            return
        if tx is not call.tx:
            assert call.dialog is not None
            call.dialog.negotiation.step(Said.THEIR_REFUSAL)
            self._offer_failed(call, None, status, now)
        elif call.leaving:
            self._calls.end(call, now, CallEnded(call, call.leaving))
        else:
            self._calls.end(call, now, CallFailed(call, None, status))

    def stray(self, call: Call, response: Response) -> None:
        """Acknowledge again a 2xx that outlived the transaction: its ACK was lost."""
        self._ack_again(call, response)

    def _provisional(self, call: Call, response: Response, now: Monotonic) -> None:
        if response.status == 100 or call.state not in (CallState.CALLING, CallState.RINGING):
            return
        call.state = CallState.RINGING
        tag, taken = response.to.tag, Taken.PASS
        if tag is not None:
            dialog = call.early.get(tag)
            if dialog is None:
                dialog = call.early[tag] = self._dialog(call, response)
                call.dialog = call.dialog or dialog
                self._calls.know(call, dialog)
            taken = self._reliable.take(call, dialog, response, now, may_ask=not call.leaving)
        if taken is Taken.DROP:
            return
        note_peer(call, response)
        if not call.leaving:
            self._calls.events.append(Ringing(call, response, taken is Taken.ASK))

    @staticmethod
    def _dialog(call: Call, response: Response) -> Dialog:
        """Make the dialog of a fork's first response. Each begins with the offer of our INVITE, or its lack."""
        dialog = Dialog.of_caller(call.request, response)
        dialog.negotiation.send(call.request)
        return dialog

    def _success(self, call: Call, response: Response, now: Monotonic) -> None:
        """Acknowledge every 2xx, and each retransmission again; keep one dialog, and end the others (13.2.2.4)."""
        if self._ack_again(call, response) or self._is_owed(call, response):
            return
        dialog = call.early.pop(response.to.tag or "", None) or self._dialog(call, response)
        dialog.confirm(response)
        surplus = call.ended or call.state is CallState.CONFIRMED
        # 13.2.1: an offer in the 2xx is answered in its ACK, and that takes the application.
        asks = dialog.negotiation.receive(response) is Ruling.ASK
        if surplus or call.leaving or not asks:
            self._calls.ack(call, dialog, call.request)
        else:
            call.owes_ack = call.request
        if surplus:
            self._calls.bye(dialog, now)
            return
        self._confirm(call, dialog)
        note_peer(call, response)
        self._timers.agreed(call, response, now)
        if call.leaving:
            self._calls.leave(call, call.leaving, now)
        else:
            self._calls.events.append(Answered(call, response, call.owes_ack is not None))

    def acknowledge(self, call: Call, body: bytes, headers: HeaderFields) -> None:
        """Send the ACK that answers the offer in the 2xx to our INVITE."""
        if call.owes_ack is None or call.dialog is None:
            raise ProtocolStateError("this call owes no ACK: it is sent, or the call is not answered or over")
        if not body:
            raise ProtocolStateError(
                "the offer in the 2xx is answered with a description: give one, or hang up"
            )
        invite, call.owes_ack = call.owes_ack, None
        self._calls.ack(call, call.dialog, invite, body, headers)

    def _confirm(self, call: Call, dialog: Dialog) -> None:
        for other in call.early.values():
            self._calls.dialogs.pop(other.id, None)
        call.early.clear()
        call.dialog = dialog
        call.state = CallState.CONFIRMED
        self._calls.know(call, dialog)
        self._calls.alarms.stop((call, Alarm.RING))

    def _offer_answered(self, call: Call, tx: ClientTransaction, response: Response, now: Monotonic) -> None:
        status, dialog = response.status, call.dialog
        assert dialog is not None
        if status < 200:
            if status > 100 and tx is call.offer:
                taken = self._reliable.take(call, dialog, response, now, may_ask=not call.refreshes)
                if taken is Taken.ASK:
                    self._calls.events.append(Ringing(call, response, prack=True))
            return
        if status < 300 and (self._ack_again(call, response) or self._is_owed(call, response)):
            return
        ruling = dialog.negotiation.receive(response)
        if status < 300:
            self._offer_taken(call, dialog, tx, response, asks=ruling is Ruling.ASK, now=now)
        elif not call.ended:
            self._offer_failed(call, response, status, now)

    def _offer_taken(
        self,
        call: Call,
        dialog: Dialog,
        tx: ClientTransaction,
        response: Response,
        *,
        asks: bool,
        now: Monotonic,
    ) -> None:
        dialog.refresh(response)
        if asks and not call.ended and not call.refreshes:
            call.owes_ack = tx.request
        else:
            self._calls.ack(call, dialog, tx.request)
        if call.ended:
            return
        call.offer = None
        note_peer(call, response)
        self._timers.agreed(call, response, now)
        if not call.refreshes:
            self._calls.events.append(OfferAnswered(call, response, call.owes_ack is not None))

    def _offer_failed(self, call: Call, response: Response | None, status: int, now: Monotonic) -> None:
        call.offer = None
        if status in (408, 481):
            # 12.2.1.2: the peer knows nothing of the call any more.
            self._calls.leave(call, "lost", now)
        elif call.refreshes:
            self._timers.refused(call, response, status, now)
        else:
            wait = self._calls.retry_after(call, response)
            self._calls.events.append(OfferFailed(call, response, status, wait))

    @staticmethod
    def _is_owed(call: Call, response: Response) -> bool:
        """Return whether this 2xx is the one whose offer waits for its answer, once more."""
        invite, dialog = call.owes_ack, call.dialog
        if invite is None or dialog is None or dialog.remote.tag != response.to.tag:
            return False
        return invite.cseq.number == response.cseq.number

    def _ack_again(self, call: Call, response: Response) -> bool:
        """Return whether this 2xx had its ACK already, and send the same again."""
        cseq, sent = call.acks.get(response.to.tag or "", (0, None))
        if sent is None or response.cseq.number > cseq:
            return False
        if response.cseq.number == cseq:
            self._calls.stack.send_again(sent)
        return True

    def _failure(self, call: Call, response: Response, now: Monotonic) -> None:
        if call.leaving:
            self._calls.end(call, now, CallEnded(call, call.leaving))
        elif response.status < 400:
            assert isinstance(call.tx, ClientTransaction)
            self._calls.end(call, now, Redirected(call.tx, response, call))
        else:
            self._calls.end(call, now, CallFailed(call, response, response.status))
