"""Several reads in one eth_call."""

from __future__ import annotations

from decimal import Decimal

import pytest

from scripts import samples
from telsdk.chain import revert
from telsdk.chain.access import Read
from telsdk.chain.access import batch as batching
from telsdk.chain.client import Client, facts_of
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.errors import AnswerError, NotDeployed, RpcError
from telsdk.chain.interface import Function, functions
from telsdk.errors import NotFound
from telsdk.name import Name
from telsdk.number import Number
from telsdk.records import with_records
from tests.chain.actors import NUMBER, OTHER, PIN, buy, installed, me
from tests.chain.wire import Wire

CALL = "eth_call"
WORDS = Function(
    {"type": "function", "name": "words", "inputs": [], "outputs": [{"name": "", "type": "bytes32[386]"}]}
)
BALANCE = functions("NumberRegistry")["balanceOf"]


@pytest.fixture
def wire(chain: EmbeddedChain) -> Wire:
    return Wire(chain)


@pytest.fixture
def reader(alice: Client, wire: Wire) -> Client:
    """Looks, through `wire`, at a number with all that it can have."""
    alice.alias.claim(Name("alice.tel"), NUMBER)
    alice.records.write("setMany", NUMBER, samples.update().struct())
    alice.market.list(NUMBER, Decimal("1.5"))
    return Client(wire.w3, alice.deployment)


def test_many_reads_are_one_call_and_answer_as_they_do_alone(reader: Client, wire: Wire) -> None:
    with reader.batch() as batch:
        custody = batch.add(reader.registry.custody_read(NUMBER))
        records = batch.add(reader.records.get_read(NUMBER))
        name = batch.add(reader.alias.name_of_read(NUMBER))
        number = batch.add(reader.alias.number_of_read(Name("alice.tel")))
        price = batch.add(reader.market.price_read(NUMBER))
        fingerprint = batch.add(reader.registry.fingerprint_read(NUMBER))
    assert wire.seen[CALL] == 1
    assert custody.get() == reader.registry.custody(NUMBER)
    assert records.get() == reader.records.get(NUMBER)
    assert (name.get(), number.get()) == (Name("alice.tel"), NUMBER)
    assert price.get() == Decimal("1.5")
    assert fingerprint.get() == reader.registry.fingerprint(NUMBER)


def test_a_refusal_does_not_spoil_the_other_answers(reader: Client, wire: Wire) -> None:
    with reader.batch() as batch:
        before = batch.add(reader.registry.custody_read(NUMBER))
        refused = batch.add(reader.registry.fingerprint_read(OTHER))
        nobody = batch.add(reader.registry.custody_read(OTHER))
        after = batch.add(reader.records.get_read(NUMBER))
    assert wire.seen[CALL] == 1
    with pytest.raises(revert.ERC721NonexistentToken, match="nobody holds 5559876") as caught:
        refused.get()
    assert caught.value.token_id == OTHER
    with pytest.raises(NotFound, match="nobody holds 5559876"):
        nobody.get()
    assert before.get().epoch == 1
    assert after.get() == samples.records()


def test_a_place_without_contract_is_named_for_its_own_read(reader: Client, alice: Client) -> None:
    with reader.batch() as batch:
        nowhere = batch.add(Read(me(alice), BALANCE, (me(alice),), int))
        there = batch.add(reader.registry.custody_read(NUMBER))
    with pytest.raises(NotDeployed, match="there is no contract at"):
        nowhere.get()
    assert there.get().owner == me(alice)


def test_a_contract_that_burns_all_its_gas_leaves_enough_for_the_others(
    reader: Client, alice: Client
) -> None:
    burner = installed(alice, "fe")  # INVALID takes all the gas that there is (EIP-141)
    with reader.batch() as batch:
        burnt = batch.add(Read(burner, BALANCE, (me(alice),), int))
        after = batch.add(reader.registry.custody_read(NUMBER))
    assert after.get().owner == me(alice)
    with pytest.raises((revert.Reverted, RpcError)):
        burnt.get()


def test_an_answer_that_its_abi_does_not_allow_is_for_its_own_read(reader: Client, alice: Client) -> None:
    short = installed(alice, "60015ff3")  # gives back one byte
    with reader.batch() as batch:
        wrong = batch.add(Read(short, BALANCE, (me(alice),), int))
        right = batch.add(reader.registry.custody_read(NUMBER))
    with pytest.raises(AnswerError, match="balanceOf answered what its ABI does not allow"):
        wrong.get()
    assert right.get().epoch == 1


def test_all_answers_are_as_of_one_block(reader: Client, alice: Client, bob: Client) -> None:
    height = reader.head().number
    alice.registry.transfer(NUMBER, me(bob))
    with reader.batch(height) as old, reader.batch() as new:
        before, after = (asked.add(reader.registry.custody_read(NUMBER)) for asked in (old, new))
    assert (before.get().owner, after.get().owner) == (me(alice), me(bob))
    assert (old.block, new.block) == (height, height + 1)


def test_more_than_fits_into_one_call_takes_several(reader: Client, wire: Wire, alice: Client) -> None:
    reads = [reader.registry.custody_read(Number(NUMBER + more)) for more in range(100)]
    with reader.batch() as batch:
        answers = [batch.add(read) for read in reads]
    assert wire.seen[CALL] == 3
    assert answers[0].get().owner == me(alice)
    for answer in answers[1:]:
        with pytest.raises(NotFound):
            answer.get()


def test_long_questions_take_several_calls_too(reader: Client, wire: Wire, alice: Client) -> None:
    zero = installed(alice, "60205ff3")  # gives back a word, whatever it is asked
    entry = {"type": "function", "name": "f", "inputs": [{"name": "", "type": "bytes"}]}
    function = Function({**entry, "outputs": [{"name": "", "type": "uint256"}]})
    with reader.batch() as batch:
        answers = [batch.add(Read(zero, function, (bytes(20_000),), int, size=32)) for _ in range(6)]
    assert wire.seen[CALL] == 3
    assert [answer.get() for answer in answers] == [0] * 6


def test_answers_longer_than_awaited_are_asked_for_one_by_one(
    reader: Client, wire: Wire, alice: Client
) -> None:
    long = installed(alice, "6130405ff3")  # gives back 12,352 bytes
    read = Read(long, WORDS, (), len)
    with reader.batch() as batch:
        answers = [batch.add(read) for _ in range(3)]
    assert wire.seen[CALL] == 1 + 3
    assert [answer.get() for answer in answers] == [386, 386, 386]


def test_an_rpc_that_runs_no_creation_code_is_asked_one_by_one(
    reader: Client, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "_creation_code", lambda: b"\xfe")
    found = reader.lookup("alice.tel")
    monkeypatch.undo()
    assert found == reader.lookup("alice.tel")


def test_nothing_asked_is_nothing_sent(reader: Client, wire: Wire) -> None:
    with reader.batch():
        pass
    assert wire.seen[CALL] == 0


def test_what_fails_within_the_block_sends_nothing(reader: Client, wire: Wire) -> None:
    def fail() -> None:
        with reader.batch() as batch:
            batch.add(reader.registry.custody_read(NUMBER))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert wire.seen[CALL] == 0


def test_an_answer_is_not_there_before_the_batch_ends(reader: Client) -> None:
    with reader.batch() as batch:
        answer = batch.add(reader.registry.custody_read(NUMBER))
        with pytest.raises(LookupError, match="custodyOf is not asked before the batch ends"):
            answer.get()


# What is asked in one call


def test_a_lookup_by_number_is_one_call(reader: Client, wire: Wire) -> None:
    found = reader.lookup("5551234")
    assert wire.seen[CALL] == 1
    assert (found.name, found.listing) == (Name("alice.tel"), Decimal("1.5"))
    assert with_records(found, samples.records()) == found


def test_a_lookup_by_name_is_two_calls(reader: Client, wire: Wire) -> None:
    assert reader.lookup("alice.tel").number == NUMBER
    assert wire.seen[CALL] == 2


def test_facts_are_one_call(reader: Client, wire: Wire) -> None:
    facts = facts_of(reader, NUMBER)
    assert with_records(facts, samples.records()) == facts
    assert wire.seen[CALL] == 1


def test_an_offer_is_one_call(reader: Client, wire: Wire) -> None:
    offer = reader.market.offer(NUMBER)
    assert wire.seen[CALL] == 1
    assert offer is not None
    assert offer.price == Decimal("1.5")


def test_an_offer_of_a_number_that_nobody_holds_is_none(reader: Client) -> None:
    assert reader.market.offer(OTHER) is None


def test_the_numbers_of_an_account_are_two_calls(
    reader: Client, wire: Wire, alice: Client, chain: EmbeddedChain
) -> None:
    buy(alice, chain, OTHER, Number(5557777))
    assert reader.numbers_of(me(alice)) == (NUMBER, Number(5557777), OTHER)
    assert wire.seen[CALL] == 2  # how many, then whose


def test_a_hub_with_its_nodes_is_one_call_and_the_list_two(
    reader: Client, wire: Wire, client: Client
) -> None:
    for place in range(1, 4):
        client.hubs.add_hub(f"sip:192.0.2.{place};transport=tls", PIN)
        client.hubs.add_node(place, "sip:192.0.2.9;transport=tls", PIN, 100)
    found = reader.hubs.facts(2)
    assert wire.seen[CALL] == 1
    assert found is not None
    assert [node.uri for node in found.nodes] == ["sip:192.0.2.9;transport=tls"]
    listed = [f"sip:192.0.2.{place};transport=tls" for place in range(1, 4)]
    assert [hub.uri for hub in reader.hubs.all()] == listed
    assert wire.seen[CALL] == 1 + 2  # how many, then all
