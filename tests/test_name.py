"""Names: label.eth in the ASCII part of ENSIP-15."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.name import Name, NameFormatError

LABELS = st.from_regex(r"[a-z0-9-]{3,32}", fullmatch=True).filter(lambda label: label[2:4] != "--")


@given(LABELS)
def test_a_label_makes_a_name_and_comes_out_of_it(label: str) -> None:
    assert Name(f"{label}.eth").label == label


@given(LABELS)
def test_case_is_folded_to_the_one_canonical_form(label: str) -> None:
    assert Name(f"{label}.ETH".upper()) == Name(f"{label}.eth") == f"{label}.eth"


@pytest.mark.parametrize(
    "text",
    [
        *("", "bob", ".eth", "bo.eth", f"{'b' * 33}.eth", "bob.eth.", "bob.com", "bob.eth.eth", "a.bob.eth"),
        *("b_b.eth", "bob .eth", " bob.eth", "bob.eth\n", "bób.eth", "bоb.eth", "xn--bob.eth", "bob%2eeth"),
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(NameFormatError, match="is not a name"):
        Name(text)


@pytest.mark.parametrize("text", ["\u017fam.eth", "\u212aelvin.eth", "ＢＯＢ.eth"])
def test_characters_that_lower_case_would_turn_into_ascii_are_refused(text: str) -> None:
    with pytest.raises(NameFormatError):
        Name(text)


def test_a_label_of_three_may_end_in_a_hyphen() -> None:
    assert Name("ab-.eth").label == "ab-"
