"""One call at several phones: each makes a dialog, one of them stays (RFC 3261 sections 12.1 and 13.2.2.4)."""

from __future__ import annotations

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.hop import Hop
from telsdk.sip.message import Uri
from telsdk.sip.server import Target
from telsdk.sip.transaction import Event
from telsdk.sip.ua import Answered, Call, CallEnded, CallFailed, CallState, IncomingCall, Ringing
from telsdk.sip.ua.call import ProvisionalConfirmed
from telsdk.sip.ua.negotiation import Open
from tests.sip.ladder import ANSWER, Client, Node
from tests.sip.wire import Wire, no_message_is_left, udp


class Forked:
    """Alice calls Bob, whose node rings his three phones at once."""

    def __init__(self, *, seed: int = 0, loss: float = 0.0, supported: tuple[str, ...] = ()) -> None:
        self.alice = Client("alice", udp("192.0.2.1"), seed=seed, supported=supported)
        self.node = Node("node", udp("192.0.2.11"), seed=seed)
        self.phones = [
            Client(f"phone{at}", udp(f"192.0.2.{20 + at}"), seed=seed, supported=supported) for at in range(3)
        ]
        self.incoming: dict[str, Call] = {}
        self.body = b""
        for phone in self.phones:
            phone.react = lambda event, now, phone=phone: self.ring(phone, event, now)  # type: ignore[misc]
        self.node.routes["bob"] = [
            Target(Uri.parse(f"sip:bob@{one.addresses['UDP'].host}:5060"), one.addresses["UDP"])
            for one in self.phones
        ]
        self.wire = Wire(self.alice, self.node, *self.phones, seed=seed, loss=loss)

    def ring(self, phone: Client, event: Event, now: Monotonic) -> None:
        if isinstance(event, IncomingCall):
            self.incoming[phone.name] = event.call
            phone.ua.ring(event.call, now, status=183 if self.body else 180, body=self.body)

    def call(self, hop: Hop | None = None) -> Call:
        return self.alice.call("bob", hop or self.node.own, self.wire.now)

    def accept(self, at: int) -> None:
        call = self.incoming[f"phone{at}"]
        if call.state is CallState.RINGING:
            self.phones[at].ua.accept(call, ANSWER, self.wire.now)

    def over(self) -> bool:
        self.wire.run()
        users = [self.alice, *self.phones]
        return no_message_is_left([*users, self.node]) and not any(one.ua.dialogs for one in users)


def tags(call: Call) -> set[str]:
    return set(call.early)


def test_every_phone_that_rings_makes_an_early_dialog_of_its_own() -> None:
    forked = Forked()
    call = forked.call()
    forked.wire.run(until=1.0)
    assert len(tags(call)) == 3
    assert forked.alice.ua.dialogs == 3
    assert len(forked.alice.seen_of(Ringing)) == 3
    assert {one.negotiation.open for one in call.early.values()} == {Open.OURS_IN_INVITE}
    targets = {one.remote_target.host for one in call.early.values()}
    assert targets == {"192.0.2.20", "192.0.2.21", "192.0.2.22"}


@pytest.mark.parametrize("who", [0, 1, 2])
@pytest.mark.parametrize("loss", [0.0, 0.3])
def test_the_phone_that_answers_stays_and_the_others_stop(who: int, loss: float) -> None:
    for seed in range(8):
        forked = Forked(seed=seed, loss=loss)
        call = forked.call()
        forked.wire.at(8.0, lambda forked=forked: f"phone{who}" in forked.incoming and forked.accept(who))  # type: ignore[misc]
        forked.wire.run(until=60.0)
        if f"phone{who}" not in forked.incoming or not forked.alice.seen_of(Answered):
            continue  # every copy of its INVITE was lost
        assert call.state is CallState.CONFIRMED
        assert call.dialog is not None
        assert call.dialog.remote_target.host == f"192.0.2.{20 + who}"
        assert (len(call.early), forked.alice.ua.dialogs) == (0, 1)
        others = [one for name, one in forked.incoming.items() if name != f"phone{who}"]
        assert all(one.ended for one in others)
        forked.alice.ua.hang_up(call, forked.wire.now)
        assert forked.over()


def test_two_phones_that_answer_at_once_leave_one_call_and_the_other_gets_bye() -> None:
    forked = Forked()
    call = forked.call()
    forked.wire.run(until=1.0)
    forked.accept(0)
    forked.accept(2)
    forked.wire.run(until=10.0)
    states = [forked.incoming[f"phone{at}"].state for at in range(3)]
    assert sorted(states) == [CallState.CONFIRMED, CallState.ENDED, CallState.ENDED]
    (winner,) = (at for at in range(3) if states[at] is CallState.CONFIRMED)
    assert call.dialog is not None
    assert call.dialog.remote_target.host == f"192.0.2.{20 + winner}"
    loser = forked.phones[2 - winner]
    assert isinstance(loser.seen[-1], CallEnded)
    assert loser.seen[-1].by == "remote"
    assert len(forked.alice.seen_of(Answered)) == 1
    forked.alice.ua.hang_up(call, forked.wire.now)
    assert forked.over()


def test_a_phone_that_hangs_up_leaves_the_others_ringing() -> None:
    forked = Forked()
    call = forked.call()
    forked.wire.run(until=1.0)
    forked.phones[0].ua.reject(forked.incoming["phone0"], forked.wire.now)
    forked.wire.run(until=2.0)
    assert not call.ended
    forked.accept(1)
    forked.wire.run(until=4.0)
    assert call.state is CallState.CONFIRMED


def test_all_phones_refusing_is_one_refusal() -> None:
    forked = Forked()
    call = forked.call()
    forked.wire.run(until=1.0)
    for phone in forked.phones:
        phone.ua.reject(forked.incoming[phone.name], forked.wire.now)
    assert forked.over()
    assert call.ended
    assert len(forked.alice.seen_of(CallFailed)) == 1


def test_hanging_up_stops_every_phone() -> None:
    forked = Forked()
    call = forked.call()
    forked.wire.run(until=1.0)
    forked.alice.ua.hang_up(call, forked.wire.now)
    assert forked.over()
    assert all(one.ended for one in forked.incoming.values())


def test_each_fork_negotiates_for_itself() -> None:
    forked = Forked(supported=("100rel",))
    forked.body = ANSWER
    call = forked.call()
    forked.wire.run(until=1.0)
    assert {one.negotiation.open for one in call.early.values()} == {Open.NOBODYS}
    assert all(len(phone.seen_of(ProvisionalConfirmed)) == 1 for phone in forked.phones)
    assert {one.local_seq for one in call.early.values()} == {2}
    forked.accept(1)
    forked.wire.run(until=3.0)
    assert call.state is CallState.CONFIRMED
    assert call.dialog is not None
    assert call.dialog.local_seq == 2
    forked.phones[1].ua.hang_up(forked.incoming["phone1"], forked.wire.now)
    assert forked.over()
