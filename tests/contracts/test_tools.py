"""What surrounds the contracts: compiler, ape, deployment. Slow, because real programs run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from web3.types import RPCEndpoint

from scripts import toolchain
from telsdk.chain.access import request
from telsdk.chain.client import connect
from telsdk.chain.development import AnvilChain, PlayEns
from telsdk.chain.interface import deployments
from telsdk.chain.rollout import deploy
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


SEPOLIA = 11_155_111


@pytest.fixture
def anvil() -> Iterator[str]:
    """The address of an anvil."""
    with running_anvil() as rpc:
        yield rpc


def test_what_is_made_of_the_contracts_was_made_from_these_sources() -> None:
    run = _run(sys.executable, "scripts/manifest.py", "--check")
    assert (run.returncode, run.stderr) == (0, "")


def test_ape_compiles_and_tests_the_contracts() -> None:
    run = _run("ape", "test", "-c", "tests/contracts/ape/pytest.ini", "tests/contracts/ape")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "4 passed" in run.stdout


def _deploy(network: str, written: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = ["ape", "run", "deploy", "--network", network, "--account", "TEST::0", "--name", "dry"]
    return _run(*command, "--output", str(written), *more)


def _verify(network: str, written: Path) -> subprocess.CompletedProcess[str]:
    return _run("ape", "run", "verify_deployment", "--network", network, "--file", str(written))


def test_a_deployment_by_ape_is_found_used_read_back_and_not_made_twice(anvil: str, tmp_path: Path) -> None:
    written = tmp_path / "dry.json"
    network = f"ethereum:local:{anvil}"
    first = _deploy(network, written, "--rpc", anvil)
    assert first.returncode == 0, first.stdout + first.stderr
    deployment = deployments.read(written)
    client = connect(rpc=anvil, deployment=deployment)
    assert client.registry.address == deployment.addresses["NumberRegistry"]
    again = _deploy(network, written, "--rpc", anvil)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "deployed already" in again.stdout
    assert deployments.read(written) == deployment
    read_back = _verify(network, written)
    assert read_back.returncode == 0, read_back.stdout + read_back.stderr
    assert "ok       NumberRegistry registrar" in read_back.stdout
    assert "differs" not in read_back.stdout


def test_a_deployment_by_ape_that_is_not_what_its_file_says_is_named(anvil: str, tmp_path: Path) -> None:
    made = deploy(AnvilChain(anvil).w3, AnvilChain(anvil).accounts[0], name="dry")
    addresses = {**made.addresses, "HubList": made.addresses["NumberMarket"]}
    deployments.save(replace(made, addresses=addresses), tmp_path)
    run = _verify(f"ethereum:local:{anvil}", tmp_path / "dry.json")
    assert run.returncode == 1
    assert "differs  HubList code at" in run.stdout
    assert "of these differ: this is not the deployment dry" in run.stderr


def test_a_deployment_by_ape_goes_on_where_it_was_cut_off(anvil: str, tmp_path: Path) -> None:
    chain, written = AnvilChain(anvil), tmp_path / "dry.json"
    network, account = f"ethereum:local:{anvil}", chain.accounts[0]
    # Enough for the first contracts at anvil's fees, and not for all.
    request(chain.w3, RPCEndpoint("anvil_setBalance"), (account.address, hex(12 * 10**15)))
    first = _deploy(network, written)
    assert first.returncode == 1
    assert "send it some" in first.stderr
    sent = chain.w3.eth.get_transaction_count(account.address)
    assert 0 < sent < 7
    request(chain.w3, RPCEndpoint("anvil_setBalance"), (account.address, hex(10**19)))
    second = _deploy(network, written, "--treasury", chain.accounts[1].address)
    assert second.returncode == 1
    assert "was begun with treasury" in second.stderr
    third = _deploy(network, written)
    assert third.returncode == 0, third.stdout + third.stderr
    assert chain.w3.eth.get_transaction_count(account.address) == 7
    assert _verify(network, written).returncode == 0


def test_a_testnet_that_the_config_names_is_deployed_to(tmp_path: Path) -> None:
    named = _run(
        sys.executable,
        "-c",
        "import ape; print(ape.networks.ethereum.sepolia.get_provider('node').uri)",
    )
    assert named.stdout.strip() == "http://127.0.0.1:8545", named.stderr
    with running_anvil("--chain-id", str(SEPOLIA)) as rpc:
        network, written = f"ethereum:sepolia:{rpc}", tmp_path / "dry.json"
        without = _deploy(network, written)
        assert (without.returncode, written.exists()) == (1, False)
        assert f"chain {SEPOLIA} has ENS" in without.stderr
        ens = PlayEns((chain := AnvilChain(rpc)).w3, chain.accounts[0]).address
        run = _deploy(network, written, "--ens", ens, "--wrapper", ens, "--universal-resolver", ens)
        assert run.returncode == 0, run.stdout + run.stderr
        assert deployments.read(written).chain_id == SEPOLIA
        assert _verify(network, written).returncode == 0
