"""NumberRecords: written by the owner, or with the owner's signature, in the present epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from pyrevm import AccountInfo

from tests.contracts.evm import Reverted
from tests.contracts.suite import (
    ALL_RECORDS,
    DIGEST,
    HASH,
    KEY,
    NO_RECORDS,
    NONE,
    NUMBER,
    ZERO,
    Suite,
)

UPDATE = dict(
    zip(
        ("fields", "credential", "kdf", "hub", "expectedBackup", "backup", "messageKey"),
        ALL_RECORDS,
        strict=True,
    )
)


@dataclass(frozen=True)
class Setter:
    """A setter, its typed data, and what recordsOf says after it."""

    name: str
    args: tuple[Any, ...]
    primary: str
    values: dict[str, Any]
    records: tuple[Any, ...]


SETTERS = [
    Setter("setCredential", (HASH, 1), "SetCredential", {"hash": HASH, "kdf": 1}, (HASH, 1, 0, NONE, NONE)),
    Setter("setCredential", (HASH, 9), "SetCredential", {"hash": HASH, "kdf": 9}, (HASH, 9, 0, NONE, NONE)),
    Setter("clearCredential", (), "ClearCredential", {}, NO_RECORDS),
    Setter("setHub", (7,), "SetHub", {"hubId": 7}, (NONE, 0, 7, NONE, NONE)),
    Setter(
        "setBackup",
        (NONE, DIGEST),
        "SetBackup",
        {"expected": NONE, "next": DIGEST},
        (NONE, 0, 0, DIGEST, NONE),
    ),
    Setter("setMessageKey", (KEY,), "SetMessageKey", {"key": KEY}, (NONE, 0, 0, NONE, KEY)),
    Setter("setMany", (ALL_RECORDS,), "SetMany", {"update": UPDATE}, (HASH, 1, 7, DIGEST, KEY)),
]
every_setter = pytest.mark.parametrize("setter", SETTERS, ids=lambda s: f"{s.name}{s.values.get('kdf', '')}")


def _signed(s: Suite, signer: LocalAccount, primary: str, values: dict[str, Any], **other: Any) -> bytes:
    owner = s.registry.read("custodyOf", NUMBER)[0]
    common = {
        "number": NUMBER,
        "epoch": s.registry.read("epochOf", NUMBER),
        "nonce": s.records.read("nonces", owner),
        "deadline": s.chain.now,
    }
    return s.sign(signer, primary, {**values, **common, **other})


@every_setter
def test_the_owner_writes(owned: Suite, setter: Setter) -> None:
    result = owned.records.send(setter.name, NUMBER, *setter.args, sender=owned.alice.address)
    assert owned.records.read("recordsOf", NUMBER) == setter.records
    assert all(e.args["number"] == NUMBER and e.args["epoch"] == 1 for e in result.events)


@every_setter
def test_nobody_else_writes(owned: Suite, setter: Setter) -> None:
    mallory = owned.mallory.address
    owned.registry.send("setApprovalForAll", mallory, True, sender=owned.alice.address)
    with pytest.raises(Reverted) as refused:
        owned.records.send(setter.name, NUMBER, *setter.args, sender=mallory)
    assert (refused.value.name, refused.value.values) == ("NotOwner", (NUMBER, mallory, owned.alice.address))


@every_setter
def test_anyone_writes_what_the_owner_signed_once(owned: Suite, setter: Setter) -> None:
    signature = _signed(owned, owned.alice, setter.primary, setter.values)
    call = (f"{setter.name}For", NUMBER, *setter.args, owned.chain.now, signature)
    owned.records.send(*call, sender=owned.bob.address)
    assert owned.records.read("recordsOf", NUMBER) == setter.records
    assert owned.records.read("nonces", owned.alice.address) == 1
    with pytest.raises(Reverted, match="InvalidSignature"):
        owned.records.send(*call, sender=owned.bob.address)


@every_setter
def test_what_another_signed_is_refused(owned: Suite, setter: Setter) -> None:
    signature = _signed(owned, owned.mallory, setter.primary, setter.values)
    with pytest.raises(Reverted) as refused:
        owned.records.send(
            f"{setter.name}For",
            NUMBER,
            *setter.args,
            owned.chain.now,
            signature,
            sender=owned.mallory.address,
        )
    assert refused.value.name == "InvalidSignature"
    assert refused.value.values[0] == owned.alice.address
    assert owned.records.read("recordsOf", NUMBER) == NO_RECORDS


@every_setter
def test_a_signature_ends_with_its_deadline(owned: Suite, setter: Setter) -> None:
    signature = _signed(owned, owned.alice, setter.primary, setter.values)
    deadline = owned.chain.now
    owned.chain.advance(1)
    with pytest.raises(Reverted) as refused:
        owned.records.send(
            f"{setter.name}For", NUMBER, *setter.args, deadline, signature, sender=owned.bob.address
        )
    assert (refused.value.name, refused.value.values) == ("SignatureExpired", (deadline, deadline + 1))


def test_a_contract_account_signs_by_its_key(owned: Suite) -> None:
    wallet = owned.helper("Wallet", owned.bob.address).address
    owned.registry.send("transferFrom", owned.alice.address, wallet, NUMBER, sender=owned.alice.address)
    signature = _signed(owned, owned.bob, "SetHub", {"hubId": 3})
    owned.records.send("setHubFor", NUMBER, 3, owned.chain.now, signature, sender=owned.mallory.address)
    assert owned.records.read("recordsOf", NUMBER)[2] == 3
    forged = _signed(owned, owned.alice, "SetHub", {"hubId": 4})
    with pytest.raises(Reverted, match="InvalidSignature"):
        owned.records.send("setHubFor", NUMBER, 4, owned.chain.now, forged, sender=owned.mallory.address)


def test_a_number_that_nobody_holds_takes_no_records(suite: Suite) -> None:
    with pytest.raises(Reverted) as refused:
        suite.records.send("setHub", NUMBER, 1, sender=suite.alice.address)
    assert refused.value.values == (NUMBER, suite.alice.address, ZERO)
    with pytest.raises(Reverted, match="InvalidSignature"):
        suite.records.send("setHubFor", NUMBER, 1, suite.chain.now, bytes(65), sender=suite.alice.address)


def test_the_backup_pointer_changes_only_from_what_its_writer_saw(owned: Suite) -> None:
    alice = owned.alice.address
    owned.records.send("setBackup", NUMBER, NONE, DIGEST, sender=alice)
    with pytest.raises(Reverted) as refused:
        owned.records.send("setBackup", NUMBER, NONE, KEY, sender=alice)
    assert (refused.value.name, refused.value.values) == ("BackupConflict", (NUMBER, NONE, DIGEST))
    owned.records.send("setBackup", NUMBER, DIGEST, KEY, sender=alice)
    assert owned.records.read("recordsOf", NUMBER)[3] == KEY


@pytest.mark.parametrize(("credential", "kdf"), [(NONE, 0), (NONE, 1), (HASH, 0)])
def test_half_a_credential_is_refused(owned: Suite, credential: bytes, kdf: int) -> None:
    with pytest.raises(Reverted) as refused:
        owned.records.send("setCredential", NUMBER, credential, kdf, sender=owned.alice.address)
    assert (refused.value.name, refused.value.values) == ("InvalidCredential", (credential, kdf))


def test_clearing_takes_the_credential_and_nothing_else(owned: Suite) -> None:
    owned.records.send("setMany", NUMBER, ALL_RECORDS, sender=owned.alice.address)
    result = owned.records.send("clearCredential", NUMBER, sender=owned.alice.address)
    assert result.event("CredentialSet") == {"number": NUMBER, "epoch": 1, "hash": NONE, "kdf": 0}
    assert owned.records.read("recordsOf", NUMBER) == (NONE, 0, 7, DIGEST, KEY)


@pytest.mark.parametrize("fields", range(1, 16))
def test_several_records_are_set_and_the_others_stay(owned: Suite, fields: int) -> None:
    alice = owned.alice.address
    old = (b"\1" * 32, 2, 2, b"\3" * 32, b"\4" * 32)
    owned.records.send("setMany", NUMBER, (15, *old[:3], NONE, *old[3:]), sender=alice)
    new = (HASH, 3, 9, DIGEST, KEY)
    result = owned.records.send("setMany", NUMBER, (fields, *new[:3], old[3], *new[3:]), sender=alice)
    bits = (1, 1, 2, 4, 8)
    expected = tuple(n if fields & bit else o for bit, o, n in zip(bits, old, new, strict=True))
    assert owned.records.read("recordsOf", NUMBER) == expected
    assert len(result.events) == fields.bit_count()


def test_setting_several_clears_the_credential_when_both_parts_are_zero(owned: Suite) -> None:
    alice = owned.alice.address
    owned.records.send("setMany", NUMBER, ALL_RECORDS, sender=alice)
    owned.records.send("setMany", NUMBER, (1, NONE, 0, 0, NONE, NONE, NONE), sender=alice)
    assert owned.records.read("recordsOf", NUMBER) == (NONE, 0, 7, DIGEST, KEY)


@pytest.mark.parametrize("fields", [0, 16, 31, 255])
def test_fields_that_there_are_not_are_refused(owned: Suite, fields: int) -> None:
    with pytest.raises(Reverted) as refused:
        owned.records.send("setMany", NUMBER, (fields, *ALL_RECORDS[1:]), sender=owned.alice.address)
    assert (refused.value.name, refused.value.values) == ("UnknownFields", (fields,))


def test_records_of_one_number_are_not_anothers(owned: Suite) -> None:
    owned.register(owned.alice.address, NUMBER + 1)
    owned.records.send("setMany", NUMBER, ALL_RECORDS, sender=owned.alice.address)
    assert owned.records.read("recordsOf", NUMBER + 1) == NO_RECORDS


def test_a_used_nonce_is_told(owned: Suite) -> None:
    values = {"number": NUMBER, "epoch": 1, "hubId": 7, "nonce": 0, "deadline": owned.chain.now}
    signature = owned.sign(owned.alice, "SetHub", values)
    result = owned.records.send("setHubFor", NUMBER, 7, owned.chain.now, signature, sender=owned.bob.address)
    assert result.event("NonceUsed") == {"signer": owned.alice.address, "nonce": 0}


def test_a_cancelled_nonce_is_told(owned: Suite) -> None:
    result = owned.records.send("cancelNonce", sender=owned.alice.address)
    assert result.event("NonceUsed") == {"signer": owned.alice.address, "nonce": 0}
    assert owned.records.read("nonces", owned.alice.address) == 1


def test_a_credential_is_cleared_by_signature(owned: Suite) -> None:
    owned.records.send("setMany", NUMBER, ALL_RECORDS, sender=owned.alice.address)
    signature = _signed(owned, owned.alice, "ClearCredential", {})
    call = ("clearCredentialFor", NUMBER, owned.chain.now, signature)
    result = owned.records.send(*call, sender=owned.bob.address)
    assert result.event("CredentialSet") == {"number": NUMBER, "epoch": 1, "hash": NONE, "kdf": 0}
    assert owned.records.read("recordsOf", NUMBER) == (NONE, 0, 7, DIGEST, KEY)


@pytest.mark.parametrize(("credential", "kdf"), [(NONE, 1), (HASH, 0)])
def test_half_a_credential_among_several_records_is_refused(
    owned: Suite, credential: bytes, kdf: int
) -> None:
    update = (1, credential, kdf, 0, NONE, NONE, NONE)
    with pytest.raises(Reverted) as refused:
        owned.records.send("setMany", NUMBER, update, sender=owned.alice.address)
    assert (refused.value.name, refused.value.values) == ("InvalidCredential", (credential, kdf))


def test_clearing_among_several_records_is_told_as_clearing(owned: Suite) -> None:
    update = (1, NONE, 0, 0, NONE, NONE, NONE)
    result = owned.records.send("setMany", NUMBER, update, sender=owned.alice.address)
    assert result.event("CredentialSet") == {"number": NUMBER, "epoch": 1, "hash": NONE, "kdf": 0}


def _fork(of: Suite, chain_id: int) -> Suite:
    """The same contracts at the same addresses on a chain of another id, as a fork of a chain begins.

    Chain ids that a constructor kept stand in the code, and that is copied.
    """
    fork = Suite.deploy(chain_id=chain_id)
    for contract in (of.registry, of.records):
        code = of.chain.evm.get_code(contract.address)
        assert code
        fork.chain.evm.insert_account_info(contract.address, AccountInfo(nonce=1, code=code))
    return fork


def test_on_a_fork_signatures_for_the_fork_count_and_the_old_ones_do_not(deployed: Suite) -> None:
    fork = _fork(deployed, 99)
    assert fork.records.address == deployed.records.address
    fork.register(fork.alice.address)
    values = {"number": NUMBER, "epoch": 1, "hubId": 7, "nonce": 0, "deadline": fork.chain.now}
    old = fork.sign(fork.alice, "SetHub", values)
    with pytest.raises(Reverted, match="InvalidSignature"):
        fork.records.send("setHubFor", NUMBER, 7, fork.chain.now, old, sender=fork.bob.address)
    new = fork.sign(fork.alice, "SetHub", values, chain_id=99)
    fork.records.send("setHubFor", NUMBER, 7, fork.chain.now, new, sender=fork.bob.address)
    assert fork.records.read("recordsOf", NUMBER)[2] == 7
