"""What benchmarks/identity.py times is what it says; how long it takes is nothing a test can hold on any machine."""

from __future__ import annotations

from itertools import islice

from benchmarks.identity import CALLER, World, measure, rows


def test_the_token_that_is_timed_is_a_good_one() -> None:
    world = World()
    assert world.judge(world.call(world.login())).authority.number == CALLER


def test_no_row_does_the_same_work_twice_where_it_says_the_first_time() -> None:
    world = World()
    first = rows(world)["caller token, the first time"]
    before = len(world.verifier._claims)
    for work in islice(first, 3):
        work()
    assert len(world.verifier._claims) == before + 3


def test_every_row_gets_a_figure() -> None:
    assert all(microseconds > 0 for microseconds in measure(rounds=1, calls=2).values())
