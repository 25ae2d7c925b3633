"""Session timers (RFC 4028): a call whose other end is gone without a word comes to an end.

The two sides agree on an interval, and on who refreshes: that side sends an UPDATE, or an INVITE with the same
description where the peer takes no UPDATE, when half of it has passed. If the interval is nearly over and no
refresh came or none was answered, both say BYE by themselves (section 10). Each accepted INVITE or UPDATE
begins the interval anew, and a 2xx without Session-Expires ends it (section 7.2).

The refresher is written from the view of the request: ``uac`` is who sent the request, whoever began the call.
"""

from __future__ import annotations

from typing import Final

from telsdk.clock import Monotonic
from telsdk.sip.errors import SipParseError
from telsdk.sip.message import MIN_SE, SESSION_EXPIRES, Message, Request, Response, SessionExpires
from telsdk.sip.transaction import ServerTransaction
from telsdk.sip.ua.call import Call, CallState, SessionTimer, tokens_in
from telsdk.sip.ua.dialogs import Alarm, Dialogs

LEAST: Final = 90
"""Seconds; no interval is shorter (section 4)."""

AGAIN: Final = 10.0
"""Seconds until a refresh that found no room or was refused is tried again."""


def min_se(message: Message) -> int:
    """Return the Min-SE of a message in seconds; the least there is where it is absent or malformed (section 5)."""
    try:
        return max(LEAST, MIN_SE.of(message) or 0)
    except SipParseError:
        return LEAST


def obey(request: Request, refusal: Response) -> None:
    """Give a new INVITE the interval that a 422 to the one before it asks for (section 7.4).

    Make the request with the same Call-ID and the next CSeq.
    """
    least = min_se(refusal)
    request.headers.set("Session-Expires", str(least))
    request.headers.set("Min-SE", str(least))


class SessionTimers:
    """The session timers of one user agent's calls. At work when it supports ``timer``.

    Args:
        interval: seconds that we propose, and the most that we grant.
        minimum: the shortest interval that we take; a shorter one is refused with 422.
    """

    def __init__(self, calls: Dialogs, interval: int, minimum: int = LEAST) -> None:
        self._calls = calls
        self._interval = max(interval, minimum, LEAST)
        self._minimum = max(minimum, LEAST)

    @property
    def on(self) -> bool:
        return "timer" in self._calls.supported

    # Our requests

    def propose(self, request: Request, call: Call | None = None) -> None:
        """Ask for a session timer in our INVITE or UPDATE; within a call that has one, for the same."""
        if not self.on or "Session-Expires" in request.headers:
            return
        timer = call.timer if call is not None else None
        if timer is None:
            wanted = SessionExpires(self._interval)
            least = self._minimum
        else:
            wanted = SessionExpires(timer.interval, "uac" if timer.ours else "uas")
            least = max(self._minimum, timer.minimum)
        request.headers.add("Session-Expires", str(wanted))
        if least > LEAST:
            request.headers.add("Min-SE", str(least))
        if "Supported" not in request.headers:
            self._calls.describe_self(request)

    def agreed(self, call: Call, response: Response, now: Monotonic) -> None:
        """Take the 2xx to our INVITE or UPDATE (section 7.2)."""
        if not self.on or call.ended:
            return
        try:
            granted = SESSION_EXPIRES.of(response)
        except SipParseError:
            granted = None
        if granted is None or granted.seconds < LEAST:
            self._stop(call)
        else:
            self._start(call, granted.seconds, granted.refresher != "uas", now)

    # The peer's requests

    def refuses(self, tx: ServerTransaction, request: Request, now: Monotonic) -> bool:
        """Answer 422 to a request for too short an interval, 400 to a malformed one; return whether it was either."""
        if not self.on or request.method not in ("INVITE", "UPDATE"):
            return False
        try:
            asked = SESSION_EXPIRES.of(request)
        except SipParseError as error:
            self._calls.stack.answer(tx, 400, now, error.reason)
            return True
        # A peer that knows nothing of timers cannot make sense of 422: a proxy asked for it, and bears a longer one.
        if asked is None or asked.seconds >= self._minimum or not _knows_timers(request):
            return False
        self._calls.stack.answer(tx, 422, now, None, ("Min-SE", str(self._minimum)))
        return True

    def grant(self, call: Call, request: Request, response: Response, now: Monotonic) -> None:
        """Say in our 2xx to the peer's INVITE or UPDATE, which is not yet sent, what we agree to (section 9)."""
        if not self.on:
            return
        asked = SESSION_EXPIRES.of(request)
        knows = _knows_timers(request)
        if asked is None and not knows:
            self._stop(call)
            return
        seconds = max(self._interval, min_se(request))
        if asked is not None:
            seconds = max(LEAST, min(asked.seconds, seconds))
        # Table 2 of section 9: one who knows nothing of timers cannot refresh.
        refresher = ((asked.refresher if asked else "uas") or "uac") if knows else "uas"
        response.headers.add("Session-Expires", str(SessionExpires(seconds, refresher)))
        if refresher == "uac":
            response.headers.add("Require", "timer")
        self._start(call, seconds, refresher == "uas", now)

    # The clock

    def refresh(self, call: Call, now: Monotonic) -> Request | None:
        """Make the UPDATE or INVITE to send when half the interval has passed (section 7.4); None: not now."""
        if call.state is not CallState.CONFIRMED or call.dialog is None or not call.dialog.negotiation.quiet:
            self._calls.alarms.start((call, Alarm.REFRESH), AGAIN, now)
            return None
        update = "UPDATE" in call.allow
        request = call.dialog.request("UPDATE" if update else "INVITE", contact=self._calls.contact)
        self.propose(request, call)
        if not update:
            request.body = call.local_sdp
        return request

    def repeats(self, call: Call, request: Request) -> bool:
        """Return whether the peer's INVITE within the call only refreshes: it offers what is agreed (section 7.4)."""
        same = bool(call.local_sdp) and request.body == call.remote_sdp != b""
        return self.on and same and "Session-Expires" in request.headers

    def refused(self, call: Call, response: Response | None, status: int, now: Monotonic) -> None:
        """Try a refresh again that was not accepted, while there is time."""
        if call.timer is None:
            return
        wait = AGAIN
        if response is not None and status == 422 and min_se(response) > call.timer.minimum:
            # The peer's least goes into the next one (section 7.4).
            call.timer.minimum = min_se(response)
            call.timer.interval = max(call.timer.interval, call.timer.minimum)
            wait = 0.0
        elif status in (405, 501) and "UPDATE" in call.allow:
            call.allow -= {"UPDATE"}
            wait = 0.0
        elif status == 491:
            wait = self._calls.retry_after(call, response) or 0.0
        self._calls.alarms.start((call, Alarm.REFRESH), wait, now)

    def expired(self, call: Call, now: Monotonic) -> None:
        """End the call: no refresh came through in time (section 10)."""
        if not call.ended:
            self._calls.leave(call, "lost", now)

    def _start(self, call: Call, seconds: int, ours: bool, now: Monotonic) -> None:
        minimum = call.timer.minimum if call.timer is not None else LEAST
        call.timer = SessionTimer(seconds, ours, minimum)
        self._calls.alarms.start((call, Alarm.EXPIRE), seconds - min(32.0, seconds / 3), now)
        if ours:
            self._calls.alarms.start((call, Alarm.REFRESH), seconds / 2, now)
        else:
            self._calls.alarms.stop((call, Alarm.REFRESH))

    def _stop(self, call: Call) -> None:
        call.timer = None
        self._calls.alarms.stop((call, Alarm.EXPIRE))
        self._calls.alarms.stop((call, Alarm.REFRESH))


def _knows_timers(request: Request) -> bool:
    return "timer" in tokens_in(request, "Supported", "Require")
