from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.node.logins import Login, LoginKind, Logins
from telsdk.number import Number
from telsdk.sip.hop import Hop

ALICE, BOB = Number(5550001), Number(5550002)
FLOW = Hop("TLS", "192.0.2.1", 40000, flow=1)
PHONE = Hop("UDP", "192.0.2.2", 5060)


def login(number: Number) -> Login:
    return Login(number, LoginKind.PHONE, 1, 0, None, 1_900_000_000)


@pytest.mark.parametrize("hop", [FLOW, PHONE])
def test_a_hop_stands_for_who_logged_in_last(hop: Hop) -> None:
    logins = Logins()
    for number in (ALICE, BOB):
        logins.add(hop, login(number))
    assert logins.find(hop) == login(BOB)
    assert len(logins) == 1


def test_who_logged_in_before_over_the_same_hop_is_still_held_against_the_chain() -> None:
    logins = Logins()
    for number in (ALICE, BOB):
        logins.add(FLOW, login(number))
    assert logins.of(ALICE) == [login(ALICE)]
    logins.drop(ALICE)
    assert (logins.of(ALICE), logins.find(FLOW)) == ([], login(BOB))


hops = st.sampled_from([FLOW, FLOW.on_flow(2), PHONE])
numbers = st.sampled_from([ALICE, BOB])
deeds = st.lists(st.tuples(st.sampled_from(["add", "drop", "drop_hop"]), hops, numbers), max_size=12)


@given(deeds)
def test_any_order_of_logins_and_ends_leaves_what_a_set_of_pairs_would(
    done: list[tuple[str, Hop, Number]],
) -> None:
    logins = Logins()
    model: set[tuple[Hop, Number]] = set()
    last: dict[Hop, Number] = {}
    for deed, hop, number in done:
        if deed == "add":
            logins.add(hop, login(number))
            model.add((hop, number))
            last[hop] = number
        elif deed == "drop":
            logins.drop(number)
            model = {pair for pair in model if pair[1] != number}
        else:
            logins.drop_hop(hop)
            model = {pair for pair in model if pair[0] != hop}
        last = {at: who for at, who in last.items() if (at, who) in model}
    for number in (ALICE, BOB):
        assert len(logins.of(number)) == len([pair for pair in model if pair[1] == number])
    for hop in (FLOW, FLOW.on_flow(2), PHONE):
        found = logins.find(hop)
        assert (found.number if found else None) == last.get(hop)
    if not model:
        assert (logins._by_hop, logins._by_number, logins._numbers) == ({}, {}, {})
