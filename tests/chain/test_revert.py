"""Every custom error of the contracts arrives as a class, with its values and a line for a person."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from telsdk.chain import manifest, revert
from telsdk.chain.abi import types
from telsdk.chain.errors import ContractRefused
from telsdk.chain.explain import EXPLANATIONS

ERRORS = {
    entry["name"]: entry
    for artifact in manifest.load().contracts.values()
    for entry in artifact.entries("error")
}
ALICE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
SAMPLES = {"address": ALICE, "string": "bob", "bytes32": b"\x07" * 32}


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_has_a_class_values_and_an_explanation(name: str) -> None:
    inputs = ERRORS[name]["inputs"]
    selector = next(key for key, known in revert.error_types().items() if known.name == name)
    values = {item["name"]: SAMPLES.get(item["type"], 5_551_234 % 200) for item in inputs}
    error = revert.refusal(selector + encode(types(inputs), list(values.values())))
    assert type(error) is getattr(revert, name)
    assert isinstance(error, ContractRefused)
    assert error.values == values
    assert "{" not in str(error)
    assert "the contract refused:" not in str(error)
    assert "\n" not in str(error)


def test_no_explanation_is_left_over() -> None:
    assert set(EXPLANATIONS) == set(ERRORS)


def test_address_zero_is_nobody() -> None:
    data = encode(["uint256", "address", "address"], [5551234, ALICE, "0x" + "00" * 20])
    selector = next(key for key, known in revert.error_types().items() if known.name == "NotOwner")
    assert "5551234 is held by nobody" in str(revert.refusal(selector + data))


def test_a_require_message_is_passed_on() -> None:
    data = bytes.fromhex("08c379a0") + encode(["string"], ["too late"])
    assert str(revert.refusal(data)) == "the contract refused: too late"


def test_a_panic_is_named_by_its_code() -> None:
    data = bytes.fromhex("4e487b71") + encode(["uint256"], [0x11])
    assert "panic 0x11" in str(revert.refusal(data))


def test_no_data_says_so() -> None:
    assert str(revert.refusal(None)) == "the contract refused and did not say why (no revert data)"


def test_an_unknown_error_keeps_its_data() -> None:
    error = revert.refusal("0xdeadbeef00")
    assert type(error) is revert.Reverted
    assert error.values == {"data": bytes.fromhex("deadbeef00")}


@given(st.sampled_from([*revert.error_types(), b"\x08\xc3\x79\xa0", b"NH{q", b""]), st.binary(max_size=200))
def test_whatever_a_contract_sends_becomes_a_refusal(selector: bytes, rest: bytes) -> None:
    assert isinstance(revert.refusal(selector + rest), ContractRefused)


def test_there_is_no_class_for_an_error_that_there_is_not() -> None:
    with pytest.raises(AttributeError, match="NoSuchThing"):
        _ = revert.NoSuchThing
