"""A deployment is read back: what is as it should be passes, and whatever is not is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from telsdk.chain.access import Session
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.development.playens import PlayEns
from telsdk.chain.interface import CONTRACTS, Deployment, functions, manifest
from telsdk.chain.rollout import Comparison, EnsAddresses, deploy, verify
from telsdk.chain.rollout.deploying import creation
from telsdk.chain.rollout.verifying import CONSTANTS, PRICE_CAPS

OTHER = "0x" + "11" * 20


def differing(chain: EmbeddedChain, deployment: Deployment) -> dict[str, Comparison]:
    """What differs, by what it is."""
    return {check.what: check for check in verify(chain.w3, deployment) if not check.ok}


def moved(deployment: Deployment, **addresses: str) -> Deployment:
    return replace(deployment, addresses={**deployment.addresses, **addresses})


def argued(deployment: Deployment, contract: str, place: int, value: str) -> Deployment:
    """`deployment` with another argument of a constructor in its file."""
    given = list(deployment.arguments[contract])
    given[place] = value
    return replace(deployment, arguments={**deployment.arguments, contract: given})


def test_a_good_deployment_passes_and_everything_is_compared(
    chain: EmbeddedChain, deployment: Deployment
) -> None:
    checks = list(verify(chain.w3, deployment))
    assert [str(check) for check in checks if not check.ok] == []
    compared = {check.what for check in checks}
    assert len(compared) == len(checks)
    for contract in CONTRACTS:
        assert f"{contract} code at {deployment.addresses[contract]}" in compared
        for name in manifest.load()[contract].runtime.immutables:
            assert f"{contract} immutable {name}" in compared
    assert {f"{contract} {getter}" for contract, getter in CONSTANTS} <= compared
    assert {f"NumberRegistrar priceCap({digits})" for digits in PRICE_CAPS} <= compared
    assert {
        "NumberRegistry linker",
        "NumberRegistrar treasury",
        "NameAlias owners",
        "NameAlias suffix",
    } <= compared
    assert {f"NumberRegistry {link}" for link in ("registrar", "nameAlias", "records", "market")} <= compared


@pytest.fixture
def with_ens(chain: EmbeddedChain) -> Deployment:
    registry, wrapper, resolver = (PlayEns(chain.w3, chain.accounts[4]).address for _ in range(3))
    ens = EnsAddresses(registry, wrapper, resolver)
    treasury = chain.accounts[5].address
    return deploy(chain.w3, chain.accounts[4], name="second", treasury=treasury, ens=ens)


def test_one_with_ens_and_a_treasury_passes(chain: EmbeddedChain, with_ens: Deployment) -> None:
    compared = {check.what for check in verify(chain.w3, with_ens)}
    assert {"EnsOwners immutable ens", "EnsOwners wrapper", "EnsOwners universalResolver"} <= compared
    assert differing(chain, with_ens) == {}


@pytest.mark.parametrize(("place", "name"), enumerate(("ens", "wrapper", "universalResolver")))
def test_another_ens_in_the_file_is_found(
    chain: EmbeddedChain, with_ens: Deployment, place: int, name: str
) -> None:
    found = set(differing(chain, argued(with_ens, "EnsOwners", place, OTHER)))
    assert found == {f"EnsOwners immutable {name}", f"EnsOwners {name}"}


def test_another_word_on_who_owns_the_names_is_found(chain: EmbeddedChain, with_ens: Deployment) -> None:
    assert set(differing(chain, argued(with_ens, "NameAlias", 1, OTHER))) == {
        "NameAlias argument owners_ in the file"
    }
    other = moved(with_ens, EnsOwners=with_ens.addresses["HubList"])
    assert {"NameAlias immutable owners", "NameAlias owners"} <= set(differing(chain, other))


def test_a_line_says_what_is_there_and_what_should_be(chain: EmbeddedChain, deployment: Deployment) -> None:
    wrong = differing(chain, argued(deployment, "NumberRegistrar", 1, OTHER))
    treasury = chain.accounts[0].address
    assert [str(check) for check in wrong.values()] == [
        f"differs  NumberRegistrar treasury: {treasury}, and should be {OTHER}"
    ]


def test_another_chain_is_named_and_nothing_else_compared(
    chain: EmbeddedChain, deployment: Deployment
) -> None:
    (only,) = verify(chain.w3, replace(deployment, chain_id=5))
    assert (only.what, only.expected, only.ok) == ("chain id", "5", False)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_another_contracts_code_is_found(
    chain: EmbeddedChain, deployment: Deployment, client: Client, contract: str
) -> None:
    other = "HubList" if contract != "HubList" else "NumberMarket"
    at = deployment.addresses[other]
    assert f"{contract} code at {at}" in differing(chain, moved(deployment, **{contract: at}))


@pytest.mark.parametrize("contract", CONTRACTS)
def test_no_contract_is_found(chain: EmbeddedChain, deployment: Deployment, contract: str) -> None:
    nowhere = chain.accounts[9].address
    wrong = differing(chain, moved(deployment, **{contract: nowhere}))
    assert wrong[f"{contract} code at {nowhere}"].found == "no code"


def test_one_changed_byte_of_code_is_found(
    chain: EmbeddedChain, deployment: Deployment, client: Client
) -> None:
    code = bytearray(creation("HubList", ()))
    code[-1] ^= 1
    receipt = client.session.transact({"data": bytes(code)})
    assert receipt.contract is not None
    wrong = differing(chain, moved(deployment, HubList=receipt.contract))
    assert set(wrong) == {f"HubList code at {receipt.contract}"}


def test_code_with_something_behind_it_is_found(
    chain: EmbeddedChain, deployment: Deployment, client: Client
) -> None:
    code = manifest.load()["HubList"].runtime_code + b"\0"
    # PUSH2 size, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN: what stands behind them is the contract.
    receipt = client.session.transact({"data": bytes.fromhex(f"61{len(code):04x}80600a5f395ff3") + code})
    assert receipt.contract is not None
    wrong = differing(chain, moved(deployment, HubList=receipt.contract))
    assert set(wrong) == {f"HubList code at {receipt.contract}"}


FOREIGN: dict[str, set[str]] = {
    "NumberRegistrar": {"NumberRegistrar immutable registry", "NumberRegistry registrar"},
    "NameAlias": {"NameAlias immutable registry", "NumberRegistry nameAlias"},
    "NumberRecords": {"NumberRecords immutable _cachedSeparator", "NumberRegistry records"},
    "NumberMarket": {"NumberMarket immutable registry", "NumberRegistry market"},
}


@pytest.mark.parametrize(("contract", "what"), FOREIGN.items())
def test_a_contract_of_another_suite_is_found(
    chain: EmbeddedChain, deployment: Deployment, contract: str, what: set[str]
) -> None:
    """The code is right there; what differs is whom it belongs to."""
    foreign = deploy(chain.w3, chain.accounts[0], name="foreign")
    wrong = differing(chain, moved(deployment, **{contract: foreign.addresses[contract]}))
    assert {*what, f"{contract} registry"} <= set(wrong)
    assert not any("code" in name for name in wrong)


def test_a_registry_that_is_not_linked_is_found(chain: EmbeddedChain, deployment: Deployment) -> None:
    session = Session(chain.w3, chain.accounts[0])
    receipt = session.transact({"data": creation("NumberRegistry", (chain.accounts[0].address,))})
    assert receipt.contract is not None
    wrong = differing(chain, moved(deployment, NumberRegistry=receipt.contract))
    assert wrong["NumberRegistry registrar"].found == "nobody"


def test_a_registry_linked_to_others_is_found(chain: EmbeddedChain, deployment: Deployment) -> None:
    session = Session(chain.w3, chain.accounts[0])
    receipt = session.transact({"data": creation("NumberRegistry", (chain.accounts[0].address,))})
    assert receipt.contract is not None
    at = deployment.addresses
    swapped = (at["NameAlias"], at["NumberRegistrar"], at["NumberRecords"], at["NumberMarket"])
    session.send(receipt.contract, functions("NumberRegistry")["link"], swapped)
    wrong = differing(chain, moved(deployment, NumberRegistry=receipt.contract))
    assert wrong["NumberRegistry registrar"].found == at["NameAlias"]
    assert wrong["NumberRegistry nameAlias"].found == at["NumberRegistrar"]
    assert "NumberRegistry records" not in wrong


ARGUMENTS: Mapping[tuple[str, int], set[str]] = {
    ("NumberRegistry", 0): {"NumberRegistry immutable linker", "NumberRegistry linker"},
    ("NumberRegistrar", 0): {"NumberRegistrar argument registry_ in the file"},
    ("NumberRegistrar", 1): {"NumberRegistrar treasury"},
    ("NameAlias", 0): {"NameAlias argument registry_ in the file"},
    ("NumberRecords", 0): {"NumberRecords argument registry_ in the file"},
    ("NumberMarket", 0): {"NumberMarket argument registry_ in the file"},
}


@pytest.mark.parametrize(("place", "what"), ARGUMENTS.items())
def test_every_other_argument_in_the_file_is_found(
    chain: EmbeddedChain, deployment: Deployment, place: tuple[str, int], what: set[str]
) -> None:
    assert set(differing(chain, argued(deployment, *place, OTHER))) == what


@pytest.mark.parametrize("arguments", [{}, {"NumberRegistrar": []}, {"NumberRegistrar": ["bob", 7]}])
def test_arguments_that_are_missing_or_none_are_found(
    chain: EmbeddedChain, deployment: Deployment, arguments: dict[str, Any]
) -> None:
    wrong = differing(chain, replace(deployment, arguments=arguments))
    assert wrong["NumberRegistrar treasury"].expected == "not written in the file"


def test_a_treasury_that_was_handed_over_is_found(chain: EmbeddedChain, deployment: Deployment) -> None:
    old, new = (Client(chain.w3, deployment, chain.accounts[place]) for place in (0, 3))
    next_ = chain.accounts[3].address
    old.registrar.propose_treasury(next_)
    assert differing(chain, deployment) == {}
    new.registrar.accept_treasury()
    wrong = differing(chain, deployment)
    assert set(wrong) == {"NumberRegistrar treasury"}
    assert wrong["NumberRegistrar treasury"].found == next_
