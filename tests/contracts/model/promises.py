"""What the contracts promise: numbered as in docs/contracts.md, and checked after every step of the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tests.contracts.model.world import Step, World

Check = Callable[[World, Step], None]


@dataclass(frozen=True)
class Promise:
    """One invariant. `on` names the functions after which it is checked; without any it is after all."""

    id: str
    text: str
    check: Check
    on: tuple[str, ...]


PROMISES: dict[str, Promise] = {}
"""All promises by number."""


def promise(id: str, text: str, *on: str) -> Callable[[Check], Check]:
    """Makes a check the promise `id`. It raises AssertionError when the promise is broken.

    `on` names functions as ``Contract.function``; ``Contract.*`` stands for all of a contract.
    """

    def add(check: Check) -> Check:
        assert id not in PROMISES
        PROMISES[id] = Promise(id, text, check, on)
        return check

    return add


class Keeper:
    """Checks the promises, and counts how often each was put to the test."""

    def __init__(self) -> None:
        self.checked: Counter[str] = Counter()
        self.steps: Counter[str] = Counter()

    def __call__(self, world: World, step: Step) -> None:
        """Raises AssertionError: a promise is broken; it says which."""
        function = f"{step.contract}.{step.function}"
        self.steps[function] += 1
        for item in PROMISES.values():
            if item.on and not {function, f"{step.contract}.*"} & {*item.on}:
                continue
            self.checked[item.id] += 1
            try:
                item.check(world, step)
            except AssertionError as error:
                raise AssertionError(
                    f"{item.id}: {item.text} Broken by {function}{step.args} of {step.sender.address}: {error}"
                ) from error
