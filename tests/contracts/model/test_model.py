"""Any calls in any order: the getters say what the events say, and every promise holds."""

from __future__ import annotations

import re
from functools import cache

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.contracts.evm import ROOT, artefacts
from tests.contracts.model import (  # noqa: F401  (each adds its promises)
    getters,
    promises_alias,
    promises_hubs,
    promises_market,
    promises_records,
    promises_registrar,
    promises_registry,
)
from tests.contracts.model.machine import Contracts
from tests.contracts.model.promises import PROMISES, Keeper
from tests.contracts.model.world import CONTRACTS
from tests.contracts.suite import Suite

SEQUENCES, STEPS = 500, 50


def _run(suite: Suite, sequences: int, steps: int) -> Keeper:
    keeper = Keeper()
    machine = type("Machine", (Contracts,), {"suite": suite, "keeper": keeper})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=sequences,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
    return keeper


@cache
def _long_run(ens: bool) -> Keeper:
    return _run(Suite.deploy(ens=ens), SEQUENCES, STEPS)


def _functions(*, reading: bool) -> set[tuple[str, str]]:
    return {
        (contract, entry["name"])
        for contract in CONTRACTS
        for entry in artefacts()[contract]["abi"]
        if entry["type"] == "function" and (entry["stateMutability"] in ("view", "pure")) == reading
    }


def test_every_getter_is_held_to_the_events_or_to_what_it_always_was() -> None:
    assert {*getters.ANSWERS, *getters.CONSTANTS} == _functions(reading=True)


def test_every_promise_holds(suite: Suite) -> None:
    _run(suite, 25, 40)


def test_every_promise_holds_where_there_is_ens(ens_suite: Suite) -> None:
    _run(ens_suite, 25, 40)


@pytest.mark.slow
@pytest.mark.timeout(600)
class TestForLong:
    @pytest.mark.parametrize("ens", [False, True], ids=["first come", "ENS"])
    def test_every_promise_holds(self, ens: bool) -> None:
        _long_run(ens)

    def test_every_function_did_something_and_every_promise_was_put_to_the_test(self) -> None:
        """Else a promise could hold because nothing ever came near it. What is rare is looked for a while longer."""
        # The first two only refuse an actor; the third is done by others' calls.
        elsewhere = {"NumberRegistry.mint", "NumberRegistry.link", "NumberRegistry.refreshMetadata"}
        called = {f"{contract}.{function}" for contract, function in _functions(reading=False)} - elsewhere
        runs = [_long_run(False), _long_run(True)]
        steps, checked = runs[0].steps + runs[1].steps, runs[0].checked + runs[1].checked
        for _ in range(4):
            if steps.keys() >= called:
                break
            steps += _run(Suite.deploy(), SEQUENCES // 2, STEPS).steps
        assert steps.keys() == called
        assert checked.keys() == PROMISES.keys()


def test_the_docs_say_what_is_promised() -> None:
    lines = re.sub(r"\n  (?=\S)", " ", (ROOT / "docs/contracts.md").read_text()).splitlines()
    found = (re.fullmatch(r"- \*\*([A-Z]\d+)\*\* (.+)", line) for line in lines)
    said = {match[1]: match[2] for match in found if match}
    # E2 is checked at the end of each sequence, not after its steps.
    assert {id: text for id, text in said.items() if id != "E2"} == {p.id: p.text for p in PROMISES.values()}
