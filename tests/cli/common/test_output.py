"""What commands print."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.cli.common.output import print_facts, print_table, working
from telsdk.plain_text import plain


@given(st.text())
def test_plain_is_one_printable_line(text: str) -> None:
    assert plain(text).isprintable()


@given(st.text().filter(str.isprintable))
def test_plain_leaves_what_is_printable(text: str) -> None:
    assert plain(text) == text


def test_facts_as_json_are_what_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    facts = {"number": 5551234, "name": None, "price": "0.5"}
    print_facts(facts, True, {"price": "ether"})
    assert json.loads(capsys.readouterr().out) == facts


def test_facts_for_people_have_units_and_words(capsys: pytest.CaptureFixture[str]) -> None:
    facts = {"chain_id": 1, "name": None, "held": True, "price": "0.5", "none": None, "pins": ["aa", "bb"]}
    print_facts(facts, False, {"price": "ether", "none": "ether"})
    assert capsys.readouterr().out.splitlines() == [
        "chain id  1",
        "name      –",
        "held      yes",
        "price     0.5 ether",
        "none      –",
        "pins      aa, bb",
    ]


def test_a_row_is_one_line_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("who", "pin"), [("[red]bob\x1b[1m", "f" * 64), ("carol", None)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert "[red]bob\\x1b[1m" in lines[2]
    assert "f" * 64 in lines[2]


def test_progress_is_silent_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with working("working") as status:
        status.update("still working")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")
