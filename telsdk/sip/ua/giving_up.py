"""End what an event of a user agent is about, because its handler failed or nobody answered: nothing waits for ever."""

from __future__ import annotations

from telsdk.clock import Monotonic
from telsdk.sip.transaction import UNANSWERED, ClientTransaction, Event, ServerTransaction
from telsdk.sip.ua.call import Call, CallEnded, CallState
from telsdk.sip.ua.dialogs import Dialogs
from telsdk.sip.ua.incoming import Callee
from telsdk.sip.ua.update import Updates


def give_up(calls: Dialogs, callee: Callee, updates: Updates, event: Event, now: Monotonic) -> None:
    """End the call that an event is about; or, if it is a request within a call, that request alone.

    Such a request has its answer by then, of the stack (`telsdk.sip.transaction.Stack.give_up`).
    """
    tx = getattr(event, "tx", None)
    call = getattr(event, "call", None) or getattr(tx, "owner", None)
    if not isinstance(call, Call) or call.ended:
        return
    if isinstance(tx, ServerTransaction) and tx is not call.tx:
        _refused(call, tx, callee, updates)
    elif call.dialog is not None and call.state is CallState.CONFIRMED:
        calls.leave(call, "lost", now)
    else:
        try:
            if isinstance(call.tx, ClientTransaction):
                calls.stack.cancel(call.tx, now)
            elif call.tx.state in UNANSWERED:
                calls.stack.answer(call.tx, 500, now)
        finally:
            calls.end(call, now, CallEnded(call, "lost"))


def _refused(call: Call, tx: ServerTransaction, callee: Callee, updates: Updates) -> None:
    if tx in call.referred:
        call.referred.remove(tx)
    elif tx in call.asked and tx.request.method == "INVITE":
        callee.refused(call, tx)
    elif tx in call.asked:
        updates.refused(call, tx)
