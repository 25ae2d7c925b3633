"""NumberRecords as the SDK shows it: written by the owner, or by his permit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from web3.types import FilterParams

from scripts import samples
from telsdk.chain import revert
from telsdk.chain.access import Permit, Receipt
from telsdk.chain.client import Client
from telsdk.chain.contracts import NumberRecords
from telsdk.chain.errors import AnswerError, InputError
from telsdk.chain.interface import ChainEvent
from telsdk.records import RECORDS, Credential, Record, Records, Update
from tests.chain.actors import NUMBER, list_hubs, me

DIGEST, KEY = b"\x0b" * 32, b"\x0c" * 32
EMPTY, FULL = Records(), samples.records()
FILL = samples.update()

Write = Callable[[NumberRecords], Receipt]
Sign = Callable[[NumberRecords], Permit]


@pytest.fixture(autouse=True)
def hubs_to_choose(client: Client) -> None:
    """As many as the samples name."""
    list_hubs(client, FULL.hub or 0)


def _writes(record: Record) -> tuple[Records, Write, Sign]:
    """The pair of methods that write one record, and what is there afterwards."""
    value = getattr(samples.update(only=record.name), record.name)
    args = (NUMBER, *(value if isinstance(value, tuple) else (value,)))
    return (
        samples.records(only=record.name),
        lambda records: getattr(records, f"set_{record.name}")(*args),
        lambda records: getattr(records, f"permit_{record.name}")(*args),
    )


WRITES = [
    *map(_writes, RECORDS),
    (
        EMPTY,
        lambda records: records.clear_credential(NUMBER),
        lambda records: records.permit_clear_credential(NUMBER),
    ),
    (
        FULL,
        lambda records: records.set_many(NUMBER, FILL),
        lambda records: records.permit_many(NUMBER, FILL),
    ),
]


@pytest.mark.parametrize(("expected", "write", "permit"), WRITES)
def test_the_owner_writes_himself(
    alice: Client,
    bob: Client,
    expected: Records,
    write: Write,
    permit: Sign,
) -> None:
    with pytest.raises(revert.NotOwner):
        write(bob.records)
    assert alice.records.get(NUMBER) == EMPTY
    write(alice.records)
    assert alice.records.get(NUMBER) == expected


@pytest.mark.parametrize(("expected", "write", "permit"), WRITES)
def test_another_writes_by_the_owners_permit_and_once(
    alice: Client,
    bob: Client,
    expected: Records,
    write: Write,
    permit: Sign,
) -> None:
    given = Permit.from_json(permit(alice.records).to_json())
    bob.relay(given)
    assert bob.records.get(NUMBER) == expected
    with pytest.raises(revert.InvalidSignature):
        bob.relay(given)


def test_a_permit_that_another_signed_is_refused(alice: Client, bob: Client) -> None:
    with pytest.raises(revert.InvalidSignature, match="did not sign this"):
        bob.relay(bob.records.permit_message_key(NUMBER, b"\x07" * 32))
    assert alice.records.get(NUMBER) == EMPTY


def test_records_end_with_their_epoch(alice: Client, bob: Client) -> None:
    alice.records.set_many(NUMBER, FILL)
    alice.registry.transfer(NUMBER, me(bob))
    assert bob.records.get(NUMBER) == EMPTY


def test_records_stay_when_a_number_moves(alice: Client, bob: Client) -> None:
    alice.records.set_many(NUMBER, FILL)
    alice.relay(bob.registry.permit_move(NUMBER))
    assert bob.records.get(NUMBER) == FULL


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_an_update_leaves_what_it_does_not_name(alice: Client, record: Record) -> None:
    alice.records.set_many(NUMBER, FILL)
    alice.records.set_many(NUMBER, samples.update(None, seen=0, only=record.name))
    cleared: dict[str, Any] = {word.name: word.value(word.zero) for word in record.words}
    assert alice.records.get(NUMBER) == replace(FULL, **cleared)


def test_an_update_clears_all_that_it_names(alice: Client) -> None:
    alice.records.set_many(NUMBER, FILL)
    alice.records.set_many(NUMBER, samples.update(None, seen=0))
    assert alice.records.get(NUMBER) == EMPTY


def test_an_update_of_nothing_is_refused(alice: Client) -> None:
    with pytest.raises(revert.UnknownFields):
        alice.records.set_many(NUMBER, Update())


def test_the_second_of_two_backups_is_told_of_the_first(alice: Client) -> None:
    alice.records.set_backup(NUMBER, None, DIGEST)
    with pytest.raises(revert.BackupConflict, match="merge and try again") as caught:
        alice.records.set_backup(NUMBER, None, KEY)
    assert caught.value.values["actual"] == DIGEST


def test_a_credential_is_read_with_the_parameters_of_its_kdf(alice: Client, bob: Client) -> None:
    alice.records.set_credential(NUMBER, KEY, 2, b"first")
    bob.relay(alice.records.permit_credential(NUMBER, KEY, 2, b"second"))
    update = Update(credential=Credential(KEY, 2, b"third"), answers_verified=True)
    assert bob.records.get(NUMBER) == Records(credential=KEY, kdf=2, kdf_parameters=b"second")
    alice.records.set_many(NUMBER, update)
    expected = Records(credential=KEY, kdf=2, kdf_parameters=b"third", answers_verified=True)
    assert bob.records.get(NUMBER) == expected


def test_parameters_are_found_where_the_chain_counts_its_blocks_otherwise(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.records.set_credential(NUMBER, KEY, 2, b"first")
    alice.records.set_credential(NUMBER, KEY, 2, b"second")
    ask = alice.logs.in_block
    monkeypatch.setattr(
        alice.logs, "in_block", lambda address, topics, block: ask(address, topics, block - 1)
    )
    assert alice.records.get(NUMBER).kdf_parameters == b"second"


def test_an_rpc_that_tells_other_parameters_is_not_believed(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.records.set_credential(NUMBER, KEY, 2, b"of the owner")
    ask = alice.logs.ask

    def lie(query: FilterParams) -> list[ChainEvent]:
        return [replace(event, args={**event.args, "parameters": b"of the attacker"}) for event in ask(query)]

    monkeypatch.setattr(alice.logs, "ask", lie)
    with pytest.raises(AnswerError, match="with which parameters the password of 5551234 was set"):
        alice.records.get(NUMBER)


def test_parameters_are_bytes(alice: Client) -> None:
    with pytest.raises(InputError, match="parameters 'hubs' is not bytes"):
        alice.records.set_credential(NUMBER, KEY, 2, "hubs")  # type: ignore[arg-type]


def test_too_many_parameters_are_refused(alice: Client) -> None:
    with pytest.raises(revert.KdfParametersTooLong, match="1025 octets of KDF parameters are too many: 1024"):
        alice.records.set_credential(NUMBER, KEY, 2, bytes(1025))


def test_a_credential_of_zero_is_refused(alice: Client) -> None:
    with pytest.raises(revert.InvalidCredential):
        alice.records.set_credential(NUMBER, bytes(32), 1)
