"""Call transfer by REFER (RFC 3515): ask the peer to call somebody else, and hear how that goes.

    transferor                      transferee
        |-- REFER Refer-To: target ---->|    `Transfers.request`, `Transfers.send`
        |<-- 202 -----------------------|    `Referred`, then `Transfers.accept`
        |<-- NOTIFY 100 Trying ---------|    at once, by itself
        |<-- NOTIFY 200 OK -------------|    `Transfers.notify`; here `TransferProgress`
        |-- BYE ----------------------->|    whoever likes

Each REFER makes a subscription by itself, told from others by its CSeq (section 2.4.6). It lives within the
call's dialog and no longer than the call; it is not extended by SUBSCRIBE. RFC 4488 does without it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError, SipParseError
from telsdk.sip.message import (
    EVENT,
    REASONS,
    REFER_SUB,
    REFER_TO,
    SUBSCRIPTION_STATE,
    EventType,
    Message,
    NameAddr,
    Replaces,
    Request,
    Response,
    SubscriptionState,
    Uri,
)
from telsdk.sip.transaction import UNANSWERED, Event, ServerTransaction
from telsdk.sip.ua.call import Call
from telsdk.sip.ua.dialog import Dialog, dialog_id
from telsdk.sip.ua.dialogs import Dialogs
from telsdk.sip.ua.replaces import naming

EXPIRES: Final = 180
"""Seconds that a subscription is said to last: longer than anybody lets a phone ring."""

NO_SUBSCRIPTION: Final = "norefersub"

_is_cseq = re.compile("[0-9]{1,10}").fullmatch
_status_line = re.compile(rb"SIP/2\.0 ([1-6][0-9]{2}) ([^\r\n]*)").match


@dataclass(slots=True, eq=False)
class Referral:
    """A REFER of the peer that we took, and owe news of."""

    call: Call
    dialog: Dialog
    cseq: int
    target: NameAddr
    quiet: bool  # the peer wants no news (RFC 4488)
    ended: bool = False


@dataclass(slots=True)
class Referred(Event):
    """The peer asks us to call `target`: `Transfers.accept`, or `UserAgent.answer` with 603.

    What its URI asks to put into the INVITE stands in the URI; of that, only Replaces is read here.
    """

    call: Call
    tx: ServerTransaction
    request: Request
    target: NameAddr
    replaces: Replaces | None
    referred_by: str | None  # as written; proves nothing (RFC 3892 section 5)


@dataclass(slots=True)
class ReferAnswered(Event):
    """Our REFER has its final response; None: no answer (408) or not reached (503)."""

    call: Call
    cseq: int
    response: Response | None
    status: int


@dataclass(slots=True)
class TransferProgress(Event):
    """How the call goes that we asked the peer for. With `ended` no more is told."""

    call: Call
    cseq: int  # of our REFER
    status: int
    reason: str
    ended: bool


class Transfers:
    """REFER within the calls of one user agent."""

    def __init__(self, calls: Dialogs) -> None:
        self._calls = calls

    # The transferor

    def request(
        self, call: Call, target: Uri, *, replaces: Call | None = None, subscribe: bool = True
    ) -> Request:
        """Make a REFER to `target`, without sending it.

        Args:
            replaces: our call with the target, which the new one is to replace (attended transfer).
            subscribe: whether to hear how it goes.

        Raises:
            ProtocolStateError: one of the calls has no confirmed dialog.
        """
        dialog = _confirmed(call)
        if replaces is not None:
            target = naming(_confirmed(replaces)).into(target)
        request = dialog.request("REFER", contact=self._calls.contact)
        request.headers.add("Refer-To", str(NameAddr(target)))
        request.headers.add("Referred-By", str(NameAddr(dialog.local.uri)))
        if not subscribe:
            request.headers.add("Refer-Sub", "false")
            request.headers.add("Supported", NO_SUBSCRIPTION)
        return request

    def send(self, call: Call, request: Request, now: Monotonic) -> None:
        """Send a REFER. `ReferAnswered` follows, and if it was taken `TransferProgress`.

        Raises:
            ProtocolStateError: the call has no confirmed dialog.
        """
        dialog, cseq = _confirmed(call), request.cseq.number
        call.refers.add(cseq)  # the first NOTIFY may overtake the 202

        def done(response: Response | None, status: int, now: Monotonic) -> None:
            if call.ended:
                return
            if status >= 300 or (response is not None and _is_quiet(response)):
                call.refers.discard(cseq)
            if response is not None and status < 300:
                dialog.refresh(response)
            if status in (408, 481):
                self._calls.leave(call, "lost", now)
            else:
                self._calls.events.append(ReferAnswered(call, cseq, response, status))

        self._calls.ask(dialog, request, now, done)

    def notified(self, call: Call, tx: ServerTransaction, request: Request, now: Monotonic) -> bool:
        """Take a NOTIFY of the peer; False when it is about something else than a REFER."""
        try:
            event = EVENT.of(request)
            if event is None or event.package.lower() != "refer":
                return False
            state = SUBSCRIPTION_STATE.of(request)
        except SipParseError as error:
            self._calls.stack.answer(tx, 400, now, error.reason)
            return True
        ours = call.refers
        cseq = min(ours, default=0) if event.id is None else _number(event.id)
        status = _status_line(request.body)
        if cseq not in ours:
            self._calls.stack.answer(tx, 481, now)
        elif status is None or state is None:
            self._calls.stack.answer(tx, 400, now, "No Status" if state else "Subscription-State missing")
        else:
            self._calls.stack.answer(tx, 200, now)
            self._calls.refresh(request)
            if state.terminated:
                ours.discard(cseq)
            reason = status[2].decode(errors="replace")
            self._calls.events.append(TransferProgress(call, cseq, int(status[1]), reason, state.terminated))
        return True

    # The transferee

    def received(self, call: Call, tx: ServerTransaction, request: Request, now: Monotonic) -> None:
        """Take a REFER of the peer."""
        try:
            target = _target(request)
            replaces = Replaces.asked_by(target.uri)
        except SipParseError as error:
            self._calls.stack.answer(tx, 400, now, error.reason)
            return
        tx.owner = call
        call.referred.append(tx)
        by = request.headers.get("Referred-By")
        self._calls.events.append(Referred(call, tx, request, target, replaces, by))

    def accept(self, call: Call, tx: ServerTransaction, now: Monotonic) -> Referral:
        """Take what was `Referred`: 202, and the first news. `notify` the rest, up to the final status.

        Raises:
            ProtocolStateError: it was answered, or the call is over.
        """
        request = tx.request
        open_ = tx in call.referred and tx.state in UNANSWERED
        known = self._calls.dialogs.get(dialog_id(request)) if open_ else None
        if known is None:
            raise ProtocolStateError("this REFER was answered, or its dialog is over")
        dialog = known[1]  # early, where it overtook the answer to our call
        quiet = NO_SUBSCRIPTION in self._calls.supported and _is_quiet(request)
        response = self._calls.stack.make_response(request, 200 if quiet else 202)
        self._calls.for_dialog(response, allow=True)
        if quiet:
            response.headers.add("Refer-Sub", "false")  # RFC 4488 section 4
        self._calls.stack.respond(tx, response, now)
        self._calls.refresh(request)
        referral = Referral(call, dialog, request.cseq.number, _target(request), quiet)
        self.notify(referral, 100, now)
        return referral

    def notify(self, referral: Referral, status: int, now: Monotonic, reason: str | None = None) -> None:
        """Tell the peer how the call to the target goes; a final status is the last that is told.

        Nothing is sent where the peer wants no news.

        Raises:
            ProtocolStateError: the last was told, the peer wants no more, or the call is over.
        """
        if referral.ended or referral.call.ended:
            raise ProtocolStateError("nobody waits for news of this transfer any more")
        referral.ended = status >= 200
        if referral.quiet:
            return
        request = referral.dialog.request("NOTIFY", contact=self._calls.contact)
        ended = SubscriptionState("terminated", reason="noresource")
        state = ended if referral.ended else SubscriptionState("active", expires=EXPIRES)
        request.headers.add("Event", str(EventType("refer", str(referral.cseq))))
        request.headers.add("Subscription-State", str(state))
        request.headers.add("Content-Type", "message/sipfrag;version=2.0")
        phrase = REASONS.get(status, "") if reason is None else reason
        request.body = f"SIP/2.0 {status} {phrase}\r\n".encode()

        def done(response: Response | None, status: int, _now: Monotonic) -> None:
            if response is None or status >= 300:
                referral.ended = True

        self._calls.ask(referral.dialog, request, now, done)


def _target(request: Request) -> NameAddr:
    """Return whom a REFER is about. Raises SipParseError where it does not say."""
    target = REFER_TO.of(request)
    if target is None:
        raise SipParseError("refer-to: missing (RFC 3515 section 2.4.1)")
    return target


def _is_quiet(message: Message) -> bool:
    """Return whether the one who sent this wants no subscription, or makes none (RFC 4488)."""
    try:
        found = REFER_SUB.of(message)
    except SipParseError:
        return False
    return found is not None and not found.wanted


def _number(text: str) -> int:
    """Return the CSeq that an ``id`` names; -1: none."""
    return int(text) if _is_cseq(text) else -1


def _confirmed(call: Call) -> Dialog:
    if call.dialog is None or call.ended or not call.dialog.confirmed:
        raise ProtocolStateError(f"this call is {call.state}: only an answered one can be transferred")
    return call.dialog
