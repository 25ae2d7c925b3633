"""Contracts that accept signatures (ERC-1271), and contracts that only seem to."""

from __future__ import annotations

import pytest

from telsdk.chain.access.erc1271 import GAS
from telsdk.chain.client import Client
from telsdk.directory import NoContract
from tests.chain.actors import installed, me

RETURN_MAGIC = "631626ba7e60e01b5f5260205ff3"  # return bytes4(0x1626ba7e), left-aligned
RETURN_ONE = "60015f5260205ff3"
RETURN_MAGIC_AS_NUMBER = "631626ba7e5f5260205ff3"  # right-aligned: not what the ABI says
RETURN_SHORT = "631626ba7e60e01b5f5260045ff3"
RETURN_NOTHING = "00"
REVERT = "5f5ffd"
SPIN = "5b5f56"  # until the gas is used up
MAGIC_IF_GAS_IS_SCARCE = f"63{GAS + 1:08x}5a10631626ba7e0260e01b5f5260205ff3"


def test_a_wallet_that_says_yes_is_believed(client: Client) -> None:
    assert client.is_valid_signature(installed(client, RETURN_MAGIC), bytes(32), b"signature")


@pytest.mark.parametrize(
    "runtime", [RETURN_ONE, RETURN_MAGIC_AS_NUMBER, RETURN_SHORT, RETURN_NOTHING, REVERT]
)
def test_anything_but_yes_is_no(client: Client, runtime: str) -> None:
    assert not client.is_valid_signature(installed(client, runtime), bytes(32), b"signature")


def test_an_account_without_code_is_said_to_be_none(client: Client) -> None:
    with pytest.raises(NoContract, match=f"{me(client)} is no contract"):
        client.is_valid_signature(me(client), bytes(32), b"signature")


def test_a_contract_is_given_no_more_gas_than_an_answer_takes(client: Client) -> None:
    assert client.is_valid_signature(installed(client, MAGIC_IF_GAS_IS_SCARCE), bytes(32), b"signature")


def test_a_contract_that_never_answers_is_not_believed(client: Client) -> None:
    assert not client.is_valid_signature(installed(client, SPIN), bytes(32), b"signature")


def test_an_account_with_code_is_a_contract(client: Client) -> None:
    assert client.is_contract(installed(client, RETURN_ONE))
    assert not client.is_contract(me(client))
