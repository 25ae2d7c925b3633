"""What NumberRegistry promises, and what holds for all six."""

from __future__ import annotations

from tests.contracts.model import getters
from tests.contracts.model.promises import promise
from tests.contracts.model.world import NUMBERS, Step, World
from tests.contracts.suite import NO_RECORDS, ZERO

REGISTRY = "NumberRegistry"


def changed_hands(step: Step) -> list[int]:
    """The numbers that have another epoch now."""
    return [number for number in step.after.owners if step.before.epochs[number] != step.after.epochs[number]]


@promise("R1", "A number of 5 to 15 digits that was minted has an owner for ever after.")
def _(world: World, step: Step) -> None:
    assert step.before.owners.keys() <= step.after.owners.keys()
    assert all(10_000 <= number < 10**15 and owner != ZERO for number, owner in step.after.owners.items())


@promise("R2", "Only a reveal at the registrar mints, and the first epoch is 1.")
def _(world: World, step: Step) -> None:
    fresh = step.after.owners.keys() - step.before.owners.keys()
    if fresh:
        assert f"{step.contract}.{step.function}" == "NumberRegistrar.register"
        assert [step.after.epochs[number] for number in fresh] == [1]


@promise(
    "R3", "Every transfer but a move advances the epoch by exactly 1, and nothing else changes an epoch."
)
def _(world: World, step: Step) -> None:
    transfers = [e.args["tokenId"] for e in step.events if e.name == "Transfer"]
    advanced = [] if step.function == "moveTo" else transfers
    for number in {*NUMBERS, *transfers}:
        assert step.after.epochs[number] - step.before.epochs[number] == advanced.count(number)


@promise(
    "R4",
    "A number is transferred only by its owner, an account approved for it, or an operator of its owner.",
    f"{REGISTRY}.transferFrom",
    f"{REGISTRY}.safeTransferFrom",
)
def _(world: World, step: Step) -> None:
    sender, to, number = step.args[:3]
    assert step.before.may_transfer(number, step.sender.address)
    assert step.before.owner_of(number) == sender
    assert step.after.owner_of(number) == to


@promise(
    "R5",
    "A move is the owner's own call with the recipient's signature; it keeps epoch, session counter and records.",
    f"{REGISTRY}.moveTo",
)
def _(world: World, step: Step) -> None:
    number, to = step.args[:2]
    before, after = step.before, step.after
    assert step.sender.address == before.owner_of(number) != to
    assert step.signed is not None
    assert step.signed.signer.address == to == after.owner_of(number)
    assert (before.epochs, before.sessions) == (after.epochs, after.sessions)
    assert before.records_of(number) == after.records_of(number)


@promise(
    "R6", "The owner of a number changes only by a transfer, a move, a reveal or a purchase of that number."
)
def _(world: World, step: Step) -> None:
    ways = {"transferFrom": 2, "safeTransferFrom": 2, "moveTo": 0, "register": 0, "buy": 0}
    for number in step.after.owners:
        if step.before.owner_of(number) != step.after.owner_of(number):
            assert step.args[ways[step.function]] == number


@promise("R7", "An approval for a number ends when the number changes owner, moves too.")
def _(world: World, step: Step) -> None:
    for number, owner in step.after.owners.items():
        if step.before.owner_of(number) != owner:
            assert world.suite.registry.read("getApproved", number) == ZERO


@promise(
    "R8",
    "consentOf of a number differs from all that it ever was after each change of its owner, each approval of it, "
    "and each word of its owner on the market as operator.",
)
def _(world: World, step: Step) -> None:
    seen = world.consents
    for number in step.after.owners:
        consent = world.suite.registry.read("consentOf", number)
        if _consent_given(world, step, number):
            assert consent not in seen[number], "the consent was here before"
        seen[number].add(consent)


def _consent_given(world: World, step: Step, number: int) -> bool:
    market = world.suite.market.address
    owner = step.after.owner_of(number)
    return any(
        (e.name in ("Transfer", "Approval") and e.args["tokenId"] == number)
        or (e.name == "ApprovalForAll" and (e.args["owner"], e.args["operator"]) == (owner, market))
        for e in step.events
    )


@promise(
    "R9",
    "A session counter goes up by 1, by the owner's call or signature, and by nothing else.",
)
def _(world: World, step: Step) -> None:
    if step.before.sessions == step.after.sessions:
        return
    number = step.args[0]
    assert step.function in ("revokeSessions", "revokeSessionsFor")
    assert step.after.sessions - step.before.sessions == {number: 1}
    actor = step.signed.signer if step.signed else step.sender
    assert actor.address == step.before.owner_of(number)


@promise("R10", "The four links are made once, by the linker, and never change.")
def _(world: World, step: Step) -> None:
    suite = world.suite
    links = [suite.registrar, suite.names, suite.records, suite.market]
    assert step.after.links == tuple(contract.address for contract in links)


@promise(
    "R11",
    "Two fingerprints of a number are equal if and only if owner, epoch, session counter, records, name, price and "
    "being for sale are.",
)
def _(world: World, step: Step) -> None:
    facts = step.after
    for number in facts.owners:
        state = (
            number,
            facts.owner_of(number),
            facts.epochs[number],
            facts.sessions[number],
            facts.records_of(number),
            facts.name_of(number),
            facts.asked.get(number, 0),
            number in facts.live,
        )
        fingerprint = world.suite.fingerprint(number)
        assert world.fingerprints.setdefault(fingerprint, state) == state
        assert world.fingerprints.setdefault(repr(state).encode(), fingerprint) == fingerprint


@promise("R12", "With a new epoch all records of the number are zero, its name is void and its listing dead.")
def _(world: World, step: Step) -> None:
    for number in changed_hands(step):
        assert world.suite.records.read("recordsOf", number) == NO_RECORDS
        assert world.suite.names.read("nameOf", number) == ""
        assert not world.suite.market.read("listing", number)[1]


@promise("E1", "Every getter of the six contracts answers what follows from their events.")
def _(world: World, step: Step) -> None:
    getters.compare(step.after, world)
