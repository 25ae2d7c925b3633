"""Requests that came, until their retransmissions can no longer come (RFC 3261 sections 17.2, 8.2.2.2 and 9.2)."""

from __future__ import annotations

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import Message, Request, Response
from telsdk.sip.transaction.engine import Ground, Running, Transactions
from telsdk.sip.transaction.events import (
    AckReceived,
    Cancelled,
    Outgoing,
    RequestReceived,
    TimedOut,
    TransportFailed,
    Unanswered,
)
from telsdk.sip.transaction.machines import Action, Input, ServerTransaction, State
from telsdk.sip.transaction.proof import AMPLIFICATION
from telsdk.sip.transaction.timers import Timer
from telsdk.sip.transaction.via import receive_via, reply_hop, server_key


class ServerTransactions(Transactions[ServerTransaction]):
    """Keys are made by `telsdk.sip.transaction.via.server_key` (17.2.3)."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.refuse_merged = False
        self.unanswered = 0  # requests of which the role has said nothing at all
        self._merging: dict[object, ServerTransaction] = {}

    def receive(self, request: Request, source: Hop, now: Monotonic) -> None:
        """Take a request."""
        via = receive_via(request, source)
        key = server_key(request, via)
        method = request.method
        tx = self._known.get(key)
        if method == "ACK":
            if tx is None:
                self._ground.events.append(AckReceived(request, source))
            else:
                self.step(tx, Input.ACK, now, request)
            return
        if tx is not None:
            if tx.credit >= 0:
                tx.credit += AMPLIFICATION * len(bytes(request))
            self.step(tx, Input.REQUEST, now)
            return
        tx = ServerTransaction(key, request, source, reply_hop(via, source))
        proven = self._ground.proven
        if proven is not None and not proven.holds(tx.hop):
            tx.credit = AMPLIFICATION * len(bytes(request))
        self.begin(tx, now)
        if method == "CANCEL":
            self._cancel(tx, key, now)
        elif self.refuse_merged and request.to_tag is None and not self._is_first(tx):
            self.respond(tx, request.response(482, "Merged Request"), now)
        else:
            self._ground.events.append(RequestReceived(tx, request, source))

    def respond(self, tx: ServerTransaction, response: Response, now: Monotonic) -> None:
        """See `telsdk.sip.transaction.stack.Stack.respond`. In one function, since it is called for each response."""
        status = response.status
        trigger = (
            Input.SEND_PROVISIONAL
            if status < 200
            else Input.SEND_SUCCESS
            if status < 300
            else Input.SEND_FAILURE
        )
        move = tx.machine.leaving[tx.state].get(trigger)
        if move is None:
            move = tx.machine.step(tx.state, trigger)  # refuse before anything is written
        if status > 100:
            tag = response.to_tag
            tx.news = True
            if tag is None:
                response.add_to_tag(self._to_tag(tx))
            elif not tx.to_tag:
                tx.to_tag = tag
        tx.data = bytes(response)
        if status >= 200:
            tx.owes = tx.state is State.TRYING or tx.state is State.PROCEEDING
            # It stays for half a minute, and there may be a hundred thousand of its like.
            tx.request = tx.request.bare()
        # What every such move does first is to send it; what else it may do is to start timers.
        tx.state, actions = move
        if tx.credit < 0 or self._may_send(tx):
            self._ground.outgoing.append(Outgoing(tx.hop, tx.data))
        if status >= 200:
            self._start_timers(tx, actions, now)

    def respond_once(self, tx: ServerTransaction, response: Response, now: Monotonic) -> None:
        """See `telsdk.sip.transaction.stack.Stack.respond_once`."""
        if tx.data or (response.status < 300 and tx.request.method == "INVITE"):
            self.respond(tx, response, now)
            return
        tx.machine.step(tx.state, Input.SEND_FAILURE)  # refuse before anything is written
        if response.to_tag is None:
            response.add_to_tag(tx.to_tag or self._ground.tag_for(tx.request))
        self._ground.outgoing.append(Outgoing(tx.hop, bytes(response)))
        tx.state = State.TERMINATED
        self._forget(tx)
        tx.owner = None
        tx.request = tx.request.bare()

    def fire(self, running: Running, now: Monotonic) -> None:
        """See `Transactions.fire`. A request that its role has done something about gets its whole time again."""
        tx, timer, begun = running
        waits = (timer is Timer.ANSWER or timer is Timer.DECIDE) and timer in tx.machine.leaving[tx.state]
        if waits and isinstance(tx, ServerTransaction) and tx.news:
            tx.news = False
            seconds = self._ground.durations[tx.reliable][timer]
            assert seconds is not None
            self._ground.timeline.start((tx, timer, begun), seconds, now)
        else:
            super().fire(running, now)

    def drop(self, tx: ServerTransaction) -> None:
        """Forget a transaction, whatever its state, and say nothing."""
        tx.state = State.TERMINATED
        self._forget(tx)

    def _may_send(self, tx: ServerTransaction) -> bool:
        """Return whether a response goes to where nothing is known to get: it may be a forged address.

        It gets one final response, and else no more than `AMPLIFICATION` times the bytes that came from there.
        """
        proven = self._ground.proven
        if proven is not None and proven.holds(tx.hop):
            tx.credit = -1
            return True
        left = tx.credit - len(tx.data)
        if left < 0 and not tx.owes:
            return False
        tx.owes = False
        tx.credit = max(0, left)
        return True

    def _is_first(self, tx: ServerTransaction) -> bool:
        """Return whether no such request came by another way: with another branch and all else alike (8.2.2.2)."""
        tx.merge_key = (tx.request.from_tag, tx.request.call_id, tx.request.cseq)
        return self._merging.setdefault(tx.merge_key, tx) is tx

    def _cancel(self, tx: ServerTransaction, key: tuple[object, ...], now: Monotonic) -> None:
        """Answer a CANCEL, and tell the role whose INVITE it takes back (9.2)."""
        invite = self._known.get((*key[:-1], "INVITE"))
        if invite is None:
            self.respond(tx, tx.request.response(481), now)
            return
        tx.to_tag = self._to_tag(invite)
        self.respond(tx, tx.request.response(200), now)
        if invite.state is State.PROCEEDING:
            self._ground.events.append(Cancelled(invite))

    def _to_tag(self, tx: ServerTransaction) -> str:
        if not tx.to_tag:
            tx.to_tag = tx.request.to_tag or self._ground.token()
        return tx.to_tag

    def _do(
        self,
        tx: ServerTransaction,
        action: Action,
        now: Monotonic,
        message: Message | None,
        source: Hop | None,
    ) -> None:
        del source
        if action is Action.SEND_RESPONSE:
            if tx.data and (tx.credit < 0 or self._may_send(tx)):
                self._ground.outgoing.append(Outgoing(tx.hop, tx.data))
        elif action is Action.SEND_100:
            self.respond(tx, tx.request.response(100), now)
        elif action is Action.STOP_100:
            pass  # the response that was just sent stops it: see `telsdk.sip.transaction.engine`
        elif action is Action.PASS_ACK:
            assert isinstance(message, Request)
            self._ground.events.append(AckReceived(message, tx.source))
        elif action is Action.TIMED_OUT:
            self._ground.events.append(TimedOut(tx))
        elif action is Action.UNANSWERED:
            if not tx.to_tag:  # else it rings, and a person has not come
                self.unanswered += 1
            self._ground.events.append(Unanswered(tx))
        elif action is Action.SEND_408:
            self.respond(tx, tx.request.response(408), now)
        elif action is Action.FAILED:
            self._ground.events.append(TransportFailed(tx))

    def _forget(self, tx: ServerTransaction) -> None:
        super()._forget(tx)
        if tx.merge_key is not None and self._merging.get(tx.merge_key) is tx:
            del self._merging[tx.merge_key]
