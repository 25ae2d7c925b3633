"""NumberRecords: written by the owner, or with the owner's signature, in the present epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from pyrevm import AccountInfo

from scripts import samples
from telsdk.records import RECORDS, UPDATE, WORDS, Credential, Record, Update
from tests.contracts.evm import Reverted
from tests.contracts.suite import (
    ALL_RECORDS,
    BLOCK,
    DIGEST,
    HASH,
    KEY,
    NO_RECORDS,
    NONE,
    NUMBER,
    SET_ALL,
    ZERO,
    Suite,
    told,
)

FULL = dict(zip((*(word.name for word in WORDS), BLOCK), ALL_RECORDS, strict=True))
PARAMETERS = bytes(range(137))  # as long as those of KDF 2 with three hubs
KEPT = bytes(keccak(PARAMETERS))[:20]
NO_CREDENTIAL = {"number": NUMBER, "epoch": 1, "hash": NONE, "kdf": 0, "parameters": b""}
"""What CredentialSet says when the credential is cleared."""


@dataclass(frozen=True)
class Setter:
    """A setter, its typed data, and what recordsOf says after it."""

    name: str
    args: tuple[Any, ...]
    primary: str
    values: dict[str, Any]
    records: tuple[Any, ...]


def _setter(record: Record) -> Setter:
    args = record.words_of(getattr(samples.update(only=record.name), record.name))
    values = {name: arg for (name, _), arg in zip(record.inputs, args, strict=True)}
    primary = record.setter[0].upper() + record.setter[1:]
    return Setter(record.setter, args, primary, values, samples.answer(only=record.name))


SETTERS = [
    *map(_setter, RECORDS),
    Setter(
        "setCredential",
        (HASH, 9, b""),
        "SetCredential",
        {"hash": HASH, "kdf": 9, "parameters": b""},
        told(credential=HASH, kdf=9),
    ),
    Setter("clearCredential", (), "ClearCredential", {}, NO_RECORDS),
    Setter(
        "setMany",
        (SET_ALL,),
        "SetMany",
        {"update": {name: word for (name, _), word in zip(UPDATE, SET_ALL, strict=True)}},
        ALL_RECORDS,
    ),
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
    assert owned.records.read("recordsOf", NUMBER) == told(hub=3)
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
    assert owned.records.read("recordsOf", NUMBER) == told(backup=KEY)


@pytest.mark.parametrize(("credential", "kdf"), [(NONE, 0), (NONE, 1), (HASH, 0)])
def test_half_a_credential_is_refused(owned: Suite, credential: bytes, kdf: int) -> None:
    with pytest.raises(Reverted) as refused:
        owned.records.send("setCredential", NUMBER, credential, kdf, b"", sender=owned.alice.address)
    assert (refused.value.name, refused.value.values) == ("InvalidCredential", (credential, kdf))


def test_the_parameters_of_a_kdf_are_told_and_their_hash_and_block_are_kept(owned: Suite) -> None:
    result = owned.records.send("setCredential", NUMBER, HASH, 2, PARAMETERS, sender=owned.alice.address)
    block = owned.chain.block
    assert result.event("CredentialSet") == {
        "number": NUMBER,
        "epoch": 1,
        "hash": HASH,
        "kdf": 2,
        "parameters": PARAMETERS,
    }
    kept = {"credential": HASH, "kdf": 2, "kdf_parameters": KEPT, BLOCK: block}
    assert owned.records.read("recordsOf", NUMBER) == told(**kept)
    owned.chain.advance(1)
    owned.records.send("setHub", NUMBER, 7, sender=owned.alice.address)
    assert owned.records.read("recordsOf", NUMBER) == told(**kept, hub=7)
    owned.records.send("setCredential", NUMBER, HASH, 2, PARAMETERS + b"!", sender=owned.alice.address)
    again = {**kept, "kdf_parameters": bytes(keccak(PARAMETERS + b"!"))[:20], BLOCK: block + 1}
    assert owned.records.read("recordsOf", NUMBER) == told(**again, hub=7)
    owned.records.send("setCredential", NUMBER, HASH, 1, b"", sender=owned.alice.address)
    assert owned.records.read("recordsOf", NUMBER) == told(credential=HASH, kdf=1, hub=7)


def test_parameters_go_with_the_credential(owned: Suite) -> None:
    alice = owned.alice.address
    clears: list[tuple[Any, ...]] = [
        ("clearCredential", NUMBER),
        ("setMany", NUMBER, Update(credential=None).struct()),
    ]
    for clear in clears:
        owned.records.send("setCredential", NUMBER, HASH, 2, PARAMETERS, sender=alice)
        result = owned.records.send(*clear, sender=alice)
        assert owned.records.read("recordsOf", NUMBER) == NO_RECORDS
        assert result.event("CredentialSet")["parameters"] == b""


def test_parameters_are_signed(owned: Suite) -> None:
    values = {"hash": HASH, "kdf": 2, "parameters": PARAMETERS}
    signature = _signed(owned, owned.alice, "SetCredential", values)
    others = PARAMETERS[:-1] + b"!"
    call = (owned.chain.now, signature)
    with pytest.raises(Reverted, match="InvalidSignature"):
        owned.records.send("setCredentialFor", NUMBER, HASH, 2, others, *call, sender=owned.mallory.address)
    owned.records.send("setCredentialFor", NUMBER, HASH, 2, PARAMETERS, *call, sender=owned.bob.address)
    assert owned.records.read("recordsOf", NUMBER)[2] == KEPT


def test_parameters_among_several_records_are_signed(owned: Suite) -> None:
    update = Update(credential=Credential(HASH, 2, PARAMETERS), hub=3).struct()
    named = {name: word for (name, _), word in zip(UPDATE, update, strict=True)}
    signature = _signed(owned, owned.alice, "SetMany", {"update": named})
    call = (owned.chain.now, signature)
    others = Update(credential=Credential(HASH, 2, PARAMETERS + b"!"), hub=3).struct()
    with pytest.raises(Reverted, match="InvalidSignature"):
        owned.records.send("setManyFor", NUMBER, others, *call, sender=owned.mallory.address)
    owned.records.send("setManyFor", NUMBER, update, *call, sender=owned.bob.address)
    kept = {"kdf_parameters": KEPT, BLOCK: owned.chain.block}
    assert owned.records.read("recordsOf", NUMBER) == told(credential=HASH, kdf=2, hub=3, **kept)


def test_parameters_are_no_longer_than_every_index_can_be_asked_to_keep(owned: Suite) -> None:
    most = 1_024
    assert owned.records.read("MAX_KDF_PARAMETERS") == most
    alice = owned.alice.address
    owned.records.send("setCredential", NUMBER, HASH, 2, bytes(most), sender=alice)
    update = Update(credential=Credential(HASH, 2, bytes(most + 1))).struct()
    calls: list[tuple[Any, ...]] = [
        ("setCredential", NUMBER, HASH, 2, bytes(most + 1)),
        ("setMany", NUMBER, update),
    ]
    for call in calls:
        with pytest.raises(Reverted) as refused:
            owned.records.send(*call, sender=alice)
        assert (refused.value.name, refused.value.values) == ("KdfParametersTooLong", (most + 1, most))


def test_a_promise_is_told_and_taken_back(owned: Suite) -> None:
    alice = owned.alice.address
    for promised in (True, False):
        result = owned.records.send("setAnswersVerified", NUMBER, promised, sender=alice)
        assert result.event("AnswersVerifiedSet") == {"number": NUMBER, "epoch": 1, "promised": promised}
        assert owned.records.read("recordsOf", NUMBER) == told(answers_verified=promised)


def test_a_promise_stays_in_a_move_and_ends_with_its_epoch(owned: Suite) -> None:
    alice, bob = owned.alice.address, owned.bob.address
    owned.records.send("setAnswersVerified", NUMBER, True, sender=alice)
    owned.move(owned.alice, owned.bob)
    assert owned.records.read("recordsOf", NUMBER) == told(answers_verified=True)
    owned.registry.send("transferFrom", bob, alice, NUMBER, sender=bob)
    assert owned.records.read("recordsOf", NUMBER) == NO_RECORDS


def test_clearing_takes_the_credential_and_nothing_else(owned: Suite) -> None:
    owned.records.send("setMany", NUMBER, SET_ALL, sender=owned.alice.address)
    result = owned.records.send("clearCredential", NUMBER, sender=owned.alice.address)
    assert result.event("CredentialSet") == NO_CREDENTIAL
    assert owned.records.read("recordsOf", NUMBER) == told(**{**FULL, "credential": NONE, "kdf": 0})


@pytest.mark.parametrize("fields", range(1, 1 << len(RECORDS)))
def test_several_records_are_set_and_the_others_stay(owned: Suite, fields: int) -> None:
    alice = owned.alice.address
    owned.records.send("setMany", NUMBER, samples.update(1).struct(), sender=alice)
    update = (fields, *samples.update(2, seen=1).struct()[1:])
    result = owned.records.send("setMany", NUMBER, update, sender=alice)
    named = {record.name for place, record in enumerate(RECORDS) if fields & 1 << place}
    old, new = samples.answer(1), samples.answer(2)
    words = [record.name in named for record in RECORDS for _ in record.words]
    expected = tuple(n if changed else o for changed, o, n in zip([*words, False], old, new, strict=True))
    assert owned.records.read("recordsOf", NUMBER) == expected
    assert [event.name for event in result.events] == [r.event for r in RECORDS if r.name in named]


def test_setting_several_clears_the_credential_when_both_parts_are_zero(owned: Suite) -> None:
    alice = owned.alice.address
    owned.records.send("setMany", NUMBER, SET_ALL, sender=alice)
    owned.records.send("setMany", NUMBER, Update(credential=None).struct(), sender=alice)
    assert owned.records.read("recordsOf", NUMBER) == told(**{**FULL, "credential": NONE, "kdf": 0})


@pytest.mark.parametrize("fields", [0, 1 << len(RECORDS), (2 << len(RECORDS)) - 1, 255])
def test_fields_that_there_are_not_are_refused(owned: Suite, fields: int) -> None:
    with pytest.raises(Reverted) as refused:
        owned.records.send("setMany", NUMBER, (fields, *SET_ALL[1:]), sender=owned.alice.address)
    assert (refused.value.name, refused.value.values) == ("UnknownFields", (fields,))


def test_records_of_one_number_are_not_anothers(owned: Suite) -> None:
    owned.register(owned.alice.address, NUMBER + 1)
    owned.records.send("setMany", NUMBER, SET_ALL, sender=owned.alice.address)
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
    owned.records.send("setMany", NUMBER, SET_ALL, sender=owned.alice.address)
    signature = _signed(owned, owned.alice, "ClearCredential", {})
    call = ("clearCredentialFor", NUMBER, owned.chain.now, signature)
    result = owned.records.send(*call, sender=owned.bob.address)
    assert result.event("CredentialSet") == NO_CREDENTIAL
    assert owned.records.read("recordsOf", NUMBER) == told(**{**FULL, "credential": NONE, "kdf": 0})


def test_parameters_alone_are_no_credential(owned: Suite) -> None:
    update = Update(credential=Credential(NONE, 0, PARAMETERS)).struct()
    with pytest.raises(Reverted) as refused:
        owned.records.send("setMany", NUMBER, update, sender=owned.alice.address)
    assert (refused.value.name, refused.value.values) == ("InvalidCredential", (NONE, 0))


@pytest.mark.parametrize(("credential", "kdf"), [(NONE, 1), (HASH, 0)])
def test_half_a_credential_among_several_records_is_refused(
    owned: Suite, credential: bytes, kdf: int
) -> None:
    update = Update(credential=Credential(credential, kdf)).struct()
    with pytest.raises(Reverted) as refused:
        owned.records.send("setMany", NUMBER, update, sender=owned.alice.address)
    assert (refused.value.name, refused.value.values) == ("InvalidCredential", (credential, kdf))


def test_clearing_among_several_records_is_told_as_clearing(owned: Suite) -> None:
    update = Update(credential=None).struct()
    result = owned.records.send("setMany", NUMBER, update, sender=owned.alice.address)
    assert result.event("CredentialSet") == NO_CREDENTIAL


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
    assert fork.records.read("recordsOf", NUMBER) == told(hub=7)
