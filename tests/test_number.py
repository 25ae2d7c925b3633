"""Numbers: 5 to 15 digits, the first not 0."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.errors import TelError
from telsdk.number import Number, NumberError


@given(st.integers(10_000, 10**15 - 1))
def test_a_number_is_read_back_from_its_digits(value: int) -> None:
    number = Number(value)
    assert Number.parse(str(number)) == number == value
    assert hash(number) == hash(value)


def test_a_number_has_no_room_for_anything_else() -> None:
    with pytest.raises(AttributeError):
        Number(5551234).name = "alice"  # type: ignore[attr-defined]


@given(st.integers().filter(lambda value: not 10_000 <= value < 10**15))
def test_other_integers_are_refused(value: int) -> None:
    with pytest.raises(NumberError, match="is not a number"):
        Number(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1234",
        "1" * 16,
        "05551234",
        "+5551234",
        "555-1234",
        "555 1234",
        "5551234\n",
        "٥٥٥١٢٣٤",
        "1e6",
        "bob",
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(NumberError):
        Number.parse(text)


def test_the_error_can_be_caught_as_ours_and_as_a_value_error() -> None:
    assert issubclass(NumberError, TelError)
    assert issubclass(NumberError, ValueError)


def test_it_looks_like_a_number_in_text_json_and_for_a_programmer() -> None:
    number = Number(5551234)
    assert f"{number}" == str(number) == json.dumps(number) == "5551234"
    assert repr(number) == "Number(5551234)"
