"""What benchmarks/two_nodes.py times is a call over two nodes and a hub."""

from __future__ import annotations

import pytest

from benchmarks.two_nodes import PAIRS, numbers_at, run


def test_half_of_the_users_are_at_each_node() -> None:
    here, there = numbers_at(0), numbers_at(1)
    assert (len(here), len(there), len({*here, *there})) == (PAIRS, PAIRS, 2 * PAIRS)


@pytest.mark.slow
def test_every_call_is_answered_and_all_three_servers_work_for_it() -> None:
    figures, profiles = run(2 * PAIRS, profile=True)
    assert 0 < figures["INVITE to 180, median"] <= figures["INVITE to 200, median"]
    assert all(milliseconds > 0 for milliseconds in figures.values())
    calls = [
        {name: times for file, name, times, _ in profile if file.endswith("telsdk/net/connections.py")}
        for profile in profiles
    ]
    hub, caller, callee = (one["send"] for one in calls)
    # Hub: 302. Caller's node: question, ACK, INVITE on, and 100, 180, 200 back. Callee's node: INVITE, 100, 180, 200.
    assert (hub, caller, callee) >= (2 * PAIRS, 6 * 2 * PAIRS, 4 * 2 * PAIRS)
