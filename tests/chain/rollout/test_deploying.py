"""The contracts are put on a chain, linked, and left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from telsdk.chain import revert
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.interface import CONTRACTS, deployments
from telsdk.chain.rollout import deploy


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
