"""What the parts of a user agent share: its calls' dialogs, the clock, the way out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from telsdk.clock import Monotonic
from telsdk.errors import TelError
from telsdk.sip.errors import SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Message, Request, Response, Uri
from telsdk.sip.message import readers as fields
from telsdk.sip.transaction import UNANSWERED, Agenda, ClientTransaction, Event, ServerTransaction, Stack
from telsdk.sip.ua.call import Call, CallEnded, CallState, tokens_in
from telsdk.sip.ua.dialog import TARGET_REFRESH, Dialog, DialogId, dialog_id
from telsdk.sip.ua.negotiation import SDP, Negotiation, Ruling

HeaderFields: TypeAlias = Sequence[tuple[str, str]]  # name and value of each
ChooseHop: TypeAlias = Callable[[Uri, Dialog | None], Hop]
OnAnswered: TypeAlias = Callable[[Response | None, int, Monotonic], None]
"""Gets the final response, or None; its status, or 408 or 503 in its place; and the time."""

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, MESSAGE, UPDATE"
ALLOW_WITH = {"100rel": "PRACK"}  # what else, by the option tag that it belongs to
ALLOW_TRANSFERS = "REFER, NOTIFY"

MAX_FINISHED = 64  # dialogs that are over and still known as such (RFC 3891 section 3)


class Alarm(StrEnum):
    """The clocks of a call that are the user agent's own, not a transaction's."""

    RESEND = "send the 2xx again"
    NO_ACK = "stop waiting for the ACK"
    RESEND_1XX = "send the reliable 1xx again"
    NO_PRACK = "stop waiting for the PRACK"
    RING = "stop ringing"
    REFRESH = "refresh the session"
    EXPIRE = "end a session that nobody refreshed"


@dataclass(slots=True, eq=False)
class Waiting:
    """Who waits for the answer to a request within a call: the owner of its transaction."""

    done: OnAnswered


class Dialogs:
    """The calls of one user agent.

    Args:
        supported: option tags that this user agent understands; it says so in what it sends.
        transfers: whether it takes REFER.
    """

    def __init__(
        self,
        stack: Stack,
        contact: str,
        next_hop: ChooseHop,
        supported: Iterable[str] = (),
        *,
        transfers: bool = False,
    ) -> None:
        self.stack = stack
        self.contact = contact
        self.next_hop = next_hop
        self.supported = frozenset(supported)
        self.dialogs: dict[DialogId, tuple[Call, Dialog]] = {}
        self.alarms: Agenda[tuple[Call, Alarm]] = Agenda()
        self.finished: OrderedDict[DialogId, None] = OrderedDict()
        self.events: list[Event] = []
        also = [methods for tag, methods in ALLOW_WITH.items() if tag in self.supported]
        self.allow = ", ".join([ALLOW, *also, *([ALLOW_TRANSFERS] if transfers else [])])

    def know(self, call: Call, dialog: Dialog) -> None:
        """Let requests of this dialog find the call."""
        self.dialogs[dialog.id] = (call, dialog)

    def dialog_of(self, call: Call, tx: ServerTransaction) -> Dialog:
        """Return the call's dialog, which our first response with a tag makes; `tx` was its transaction (12.1.1)."""
        if call.dialog is None:
            call.dialog = Dialog.of_callee(call.request, tx.to_tag, confirmed=False)
            call.dialog.negotiation.receive(call.request)
            self.know(call, call.dialog)
        return call.dialog

    def negotiation_of(self, call: Call) -> Negotiation:
        """Return where an incoming call stands, or, if it has no dialog yet, where it begins."""
        if call.dialog is not None:
            return call.dialog.negotiation
        begun = Negotiation()
        begun.receive(call.request)
        return begun

    def end(self, call: Call, now: Monotonic, event: Event | None = None) -> None:
        """End the call: remember nothing more of it, and tell its owner once."""
        try:
            self.terminate_pending(call, now)
            if call.offer is not None:
                self.stack.cancel(
                    call.offer, now
                )  # else a peer that said 1xx and no more would keep it for ever
        finally:
            self._forget(call)
            if event is not None:
                self.events.append(event)

    def _forget(self, call: Call) -> None:
        call.state = CallState.ENDED
        call.answer = call.offer = call.reliable = call.replaces = call.owes_ack = None
        call.asked.clear()
        call.refers.clear()
        call.referred.clear()
        call.rseqs.clear()
        call.unacknowledged.clear()
        for alarm in Alarm:
            self.alarms.stop((call, alarm))
        for dialog in (*call.early.values(), *([call.dialog] if call.dialog else [])):
            dialog.negotiation.forget()
            if self.dialogs.pop(dialog.id, None) is not None:
                self.finished[dialog.id] = None
        while len(self.finished) > MAX_FINISHED:
            self.finished.popitem(last=False)

    def ask(self, dialog: Dialog, request: Request, now: Monotonic, done: OnAnswered) -> ClientTransaction:
        """Send a request within a dialog, and have `done` called with what comes of it."""
        hop = self.next_hop(dialog.next_uri, dialog)
        return self.stack.request(request, hop, now, owner=Waiting(done))

    def bye(self, dialog: Dialog, now: Monotonic) -> None:
        """Send BYE (15.1.1). Whatever comes back, this side is through with the dialog."""
        request = dialog.request("BYE")
        self.stack.request(request, self.next_hop(dialog.next_uri, dialog), now, owner=self)

    def ack(
        self,
        call: Call,
        dialog: Dialog,
        invite: Request,
        body: bytes = b"",
        headers: HeaderFields = (),
    ) -> None:
        """Acknowledge the 2xx to an INVITE of ours (13.2.2.4)."""
        ack = dialog.request("ACK", cseq=invite.cseq.number)
        if dialog.route_set:
            # 13.2.2.4 wants the INVITE's credentials; a callee reached directly has no business with them.
            for name in ("Authorization", "Proxy-Authorization"):
                for value in invite.headers.all(name):
                    ack.headers.add(name, value)
        ack.headers.extend(headers)
        ack.body = body
        name_body(ack)
        hop = self.next_hop(dialog.next_uri, dialog)
        dialog.negotiation.send(ack)
        call.acks[dialog.remote.tag or ""] = invite.cseq.number, self.stack.send(ack, hop)

    def leave(self, call: Call, by: str, now: Monotonic) -> None:
        """End a call whose dialog stands; one that waits for its ACK, when that came or is given up (15).

        Until then the peer may not have our 2xx, and would take what is said within the dialog for lost (481).
        """
        assert call.dialog is not None
        if call.state is CallState.ANSWERED and call.answer is not None:
            call.leaving = call.leaving or by
            return
        try:
            self.terminate_pending(call, now)
            if call.owes_ack is not None:
                self.ack(call, call.dialog, call.owes_ack)
            self.bye(call.dialog, now)
        except TelError:
            pass  # no way leads to the peer, which finds out by itself: with this side the call is over
        finally:
            self.end(call, now, CallEnded(call, by))

    def terminate_pending(self, call: Call, now: Monotonic) -> None:
        """Answer 487 to each request of the peer that is unanswered when the call ends (15.1.2)."""
        for tx in (call.tx, *call.asked, *call.referred):
            if isinstance(tx, ServerTransaction) and tx.state in UNANSWERED:
                self.stack.answer(tx, 487, now)

    def for_dialog(self, message: Message, *, allow: bool) -> None:
        """Put in what every message carries that makes a dialog or answers in one."""
        message.headers.add("Contact", self.contact)
        if allow:
            self.describe_self(message)

    def describe_self(self, message: Message) -> None:
        """Say which methods and extensions this user agent takes (20.5, 20.37)."""
        message.headers.add("Allow", self.allow)
        if self.supported:
            message.headers.add("Supported", ", ".join(sorted(self.supported)))

    def describe_where_due(self, response: Response) -> None:
        """Say what this user agent takes where it was asked for that (11.2), or for what it does not take (8.2.1)."""
        asked = response.cseq.method == "OPTIONS" and response.status < 300
        if (asked or response.status == 405) and "Allow" not in response.headers:
            self.describe_self(response)
        if asked and "Accept" not in response.headers:
            response.headers.add("Accept", SDP)

    def refresh(self, request: Request) -> None:
        """Take the Contact of a request that gets its 2xx, if it is one that moves the remote target."""
        known = self.dialogs.get(dialog_id(request))
        if known is not None and request.method in TARGET_REFRESH:
            known[1].refresh(request)

    def chance(self, low: float, high: float) -> float:
        """Return a random number of seconds, to the hundredth. It is made of one of the stack's tokens."""
        share = (int(self.stack.token(), 16) & 0xFFFF_FFFF) / 2**32
        return round(low + (high - low) * share, 2)

    def refuses(self, tx: ServerTransaction, ruling: Ruling, now: Monotonic) -> bool:
        """Refuse what the negotiation forbids, and return whether it does (14.2, RFC 3311 section 5.2)."""
        if ruling is Ruling.GLARE:
            self.stack.answer(tx, 491, now)
        elif ruling is Ruling.LATER:
            wait = ("Retry-After", str(round(self.chance(0, 10))))
            self.stack.answer(tx, 500, now, "Offer Pending", wait)
        return ruling in (Ruling.GLARE, Ruling.LATER)

    def retry_after(self, call: Call, response: Response | None) -> float | None:
        """Return in how many seconds to offer again what was refused so; see `OfferFailed`."""
        if response is None:
            return None
        if response.status == 491:
            # 14.1: whoever made the Call-ID waits longer, so that the two do not meet again.
            return self.chance(2.1, 4.0) if call.outgoing else self.chance(0.0, 2.0)
        try:
            return float(fields.retry_after(response.headers))
        except SipParseError:
            return None


def name_body(message: Message) -> None:
    """Call a body a session description if nobody has given its type."""
    if message.body and "Content-Type" not in message.headers:
        message.headers.add("Content-Type", SDP)


def note_peer(call: Call, message: Message) -> None:
    """Note what the peer says that it takes (20.5)."""
    if "Allow" in message.headers:
        call.allow = frozenset(tokens_in(message, "Allow"))
