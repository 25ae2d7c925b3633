"""NumberRecords as the SDK shows it: written by the owner, or by his permit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from telsdk.chain import revert
from telsdk.chain.client import Client
from telsdk.chain.contracts.records import NumberRecords, Records, Update
from telsdk.chain.permits import Permit
from telsdk.chain.session import Receipt
from tests.chain.actors import NUMBER, me

HASH, DIGEST, KEY = b"\x0a" * 32, b"\x0b" * 32, b"\x0c" * 32
EMPTY = Records(None, 0, None, None, None)
FULL = Records(HASH, 1, 7, DIGEST, KEY)
FILL = Update(credential=(HASH, 1), hub=7, backup=(None, DIGEST), message_key=KEY)

WRITES: list[tuple[Records, Callable[[NumberRecords], Receipt], Callable[[NumberRecords], Permit]]] = [
    (
        Records(HASH, 1, None, None, None),
        lambda records: records.set_credential(NUMBER, HASH, 1),
        lambda records: records.permit_credential(NUMBER, HASH, 1),
    ),
    (
        EMPTY,
        lambda records: records.clear_credential(NUMBER),
        lambda records: records.permit_clear_credential(NUMBER),
    ),
    (
        Records(None, 0, 7, None, None),
        lambda records: records.set_hub(NUMBER, 7),
        lambda records: records.permit_hub(NUMBER, 7),
    ),
    (
        Records(None, 0, None, DIGEST, None),
        lambda records: records.set_backup(NUMBER, None, DIGEST),
        lambda records: records.permit_backup(NUMBER, None, DIGEST),
    ),
    (
        Records(None, 0, None, None, KEY),
        lambda records: records.set_message_key(NUMBER, KEY),
        lambda records: records.permit_message_key(NUMBER, KEY),
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
    write: Callable[[NumberRecords], Receipt],
    permit: Callable[[NumberRecords], Permit],
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
    write: Callable[[NumberRecords], Receipt],
    permit: Callable[[NumberRecords], Permit],
) -> None:
    given = Permit.from_json(permit(alice.records).to_json())
    bob.relay(given)
    assert bob.records.get(NUMBER) == expected
    with pytest.raises(revert.InvalidSignature):
        bob.relay(given)


def test_a_permit_that_another_signed_is_refused(alice: Client, bob: Client) -> None:
    with pytest.raises(revert.InvalidSignature, match="did not sign this"):
        bob.relay(bob.records.permit_hub(NUMBER, 7))
    assert alice.records.get(NUMBER) == EMPTY


def test_records_end_with_their_epoch(alice: Client, bob: Client) -> None:
    alice.records.set_many(NUMBER, FILL)
    alice.registry.transfer(NUMBER, me(bob))
    assert bob.records.get(NUMBER) == EMPTY


def test_records_stay_when_a_number_moves(alice: Client, bob: Client) -> None:
    alice.records.set_many(NUMBER, FILL)
    alice.relay(bob.registry.permit_move(NUMBER))
    assert bob.records.get(NUMBER) == FULL


def test_an_update_leaves_what_it_does_not_name(alice: Client) -> None:
    alice.records.set_many(NUMBER, FILL)
    alice.records.set_many(NUMBER, Update(hub=None))
    assert alice.records.get(NUMBER) == Records(HASH, 1, None, DIGEST, KEY)
    alice.records.set_many(NUMBER, Update(credential=None, backup=(DIGEST, None), message_key=None))
    assert alice.records.get(NUMBER) == EMPTY


def test_an_update_of_nothing_is_refused(alice: Client) -> None:
    with pytest.raises(revert.UnknownFields):
        alice.records.set_many(NUMBER, Update())


def test_the_second_of_two_backups_is_told_of_the_first(alice: Client) -> None:
    alice.records.set_backup(NUMBER, None, DIGEST)
    with pytest.raises(revert.BackupConflict, match="merge and try again") as caught:
        alice.records.set_backup(NUMBER, None, KEY)
    assert caught.value.values["actual"] == DIGEST


def test_a_credential_of_zero_is_refused(alice: Client) -> None:
    with pytest.raises(revert.InvalidCredential):
        alice.records.set_credential(NUMBER, bytes(32), 1)
