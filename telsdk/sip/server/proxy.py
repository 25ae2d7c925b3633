"""The stateful, forking proxy (RFC 3261 section 16).

It moves requests and answers; where to is the application's business: for each `Arrived` it answers with
`Proxy.forward` or `Proxy.reply`, at once or later. A 3xx comes back to it as `Redirect3xx`. In which order the
targets are tried, and whose answer counts, is told in `telsdk.sip.server.fork`.

A departure from 16.10: a CANCEL for an INVITE that is not known gets 481 from the stack, and is not forwarded
statelessly. This proxy forwards no INVITE so; there is nothing further on that such a CANCEL could match.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response, Uri
from telsdk.sip.server.arrivals import begin, refusal_of
from telsdk.sip.server.fork import (
    MAX_BREADTH,
    Branch,
    Context,
    Learn,
    RecordRoute,
    Target,
    best_response,
    waits_for_news,
)
from telsdk.sip.server.proxy_events import Arrived, Finished, Redirect3xx
from telsdk.sip.server.proxy_settings import ProxySettings
from telsdk.sip.server.relay import Moved, NextHop, OnAnswer, Relay, Relays
from telsdk.sip.server.routing import (
    best_for_caller,
    changed_line,
    check,
    elsewhere,
    goes_back,
    is_looping,
    is_secure,
    loop_mark,
    may_leave,
    prepare,
    secured,
    sips_not_allowed,
)
from telsdk.sip.transaction import (
    UNANSWERED,
    AckReceived,
    Agenda,
    Cancelled,
    Event,
    RequestReceived,
    ServerTransaction,
    Stack,
    State,
    StrayResponse,
    TimedOut,
    Timeline,
    TransportFailed,
    Unanswered,
)


class Proxy:
    """Proxy role over a stack.

    Args:
        is_local: whether a URI names this element, as a Route or a Request-URI.
        record_route: the URIs by which this proxy stays in a dialog; empty to step out of it. Two, the one
            towards the target first, where the two sides differ in transport (RFC 5658).
        next_hop: where a request within a dialog goes on to; None: the application is asked by `Arrived`.
        learn: told of each answer, before it goes back, that may begin a dialog with a target whose `recorded` is set:
            it may change what our Record-Route says there (16.7 step 8).
        moved: told of each 2xx within a dialog to a request that may move its ends (12.2), and of that request.
        on_answer: sees each answer before it goes back, with what `OnAnswer` says, and may change it or let it wait.
    """

    def __init__(
        self,
        stack: Stack,
        *,
        is_local: Callable[[Uri], bool],
        record_route: RecordRoute | None = None,
        settings: ProxySettings | None = None,
        next_hop: NextHop | None = None,
        learn: Learn | None = None,
        moved: Moved | None = None,
        on_answer: OnAnswer | None = None,
    ) -> None:
        self._stack = stack
        self._relays = None if next_hop is None else Relays(stack, next_hop, is_local, moved, on_answer)
        self._learn = learn
        self._on_answer = on_answer
        self._is_local = is_local
        self._record_route = record_route
        self._settings = settings or ProxySettings()
        self.untaken: list[Event] = []
        self._timer_c: Timeline[Branch] = Timeline(waits_for_news)
        self._ringing: Agenda[Context] = Agenda()  # contexts with targets that wait for those above to fail
        self._open = 0
        self._patience = stack.timers.timer_c
        self._taker = (self._respond, self._give_up)  # made once: a branch holds nothing of its own
        self._closer = self._close_failed

    @property
    def open(self) -> int:
        """How many requests wait for an answer."""
        return self._open + (0 if self._relays is None else len(self._relays.open))

    def open_within_calls(self, source: Hop) -> int:
        """Return how many requests within dialogs wait for an answer, of those that came from there."""
        return 0 if self._relays is None else self._relays.open.count(source)

    # Events and time

    def handle(self, event: Event, now: Monotonic) -> bool:
        """Take an event of the stack; False when it is none of ours."""
        if isinstance(event, RequestReceived):
            self._arrive(event, now)
        elif isinstance(event, AckReceived):
            self._arrive_ack(event)
        elif isinstance(event, Cancelled):
            return self._cancelled(event, now)
        elif isinstance(event, TimedOut | TransportFailed | Unanswered):
            return self._failed(event, now)
        else:
            # RFC 6026 8.9: a response that belongs to nothing goes nowhere.
            return isinstance(event, StrayResponse)
        return True

    def advance(self, now: Monotonic) -> None:
        """Let Timer C fire where it is due (16.8), and try the next targets where none has answered."""
        self._timer_c.fire_due(now, self._look_at)
        if self._relays is not None:
            self._relays.advance(now)
        while (ctx := self._ringing.pop_due(now)) is not None:
            try:
                for branch in ctx.pending:
                    self._expire(branch, now)
                self._start_group(ctx, now)
                self._settle(ctx, now)
            except BaseException:
                self._close_failed(ctx, now)
                raise

    def deadline(self) -> Monotonic | None:
        """Return when `advance` has something to do next."""
        times = [self._timer_c.deadline(), self._ringing.deadline()]
        if self._relays is not None:
            times.append(self._relays.deadline())
        return min([when for when in times if when is not None], default=None)

    def take_events(self) -> list[Event]:
        """Return what happened, in order; each is given out once."""
        taken = self.untaken
        if taken:
            self.untaken = []
        return taken

    # What the application decides

    def forward(self, ctx: Context, targets: Sequence[Target], now: Monotonic) -> None:
        """Send the request to the `targets` of the highest q at once, to the others when those have failed.

        May be called again for more. Nothing happens when the caller has cancelled or been answered
        meanwhile, or one has refused for all (6xx). Without any target and without an earlier answer the
        caller gets 480.
        """
        if ctx.closed or ctx.stopped:
            return
        ctx.awaiting.clear()
        if ctx.tx is None:
            for target in targets[:1]:
                request = self._copy(ctx, target)
                if may_leave(ctx.request.uri.scheme == "sips", request, target.hop):
                    self._stack.send(request, target.hop)
            ctx.closed = True
            return
        ctx.tx.news = True
        ctx.enqueue(targets)
        if targets:
            self._start_group(ctx, now)
        if ctx.tx.request.method == "INVITE" and not ctx.tx.data and targets:
            self._stack.respond(ctx.tx, ctx.tx.request.response(100), now)
        self._settle(ctx, now)

    def reply(
        self,
        ctx: Context,
        status: int,
        now: Monotonic,
        reason: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Answer the caller from here, and cancel what was forwarded. A 1xx leaves the request open.

        Nothing happens when the caller was answered already, or for an ACK.
        """
        if ctx.tx is None or ctx.closed:
            return
        response = self._stack.make_response(ctx.tx.request, status, reason, *headers)
        if status < 200:
            self._stack.respond(ctx.tx, response, now)
            return
        self._cancel_pending(ctx, now)
        self._finish(ctx, response, None, now)

    def refuse(
        self, ctx: Context, status: int, now: Monotonic, headers: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Answer a caller whose request went nowhere yet, and forget it: see `Stack.respond_once`. Else as `reply`."""
        if ctx.tx is None or ctx.closed or ctx.branches:
            self.reply(ctx, status, now, headers=headers)
            return
        response = self._stack.make_response(ctx.tx.request, status, None, *headers)
        self._stack.respond_once(ctx.tx, response, now)
        self._close(ctx, response, None)

    def relay(self, ctx: Context, response: Response, now: Monotonic) -> None:
        """Let the 3xx of a `Redirect3xx` count as that branch's answer."""
        if response in ctx.awaiting:
            ctx.awaiting.remove(response)
        ctx.finals.append(response)
        self._settle(ctx, now)

    # Private: requests

    def _arrive(self, event: RequestReceived, now: Monotonic) -> None:
        request, tx = event.request, event.tx
        in_dialog = request.to_tag is not None
        refusal = refusal_of(request, in_dialog, self._settings, 0 if in_dialog else self.open)
        if refusal is not None:
            self._stack.answer_once(tx, refusal.status, now, refusal.reason, *refusal.headers)
            return
        mark = loop_mark(request)
        if is_looping(request, mark, self._stack.is_ours):
            self._stack.answer_once(tx, 482, now)
            return
        if in_dialog and self._relays is not None:
            self._relays.pass_on(event, mark, now)
            return
        ctx = begin(request, event.source, tx, mark, self._is_local, self._closer)
        if in_dialog and not ctx.routed and not self._is_local(ctx.request.uri):
            # Who is not in the dialog's route set is no open relay for it.
            self._stack.answer_once(tx, 481, now)
            return
        tx.owner = ctx
        self._open += 1
        self.untaken.append(Arrived(ctx))

    def _arrive_ack(self, event: AckReceived) -> None:
        if check(event.request) is not None:
            return
        if self._relays is not None and event.request.to_tag is not None:
            self._relays.pass_ack(event.request, event.source)
            return
        ctx = begin(event.request, event.source, None, "", self._is_local, self._closer)
        if ctx.routed:
            self.untaken.append(Arrived(ctx))

    def _copy(self, ctx: Context, target: Target) -> Request:
        request = target.request if target.request is not None else ctx.request.copy()
        own = () if self._record_route is None or ctx.in_dialog else self._record_route(ctx, target)
        if own and (target.uri.scheme == "sips" or is_secure(request)):
            own = secured(own)
        prepare(request, target.uri, own, target.routes)
        return request

    def _start_group(self, ctx: Context, now: Monotonic) -> None:
        """Try the next targets; those that are still to come wait for them to fail or to ring too long."""
        assert ctx.tx is not None
        for target, breadth in ctx.next_group():
            self._start(ctx, target, breadth, now)
        if ctx.waiting and ctx.tx.request.method == "INVITE":
            self._ringing.start(ctx, self._settings.ring_time, now)

    def _start(self, ctx: Context, target: Target, breadth: int, now: Monotonic) -> None:
        branch = Branch(ctx, target, breadth, self._taker)
        ctx.branches.append(branch)
        request = self._copy(ctx, target)
        branch.from_line = changed_line(ctx.request, request, "from")
        if breadth != MAX_BREADTH or "max-breadth" in request.headers.shape.first:
            request.headers.set("Max-Breadth", str(breadth))
        if not may_leave(ctx.request.uri.scheme == "sips", request, target.hop):
            self._end(branch)
            assert ctx.tx is not None
            ctx.finals.append(sips_not_allowed(self._stack, ctx.tx.request))
            return
        branch.tx = self._stack.request(request, target.hop, now, owner=branch, branch_suffix=ctx.mark)
        if request.method == "INVITE":
            branch.timer_c_at = now + self._patience
            self._timer_c.start(branch, self._patience, now)

    # Private: answers

    def _respond(self, branch: Branch, response: Response, now: Monotonic) -> None:
        ctx, headers = branch.context, response.headers
        headers.drop_first("via")
        if branch.from_line is not None:
            headers.change_line(headers.shape.first["from"], "from", branch.from_line)
        if self._on_answer is not None and not self._on_answer(response, ctx.request, ctx.source, branch):
            return
        status = response.status
        if not goes_back(response, ctx.asked_by):
            if status >= 200:
                self._failure(branch, self._made_here(ctx, 502), now)
        elif status < 300:
            if status == 100:
                return
            if branch.target.recorded and self._learn is not None:
                self._learn(branch.target, response)
            if status >= 200:
                self._success(branch, response, now)
                return
            branch.timer_c_at = now + self._patience
            tx = ctx.tx
            if tx is not None and not ctx.closed and tx.state in UNANSWERED:
                self._stack.respond(tx, response, now)
        elif status in (408, 430) and self._try_other_way(branch, now):
            pass
        elif 300 <= status < 400 and not ctx.stopped and not ctx.closed and (places := elsewhere(response)):
            self._end(branch)
            ctx.awaiting.append(response)
            self.untaken.append(Redirect3xx(ctx, response, places, branch.target))
        else:
            self._failure(branch, response, now)

    def _give_up(self, branch: Branch, now: Monotonic) -> None:
        """Count a branch whose answer we failed to take as one that answered 500."""
        try:
            if branch.tx is not None and branch.tx.request.method == "INVITE":
                self._stack.cancel(branch.tx, now)
            if not branch.context.closed:
                self._failure(branch, self._made_here(branch.context, 500), now)
        except BaseException:
            self._close_failed(branch.context, now)  # what fails here fails for the others too
            raise

    def _close_failed(self, ctx: Context, now: Monotonic) -> None:
        """Answer 500 to what a bug keeps us from judging; a branch that cannot be taken back ends by Timer C."""
        try:
            self.reply(ctx, 500, now)
        finally:
            if ctx.tx is not None and not ctx.closed:
                self._close(ctx, None, None)

    def _made_here(self, ctx: Context, status: int) -> Response:
        assert ctx.tx is not None
        return self._stack.make_response(ctx.tx.request, status)

    def _success(self, branch: Branch, response: Response, now: Monotonic) -> None:
        """Send back every 2xx to INVITE, also a second one; to other requests only the first (16.7 step 5)."""
        self._end(branch)
        ctx = branch.context
        assert ctx.tx is not None
        self._cancel_pending(ctx, now)
        if not ctx.closed:
            self._finish(ctx, response, branch.target, now)
        elif ctx.tx.state is State.ACCEPTED:
            self._stack.respond(ctx.tx, response, now)

    def _failure(self, branch: Branch, response: Response, now: Monotonic) -> None:
        self._end(branch)
        ctx = branch.context
        if branch.expired and response.status == 487:
            response = self._made_here(ctx, 408)  # it was us who lost patience, not the caller
        ctx.finals.append(response)
        if response.status >= 600:
            self._stop(ctx, now)
        self._settle(ctx, now)

    def _try_other_way(self, branch: Branch, now: Monotonic) -> bool:
        """Try the next flow: a user agent that this one does not reach may be there by another (RFC 5626 5.3)."""
        ctx, target = branch.context, branch.target.next_way
        if target is None or branch.expired or ctx.stopped or ctx.closed:
            return False
        self._end(branch)
        self._start(ctx, target, branch.breadth, now)
        self._settle(ctx, now)
        return True

    def _failed(self, event: TimedOut | TransportFailed | Unanswered, now: Monotonic) -> bool:
        """Count a branch without an answer as 408, and one that cannot be reached as 503 (16.8 and 16.9)."""
        if isinstance(event.tx, ServerTransaction):
            return self._caller_failed(event.tx, now, event.tx.ended or isinstance(event, Unanswered))
        branch = event.tx.owner
        if isinstance(branch, Relay):
            branch.failed(isinstance(event, TimedOut), now)
            return True
        if not isinstance(branch, Branch):
            return False
        ctx = branch.context
        status = 408 if isinstance(event, TimedOut) else 503
        if status == 408 and event.tx.request.method != "INVITE":
            ctx.waiting.clear()  # the time of the caller's own transaction is over as well (RFC 4320)
        elif self._try_other_way(branch, now):
            return True
        self._failure(branch, self._made_here(ctx, status), now)
        return True

    def _caller_failed(self, tx: ServerTransaction, now: Monotonic, over: bool) -> bool:
        """End the context where nobody is left to answer. An INVITE goes on: its caller may come again."""
        ctx = tx.owner
        if over and isinstance(ctx, Relay):
            ctx.close()
        elif over and isinstance(ctx, Context) and not ctx.closed:
            self._cancel_pending(ctx, now)
            self._close(ctx, None, None)
        return isinstance(ctx, Relay | Context)

    def _look_at(self, branch: Branch, now: Monotonic) -> None:
        """Let Timer C fire, if it still means anything."""
        if not waits_for_news(branch):
            return
        if branch.timer_c_at > now:  # there were news since
            self._timer_c.start(branch, branch.timer_c_at - now, now)
            return
        try:
            self._expire(branch, now)
        except BaseException:
            self._close_failed(branch.context, now)
            raise

    def _cancelled(self, event: Cancelled, now: Monotonic) -> bool:
        ctx = event.tx.owner
        if isinstance(ctx, Relay):
            ctx.cancel(now)
            return True
        if not isinstance(ctx, Context):
            return False
        ctx.cancelled = True
        self._stop(ctx, now)
        self._settle(ctx, now)
        return True

    def _stop(self, ctx: Context, now: Monotonic) -> None:
        """Try nothing more."""
        ctx.stop()
        self._ringing.stop(ctx)
        self._cancel_pending(ctx, now)

    def _expire(self, branch: Branch, now: Monotonic) -> None:
        """Take back an INVITE that rings for too long; what it is answered then counts as 408."""
        if branch.tx is not None and branch.tx.request.method == "INVITE":
            branch.expired = True
            branch.breadth = 0  # what it had is for those that follow it
            self._stack.cancel(branch.tx, now)

    def _cancel_pending(self, ctx: Context, now: Monotonic) -> None:
        for branch in ctx.branches:
            if not branch.done and branch.tx is not None and branch.tx.request.method == "INVITE":
                self._stack.cancel(branch.tx, now)

    def _end(self, branch: Branch) -> None:
        branch.done = True
        if branch.context.closed:
            branch.shed()

    def _settle(self, ctx: Context, now: Monotonic) -> None:
        """Answer the caller once no branch can bring anything better."""
        if ctx.is_pending():
            return
        while ctx.waiting and not ctx.is_pending() and not ctx.awaiting:
            self._start_group(ctx, now)
        if ctx.closed or ctx.awaiting or ctx.is_pending() or ctx.tx is None:
            return
        best = best_response(ctx.finals) if ctx.finals else self._made_here(ctx, 480)
        if ctx.cancelled and best.status < 600:
            best = self._made_here(ctx, 487)
        elif best.status == 408 and ctx.tx.request.method != "INVITE":
            # RFC 4320 4.2: the caller's own timer ran out just now; a 408 would come too late.
            if not ctx.tx.ended:
                self._stack.abandon(ctx.tx, now)
            self._close(ctx, None, None)
            return
        self._finish(ctx, best_for_caller(self._stack, ctx.tx.request, best), None, now)

    def _finish(self, ctx: Context, response: Response, target: Target | None, now: Monotonic) -> None:
        assert ctx.tx is not None
        if ctx.tx.state is not State.TERMINATED:  # else the caller's connection is gone
            self._stack.respond(ctx.tx, response, now)
        self._close(ctx, response, target)

    def _close(self, ctx: Context, response: Response | None, target: Target | None) -> None:
        ctx.closed = True
        self._open -= 1
        if ctx in self._ringing:
            self._ringing.stop(ctx)
        self.untaken.append(Finished(ctx, response, target))
        ctx.shed()
