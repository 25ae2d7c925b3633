"""What surrounds the contracts: compiler, ape, deployment. Slow, because real programs run."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from scripts import toolchain
from telsdk.chain import deployments
from telsdk.chain.anvil import AnvilChain
from telsdk.chain.client import connect
from telsdk.chain.errors import RpcUnreachable
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
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [toolchain.anvil(), "--port", str(port), "--silent"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    rpc = f"http://127.0.0.1:{port}"
    try:
        _until_answering(rpc)
        yield rpc
    finally:
        process.terminate()
        process.wait(10)


def _until_answering(rpc: str) -> None:
    # Each try waits by itself: the client asks again a few times before it gives up.
    for _ in range(20):
        with suppress(RpcUnreachable):
            AnvilChain(rpc)
            return
    pytest.fail(f"no anvil at {rpc}")


def test_the_manifest_was_made_from_these_sources() -> None:
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
