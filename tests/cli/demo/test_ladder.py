"""The ladder in plain characters."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.cli.demo.ladder import Arrow, Ladder, LadderEntry

PARTIES = ["alice.eth", "node A", "node B", "bob.eth"]
CALL = Ladder(
    PARTIES,
    [
        Arrow(0.0, "alice.eth", "node A", "INVITE F1"),
        Arrow(0.0042, "node A", "node B", "INVITE F2"),
        Arrow(0.0060, "node B", "node A", "100 F5"),
        Arrow(0.0530, "alice.eth", "bob.eth", "ACK F12"),
        Arrow(0.1126, "alice.eth", "bob.eth", "media", kind="media"),
        Arrow(1.2788, "bob.eth", "alice.eth", "BYE F13", note="direct"),
    ],
)


def test_a_call_is_drawn_as_the_design_draws_it() -> None:
    assert CALL.text().splitlines() == [
        "            alice.eth         node A           node B           bob.eth",
        "     0.0 ms     |-- INVITE F1 -->|                |                |",
        "     4.2 ms     |                |-- INVITE F2 -->|                |",
        "     6.0 ms     |                |<----- 100 F5 --|                |",
        "    53.0 ms     |-- ACK F12 -------------------------------------->|",
        "   112.6 ms     |<==================== media =====================>|",
        "  1278.8 ms     |<-------------------------------------- BYE F13 --|  direct",
    ]


def test_a_report_gives_the_same_ladder() -> None:
    entries: list[LadderEntry] = [
        {"n": 1, "time_ms": 0, "from": "a", "to": "b", "what": "INVITE"},
        {"n": 0, "time_ms": 12.5, "from": "a", "to": "c", "what": "media", "kind": "media"},
    ]
    ladder = Ladder.from_entries(entries)
    assert ladder.parties == ["a", "b", "c"]
    assert ladder.messages == [
        Arrow(0.0, "a", "b", "INVITE F1"),
        Arrow(0.0125, "a", "c", "media", kind="media"),
    ]


def test_parties_can_be_put_in_another_order() -> None:
    entries: list[LadderEntry] = [{"n": 1, "time_ms": 0, "from": "a", "to": "b", "what": "BYE"}]
    assert "|<---- BYE F1 --|" in Ladder.from_entries(entries, ["b", "a"]).text()


def test_what_a_party_does_by_itself_is_drawn_beside_its_line() -> None:
    assert "|* verified" in Ladder(["a", "b"], [Arrow(0, "a", "a", "verified")]).text()


def test_a_stranger_is_not_drawn() -> None:
    with pytest.raises(ValueError, match="'eve' sends or receives 'BYE' but is not in the ladder"):
        Ladder(["a", "b"], [Arrow(0, "a", "eve", "BYE")])


def test_nothing_is_drawn_of_nothing() -> None:
    assert Ladder([]).text() == ""


words = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="<>|*="), min_size=1, max_size=40
)


@given(st.lists(words, min_size=2, max_size=5, unique=True), st.data())
def test_every_label_is_whole_and_every_lifeline_straight(parties: list[str], data: st.DataObject) -> None:
    party = st.sampled_from(parties)
    arrows = data.draw(st.lists(st.builds(Arrow, st.floats(0, 99), party, party, words), min_size=1))
    gap = None
    for arrow, line in zip(arrows, Ladder(parties, arrows).text().splitlines()[1:], strict=True):
        assert f" {arrow.label} " in f"{line} "
        if arrow.source == arrow.target:
            continue
        ends = sorted((parties.index(arrow.source), parties.index(arrow.target)))
        bars = [at for at, character in enumerate(line) if character == "|"]
        assert len(bars) == len(parties) - (ends[1] - ends[0] - 1)
        if ends[1] - ends[0] == 1:
            gap = gap or bars[1] - bars[0]
            assert {right - left for left, right in pairwise(bars)} == {gap}
