"""What NumberRecords promises, and how signatures serve in both contracts that take them."""

from __future__ import annotations

from typing import Any

from eth_utils.crypto import keccak

from telsdk.records import RECORDS, UPDATE, WORDS
from tests.contracts.model.promises import promise
from tests.contracts.model.world import NUMBERS, Step, World
from tests.contracts.suite import NONE

BITS = {word.name: 1 << place for place, record in enumerate(RECORDS) for word in record.words}
"""By which setMany names the record that a word is of."""


def _update(step: Step) -> tuple[Any, ...] | None:
    """The values of setMany, if it was that."""
    return step.args[1] if step.function in ("setMany", "setManyFor") else None


def _members(update: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip((name for name, _ in UPDATE), update, strict=True))


@promise("D1", "Records change by the owner's call or signature, and by nothing else.")
def _(world: World, step: Step) -> None:
    for number in NUMBERS:
        epoch = step.before.epochs[number]
        now = step.after.records.get((number, epoch))
        if step.before.records.get((number, epoch)) == now:
            continue
        assert (step.contract, step.args[0]) == ("NumberRecords", number)
        author = step.signed.signer if step.signed else step.sender
        assert author.address == step.before.owner_of(number)


@promise("D2", "What was written in an epoch is never changed in another.", "NumberRecords.*")
def _(world: World, step: Step) -> None:
    for (number, epoch), record in step.before.records.items():
        if epoch != step.before.epochs[number]:
            assert step.after.records[number, epoch] == record


@promise(
    "D3",
    "A signature serves at most once, not after its deadline, and only for the chain, number, epoch, session counter "
    "and nonce that it names.",
)
def _(world: World, step: Step) -> None:
    if step.signed is None:
        return
    signed, before = step.signed, step.before
    values = signed.values
    assert "chain_id" not in values, "made for another chain"
    assert step.time <= values["deadline"] == step.args[-2]
    assert values["nonce"] == before.nonces[step.contract, signed.signer.address]
    assert (values["number"], values["epoch"]) == (step.args[0], before.epochs[step.args[0]])
    assert values.get("session") in (None, before.sessions[step.args[0]])
    assert step.args[-1] not in world.served
    world.served.add(step.args[-1])


@promise(
    "D4", "A nonce goes up by 1, when its signature served or its signer took it back, and never otherwise."
)
def _(world: World, step: Step) -> None:
    moved = step.after.nonces - step.before.nonces
    if step.signed is not None:
        assert moved == {(step.contract, step.signed.signer.address): 1}
    elif step.function == "cancelNonce":
        assert moved == {(step.contract, step.sender.address): 1}
    else:
        assert not moved


@promise(
    "D5",
    "A backup pointer is replaced only by a call that names the present one.",
    "NumberRecords.setBackup",
    "NumberRecords.setBackupFor",
    "NumberRecords.setMany",
    "NumberRecords.setManyFor",
)
def _(world: World, step: Step) -> None:
    number, update = step.args[0], _update(step)
    present = step.before.backup_of(number)
    if update is None:
        assert step.args[1] == present
        assert step.after.backup_of(number) == step.args[2]
    elif update[0] & BITS["backup"]:
        assert _members(update)["expectedBackup"] == present


@promise("D6", "A number has a credential and a KDF id, or neither, and parameters of a KDF only with them.")
def _(world: World, step: Step) -> None:
    for number in NUMBERS:
        records, block = _read(world, number)
        credential, kdf = records["credential"], records["kdf"]
        assert (credential == NONE) == (kdf == 0)
        assert credential != NONE or (any(records["kdf_parameters"]), block) == (False, 0)


@promise(
    "D7",
    "setMany writes exactly the records that it names.",
    "NumberRecords.setMany",
    "NumberRecords.setManyFor",
)
def _(world: World, step: Step) -> None:
    number, update = step.args[0], _update(step)
    assert update is not None
    given, was = _members(update), step.before.records_of(number)
    records, _ = _read(world, number)
    for word, old in zip(WORDS, was, strict=True):
        if not update[0] & BITS[word.name]:
            assert records[word.name] == old
        elif not word.hashed:
            assert records[word.name] == given[word.member]
        else:
            assert records[word.name] == _hash(given[word.member])
    assert 0 < update[0] < 1 << len(RECORDS)


@promise(
    "D8",
    "Of the parameters of a number's KDF the contract keeps the hash and the block whose CredentialSet of that number "
    "has them, or neither where they are empty.",
    "NumberRecords.setCredential",
    "NumberRecords.setCredentialFor",
    "NumberRecords.setMany",
    "NumberRecords.setManyFor",
)
def _(world: World, step: Step) -> None:
    for number in NUMBERS:
        records, block = _read(world, number)
        if block:
            assert records["kdf_parameters"] in map(_hash, world.parameters[number, block])
        else:
            assert not any(records["kdf_parameters"])


def _read(world: World, number: int) -> tuple[dict[str, Any], int]:
    """The words that the contract keeps, by name, and the block of the parameters."""
    *words, block = world.suite.records.read("recordsOf", number)
    return dict(zip((word.name for word in WORDS), words, strict=True)), block


def _hash(parameters: bytes) -> bytes:
    return bytes(keccak(parameters))[:20] if parameters else bytes(20)
