"""What surrounds the contracts: compiler, ape, deployment. Slow, because real programs run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import toolchain
from telsdk.chain import deployments
from telsdk.chain.client import connect
from tests.anvil import running_anvil
from tests.contracts.evm import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.contracts, pytest.mark.timeout(300)]


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    binaries = str(Path(sys.executable).parent)
    environment = {**os.environ, **toolchain.environment()}
    environment["PATH"] = os.pathsep.join([binaries, environment["PATH"]])
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280, check=False
    )


@pytest.fixture(scope="module", autouse=True)
def _tools() -> None:
    toolchain.install()


@pytest.fixture
def anvil() -> Iterator[str]:
    """The address of an anvil."""
    with running_anvil() as rpc:
        yield rpc


def test_the_manifest_and_the_layout_were_made_from_these_sources() -> None:
    run = _run(sys.executable, "scripts/manifest.py", "--check")
    assert (run.returncode, run.stderr) == (0, "")


def test_ape_compiles_and_tests_the_contracts() -> None:
    run = _run("ape", "test", "-c", "tests/contracts/ape/pytest.ini", "tests/contracts/ape")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "3 passed" in run.stdout


def test_a_deployment_by_ape_is_found_and_used_and_not_made_twice(anvil: str, tmp_path: Path) -> None:
    written = tmp_path / "dry.json"
    network = f"ethereum:local:{anvil}"
    command = ["ape", "run", "deploy", "--network", network, "--account", "TEST::0", "--name", "dry"]
    command += ["--rpc", anvil, "--output", str(written)]
    first = _run(*command)
    assert first.returncode == 0, first.stdout + first.stderr
    deployment = deployments.read(written)
    client = connect(rpc=anvil, deployment=deployment)
    assert client.registry.address == deployment.addresses["NumberRegistry"]
    again = _run(*command)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "deployed already" in again.stdout
    assert deployments.read(written) == deployment
