"""Requests that were sent, until their answers can no longer come (RFC 3261 section 17.1)."""

from __future__ import annotations

import re

from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.hop import Hop
from telsdk.sip.message import Headers, Message, Request, Response
from telsdk.sip.transaction.engine import Transactions, TransactionUser
from telsdk.sip.transaction.events import Outgoing, ResponseReceived, TimedOut, TransportFailed
from telsdk.sip.transaction.machines import Action, ClientTransaction, Input, Move, State
from telsdk.sip.transaction.via import (
    MAGIC,
    MAX_DATAGRAM,
    MAX_UDP_REQUEST,
    branch_of,
    instead_of_udp,
    push_via,
)

# A request as we write it, up to the end of the branch of its first Via; what follows may be cut off.
_quoted_request = re.compile(
    rb"([A-Z]+) [^\r\n]*+\r\n(?>(?:(?!Via:)[^\r\n]*+\r\n)*)Via: [^\r\n;]*+(?>(?:;(?!branch=)[^\r\n;]*+)*)"
    rb";branch=([!-:<-~]++)[;\r]"
).match
_branch = re.compile(
    rb"SIP/2\.0 [1-6][0-9][0-9] [^\r\n]*\r\n(?:[^\r\n]*\r\n){0,20}?[^\r\n]*;branch=([!-+.-:<-~]+)"
).match
_METHODS = (
    "INVITE",
    "BYE",
    "CANCEL",
    "MESSAGE",
    "NOTIFY",
    "OPTIONS",
    "UPDATE",
    "INFO",
    "PRACK",
    "REFER",
    "SUBSCRIBE",
)
_UNANSWERED = (State.CALLING, State.TRYING, State.PROCEEDING)


class ClientTransactions(Transactions[ClientTransaction]):
    """Keys are branch and method (17.1.3)."""

    def send(
        self, request: Request, hop: Hop, now: Monotonic, owner: object | None, branch_suffix: str
    ) -> ClientTransaction:
        """Put our Via on top and send; a request too large for UDP by TCP (18.1.1)."""
        branch = MAGIC + self._ground.token() + branch_suffix
        push_via(request, self._ground.via_to(hop, branch))
        tx = self._new(request, hop, branch, owner)
        if len(tx.data) > MAX_UDP_REQUEST:
            by_tcp = instead_of_udp(hop, len(tx.data))
            if by_tcp is not None and self._redirect(tx, by_tcp):
                tx.udp_is_left = hop
        self.begin(tx, now)
        return tx

    def receive(self, response: Response, source: Hop, now: Monotonic) -> bool:
        """Take a response; False when it answers nothing known."""
        tx = self._known.get((branch_of(response), response.cseq.method))
        if tx is None:
            return False
        proven = self._ground.proven
        if proven is not None and not proven.holds(tx.hop):
            proven.add(tx.hop)  # nobody who has not got the request knows its branch
        status = response.status
        if tx.state in _UNANSWERED and status >= 200:
            # The request is sent no more; what may be sent now, and again, is its ACK.
            invite_failed = status >= 300 and tx.request.method == "INVITE"
            tx.data = bytes(_ack(tx, response)) if invite_failed else b""
        trigger = Input.PROVISIONAL if status < 200 else Input.SUCCESS if status < 300 else Input.FAILURE
        move = tx.machine.leaving[tx.state].get(trigger) or tx.machine.step(tx.state, trigger)
        owner = tx.owner
        if move[1] and move[1][0] is Action.PASS_RESPONSE and isinstance(owner, TransactionUser):
            self._pass(tx, move, owner, response, now)
        else:
            self._move(tx, move, now, response, source)
        if tx.cancel_wanted and tx.state is State.PROCEEDING and not tx.cancelled:
            self._send_cancel(tx, now)
        return True

    def _pass(
        self, tx: ClientTransaction, move: Move, owner: TransactionUser, response: Response, now: Monotonic
    ) -> None:
        """Make a move that does nothing but tell the owner of a response, and start timers."""
        tx.state, actions = move
        try:
            owner.answered(response, now)
        except BaseException:
            owner.give_up(now)
            raise
        finally:
            if len(actions) > 1:
                self._start_timers(tx, actions, now)

    def bounced(self, quoted: bytes, now: Monotonic) -> bool:
        """See `telsdk.sip.transaction.stack.Stack.bounced`."""
        sent = _quoted_request(quoted)
        tx = self._known.get((sent[2].decode(), sent[1].decode())) if sent else None
        if tx is None or tx.hop.reliable or tx.state not in _UNANSWERED:
            return False
        self._fail(tx, now)
        return True

    def expects(self, datagram: bytes) -> bool:
        """Return whether the datagram begins with the branch of a request that was sent, in its first Via."""
        sent = _branch(datagram)
        if sent is None:
            return False
        branch = sent[1].decode()
        return any((branch, method) in self._known for method in _METHODS)

    def cancel(self, tx: ClientTransaction, now: Monotonic) -> None:
        """See `telsdk.sip.transaction.stack.Stack.cancel`."""
        if tx.request.method != "INVITE":
            raise ProtocolStateError(f"only INVITE can be cancelled, not {tx.request.method} (RFC 3261 9.1)")
        if tx.state is State.CALLING:
            tx.cancel_wanted = True
        elif tx.state is State.PROCEEDING and not tx.cancelled:
            self._send_cancel(tx, now)

    def _new(self, request: Request, hop: Hop, branch: str, owner: object | None) -> ClientTransaction:
        tx = ClientTransaction((branch, request.method), request, hop)
        tx.owner = owner
        tx.data = bytes(request)
        return tx

    # 18.1.1: too large for UDP

    def _redirect(self, tx: ClientTransaction, hop: Hop) -> bool:
        """Let `tx` leave for another hop than its Via says; False where we do not speak that transport."""
        try:
            via = self._ground.via_to(hop, tx.request.via.branch or "")
        except LookupError:
            return False
        tx.request.headers.replace_first("Via", via)
        tx.hop, tx.reliable, tx.data = hop, hop.reliable, bytes(tx.request)
        return True

    def _fail(self, tx: ClientTransaction, now: Monotonic) -> None:
        """Send the request by UDP after all, if it fits, because by TCP nobody is there: as if nothing had been."""
        by_udp = tx.udp_is_left
        if by_udp is None or tx.state not in (State.CALLING, State.TRYING) or len(tx.data) > MAX_DATAGRAM:
            super()._fail(tx, now)
            return
        self._forget(tx)
        tx.udp_is_left = None
        self._redirect(tx, by_udp)
        tx.round += 1
        tx.interval = tx.gives_up_at = 0.0
        self.begin(tx, now)

    def _send_cancel(self, tx: ClientTransaction, now: Monotonic) -> None:
        tx.cancelled = True
        cancel = self._new(_same_hop(tx, "CANCEL"), tx.hop, tx.request.via.branch or "", None)
        self.begin(cancel, now)
        self.step(tx, Input.CANCEL, now)

    def _do(
        self,
        tx: ClientTransaction,
        action: Action,
        now: Monotonic,
        message: Message | None,
        source: Hop | None,
    ) -> None:
        if action is Action.SEND_REQUEST or action is Action.SEND_ACK:
            proven = self._ground.proven
            if tx.gives_up_at and proven is not None and not proven.holds(tx.hop):
                return  # it was sent once: nobody has ever answered from there, and it may be a forged address
            self._ground.outgoing.append(Outgoing(tx.hop, tx.data))
        elif tx.request.method == "CANCEL":
            pass  # its INVITE tells how the cancelling went
        elif action is Action.PASS_RESPONSE:
            assert isinstance(message, Response)
            owner = tx.owner
            if isinstance(owner, TransactionUser):
                try:
                    owner.answered(message, now)
                except BaseException:
                    owner.give_up(now)
                    raise
            else:
                assert source is not None
                self._ground.events.append(ResponseReceived(tx, message, source))
        elif action is Action.TIMED_OUT:
            self._ground.events.append(TimedOut(tx))
        elif action is Action.FAILED:
            self._ground.events.append(TransportFailed(tx))


def _ack(tx: ClientTransaction, response: Response) -> Request:
    """Return the ACK to a final response other than 2xx (17.1.1.3)."""
    ack = _same_hop(tx, "ACK")
    headers, came = ack.headers, response.headers
    headers.change_line(headers.shape.first["to"], "to", came.raw[came.shape.first["to"]])
    return ack


def _same_hop(tx: ClientTransaction, method: str) -> Request:
    """Return a request that belongs to the INVITE of `tx` and takes the same way (9.1, 17.1.1.3)."""
    invite = tx.request
    headers = Headers()
    headers.add("Via", str(invite.via))
    headers.extend(invite.headers.only("Route", "From", "To", "Call-ID"))
    headers.add("CSeq", f"{invite.cseq.number} {method}")
    headers.add("Max-Forwards", "70")
    return Request(method, invite.uri, headers)
