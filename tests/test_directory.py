"""Finding the facts behind what a person typed."""

from __future__ import annotations

import pytest

from telsdk.directory import NumberFacts, locate
from telsdk.errors import NotFound
from telsdk.name import Name, NameFormatError
from telsdk.number import Number, NumberError
from tests.facts import FixedDirectory

BOB = NumberFacts(
    Number(5551234), "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", epoch=1, session=0, name=Name("bob.eth")
)


@pytest.fixture
def directory() -> FixedDirectory:
    return FixedDirectory(numbers={BOB.number: BOB})


@pytest.mark.parametrize("address", ["5551234", "bob.eth", "BOB.eth"])
def test_a_number_and_its_name_lead_to_the_same_facts(directory: FixedDirectory, address: str) -> None:
    assert locate(directory, address) is BOB


def test_a_number_that_nobody_holds_says_how_to_buy_it(directory: FixedDirectory) -> None:
    with pytest.raises(NotFound, match="nobody holds 5559999: buy it with `telsdk number buy-new 5559999`"):
        locate(directory, "5559999")


def test_a_name_that_nobody_claimed_says_so(directory: FixedDirectory) -> None:
    with pytest.raises(NotFound, match=r"carol\.eth stands for no number"):
        locate(directory, "carol.eth")


def test_what_is_neither_is_refused(directory: FixedDirectory) -> None:
    with pytest.raises(NumberError):
        locate(directory, "0123")
    with pytest.raises(NameFormatError):
        locate(directory, "bob@example.com")
