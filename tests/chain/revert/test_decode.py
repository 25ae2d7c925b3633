"""Every custom error of the contracts arrives as a class, with its values and a line for a person."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import get_type_hints

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from telsdk.chain import revert
from telsdk.chain.errors import ContractRefused
from telsdk.chain.interface import manifest
from telsdk.chain.interface.abi import types
from telsdk.chain.interface.explanations import EXPLANATIONS
from telsdk.chain.revert import refusals
from telsdk.chain.revert.decode import error_types

ERRORS = {
    entry["name"]: entry
    for artifact in manifest.load().contracts.values()
    for entry in artifact.entries("error")
}
ALICE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def refused(name: str, *values: object) -> ContractRefused:
    """What a contract's custom error `name` with those values becomes."""
    selector = next(key for key, known in error_types().items() if known.name == name)
    return revert.contract_refusal(selector + encode(types(ERRORS[name]["inputs"]), values))


SAMPLES = {"address": ALICE, "string": "bob", "bytes32": b"\x07" * 32}


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_has_a_class_values_and_an_explanation(name: str) -> None:
    inputs = ERRORS[name]["inputs"]
    values = {item["name"]: SAMPLES.get(item["type"], 5_551_234 % 200) for item in inputs}
    error = refused(name, *values.values())
    assert type(error) is getattr(revert, name)
    assert isinstance(error, ContractRefused)
    assert error.values == values
    assert "{" not in str(error)
    assert "the contract refused:" not in str(error)
    assert "\n" not in str(error)


def test_no_explanation_is_left_over() -> None:
    assert set(EXPLANATIONS) == set(ERRORS)


def test_address_zero_is_nobody() -> None:
    error = refused("NotOwner", 5551234, ALICE, "0x" + "00" * 20)
    assert "5551234 is held by nobody" in str(error)


def test_a_require_message_is_passed_on() -> None:
    data = bytes.fromhex("08c379a0") + encode(["string"], ["too late"])
    assert str(revert.contract_refusal(data)) == "the contract refused: too late"


def test_a_panic_is_named_by_its_code() -> None:
    data = bytes.fromhex("4e487b71") + encode(["uint256"], [0x11])
    assert "panic 0x11" in str(revert.contract_refusal(data))


def test_no_data_says_so() -> None:
    assert str(revert.contract_refusal(None)) == "the contract refused and did not say why (no revert data)"


def test_an_unknown_error_keeps_its_data() -> None:
    error = revert.contract_refusal("0xdeadbeef00")
    assert type(error) is revert.Reverted
    assert error.values == {"data": bytes.fromhex("deadbeef00")}


@given(st.sampled_from([*error_types(), b"\x08\xc3\x79\xa0", b"NH{q", b""]), st.binary(max_size=200))
def test_whatever_a_contract_sends_becomes_a_refusal(selector: bytes, rest: bytes) -> None:
    assert isinstance(revert.contract_refusal(selector + rest), ContractRefused)


def test_there_is_a_class_for_every_error_and_for_nothing_else() -> None:
    assert set(refusals.__all__) == set(ERRORS)
    assert not hasattr(revert, "NoSuchThing")


@pytest.mark.parametrize("name", ERRORS)
def test_every_class_tells_its_values_types_as_they_come(name: str) -> None:
    inputs = ERRORS[name]["inputs"]
    error = refused(name, *(SAMPLES.get(item["type"], 5) for item in inputs))
    promised = get_type_hints(getattr(refusals, name))
    del promised["tx"]  # of every refusal: the transaction, where there was one
    assert len(promised) == len(inputs)
    for attribute, kind in promised.items():
        assert type(getattr(error, attribute)) is kind


def test_values_have_pythons_names_and_peoples_units() -> None:
    error = refused("PriceDiffers", 5551234, 15 * 10**17, 10**18)
    assert isinstance(error, revert.PriceDiffers)
    assert (error.number, error.price, error.named) == (5551234, Decimal("1.5"), Decimal(1))
    assert error.values == {"number": 5551234, "price": 15 * 10**17, "named": 10**18}
    early = refused("CommitmentTooNew", b"\x01" * 32, 1_800_000_000)
    assert isinstance(early, revert.CommitmentTooNew)
    assert early.ready_at == datetime(2027, 1, 15, 8, tzinfo=UTC)


def test_a_time_that_no_calendar_reaches_is_the_last_there_is() -> None:
    error = refused("SignatureExpired", 2**256 - 1, 0)
    assert isinstance(error, revert.SignatureExpired)
    assert error.deadline == datetime.max.replace(tzinfo=UTC)


def test_the_classes_say_what_the_contracts_say_of_them() -> None:
    assert "Solidity: ``NotListed(uint256 number)``." in str(revert.NotListed.__doc__)
    undocumented = {name for name in ERRORS if str(getattr(revert, name).__doc__).startswith("Solidity")}
    # OpenZeppelin writes @dev for these, which the compiler gives out for developers only.
    assert all(name.startswith("ERC721") or name.endswith(("String", "TooLong")) for name in undocumented)
