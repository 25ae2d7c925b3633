"""The facts of a number, asked of the chain itself."""

from __future__ import annotations

from decimal import Decimal

import pytest

from telsdk.chain.client import Client
from telsdk.chain.contracts.records import Update
from telsdk.chain.facts import facts_of
from telsdk.directory import NumberFacts
from telsdk.errors import NotFound
from telsdk.name import Name
from tests.chain.actors import NUMBER, OTHER, me

HASH, DIGEST, KEY = b"\x0a" * 32, b"\x0b" * 32, b"\x0c" * 32


def test_everything_that_the_chain_says_of_a_number_is_there(alice: Client) -> None:
    alice.alias.claim(Name("alice.eth"), NUMBER)
    alice.records.set_many(NUMBER, Update((HASH, 1), 7, (None, DIGEST), KEY))
    alice.market.list(NUMBER, Decimal(2))
    alice.registry.revoke_sessions(NUMBER)
    assert facts_of(alice, NUMBER) == NumberFacts(
        *(NUMBER, me(alice), 1, 1, Name("alice.eth"), HASH, 1, 7, DIGEST, KEY, 2 * 10**18)
    )


def test_they_can_be_asked_for_as_of_an_earlier_block(alice: Client) -> None:
    before = alice.head().number
    alice.registry.revoke_sessions(NUMBER)
    assert facts_of(alice, NUMBER, before).session == 0


def test_a_number_that_nobody_holds_is_not_found(client: Client) -> None:
    with pytest.raises(NotFound):
        facts_of(client, OTHER)
