"""Whatever two user agents do on whatever line: once it is quiet they agree, and nothing is left behind."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telsdk.clock import Monotonic
from telsdk.sip.errors import ProtocolStateError
from telsdk.sip.message import Uri
from telsdk.sip.transaction import Event
from telsdk.sip.ua import (
    Answered,
    Call,
    CallEnded,
    CallFailed,
    CallState,
    IncomingCall,
    OfferAnswered,
    Referred,
    Reinvited,
    Ringing,
)
from telsdk.sip.ua.negotiation import Open, Said
from tests.sip.ladder import Client
from tests.sip.pair import ALICE, BOB
from tests.sip.wire import Wire, no_message_is_left

SUPPORTED = ("100rel", "timer", "replaces", "norefersub")
OPEN = (CallState.CALLING, CallState.RINGING)
SETTLED = 120.0  # seconds: longer than any timer of an unanswered request


class Phone(Client):
    """A user agent whose application answers offers as it is told beforehand."""

    def __init__(
        self, name: str, peer: str, *, seed: int, takes: bool, manner: str, offers_in_prack: bool
    ) -> None:
        here, self.there = (ALICE, BOB) if name == "alice" else (BOB, ALICE)
        super().__init__(name, here, seed=seed, supported=SUPPORTED, takes_refer=True)
        self.peer = peer
        self.takes = takes
        self.manner = manner
        self.offers_in_prack = offers_in_prack
        self.react = self.on_event
        self._bodies = itertools.count()

    def body(self) -> bytes:
        """Another description each time."""
        return f"v=0\r\no=- 1 {next(self._bodies)} IN IP4 {self.name}\r\ns=-\r\nt=0 0\r\n".encode()

    def on_event(self, event: Event, now: Monotonic) -> None:
        match event:
            case IncomingCall(call=call):
                self.calls.append(call)
                if "rings" in self.manner:
                    self.ua.ring(call, now)
                elif "sends sound" in self.manner:
                    self.ua.ring(call, now, status=183, body=self.body())
                if "answers" in self.manner:
                    self.ua.accept(call, self.body(), now)
            case Reinvited(call=call, tx=tx) if self.takes:
                self.ua.accept_offer(call, tx, self.body(), now)
            case Reinvited(tx=tx):
                self.ua.answer(tx, 488, now)
            case Ringing(call=call, response=response, prack=True):
                dialog = call.early.get(response.to.tag or "", call.dialog)
                assert dialog is not None
                may = dialog.negotiation.may(Said.OUR_PRACK_WITH)
                self.ua.prack(call, response, self.body() if may else b"", now)
            case Answered(call=call, ack=True) | OfferAnswered(call=call, ack=True):
                self.ua.acknowledge(call, self.body())
            case Referred(call=call, tx=tx) if self.takes:
                referral = self.ua.transfers.accept(call, tx, now)
                self.ua.transfers.notify(referral, 486, now)
            case Referred(tx=tx):
                self.ua.answer(tx, 603, now)

    # What a user does; illegal at the moment is refused and changes nothing

    def invite(self, now: Monotonic) -> None:
        self._invite(self.body(), now)

    def invite_without_offer(self, now: Monotonic) -> None:
        self._invite(b"", now)

    def _invite(self, body: bytes, now: Monotonic) -> None:
        request = self.ua.new_request("INVITE", Uri.parse(f"sip:{self.peer}@telprotocol"), body=body)
        call = self.ua.invite(request, self.there, now)
        call.pracks_itself = self.offers_in_prack
        self.calls.append(call)

    def ring(self, now: Monotonic) -> None:
        self.ua.ring(self.calls[-1], now)

    def ring_reliably(self, now: Monotonic) -> None:
        self.ua.ring(self.calls[-1], now, status=183, body=self.body())

    def accept(self, now: Monotonic) -> None:
        self.ua.accept(self.calls[-1], self.body(), now)

    def reject(self, now: Monotonic) -> None:
        self.ua.reject(self.calls[-1], now)

    def hang_up(self, now: Monotonic) -> None:
        self.ua.hang_up(self.calls[-1], now)

    def reinvite(self, now: Monotonic) -> None:
        call = self.calls[-1]
        if call.state is CallState.CONFIRMED and not call.is_negotiating:
            request = self.ua.within(call, "INVITE")
            request.body = self.body()
            self.ua.offer(call, request, now)

    def reinvite_without_offer(self, now: Monotonic) -> None:
        call = self.calls[-1]
        self.ua.offer(call, self.ua.within(call, "INVITE"), now)

    def update(self, now: Monotonic) -> None:
        call = self.calls[-1]
        request = self.ua.within(call, "UPDATE")
        if not call.is_negotiating:
            request.body = self.body()
        self.ua.update(call, request, now)

    def refer(self, now: Monotonic) -> None:
        call = self.calls[-1]
        request = self.ua.transfers.request(call, Uri.parse("sip:carol@192.0.2.3"))
        self.ua.transfers.send(call, request, now)


TAKEN = {Open.THEIRS_IN_INVITE, Open.THEIRS_IN_1XX, Open.THEIRS_IN_2XX, Open.THEIRS_IN_UPDATE}
MANNERS = ("waits", "rings", "sends sound", "rings and answers", "sends sound and answers", "answers")
ACTIONS: tuple[Callable[[Phone, Monotonic], None], ...] = (
    Phone.invite,
    Phone.invite_without_offer,
    Phone.ring,
    Phone.ring_reliably,
    Phone.accept,
    Phone.accept,
    Phone.reject,
    Phone.hang_up,
    Phone.reinvite,
    Phone.reinvite,
    Phone.reinvite_without_offer,
    Phone.update,
    Phone.refer,
)
pauses = st.sampled_from([0.0, 0.01, 0.05, 0.2, 0.5, 2.0, 8.0, 40.0])
steps = st.tuples(st.booleans(), st.sampled_from(range(len(ACTIONS))), pauses)


def play(phones: tuple[Phone, Phone], wire: Wire, script: list[tuple[bool, int, float]]) -> None:
    phones[0].invite(Monotonic(0.0))
    wire.run(until=0.1)
    for who, action, pause in script:
        wire.run(until=wire.now + pause)
        phone = phones[who]
        if phone.calls:
            with contextlib.suppress(ProtocolStateError):
                ACTIONS[action](phone, wire.now)
        assert not any(both_took(phones, call) for call in phones[0].calls)


def both_took(phones: tuple[Phone, Phone], call: Call) -> bool:
    """Whether each end took an offer of the other, which both then have to answer: what glare is about."""
    ends = [one for phone in phones for one in phone.calls if one.id == call.id and not one.ended]
    states = [one.dialog.negotiation.open for one in ends if one.dialog is not None]
    return len(states) == 2 and set(states) <= TAKEN


def agree(one: Call | None, other: Call | None) -> bool:
    """Whether both ends of a call say the same about it; None: it never came there."""
    if one is None or other is None:
        return all(call is None or call.ended or call.state in OPEN for call in (one, other))
    if one.state is not other.state:
        # Who rings learns of a caller that gave up unheard only when he acts.
        return {one.state, other.state} <= {*OPEN, CallState.ENDED}
    if one.state is CallState.CONFIRMED:
        same = (one.local_sdp, one.remote_sdp) == (other.remote_sdp, other.local_sdp)
        return same and not one.is_negotiating and not other.is_negotiating
    return True


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    script=st.lists(steps, min_size=1, max_size=14),
    seed=st.integers(0, 2**16),
    loss=st.sampled_from([0.0, 0.1, 0.3, 0.5]),
    duplicate=st.sampled_from([0.0, 0.3]),
    slowest=st.sampled_from([0.01, 0.1, 0.7]),
    takes=st.tuples(st.booleans(), st.booleans()),
    manners=st.tuples(st.sampled_from(MANNERS), st.sampled_from(MANNERS)),
    offers_in_prack=st.booleans(),
)
def test_two_user_agents_on_a_bad_line_end_agreeing_and_forget_everything(
    script: list[tuple[bool, int, float]],
    seed: int,
    loss: float,
    duplicate: float,
    slowest: float,
    takes: tuple[bool, bool],
    manners: tuple[str, str],
    offers_in_prack: bool,
) -> None:
    first, second = (
        Phone(name, peer, seed=seed, takes=taken, manner=manner, offers_in_prack=offers_in_prack)
        for name, peer, taken, manner in (
            ("alice", "bob", takes[0], manners[0]),
            ("bob", "alice", takes[1], manners[1]),
        )
    )
    phones = (first, second)
    wire = Wire(*phones, seed=seed, loss=loss, duplicate=duplicate, delay=(0.005, slowest))
    play(phones, wire, script)
    wire.loss = 0.0
    wire.run(until=wire.now + SETTLED)
    calls = [{call.id: call for call in phone.calls} for phone in phones]
    for call_id in calls[0] | calls[1]:
        one, other = calls[0].get(call_id), calls[1].get(call_id)
        assert agree(one, other), (one and one.state, other and other.state)
    for phone in phones:
        for call in phone.calls:
            phone.ua.hang_up(call, wire.now)
    wire.run()
    assert all(call.ended for phone in phones for call in phone.calls)
    assert no_message_is_left(phones)
    assert [phone.ua.dialogs for phone in phones] == [0, 0]
    for phone in phones:
        ends = [event.call for event in phone.seen if isinstance(event, CallEnded | CallFailed)]
        assert len(ends) == len(set(ends)) == len(phone.calls)  # each told once
