"""Provisional responses that surely arrive (RFC 3262), and the offers and answers that they carry.

The called side numbers such a response by RSeq and sends it again, at doubling intervals, until a PRACK names
that number in its RAck. It sends one at a time: what is to follow, the 2xx included, waits for the PRACK. If
none comes in 64*T1 the call is refused with 504 (section 3). The calling side takes them in order of their
numbers, each once, and leaves one out of order unacknowledged, so that it comes again (section 4).

Where session descriptions may be (section 5): the answer to the INVITE's offer in the reliable response, and
then another offer in the PRACK, answered by its 200; or, to an INVITE without one, the offer in the response
and the answer in the PRACK.
"""

from __future__ import annotations

from enum import Enum, auto

from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError, SipParseError
from telsdk.sip.message import RACK, RSEQ, RAck, Request, Response
from telsdk.sip.transaction import ServerTransaction
from telsdk.sip.ua.call import (
    Call,
    CallEnded,
    OfferAnswered,
    OfferFailed,
    ProvisionalConfirmed,
    Reliably,
    tokens_in,
)
from telsdk.sip.ua.dialog import Dialog
from telsdk.sip.ua.dialogs import Alarm, Dialogs, name_body
from telsdk.sip.ua.negotiation import Negotiation, Open, Ruling, Said, Turn, has_sdp
from telsdk.sip.ua.update import Updates

TAG = "100rel"


class Taken(Enum):
    """What is to be done about a provisional response that came."""

    PASS = auto()  # tell the application
    DROP = auto()  # one that came before, or out of order
    ASK = auto()  # tell the application, which has to send the PRACK


def rack_of(response: Response) -> RAck | None:
    """Return what acknowledges this response; None when it asks for nothing, or in a way nobody understands."""
    if TAG not in tokens_in(response, "Require"):
        return None
    try:
        number = RSEQ.of(response)
    except SipParseError:
        return None
    return None if number is None else RAck(number, response.cseq.number, response.cseq.method)


class Reliable:
    """Reliable provisional responses of one user agent's calls. At work when it supports ``100rel``."""

    def __init__(self, calls: Dialogs, updates: Updates) -> None:
        self._calls = calls
        self._updates = updates

    @property
    def on(self) -> bool:
        return TAG in self._calls.supported

    # The called side

    def applies(self, request: Request, response: Response, wanted: bool | None) -> bool:
        """Return whether this response to an INVITE has to be, or may and shall be, a reliable one (section 3)."""
        if not self.on or response.status == 100:
            return False
        if TAG in tokens_in(request, "Require"):
            return True
        shall = bool(response.body) if wanted is None else wanted
        return shall and TAG in tokens_in(request, "Supported")

    def send(self, call: Call, tx: ServerTransaction, response: Response, now: Monotonic) -> None:
        """Send it, or keep it until the one before it is acknowledged."""
        if call.reliable is None:
            first = int(self._calls.stack.token(), 16) % (2**31 - 1)
            call.reliable = Reliably(first)
        if call.reliable.pending is not None:
            call.reliable.waiting.append(response)
        else:
            self._send(call, tx, call.reliable, response, now)

    @staticmethod
    def check_final(negotiation: Negotiation, response: Response) -> None:
        """Make sure that this 2xx may answer the call, if need be once what is out has its PRACK.

        Raises:
            ProtocolStateError: an offer wants an answer, or an INVITE an offer, and it has none.
        """
        if negotiation.open not in (Open.THEIRS_ANSWERED, Open.OURS_IN_1XX):
            negotiation.check(response)

    def holds(self, call: Call, response: Response) -> bool:
        """Keep the 2xx to the call if it has to wait, and return whether it has to. `take_final` gives it back."""
        state = call.reliable
        if state is None or state.pending is None:
            return False
        state.final = response
        return True

    def take_final(self, call: Call) -> Response | None:
        """Return the 2xx that was kept and may go now."""
        state = call.reliable
        if state is None or state.pending is not None or call.asked:
            return None
        final, state.final = state.final, None
        return final

    def received(
        self, call: Call, dialog: Dialog, tx: ServerTransaction, request: Request, now: Monotonic
    ) -> None:
        """Take a PRACK of the peer."""
        state = call.reliable
        try:
            rack = RACK.of(request)
        except SipParseError as error:
            self._calls.stack.answer(tx, 400, now, error.reason)
            return
        if rack is None:
            self._calls.stack.answer(tx, 400, now, "RAck missing")
            return
        if state is None or state.pending is None or rack != rack_of(state.pending):
            self._calls.stack.answer(tx, 481, now)
            return
        self._stop(call)
        state.pending = None
        self._calls.events.append(ProvisionalConfirmed(call, request))
        ruling = dialog.negotiation.receive(request)
        if ruling is Ruling.ASK:
            self._updates.ask(call, dialog, tx, request)
        elif not self._calls.refuses(tx, ruling, now):
            self._calls.stack.answer(tx, 200, now)
        if state.waiting and isinstance(call.tx, ServerTransaction):
            self._send(call, call.tx, state, state.waiting.pop(0), now)

    def resend(self, call: Call, now: Monotonic) -> None:
        """Send the response again. The interval doubles, and no T2 bounds it (section 3)."""
        state = call.reliable
        if state is None or state.pending is None or not isinstance(call.tx, ServerTransaction):
            return
        self._calls.stack.respond(call.tx, state.pending, now)
        state.interval *= 2
        self._calls.alarms.start((call, Alarm.RESEND_1XX), state.interval, now)

    def no_prack(self, call: Call, now: Monotonic) -> None:
        """Refuse the call that got no PRACK in 64*T1."""
        assert isinstance(call.tx, ServerTransaction)
        self._stop(call)
        self._calls.stack.answer(call.tx, 504, now, "No PRACK")
        self._calls.end(call, now, CallEnded(call, "lost"))

    def _send(
        self, call: Call, tx: ServerTransaction, state: Reliably, response: Response, now: Monotonic
    ) -> None:
        state.number += 1
        response.headers.add("Require", TAG)
        response.headers.add("RSeq", str(state.number))
        self._calls.stack.respond(tx, response, now)
        dialog = self._calls.dialog_of(call, tx)
        state.pending, state.interval = response, self._calls.stack.timers.t1
        self._calls.alarms.start((call, Alarm.RESEND_1XX), state.interval, now)
        self._calls.alarms.start((call, Alarm.NO_PRACK), self._calls.stack.timers.timeout, now)
        if has_sdp(response):
            dialog.negotiation.send(response)

    def _stop(self, call: Call) -> None:
        self._calls.alarms.stop((call, Alarm.RESEND_1XX))
        self._calls.alarms.stop((call, Alarm.NO_PRACK))

    # The calling side

    def take(self, call: Call, dialog: Dialog, response: Response, now: Monotonic, *, may_ask: bool) -> Taken:
        """Take a provisional response to an INVITE of ours, and send its PRACK if the application need not."""
        rack = rack_of(response) if self.on else None
        if rack is None:
            return Taken.PASS
        key = (dialog.remote.tag or "", rack.cseq)
        last = call.rseqs.get(key)
        if last is not None and rack.rseq != last + 1:
            return Taken.DROP
        call.rseqs[key] = rack.rseq
        if has_sdp(response):
            dialog.negotiation.receive(response)
        if may_ask and (call.pracks_itself or dialog.negotiation.open is Open.THEIRS_IN_1XX):
            call.unacknowledged[dialog.remote.tag or ""] = response
            return Taken.ASK
        self._prack(call, dialog, rack, b"", now)
        return Taken.PASS

    def prack(self, call: Call, response: Response, body: bytes, now: Monotonic) -> None:
        """Acknowledge a response of which `Ringing` said that the application has to.

        Raises:
            ProtocolStateError: it is acknowledged, or its INVITE answered; or it is not the time for this offer.
        """
        tag = response.to.tag or ""
        dialog = call.early.get(tag, call.dialog)
        rack = rack_of(response)
        pending = call.unacknowledged.get(tag) is response
        if dialog is None or rack is None or not pending or dialog.negotiation.turn is not Turn.OURS:
            raise ProtocolStateError("nothing to acknowledge: it is done, or the call does not ring any more")
        if body and not dialog.negotiation.may(Said.OUR_PRACK_WITH):
            raise ProtocolStateError("the offer of the INVITE is open: not the time for another")
        del call.unacknowledged[tag]
        self._prack(call, dialog, rack, body, now)

    def _prack(self, call: Call, dialog: Dialog, rack: RAck, body: bytes, now: Monotonic) -> None:
        request = dialog.request("PRACK")
        request.headers.add("RAck", str(rack))
        request.body = body
        name_body(request)
        dialog.negotiation.send(request)
        offers = dialog.negotiation.open is Open.OURS_IN_UPDATE and has_sdp(request)

        def done(answer: Response | None, status: int, _now: Monotonic) -> None:
            if not offers or call.ended:
                return
            dialog.negotiation.answered(answer)
            if answer is not None and status < 300:
                self._calls.events.append(OfferAnswered(call, answer))
            else:
                wait = self._calls.retry_after(call, answer)
                self._calls.events.append(OfferFailed(call, answer, status, wait))

        self._calls.ask(dialog, request, now, done)
