"""A second opinion: forge's fuzzer on the built contracts, by the tests in ``tests/contracts/forge``."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest

from scripts import toolchain
from tests.contracts.evm import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.contracts, pytest.mark.timeout(600)]
FOLDER = ROOT / "tests/contracts/forge"
RUNS = 2000
"""of each test; foundry.toml says the same"""


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Any]:
    """What forge says of each of its tests, by name."""
    toolchain.install()
    command = [
        toolchain.forge(),
        "test",
        "--json",
        "--root",
        str(ROOT),
        "--use",
        str(toolchain.solc_launcher()),
    ]
    environment = {**toolchain.environment(), "FOUNDRY_CONFIG": str(FOLDER / "foundry.toml")}
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=580, check=False
    )
    assert run.stdout.startswith("{"), run.stdout + run.stderr
    return {
        name.partition("(")[0]: outcome
        for suite in json.loads(run.stdout).values()
        for name, outcome in suite["test_results"].items()
    }


def _names(file: str) -> list[str]:
    return re.findall(r"function (testFuzz_\w+)", (FOLDER / file).read_text())


@pytest.mark.parametrize("file", ["Text.t.sol", "Registry.t.sol", "Signed.t.sol", "Money.t.sol"])
def test_forge_finds_no_counterexample(outcomes: dict[str, Any], file: str) -> None:
    names = _names(file)
    assert names
    for name in names:
        outcome = outcomes[name]
        assert outcome["status"] == "Success", f"{name}: {outcome['reason']} {outcome['counterexample']}"
        assert outcome["kind"]["Fuzz"]["runs"] == RUNS


def test_every_forge_test_is_looked_at(outcomes: dict[str, Any]) -> None:
    assert set(outcomes) == {name for file in FOLDER.glob("*.t.sol") for name in _names(file.name)}
