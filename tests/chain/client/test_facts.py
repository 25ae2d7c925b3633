"""A number's facts without an index: the same as an index gives."""

from __future__ import annotations

from decimal import Decimal

import pytest

from scripts import samples
from telsdk.chain.client import Client, facts_of
from telsdk.chain.index import ChainIndex
from telsdk.errors import NotFound
from telsdk.name import Name
from telsdk.records import with_records
from tests.chain.actors import NUMBER, OTHER, PIN

HASH, PARAMETERS = b"\x0a" * 32, bytes(range(137))


def test_the_chain_says_what_the_index_says(alice: Client) -> None:
    alice.hubs.add_hub("sip:192.0.2.7:5061;transport=tls", PIN)
    alice.alias.claim(Name("alice.tel"), NUMBER)
    alice.records.write("setMany", NUMBER, samples.update().struct())
    alice.registry.revoke_sessions(NUMBER)
    alice.market.list(NUMBER, Decimal("0.5"))
    with ChainIndex(alice) as index:
        index.load()
        facts = facts_of(alice, NUMBER)
        assert facts == index.number(NUMBER)
        assert with_records(facts, samples.records()) == facts


def test_the_chain_says_the_parameters_of_a_kdf_as_the_index_does(alice: Client) -> None:
    alice.records.set_credential(NUMBER, HASH, 2, PARAMETERS)
    alice.records.set_answers_verified(NUMBER, True)
    then = alice.session.height()
    alice.records.set_credential(NUMBER, HASH, 2, PARAMETERS + b"!")
    facts = facts_of(alice, NUMBER)
    with ChainIndex(alice) as index:
        index.load()
        assert facts == index.number(NUMBER)
    told = facts.credential, facts.kdf, facts.kdf_parameters, facts.answers_verified
    assert told == (HASH, 2, PARAMETERS + b"!", True)
    assert facts_of(alice, NUMBER, then).kdf_parameters == PARAMETERS


def test_an_earlier_block_says_what_was_then(alice: Client) -> None:
    then = alice.session.height()
    before = facts_of(alice, NUMBER)
    alice.registry.revoke_sessions(NUMBER)
    assert facts_of(alice, NUMBER, then) == before
    assert facts_of(alice, NUMBER).session == 1


def test_nobody_s_number_has_no_facts(alice: Client) -> None:
    with pytest.raises(NotFound, match=f"nobody holds {OTHER}"):
        facts_of(alice, OTHER)
