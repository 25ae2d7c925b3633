"""What the users' operations cost, against the targets. The base of 21,000 and the calldata are in it."""

from __future__ import annotations

from tests.contracts.suite import ALL_RECORDS, DIGEST, HASH, KEY, NONE, NUMBER, SECRET, Suite


def test_a_registration_costs_less_than_130_000(suite: Suite) -> None:
    assert suite.register(suite.alice.address).gas < 130_000


def test_a_commitment_costs_less_than_46_000(suite: Suite) -> None:
    assert suite.registrar.send("commit", SECRET, sender=suite.alice.address).gas < 46_000


def test_a_transfer_with_all_records_set_costs_less_than_62_000(owned: Suite) -> None:
    alice, bob = owned.alice.address, owned.bob.address
    owned.records.send("setMany", NUMBER, ALL_RECORDS, sender=alice)
    owned.names.send("claim", "alice", NUMBER, sender=alice)
    assert owned.registry.send("transferFrom", alice, bob, NUMBER, sender=alice).gas < 62_000


def test_a_name_costs_less_than_90_000(owned: Suite) -> None:
    assert owned.names.send("claim", "a" * 32, NUMBER, sender=owned.alice.address).gas < 90_000


def test_a_light_credential_costs_less_than_60_000(owned: Suite) -> None:
    assert owned.records.send("setCredential", NUMBER, HASH, 1, sender=owned.alice.address).gas < 60_000


def test_a_backup_costs_less_than_55_000_and_the_next_less_than_40_000(owned: Suite) -> None:
    alice = owned.alice.address
    assert owned.records.send("setBackup", NUMBER, NONE, DIGEST, sender=alice).gas < 55_000
    assert owned.records.send("setBackup", NUMBER, DIGEST, KEY, sender=alice).gas < 40_000
