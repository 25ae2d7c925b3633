"""Deployment files: written whole, read with care, found by name or chain."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from telsdk.chain.errors import DeploymentError, UnknownNetwork
from telsdk.chain.interface import CONTRACTS, Deployment, deployments

ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
LOCAL = Deployment(
    "local", 31337, 1, dict.fromkeys(CONTRACTS, ADDRESS), {"HubList": []}, "http://127.0.0.1:1"
)


def named(name: str, chain_id: int) -> Deployment:
    return dataclasses.replace(LOCAL, name=name, chain_id=chain_id)


def test_what_is_saved_is_loaded_by_its_name(tmp_path: Path) -> None:
    path = deployments.save(LOCAL, tmp_path)
    assert deployments.load("local", tmp_path) == LOCAL
    assert list(tmp_path.iterdir()) == [path]


def test_saving_again_replaces(tmp_path: Path) -> None:
    deployments.save(LOCAL, tmp_path)
    deployments.save(named("local", 5), tmp_path)
    assert deployments.load("local", tmp_path).chain_id == 5


def test_an_unknown_network_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    deployments.save(LOCAL, tmp_path)
    with pytest.raises(UnknownNetwork, match="no network is called 'mars'; known: local"):
        deployments.load("mars", tmp_path)


def test_no_network_at_all_is_answered_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(UnknownNetwork, match="none is known yet: deploy one"):
        deployments.load("mars", tmp_path)


def test_a_deployment_is_found_by_its_chain(tmp_path: Path) -> None:
    deployments.save(LOCAL, tmp_path)
    assert deployments.on_chain(31337, tmp_path) == LOCAL


def test_two_deployments_on_a_chain_must_be_told_apart_by_name(tmp_path: Path) -> None:
    deployments.save(LOCAL, tmp_path)
    deployments.save(named("other", 31337), tmp_path)
    with pytest.raises(UnknownNetwork, match="say which one by --network: local, other"):
        deployments.on_chain(31337, tmp_path)


def test_a_chain_without_deployment_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownNetwork, match="no deployment is known on chain 7"):
        deployments.on_chain(7, tmp_path)


def test_a_damaged_file_does_not_stand_in_the_way_of_others(tmp_path: Path) -> None:
    deployments.save(LOCAL, tmp_path)
    (tmp_path / "broken.json").write_text("{")
    assert set(deployments.known(tmp_path)) == {"local"}


def test_a_damaged_file_asked_for_by_name_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(DeploymentError, match=r"broken\.json is no deployment file"):
        deployments.load("broken", tmp_path)


def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    deployments.save(LOCAL, tmp_path)
    with pytest.raises(UnknownNetwork):
        deployments.load("../local", tmp_path / "inner")
    with pytest.raises(DeploymentError, match="no network name"):
        named("../local", 1)


@pytest.mark.parametrize("address", [None, "0x5fbdb2315678afecb367f032d93f642f64180aa3", "bob.eth", 7])
def test_addresses_are_given_for_all_contracts_and_in_eip55_form(address: object) -> None:
    data = json.loads(LOCAL.to_json())
    data["addresses"]["HubList"] = address
    with pytest.raises(DeploymentError, match="HubList is at"):
        deployments.parse(json.dumps(data), "file")


def test_signatures_are_bound_to_chain_and_registry() -> None:
    assert (LOCAL.domain.chain_id, LOCAL.domain.registry) == (31337, ADDRESS)


def test_a_deployment_of_the_first_edition_is_refused_with_what_to_do() -> None:
    old = json.loads(LOCAL.to_json())
    old["arguments"]["NameAlias"] = [ADDRESS, ADDRESS, ADDRESS]
    with pytest.raises(DeploymentError, match="of the first edition .* deploy anew with scripts/deploy.py"):
        deployments.parse(json.dumps(old), "old.json")


def test_names_end_in_what_vouches_for_them() -> None:
    assert (LOCAL.asks_ens, LOCAL.name_suffix) == (False, ".tel")
    asking = dataclasses.replace(
        LOCAL,
        addresses={**LOCAL.addresses, "EnsOwners": ADDRESS},
        arguments={"NameAlias": [ADDRESS, ADDRESS]},
    )
    assert (asking.asks_ens, asking.name_suffix) == (True, ".eth")
    assert asking.contracts == (*CONTRACTS, "EnsOwners")
    with pytest.raises(DeploymentError, match="EnsOwners is at None"):
        dataclasses.replace(asking, addresses=LOCAL.addresses)
