"""What the calling and the called half of a user agent share: the dialogs, the clock, the way out."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias

from telsdk.sip.call import Call, CallEnded, CallState
from telsdk.sip.dialog import Dialog, DialogId
from telsdk.sip.events import Event
from telsdk.sip.hop import Hop
from telsdk.sip.message import Message
from telsdk.sip.stack import Stack
from telsdk.sip.timers import Agenda
from telsdk.sip.transaction import ServerTransaction, State
from telsdk.sip.uri import Uri

NextHop: TypeAlias = Callable[[Uri, Dialog | None], Hop]

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, MESSAGE, INFO, UPDATE"


class Alarm(StrEnum):
    """The clocks of a call that are the user agent's own, not a transaction's."""

    RESEND = "send the 2xx again"
    NO_ACK = "stop waiting for the ACK"
    RING = "stop ringing"


class Calls:
    """The calls of one user agent."""

    def __init__(self, stack: Stack, contact: str, next_hop: NextHop) -> None:
        self.stack = stack
        self.contact = contact
        self.next_hop = next_hop
        self.dialogs: dict[DialogId, tuple[Call, Dialog]] = {}
        self.alarms: Agenda[tuple[Call, Alarm]] = Agenda()
        self.events: list[Event] = []

    def know(self, call: Call, dialog: Dialog) -> None:
        """Let requests of this dialog find the call."""
        self.dialogs[dialog.id] = (call, dialog)

    def end(self, call: Call, event: Event | None = None) -> None:
        """The call is over: nothing more of it is remembered, and its owner hears of it once."""
        call.state = CallState.ENDED
        call.answer = call.offered = call.offer = None
        for alarm in Alarm:
            self.alarms.stop((call, alarm))
        for dialog in (*call.early.values(), *([call.dialog] if call.dialog else [])):
            self.dialogs.pop(dialog.id, None)
        if event is not None:
            self.events.append(event)

    def bye(self, dialog: Dialog, now: float) -> None:
        """Send BYE (15.1.1). Whatever comes back, this side is through with the dialog."""
        request = dialog.request("BYE")
        self.stack.request(request, self.next_hop(dialog.next_uri, dialog), now, owner=self)

    def leave(self, call: Call, by: str, now: float) -> None:
        """End a call whose dialog stands."""
        assert call.dialog is not None
        self.terminate_pending(call, now)
        self.bye(call.dialog, now)
        self.end(call, CallEnded(call, by))

    def terminate_pending(self, call: Call, now: float) -> None:
        """15.1.2: an INVITE of the peer that is unanswered when the call ends gets 487."""
        for tx in (call.tx, call.offered):
            if isinstance(tx, ServerTransaction) and tx.state is State.PROCEEDING:
                self.stack.answer(tx, 487, now)

    def for_dialog(self, message: Message, *, allow: bool) -> None:
        """Put in what every message carries that makes a dialog or answers in one."""
        message.headers.add("Contact", self.contact)
        if allow:
            message.headers.add("Allow", ALLOW)
