from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.credential.grant import Grant
from telsdk.directory import NumberFacts
from telsdk.node.logins import BoundLogin, LoginKind, Logins
from telsdk.number import Number
from telsdk.sip.hop import Hop

ALICE, BOB = Number(5550001), Number(5550002)
FLOW = Hop("TLS", "192.0.2.1", 40000, flow=1)
PHONE = Hop("UDP", "192.0.2.2", 5060)
EXPIRY = 1_900_000_000  # seconds since 1970


def login(number: Number) -> BoundLogin:
    return BoundLogin(LoginKind.PHONE, Grant(number, 1, 0, "0x" + "11" * 20), EXPIRY)


@pytest.mark.parametrize("hop", [FLOW, PHONE])
def test_a_hop_stands_for_all_who_logged_in_over_it(hop: Hop) -> None:
    logins = Logins()
    for number in (ALICE, BOB):
        logins.add(hop, login(number))
    assert logins.over(hop) == {ALICE: login(ALICE), BOB: login(BOB)}
    assert logins.over(FLOW.on_flow(9)) == {}
    assert len(logins) == 2


def test_who_shares_a_hop_with_somebody_whose_login_ends_stays() -> None:
    logins = Logins()
    for number in (ALICE, BOB):
        logins.add(FLOW, login(number))
    logins.drop(ALICE)
    assert logins.over(FLOW) == {BOB: login(BOB)}


def test_only_the_logins_that_the_chain_no_longer_grants_are_forgotten() -> None:
    logins = Logins()
    facts = NumberFacts(ALICE, "0x" + "11" * 20, 1, 0, credential=b"n" * 32)
    by_password = BoundLogin(LoginKind.SESSION, Grant(ALICE, 1, 0, "0x" + "22" * 20, b"o" * 32), EXPIRY)
    logins.add(FLOW, login(ALICE))
    assert logins.judge(ALICE, facts) is None
    logins.add(PHONE, by_password)
    assert logins.judge(ALICE, facts) == [FLOW]
    assert (logins.over(PHONE), logins.over(FLOW)) == ({}, {ALICE: login(ALICE)})


hops = st.sampled_from([FLOW, FLOW.on_flow(2), PHONE])
numbers = st.sampled_from([ALICE, BOB])
deeds = st.lists(
    st.tuples(st.sampled_from(["add", "drop", "drop_hop", "keep", "keep_one"]), hops, numbers), max_size=12
)


@given(deeds)
def test_any_order_of_logins_and_ends_leaves_what_a_set_of_pairs_would(
    done: list[tuple[str, Hop, Number]],
) -> None:
    logins = Logins()
    model: set[tuple[Hop, Number]] = set()
    for deed, hop, number in done:
        if deed == "add":
            logins.add(hop, login(number))
            model.add((hop, number))
        elif deed == "drop":
            logins.drop(number)
            model = {pair for pair in model if pair[1] != number}
        elif deed.startswith("keep"):
            if deed == "keep":
                logins.keep(number, [hop])
            else:
                logins.keep_one(number, hop)
            model = {pair for pair in model if pair[1] != number or pair[0] == hop}
        else:
            logins.drop_hop(hop)
            model = {pair for pair in model if pair[0] != hop}
    for hop in (FLOW, FLOW.on_flow(2), PHONE):
        assert set(logins.over(hop)) == {number for at, number in model if at == hop}
    assert len(logins) == len(model)
    if not model:
        assert (logins._by_hop, logins._by_number) == ({}, {})
