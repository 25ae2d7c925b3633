"""UPDATE (RFC 3311): another session, or another Contact, within a call, answered or not.

An UPDATE is one request and one response, without an ACK. So it may be used before the call is answered, and
its answer cannot wait for a person. One that brings no offer moves the remote target and refreshes the
session timer; it needs nobody's decision and is answered here.

Who may offer when (section 5, RFC 3261 section 14):

    open offer   our UPDATE with an offer   theirs
    none         goes out                   to the application
    ours         illegal                    491: both offer at once
    theirs       illegal                    500 with Retry-After: one after the other
"""

from __future__ import annotations

from collections.abc import Sequence

from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.message import Request, Response
from telsdk.sip.transaction import ServerTransaction
from telsdk.sip.ua.call import Asked, Call, CallState, OfferAnswered, OfferFailed, Reinvited, has_sdp
from telsdk.sip.ua.dialog import Dialog, Side
from telsdk.sip.ua.dialogs import Dialogs, name_body, note_peer
from telsdk.sip.ua.session_timer import SessionTimers

Fields = Sequence[tuple[str, str]]


class Updates:
    """UPDATE within the calls of one user agent, and the answers to offers that came without INVITE."""

    def __init__(self, calls: Dialogs, timers: SessionTimers) -> None:
        self._calls = calls
        self._timers = timers

    def send(self, call: Call, request: Request, now: float, *, refreshes: bool = False) -> None:
        """Send an UPDATE; nobody is told of one that only refreshes the session timer.

        Raises:
            ProtocolStateError: the call has no dialog, another UPDATE is out, or an offer is open and this is
                one.
        """
        dialog = call.dialog
        if dialog is None or call.ended:
            raise ProtocolStateError(f"this call is {call.state}: it has no dialog for UPDATE")
        name_body(request)
        offers = has_sdp(request)
        if call.update is not None or (offers and call.is_negotiating):
            raise ProtocolStateError("an offer or UPDATE is open: not the time for another")

        self._timers.propose(request, call)

        def done(response: Response | None, status: int, now: float) -> None:
            self._answered(call, dialog, request, response, status, now, refreshes)

        call.update = self._calls.ask(dialog, request, now, done)
        if offers:
            dialog.open_offer = Side.OURS

    def received(
        self, call: Call, dialog: Dialog, tx: ServerTransaction, request: Request, now: float
    ) -> None:
        """Take an UPDATE of the peer."""
        if call.asked is not None:
            self._calls.refuse_second(tx, now)
        elif not has_sdp(request):
            self._accept(call, tx, b"", now, ())
        elif dialog.open_offer is Side.OURS or call.offer is not None:
            self._calls.stack.answer(tx, 491, now)
        elif dialog.open_offer is Side.THEIRS or call.is_offered:
            self._calls.refuse_second(tx, now)
        else:
            self.ask(call, dialog, tx, request)

    def ask(self, call: Call, dialog: Dialog, tx: ServerTransaction, request: Request) -> None:
        """Hand an offer that needs an answer at once to the application."""
        tx.owner, call.asked = call, Asked(tx, dialog)
        dialog.open_offer = Side.THEIRS
        self._calls.events.append(Reinvited(call, tx, request))

    def answer(self, call: Call, body: bytes, now: float, headers: Fields) -> None:
        """Send the 200 that answers the peer's offer."""
        asked = call.asked
        assert asked is not None
        offer = asked.tx.request.body
        self._accept(call, asked.tx, body, now, headers)
        call.local_sdp, call.remote_sdp = body, offer
        self.settled(call)

    def settled(self, call: Call) -> None:
        """The peer's offer is answered or refused."""
        if call.asked is not None:
            call.asked.dialog.open_offer = None
            call.asked = None

    def _accept(self, call: Call, tx: ServerTransaction, body: bytes, now: float, headers: Fields) -> None:
        request = tx.request
        response = self._calls.stack.make_response(request, 200, None, *headers)
        response.body = body
        name_body(response)
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
        now: float,
        refreshes: bool,
    ) -> None:
        if call.ended:
            return
        call.update = None
        if has_sdp(request):
            dialog.open_offer = None
        if response is not None and status < 300:
            dialog.refresh(response)
            note_peer(call, response)
            if has_sdp(request):
                call.local_sdp, call.remote_sdp = request.body, response.body
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
