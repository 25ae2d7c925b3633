"""The calling half of a user agent: INVITE, its forks, ACK, CANCEL (RFC 3261 sections 13.2 and 9.1)."""

from __future__ import annotations

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
    has_sdp,
)
from telsdk.sip.ua.dialog import Dialog, Side
from telsdk.sip.ua.dialogs import Alarm, Dialogs, name_body, note_peer, offering
from telsdk.sip.ua.prack import Reliable, Taken
from telsdk.sip.ua.session_timer import SessionTimers


class Caller:
    """Outgoing calls of one user agent."""

    def __init__(self, calls: Dialogs, timers: SessionTimers, reliable: Reliable, ring_limit: float) -> None:
        self._calls = calls
        self._reliable = reliable
        self._timers = timers
        self._ring_limit = ring_limit

    def invite(self, request: Request, hop: Hop, now: float) -> Call:
        """Send the INVITE that begins a call.

        Raises:
            ProtocolStateError: it is another method.
        """
        if request.method != "INVITE":
            raise ProtocolStateError(f"a call begins with INVITE, not {request.method}: use send")
        tx = self._calls.stack.request(request, hop, now)
        call = Call(outgoing=True, request=request, tx=tx)
        tx.owner = call
        call.local_sdp = request.body
        self._calls.alarms.start((call, Alarm.RING), self._ring_limit, now)
        return call

    def cancel(self, call: Call, by: str, now: float) -> None:
        """Take the call back; it is over when the callee's side has said so."""
        assert isinstance(call.tx, ClientTransaction)
        call.leaving = by
        self._calls.stack.cancel(call.tx, now)

    def offer(self, call: Call, request: Request, now: float, *, refreshes: bool = False) -> None:
        """Send an INVITE within the call (14.1); nobody is told of one that only refreshes the session timer.

        Raises:
            ProtocolStateError: the call is not confirmed, or an offer of either side is still open.
        """
        dialog = call.dialog
        busy = call.is_negotiating or call.update is not None or call.asked is not None
        if call.state is not CallState.CONFIRMED or dialog is None or busy:
            raise ProtocolStateError(
                f"this call is {call.state}, or an offer is open: not the time for another"
            )
        hop = self._calls.next_hop(dialog.next_uri, dialog)
        name_body(request)
        self._timers.propose(request, call)
        call.refreshes = refreshes
        call.offer = self._calls.stack.request(request, hop, now, owner=call)
        dialog.open_offer = offering(request, Side.OURS)

    def received(self, call: Call, tx: ClientTransaction, response: Response, now: float) -> None:
        """A response to an INVITE of ours."""
        status = response.status
        if tx is not call.tx:
            self._offer_answered(call, tx, response, now)
        elif status < 200:
            self._provisional(call, response, now)
        elif status < 300:
            self._success(call, response, now)
        elif not call.ended:
            self._failure(call, response, now)

    def failed(self, call: Call, tx: ClientTransaction, status: int, now: float) -> None:
        """An INVITE of ours got no answer, or could not be sent."""
        if call.ended:
            return
        if tx is not call.tx:
            self._offer_failed(call, None, status, now)
        elif call.leaving:
            self._calls.end(call, now, CallEnded(call, call.leaving))
        else:
            self._calls.end(call, now, CallFailed(call, None, status))

    def stray(self, call: Call, response: Response) -> None:
        """A 2xx that outlived the transaction: its ACK was lost."""
        self._ack_again(call, response)

    def _provisional(self, call: Call, response: Response, now: float) -> None:
        if response.status == 100 or call.state not in (CallState.CALLING, CallState.RINGING):
            return
        call.state = CallState.RINGING
        tag, taken = response.to.tag, Taken.PASS
        if tag is not None:
            dialog = call.early.get(tag) or self._fork(call, tag, response)
            taken = self._reliable.take(call, dialog, response, now, may_ask=not call.leaving)
        if taken is Taken.DROP:
            return
        note_peer(call, response)
        if not call.leaving:
            self._calls.events.append(Ringing(call, response, taken is Taken.ASK))

    def _fork(self, call: Call, tag: str, response: Response) -> Dialog:
        dialog = call.early[tag] = Dialog.of_caller(call.request, response)
        dialog.open_offer = offering(call.request, Side.OURS)
        call.dialog = call.dialog or dialog
        self._calls.know(call, dialog)
        return dialog

    def _success(self, call: Call, response: Response, now: float) -> None:
        """13.2.2.4: every 2xx gets an ACK, each retransmission again; one dialog is kept, the others end."""
        if self._ack_again(call, response) or call.owes_ack == (response.to.tag or ""):
            return
        early = call.early.pop(response.to.tag or "", None)
        dialog = early or Dialog.of_caller(call.request, response)
        dialog.confirm(response)
        surplus = call.ended or call.state is CallState.CONFIRMED
        # 13.2.1: an offer in the 2xx is answered in its ACK, and that takes the application.
        offers = has_sdp(response) and not has_sdp(call.request) and not dialog.agreed
        if surplus or call.leaving or not offers:
            self._calls.ack(call, dialog, call.request)
        else:
            call.owes_ack = response.to.tag or ""
        if surplus:
            self._calls.bye(dialog, now)
            return
        self._confirm(call, dialog)
        note_peer(call, response)
        self._timers.agreed(call, response, now)
        if not dialog.agreed:
            # 13.2.1: the first description is the answer; one that a reliable 1xx brought is not given again.
            dialog.open_offer = None
            call.remote_sdp = response.body if has_sdp(response) else call.remote_sdp
        if call.leaving:
            self._calls.leave(call, call.leaving, now)
        else:
            self._calls.events.append(Answered(call, response, call.owes_ack is not None))

    def acknowledge(self, call: Call, body: bytes) -> None:
        """Send the ACK that answers the offer in the 2xx to our call."""
        if call.owes_ack is None or call.dialog is None:
            raise ProtocolStateError("this call owes no ACK: it is sent, or the call is not answered or over")
        call.owes_ack = None
        call.local_sdp = body
        self._calls.ack(call, call.dialog, call.request, body)

    def _confirm(self, call: Call, dialog: Dialog) -> None:
        for other in call.early.values():
            self._calls.dialogs.pop(other.id, None)
        call.early.clear()
        call.dialog = dialog
        call.state = CallState.CONFIRMED
        self._calls.know(call, dialog)
        self._calls.alarms.stop((call, Alarm.RING))

    def _offer_answered(self, call: Call, tx: ClientTransaction, response: Response, now: float) -> None:
        status = response.status
        if 100 < status < 200 and call.dialog is not None and tx is call.offer:
            self._reliable.take(call, call.dialog, response, now, may_ask=False)
        if status < 200 or (status < 300 and self._ack_again(call, response)):
            return
        if status < 300 and call.dialog is not None:
            call.dialog.refresh(response)
            self._calls.ack(call, call.dialog, tx.request)
        if call.ended or tx is not call.offer:
            return
        if status < 300:
            self._close_offer(call)
            note_peer(call, response)
            if has_sdp(tx.request):
                call.local_sdp, call.remote_sdp = tx.request.body, response.body
            self._timers.agreed(call, response, now)
            if not call.refreshes:
                self._calls.events.append(OfferAnswered(call, response))
        else:
            self._offer_failed(call, response, status, now)

    def _offer_failed(self, call: Call, response: Response | None, status: int, now: float) -> None:
        self._close_offer(call)
        if status in (408, 481):
            # 12.2.1.2: the peer knows nothing of the call any more.
            self._calls.leave(call, "lost", now)
        elif call.refreshes:
            self._timers.refused(call, response, status, now)
        else:
            wait = self._calls.retry_after(call, response)
            self._calls.events.append(OfferFailed(call, response, status, wait))

    def _close_offer(self, call: Call) -> None:
        call.offer = None
        if call.dialog is not None:
            call.dialog.open_offer = None

    def _ack_again(self, call: Call, response: Response) -> bool:
        """Whether this 2xx had its ACK already; it gets the same again."""
        cseq, sent = call.acks.get(response.to.tag or "", (0, None))
        if sent is None or response.cseq.number > cseq:
            return False
        if response.cseq.number == cseq:
            self._calls.stack.send_again(sent)
        return True

    def _failure(self, call: Call, response: Response, now: float) -> None:
        if call.leaving:
            self._calls.end(call, now, CallEnded(call, call.leaving))
        elif response.status < 400:
            assert isinstance(call.tx, ClientTransaction)
            self._calls.end(call, now, Redirected(call.tx, response, call))
        else:
            self._calls.end(call, now, CallFailed(call, response, response.status))
