"""The calling half of a user agent: INVITE, its forks, ACK, CANCEL (RFC 3261 sections 13.2 and 9.1)."""

from __future__ import annotations

from telsdk.sip.call import Answered, Call, CallEnded, CallFailed, CallState, Redirected, Ringing
from telsdk.sip.calls import Alarm, Calls
from telsdk.sip.dialog import Dialog
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response
from telsdk.sip.transaction import ClientTransaction, ProtocolStateError


class Caller:
    """Outgoing calls of one user agent."""

    def __init__(self, calls: Calls, ring_limit: float) -> None:
        self._calls = calls
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
        self._calls.alarms.start((call, Alarm.RING), self._ring_limit, now)
        return call

    def cancel(self, call: Call, by: str, now: float) -> None:
        """Take the call back; it is over when the callee's side has said so."""
        assert isinstance(call.tx, ClientTransaction)
        call.leaving = by
        self._calls.stack.cancel(call.tx, now)

    def received(self, call: Call, response: Response, now: float) -> None:
        """A response to the INVITE."""
        status = response.status
        if status < 200:
            self._provisional(call, response)
        elif status < 300:
            self._success(call, response, now)
        elif not call.ended:
            self._failure(call, response)

    def failed(self, call: Call, status: int) -> None:
        """The INVITE got no answer, or could not be sent."""
        if call.ended:
            return
        if call.leaving:
            self._calls.end(call, CallEnded(call, call.leaving))
        else:
            self._calls.end(call, CallFailed(call, None, status))

    def stray(self, call: Call, response: Response, now: float) -> None:
        """A 2xx that outlived the transaction."""
        self._success(call, response, now)

    def _provisional(self, call: Call, response: Response) -> None:
        if response.status == 100 or call.state not in (CallState.CALLING, CallState.RINGING):
            return
        call.state = CallState.RINGING
        tag = response.to.tag
        if tag is not None and tag not in call.early:
            dialog = call.early[tag] = Dialog.of_caller(call.request, response)
            call.dialog = call.dialog or dialog
            self._calls.know(call, dialog)
        if not call.leaving:
            self._calls.events.append(Ringing(call, response))

    def _success(self, call: Call, response: Response, now: float) -> None:
        """13.2.2.4: every 2xx gets an ACK, each retransmission again; one dialog is kept, the others end."""
        key = (response.to.tag or "", response.cseq.number)
        sent = call.acks.get(key)
        if sent is not None:
            self._calls.stack.send_again(sent)
            return
        dialog = Dialog.of_caller(call.request, response)
        early = call.early.pop(key[0], None)
        if early is not None:
            dialog.local_seq = max(dialog.local_seq, early.local_seq)
            dialog.remote_seq = early.remote_seq
        self._ack(call, dialog, key)
        if call.ended or call.state is CallState.CONFIRMED:
            self._calls.bye(dialog, now)
            return
        self._confirm(call, dialog)
        if call.leaving:
            self._calls.leave(call, call.leaving, now)
        else:
            self._calls.events.append(Answered(call, response))

    def _confirm(self, call: Call, dialog: Dialog) -> None:
        for other in call.early.values():
            self._calls.dialogs.pop(other.id, None)
        call.early.clear()
        call.dialog = dialog
        call.state = CallState.CONFIRMED
        self._calls.know(call, dialog)
        self._calls.alarms.stop((call, Alarm.RING))

    def _ack(self, call: Call, dialog: Dialog, key: tuple[str, int]) -> None:
        ack = dialog.request("ACK", cseq=key[1])
        if dialog.route_set:
            # 13.2.2.4 wants the INVITE's credentials; a callee reached directly has no business with them.
            for name in ("Authorization", "Proxy-Authorization"):
                for value in call.request.headers.all(name):
                    ack.headers.add(name, value)
        hop = self._calls.next_hop(dialog.next_uri, dialog)
        call.acks[key] = self._calls.stack.send(ack, hop)

    def _failure(self, call: Call, response: Response) -> None:
        if call.leaving:
            self._calls.end(call, CallEnded(call, call.leaving))
        elif response.status < 400:
            assert isinstance(call.tx, ClientTransaction)
            self._calls.end(call, Redirected(call.tx, response, call))
        else:
            self._calls.end(call, CallFailed(call, response, response.status))
