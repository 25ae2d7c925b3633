"""The contracts are put on a chain, linked, and left alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from telsdk.chain import revert
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.errors import DeploymentError
from telsdk.chain.interface import CONTRACTS, NOBODY, deployments
from telsdk.chain.rollout import EnsAddresses, deploy
from telsdk.chain.rollout.ens import KNOWN_ENS, check_ens


def test_all_contracts_are_there_and_linked(client: Client) -> None:
    assert set(client.deployment.addresses) == set(CONTRACTS)
    at = client.deployment.addresses
    registry = client.registry
    assert registry.read("registrar") == at["NumberRegistrar"]
    assert registry.read("nameAlias") == at["NameAlias"]
    assert registry.read("records") == at["NumberRecords"]
    assert registry.read("market") == at["NumberMarket"]


def test_the_deployment_tells_the_first_block_and_the_arguments(client: Client) -> None:
    assert client.deployment.block == 1
    assert client.deployment.arguments["NumberRecords"] == [client.registry.address]


def test_who_deployed_cannot_link_again(client: Client, chain: EmbeddedChain) -> None:
    deployer = client.as_account(chain.accounts[0])
    other = ["0x" + "11" * 20] * 4
    with pytest.raises(revert.AlreadyLinked, match="for ever"):
        deployer.registry.write("link", *other)


def test_the_treasury_can_be_another_than_who_deploys(chain: EmbeddedChain) -> None:
    treasury = chain.accounts[5].address
    made = deploy(chain.w3, chain.accounts[0], name="second", treasury=treasury)
    client = Client(chain.w3, made)
    client.check()
    assert client.registrar.treasury() == treasury
    assert made.block > 1


def test_a_deployment_is_the_same_after_saving(client: Client, tmp_path: Path) -> None:
    path = deployments.save(client.deployment, tmp_path)
    assert deployments.read(path) == client.deployment


@pytest.mark.parametrize("chain_id", [1, 11155111, 17000])
def test_where_ens_is_known_to_be_nothing_is_deployed_without_it(chain_id: int) -> None:
    with pytest.raises(DeploymentError, match=f"chain {chain_id} has ENS.*: give --ens 0x0.* --wrapper 0x"):
        check_ens(chain_id, None)
    check_ens(chain_id, KNOWN_ENS[chain_id])


@pytest.mark.parametrize("part", ["wrapper", "universal_resolver"])
def test_where_ens_is_known_all_of_it_has_to_be_given(part: str) -> None:
    known = KNOWN_ENS[1]
    said = f"has a {part.replace('_', ' ')} too.*--universal-resolver {known.universal_resolver}"
    with pytest.raises(DeploymentError, match=said):
        check_ens(1, replace(known, **{part: NOBODY}))


def test_elsewhere_names_may_do_without_ens() -> None:
    check_ens(31337, None)
    check_ens(31337, EnsAddresses("0x" + "11" * 20))


def test_a_chain_that_has_ens_is_asked_for_its_id_before_anything_is_sent(
    chain: EmbeddedChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = chain.w3.eth.chain_id
    monkeypatch.setitem(KNOWN_ENS, here, KNOWN_ENS[1])
    height = chain.w3.eth.block_number
    with pytest.raises(DeploymentError, match=f"chain {here} has ENS"):
        deploy(chain.w3, chain.accounts[0])
    assert chain.w3.eth.block_number == height
