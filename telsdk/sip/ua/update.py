"""UPDATE (RFC 3311): another session, or another Contact, within a call, answered or not.

An UPDATE is one request and one response, without an ACK. So it may be used before the call is answered, and
its answer cannot wait for a person. One that brings no offer moves the remote target and refreshes the
session timer; it needs nobody's decision and is answered here.

Who may offer when is `telsdk.sip.ua.negotiation`'s to say.
"""

from __future__ import annotations

from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.message import Request, Response
from telsdk.sip.transaction import UNANSWERED, ServerTransaction
from telsdk.sip.ua.call import Call, CallState, OfferAnswered, OfferFailed, Reinvited
from telsdk.sip.ua.dialog import Dialog
from telsdk.sip.ua.dialogs import Dialogs, HeaderFields, name_body, note_peer
from telsdk.sip.ua.negotiation import Ruling, Said, has_sdp
from telsdk.sip.ua.session_timer import SessionTimers


class Updates:
    """UPDATE within the calls of one user agent, and the answers to offers that came without INVITE."""

    def __init__(self, calls: Dialogs, timers: SessionTimers) -> None:
        self._calls = calls
        self._timers = timers

    def send(self, call: Call, request: Request, now: Monotonic, *, refreshes: bool = False) -> None:
        """Send an UPDATE; nobody is told of one that only refreshes the session timer.

        Raises:
            ProtocolStateError: the call has no dialog, another UPDATE is out, or an offer is open and this is
                one.
        """
        dialog = call.dialog
        if dialog is None or call.ended:
            raise ProtocolStateError(f"this call is {call.state}: it has no dialog for UPDATE")
        name_body(request)
        dialog.negotiation.check(request)
        self._timers.propose(request, call)

        def done(response: Response | None, status: int, now: Monotonic) -> None:
            self._answered(call, dialog, request, response, status, now, refreshes)

        self._calls.ask(dialog, request, now, done)
        dialog.negotiation.send(request)

    def received(
        self, call: Call, dialog: Dialog, tx: ServerTransaction, request: Request, now: Monotonic
    ) -> None:
        """Take an UPDATE of the peer."""
        ruling = dialog.negotiation.receive(request)
        if ruling is Ruling.ASK:
            self.ask(call, dialog, tx, request)
        elif not self._calls.refuses(tx, ruling, now):
            self._accept(call, tx, self._response(tx, b"", ()), now)

    def ask(self, call: Call, dialog: Dialog, tx: ServerTransaction, request: Request) -> None:
        """Hand an offer that needs an answer at once to the application."""
        tx.owner, call.asked[tx] = call, dialog
        self._calls.events.append(Reinvited(call, tx, request))

    def answer(
        self, call: Call, tx: ServerTransaction, body: bytes, now: Monotonic, headers: HeaderFields
    ) -> None:
        """Send the 200 that answers the peer's offer.

        Raises:
            ProtocolStateError: it is answered, or the call is over; or there is no answer in it.
        """
        if tx not in call.asked or tx.state not in UNANSWERED:
            raise ProtocolStateError("this offer was answered, or the call is over")
        response = self._response(tx, body, headers)
        negotiation = call.asked[tx].negotiation
        negotiation.check(response)
        self._accept(call, tx, response, now)
        negotiation.send(response)
        del call.asked[tx]

    @staticmethod
    def refused(call: Call, tx: ServerTransaction) -> None:
        """Note that the peer's offer was refused."""
        call.asked.pop(tx).negotiation.step(Said.OUR_NO)

    def _response(self, tx: ServerTransaction, body: bytes, headers: HeaderFields) -> Response:
        response = self._calls.stack.make_response(tx.request, 200, None, *headers)
        response.body = body
        name_body(response)
        return response

    def _accept(self, call: Call, tx: ServerTransaction, response: Response, now: Monotonic) -> None:
        request = tx.request
        if request.method == "UPDATE":
            self._calls.for_dialog(response, allow=True)
            self._timers.grant(call, request, response, now)
        self._calls.stack.respond(tx, response, now)
        self._calls.refresh(request)

    def _answered(
        self,
        call: Call,
        dialog: Dialog,
        request: Request,
        response: Response | None,
        status: int,
        now: Monotonic,
        refreshes: bool,
    ) -> None:
        if call.ended:
            return
        if has_sdp(request):
            dialog.negotiation.answered(response)
        else:
            dialog.negotiation.step(Said.ERRAND_DONE)
        if response is not None and status < 300:
            dialog.refresh(response)
            note_peer(call, response)
            self._timers.agreed(call, response, now)
            if not refreshes:
                self._calls.events.append(OfferAnswered(call, response))
        elif status in (408, 481) and call.state is CallState.CONFIRMED:
            self._calls.leave(call, "lost", now)  # 12.2.1.2
        elif refreshes:
            self._timers.refused(call, response, status, now)
        else:
            wait = self._calls.retry_after(call, response)
            self._calls.events.append(OfferFailed(call, response, status, wait))
