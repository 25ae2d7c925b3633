"""Nobody holds so much open that others get nothing, and what users have strangers cannot take."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from telsdk.clock import Monotonic
from telsdk.net.buckets import UNLIMITED, Rate
from telsdk.node.shares import Held, Kind, Shares, ShareSettings, TooMany

NOW = Monotonic(0.0)
SETTINGS = ShareSettings(
    from_elsewhere=12,
    of_user=5,
    of_peer=9,
    of_source=4,
    of_strangers=6,
    to_callee=8,
    calls_to_callee=UNLIMITED,
)


def taken(shares: Shares, caller: object, callees: range | list[int], kind: Kind) -> int:
    count = 0
    for callee in callees:
        try:
            shares.take(caller, callee, kind, NOW)
        except TooMany:
            continue
        count += 1
    return count


@pytest.mark.parametrize(("kind", "most"), [(Kind.USER, 5), (Kind.PEER, 9), (Kind.STRANGER, 4)])
def test_each_caller_has_so_many(kind: Kind, most: int) -> None:
    shares = Shares(SETTINGS)
    assert taken(shares, "a", range(20), kind) == most
    assert taken(shares, "b", range(20), Kind.USER) == 5


def test_strangers_leave_to_listed_servers_and_all_of_them_to_users() -> None:
    shares = Shares(SETTINGS)
    assert sum(taken(shares, f"stranger {one}", range(20), Kind.STRANGER) for one in range(9)) == 6
    assert sum(taken(shares, f"peer {one}", range(20, 40), Kind.PEER) for one in range(9)) == 6
    assert taken(shares, "user", range(40, 60), Kind.USER) == 5


def test_a_callee_is_asked_for_by_so_many_and_by_one_caller_for_a_quarter_of_them() -> None:
    shares = Shares(SETTINGS)
    assert taken(shares, "a", [1] * 9, Kind.USER) == 2
    assert sum(taken(shares, f"stranger {one}", [1], Kind.STRANGER) for one in range(9)) == 4
    assert sum(taken(shares, f"user {one}", [1], Kind.USER) for one in range(9)) == 2
    with pytest.raises(TooMany, match="1 is asked for") as many:
        shares.take("z", 1, Kind.USER, NOW)
    assert (
        many.value.status == 486
    )  # of the callee, not of the node: a 503 would turn the caller away from all


def test_strangers_begin_only_so_many_with_one_callee_a_second() -> None:
    shares = Shares(ShareSettings(calls_to_callee=Rate(1, 2)))
    for _ in range(2):
        shares.give_back(shares.take("a", 1, Kind.STRANGER, NOW))
    with pytest.raises(TooMany, match="too often"):
        shares.take("b", 1, Kind.STRANGER, NOW)
    shares.take("b", 2, Kind.STRANGER, NOW)
    shares.take("c", 1, Kind.USER, NOW)
    shares.take("b", 1, Kind.STRANGER, Monotonic(1.0))


class Model(RuleBasedStateMachine):
    """The counts are those of what is held, whatever is taken and given back."""

    def __init__(self) -> None:
        super().__init__()
        self.shares = Shares(SETTINGS)
        self.held: list[Held] = []

    @rule(caller=st.integers(0, 3), callee=st.integers(0, 3), kind=st.sampled_from(Kind))
    def take(self, caller: int, callee: int, kind: Kind) -> None:
        try:
            self.held.append(self.shares.take((kind, caller), callee, kind, NOW))
        except TooMany:
            return

    @rule(at=st.integers(0, 50))
    def give_back(self, at: int) -> None:
        if self.held:
            self.shares.give_back(self.held.pop(at % len(self.held)))

    @invariant()
    def nobody_has_more_than_their_share(self) -> None:
        assert len(self.shares) == len({one.caller for one in self.held})
        strangers = [one for one in self.held if one.kind is Kind.STRANGER]
        assert len(strangers) <= SETTINGS.of_strangers
        assert sum(one.kind is not Kind.USER for one in self.held) <= SETTINGS.from_elsewhere
        for callee in range(4):
            assert sum(one.callee == callee for one in self.held) <= SETTINGS.to_callee
            assert sum(one.callee == callee for one in strangers) <= SETTINGS.to_callee // 2

    def teardown(self) -> None:
        while self.held:
            self.shares.give_back(self.held.pop())
        assert not len(self.shares)
        shares = self.shares
        assert (shares._by_caller, shares._by_callee, shares._by_strangers, shares._by_pair) == (
            {},
            {},
            {},
            {},
        )


Model.TestCase.settings = settings(max_examples=30, stateful_step_count=40)
TestModel = Model.TestCase
