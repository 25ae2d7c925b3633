"""Requests that were sent, until their answers can no longer come (RFC 3261 section 17.1)."""

from __future__ import annotations

from telsdk.sip.events import Outgoing, ResponseReceived, TimedOut, TransportFailed
from telsdk.sip.headers import Headers
from telsdk.sip.hop import Hop
from telsdk.sip.message import Message, Request, Response
from telsdk.sip.transaction import Action, ClientTransaction, Input, ProtocolStateError, State
from telsdk.sip.transactions import Transactions
from telsdk.sip.transport import push_via

_UNANSWERED = (State.CALLING, State.TRYING, State.PROCEEDING)


class ClientTransactions(Transactions[ClientTransaction]):
    """Keys are branch and method (17.1.3)."""

    def send(
        self, request: Request, hop: Hop, now: float, owner: object | None, branch_suffix: str
    ) -> ClientTransaction:
        """Put our Via on top and send."""
        branch = push_via(request, hop, self._ground.sent_by, self._ground.token() + branch_suffix)
        return self._start(request, hop, branch, owner, now)

    def receive(self, response: Response, source: Hop, now: float) -> bool:
        """Take a response; False when it answers nothing known."""
        tx = self._known.get((response.via.branch, response.cseq.method))
        if tx is None:
            return False
        status = response.status
        if tx.state in _UNANSWERED:
            tx.last_status = status
            if status >= 200:
                # The request is sent no more; what may be sent now, and again, is its ACK.
                invite_failed = status >= 300 and tx.request.method == "INVITE"
                tx.data = bytes(_ack(tx, response)) if invite_failed else b""
        self.step(tx, _input(status), now, response, source)
        if tx.cancel_wanted and tx.state is State.PROCEEDING and not tx.cancelled:
            self._send_cancel(tx, now)
        return True

    def cancel(self, tx: ClientTransaction, now: float) -> None:
        """See `telsdk.sip.stack.Stack.cancel`."""
        if tx.request.method != "INVITE":
            raise ProtocolStateError(f"only INVITE can be cancelled, not {tx.request.method} (RFC 3261 9.1)")
        if tx.state is State.CALLING:
            tx.cancel_wanted = True
        elif tx.state is State.PROCEEDING and not tx.cancelled:
            self._send_cancel(tx, now)

    def _start(
        self, request: Request, hop: Hop, branch: str, owner: object | None, now: float
    ) -> ClientTransaction:
        tx = ClientTransaction((branch, request.method), request, hop)
        tx.owner = owner
        tx.data = bytes(request)
        self.begin(tx, now)
        return tx

    def _send_cancel(self, tx: ClientTransaction, now: float) -> None:
        tx.cancelled = True
        self._start(_same_hop(tx, "CANCEL"), tx.hop, tx.request.via.branch or "", None, now)
        self.step(tx, Input.CANCEL, now)

    def _do(
        self, tx: ClientTransaction, action: Action, now: float, message: Message | None, source: Hop | None
    ) -> None:
        del now
        if action is Action.SEND_REQUEST or action is Action.SEND_ACK:
            self._ground.outgoing.append(Outgoing(tx.hop, tx.data))
        elif tx.request.method == "CANCEL":
            pass  # its INVITE tells how the cancelling went
        elif action is Action.PASS_RESPONSE:
            assert isinstance(message, Response)
            assert source is not None
            self._ground.events.append(ResponseReceived(tx, message, source))
        elif action is Action.TIMED_OUT:
            self._ground.events.append(TimedOut(tx))
        elif action is Action.FAILED:
            self._ground.events.append(TransportFailed(tx))


def _input(status: int) -> Input:
    if status < 200:
        return Input.PROVISIONAL
    return Input.SUCCESS if status < 300 else Input.FAILURE


def _ack(tx: ClientTransaction, response: Response) -> Request:
    """17.1.1.3: the ACK to a final response other than 2xx."""
    ack = _same_hop(tx, "ACK")
    ack.headers.set("To", response.headers.get("To") or str(response.to))
    return ack


def _same_hop(tx: ClientTransaction, method: str) -> Request:
    """A request that belongs to the INVITE of `tx` and takes the same way (9.1, 17.1.1.3)."""
    invite = tx.request
    headers = Headers()
    headers.add("Via", str(invite.via))
    headers.extend(invite.headers.only("Route", "From", "To", "Call-ID"))
    headers.add("CSeq", f"{invite.cseq.number} {method}")
    headers.add("Max-Forwards", "70")
    return Request(method, invite.uri, headers)
