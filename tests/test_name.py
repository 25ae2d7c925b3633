"""Names: label.eth in the ASCII part of ENSIP-15."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.name import ENS_SUFFIX, OWN_SUFFIX, Name, NameFormatError, NameKindError

LABELS = st.from_regex(r"[a-z0-9-]{3,32}", fullmatch=True).filter(
    lambda label: label[2:4] != "--" and any(letter.isalpha() for letter in label)
)


@given(LABELS, st.sampled_from([ENS_SUFFIX, OWN_SUFFIX]))
def test_a_label_makes_a_name_and_comes_out_of_it(label: str, suffix: str) -> None:
    assert (Name(label + suffix).label, Name(label + suffix).suffix) == (label, suffix)


@pytest.mark.parametrize("label", ["5551234", "555-1234", "123", "---", "-5-", "9" * 32])
@pytest.mark.parametrize("suffix", [ENS_SUFFIX, OWN_SUFFIX])
def test_what_looks_like_a_number_is_no_name(label: str, suffix: str) -> None:
    with pytest.raises(NameFormatError, match="looks like a number"):
        Name(label + suffix)


def test_a_name_of_the_other_kind_is_refused_with_the_right_one() -> None:
    Name("bob.eth").require_suffix(ENS_SUFFIX)
    Name("bob.tel").require_suffix(OWN_SUFFIX)
    with pytest.raises(
        NameKindError, match="there is no ENS here, so they end in .tel; did you mean bob.tel"
    ):
        Name("bob.eth").require_suffix(OWN_SUFFIX)
    with pytest.raises(NameKindError, match="ENS has to vouch .* they end in .eth; did you mean bob.eth"):
        Name("bob.tel").require_suffix(ENS_SUFFIX)


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
