from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from telsdk.clock import Monotonic
from telsdk.sip.transaction import Agenda, Timers
from telsdk.sip.transaction.timers import LOOKED_THROUGH, MAX_LENGTHS, Timeline, Timer

TABLE_4 = {  # RFC 3261 table 4 and RFC 6026 on UDP and on TCP; None: the timer does not run
    Timer.A: (0.5, None),
    Timer.B: (32.0, 32.0),
    Timer.D: (32.0, 0.0),
    Timer.E: (0.5, None),
    Timer.F: (32.0, 32.0),
    Timer.G: (0.5, None),
    Timer.H: (32.0, 32.0),
    Timer.I: (5.0, 0.0),
    Timer.J: (32.0, 0.0),
    Timer.K: (5.0, 0.0),
    Timer.L: (32.0, 32.0),
    Timer.M: (32.0, 32.0),
    Timer.TRYING: (0.2, 0.2),
    Timer.CANCEL: (32.0, 32.0),
    Timer.ANSWER: (64.0, 64.0),  # these two are ours
    Timer.DECIDE: (245.0, 245.0),
}


@pytest.mark.parametrize("timer", list(Timer))
def test_the_values_are_those_of_table_4(timer: Timer) -> None:
    timers = Timers()
    assert (timers.durations(reliable=False)[timer], timers.durations(reliable=True)[timer]) == TABLE_4[timer]


def test_timer_c_is_more_than_three_minutes() -> None:
    assert Timers().timer_c > 180


def test_timer_d_stays_at_least_32_seconds_when_t1_is_short() -> None:
    assert Timers(t1=0.1).durations(reliable=False)[Timer.D] == 32.0
    assert Timers(t1=1.0).durations(reliable=False)[Timer.D] == 64.0


def test_an_empty_agenda_has_no_deadline() -> None:
    agenda: Agenda[str] = Agenda()
    assert agenda.deadline() is None
    assert agenda.pop_due(Monotonic(math.inf)) is None
    agenda.stop("never started")


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from([0.5, 1.0, 4.0, 32.0])), max_size=40))
def test_what_runs_comes_due_in_the_order_of_time(starts: list[tuple[int, float]]) -> None:
    agenda: Agenda[int] = Agenda()
    due = {}
    for key, (at, seconds) in enumerate(sorted(starts)):
        agenda.start(key, seconds, Monotonic(float(at)))
        due[key] = at + seconds
    popped = []
    while (key_due := agenda.pop_due(Monotonic(1e9))) is not None:
        popped.append(due[key_due])
    assert popped == sorted(due.values())
    assert len(agenda) == 0


class AgendaAgainstADictionary(RuleBasedStateMachine):
    """The agenda does what a plain dictionary of deadlines would."""

    def __init__(self) -> None:
        super().__init__()
        self.agenda: Agenda[int] = Agenda()
        self.model: dict[int, float] = {}
        self.now = Monotonic(0.0)

    @rule(key=st.integers(0, 5), seconds=st.sampled_from([0.25, 0.5, 1.0, 4.0]))
    def start(self, key: int, seconds: float) -> None:
        self.agenda.start(key, seconds, self.now)
        self.model[key] = self.now + seconds

    @rule(key=st.integers(0, 5))
    def stop(self, key: int) -> None:
        self.agenda.stop(key)
        self.model.pop(key, None)

    @rule(seconds=st.sampled_from([0.0, 0.25, 1.0, 3.0]))
    def pass_time(self, seconds: float) -> None:
        self.now = Monotonic(self.now + seconds)
        while (key := self.agenda.pop_due(self.now)) is not None:
            assert self.model.pop(key) <= self.now
        assert all(when > self.now for when in self.model.values())

    @invariant()
    def they_agree(self) -> None:
        assert len(self.agenda) == len(self.model)
        assert self.agenda.deadline() == min(self.model.values(), default=None)
        assert all(key in self.agenda for key in self.model)


TestAgenda = AgendaAgainstADictionary.TestCase


def test_an_empty_timeline_has_no_deadline() -> None:
    timeline: Timeline[str] = Timeline(bool)
    assert (timeline.deadline(), timeline.take_due(Monotonic(math.inf))) == (None, [])


def test_what_has_lost_its_meaning_wakes_nobody_up() -> None:
    alive = {"a", "b"}
    timeline: Timeline[str] = Timeline(alive.__contains__)
    timeline.start("a", 1.0, Monotonic(0.0))
    timeline.start("b", 2.0, Monotonic(0.0))
    alive.discard("a")
    assert timeline.deadline() == 2.0
    alive.clear()
    assert timeline.deadline() is None


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from([0.5, 1.0, 4.0, 32.0])), max_size=40))
def test_what_is_due_is_handed_out_in_the_order_of_time(starts: list[tuple[int, float]]) -> None:
    timeline: Timeline[int] = Timeline(lambda _: True)
    due = {}
    for key, (at, seconds) in enumerate(sorted(starts)):
        timeline.start(key, seconds, Monotonic(float(at)))
        due[key] = at + seconds
    taken = timeline.take_due(Monotonic(40.0))
    assert [due[key] for key in taken] == sorted(when for when in due.values() if when <= 40.0)
    assert timeline.deadline() == min((when for when in due.values() if when > 40.0), default=None)


def test_lengths_that_nothing_runs_for_are_forgotten() -> None:
    timeline: Timeline[int] = Timeline(lambda _: True)
    for n in range(10 * MAX_LENGTHS):
        timeline.start(n, n / 1000, Monotonic(float(n)))
        timeline.take_due(Monotonic(float(n)))
        assert len(timeline._queues) <= MAX_LENGTHS + 2
    timeline.take_due(Monotonic(math.inf))
    assert timeline.deadline() is None


@pytest.mark.parametrize("alive_of_ten", [0, 1, 5, 10])
def test_what_means_nothing_any_more_does_not_pile_up_behind_one_that_lasts(alive_of_ten: int) -> None:
    means: set[int] = set()
    looked = 0

    def alive(item: int) -> bool:
        nonlocal looked
        looked += 1
        return item == 0 or item in means

    timeline: Timeline[int] = Timeline(alive)
    timeline.start(0, 181.0, Monotonic(0.0))
    for item in range(1, 30_000):
        now = Monotonic(item / 1000)
        timeline.start(item, 181.0, now)
        if item % 10 < alive_of_ten:
            means.add(item)
        assert timeline.take_due(now) == []
        assert len(timeline._queues[181.0]) <= 4 * (len(means) + 1) + LOOKED_THROUGH
    assert looked <= 2 * 30_000  # and it is looked at each about once
    taken = timeline.take_due(Monotonic(1000.0))
    assert taken[0] == 0
    assert means <= set(taken)


class TimelineAgainstAList(RuleBasedStateMachine):
    """The timeline does what a list of deadlines would that is looked through each time."""

    def __init__(self) -> None:
        super().__init__()
        self.alive: set[int] = set()
        self.timeline: Timeline[int] = Timeline(self.alive.__contains__)
        self.model: dict[int, float] = {}  # those that were not handed out
        self.now = 0.0
        self.count = 0

    @rule(seconds=st.sampled_from([0.0, 0.25, 0.5, 1.0, 4.0]))
    def start(self, seconds: float) -> None:
        self.timeline.start(self.count, seconds, Monotonic(self.now))
        self.model[self.count] = self.now + seconds
        self.alive.add(self.count)
        self.count += 1

    @rule(data=st.data())
    def lose_meaning(self, data: st.DataObject) -> None:
        if self.alive:
            self.alive.discard(data.draw(st.sampled_from(sorted(self.alive))))

    @rule(seconds=st.sampled_from([0.0, 0.25, 1.0, 3.0]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        taken = self.timeline.take_due(Monotonic(self.now))
        assert [self.model[one] for one in taken] == sorted(self.model[one] for one in taken)
        for one in taken:
            assert self.model.pop(one) <= self.now
            self.alive.discard(one)
        assert all(self.model[one] > self.now for one in self.alive)

    @invariant()
    def they_agree(self) -> None:
        assert self.timeline.deadline() == min((self.model[one] for one in self.alive), default=None)


TestTimeline = TimelineAgainstAList.TestCase
