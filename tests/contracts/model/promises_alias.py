"""What NameAlias promises."""

from __future__ import annotations

from tests.contracts.model.facts import LABELS
from tests.contracts.model.promises import promise
from tests.contracts.model.world import NUMBERS, Step, World


@promise("A1", "A name stands for a number if and only if the number has that name.")
def _(world: World, step: Step) -> None:
    names = world.suite.names
    forward = {f"{label}{step.after.suffix}": names.read("numberOf", label) for label in LABELS}
    backward = {names.read("nameOf", number): number for number in NUMBERS}
    assert {k: v for k, v in forward.items() if v} == {k: v for k, v in backward.items() if k}


@promise("A2", "No number has two names, and no name stands for two numbers.")
def _(world: World, step: Step) -> None:
    stands = [step.after.number_of(label) for label in LABELS]
    held = [number for number in stands if number]
    assert len(held) == len({*held})


@promise("A3", "Only the owner of a number claims or releases a name for it.", "NameAlias.*")
def _(world: World, step: Step) -> None:
    number = step.args[-1]
    assert step.sender.address == step.before.owner_of(number)


@promise("A4", "A name that stands for a number cannot be claimed.", "NameAlias.claim")
def _(world: World, step: Step) -> None:
    label, number = step.args
    assert step.before.number_of(label) == 0
    assert world.suite.names.read("numberOf", label) == number


@promise(
    "A5",
    "A name that is void stands again only by a claim, or when the number's owner and the name's owner in ENS are one "
    "again.",
)
def _(world: World, step: Step) -> None:
    for label in LABELS:
        if step.before.number_of(label) == 0 != step.after.number_of(label):
            assert step.function == "claim" or (step.function == "moveTo" and step.after.ens is not None)


@promise(
    "A7",
    "Where there is ENS a name ends in .eth, elsewhere in .tel; and it has a letter.",
)
def _(world: World, step: Step) -> None:
    for number in NUMBERS:
        if name := world.suite.names.read("nameOf", number):
            label, dot, ending = name.rpartition(".")
            assert (dot + ending) == (".tel" if step.after.ens is None else ".eth")
            assert any("a" <= letter <= "z" for letter in label)


@promise(
    "A6", "Where there is ENS, a name stands only while its number's owner owns it in ENS, wrapped or not."
)
def _(world: World, step: Step) -> None:
    if step.after.ens is None:
        return
    for label in LABELS:
        number = world.suite.names.read("numberOf", label)
        if number:
            assert step.after.ens[label] == step.after.owner_of(number)
