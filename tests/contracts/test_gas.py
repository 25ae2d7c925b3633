"""What the users' operations cost, by the recorded figures, and that these are of a real chain.

The figures stand for the contracts as they are because ``benchmarks/gas.py --check``, part of scripts/check,
measures them again. So nothing is measured twice here, and each target is written once, in the table.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from eth_utils.abi import abi_to_signature

from benchmarks import gas
from benchmarks.gastable import ROWS, Row
from benchmarks.operations import measure
from scripts import toolchain
from telsdk.chain.development import AnvilChain
from telsdk.chain.development.devchain import seconds
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.interface import manifest
from tests.anvil import running_anvil

INSIDE = {
    ("NumberRegistry", "mint(address,uint256)"): (
        "NumberRegistrar",
        "register(uint256,address,bytes32,uint256)",
    ),
    ("NumberRegistry", "refreshMetadata(uint256)"): ("NameAlias", "claim(string,uint256)"),
}
"""What only another of the contracts may call, and in whose figure it is."""


WRITING = [
    (contract, abi_to_signature(entry))  # type: ignore[arg-type]
    for contract in manifest.CONTRACTS
    for entry in manifest.load()[contract].entries("function")
    if entry["stateMutability"] not in ("view", "pure")
] + [(contract, "constructor") for contract in manifest.CONTRACTS]


@pytest.mark.parametrize("row", [row for row in ROWS if row.target is not None], ids=lambda row: row.what)
def test_an_operation_costs_less_than_its_target(row: Row) -> None:
    assert row.target is not None
    assert row.gas(gas.load()) < row.target


@pytest.mark.parametrize(("contract", "function"), WRITING)
def test_every_function_that_writes_has_a_figure(contract: str, function: str) -> None:
    contract, function = INSIDE.get((contract, function), (contract, function))
    assert gas.load()[contract][function]


def test_what_is_called_inside_others_is_no_more_than_that() -> None:
    assert set(INSIDE) <= set(WRITING)


class SteadyAnvil(AnvilChain):
    """An anvil whose clock is moved by the blocks alone, a second each, and by `advance_time`."""

    def __init__(self, rpc: str) -> None:
        super().__init__(rpc)
        self._request("anvil_setBlockTimestampInterval", 1)

    def advance_time(self, by: float | timedelta) -> None:
        latest = self.w3.eth.get_block("latest")["timestamp"]
        self._request("evm_setNextBlockTimestamp", latest + seconds(by))
        self._request("evm_mine")


@pytest.mark.slow
@pytest.mark.contracts
def test_anvil_and_the_embedded_chain_agree_to_the_gas() -> None:
    toolchain.install()
    embedded = EmbeddedChain()
    chain_id = str(embedded.w3.eth.chain_id)  # it is in signatures and commitments, and so in the call data
    with running_anvil("--chain-id", chain_id, "--hardfork", "prague") as rpc:
        assert measure(SteadyAnvil(rpc)) == measure(embedded)
