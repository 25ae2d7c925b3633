"""What NumberRecords promises, and how signatures serve in both contracts that take them."""

from __future__ import annotations

from typing import Any

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


@promise("D6", "A number has a credential and a KDF id, or neither.")
def _(world: World, step: Step) -> None:
    for number in NUMBERS:
        words = [word.name for word in WORDS]
        records = dict(zip(words, world.suite.records.read("recordsOf", number), strict=True))
        credential, kdf = records["credential"], records["kdf"]
        assert (credential == NONE) == (kdf == 0)


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
    assert world.suite.records.read("recordsOf", number) == tuple(
        given[word.member] if update[0] & BITS[word.name] else old
        for word, old in zip(WORDS, was, strict=True)
    )
    assert 0 < update[0] < 1 << len(RECORDS)
