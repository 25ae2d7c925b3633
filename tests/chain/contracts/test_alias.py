"""NameAlias as the SDK shows it."""

from __future__ import annotations

import pytest

from telsdk.chain import revert
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.name import Name
from tests.chain.actors import NUMBER, OTHER, buy, me

NAME = Name("alice.tel")


def test_a_claimed_name_leads_to_the_number_and_back(alice: Client) -> None:
    assert alice.alias.number_of(NAME) is None
    assert alice.alias.name_of(NUMBER) is None
    alice.alias.claim(NAME, NUMBER)
    assert alice.alias.number_of(NAME) == NUMBER
    assert alice.alias.name_of(NUMBER) == NAME


def test_a_name_stands_for_one_number(alice: Client, bob: Client, chain: EmbeddedChain) -> None:
    alice.alias.claim(NAME, NUMBER)
    buy(bob, chain, OTHER)
    with pytest.raises(revert.NameTaken, match=r"alice stands for 5551234 already"):
        bob.alias.claim(NAME, OTHER)


def test_a_name_goes_with_its_epoch(alice: Client, bob: Client) -> None:
    alice.alias.claim(NAME, NUMBER)
    alice.registry.transfer(NUMBER, me(bob))
    assert bob.alias.number_of(NAME) is None
    assert bob.alias.name_of(NUMBER) is None


def test_a_released_name_is_free(alice: Client) -> None:
    alice.alias.claim(NAME, NUMBER)
    alice.alias.release(NUMBER)
    assert alice.alias.number_of(NAME) is None
    with pytest.raises(revert.NoName):
        alice.alias.release(NUMBER)


def test_only_the_owner_names_a_number(alice: Client, bob: Client) -> None:
    assert alice.alias.name_of(NUMBER) is None
    with pytest.raises(revert.NotOwner):
        bob.alias.claim(NAME, NUMBER)
