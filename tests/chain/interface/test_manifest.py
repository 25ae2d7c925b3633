"""The compiled contracts that come with the package."""

from __future__ import annotations

import pytest

from telsdk.chain.errors import DeploymentError
from telsdk.chain.interface import manifest


@pytest.mark.parametrize("name", manifest.CONTRACTS)
def test_every_contract_comes_with_abi_and_bytecode(name: str) -> None:
    artifact = manifest.load()[name]
    assert artifact.entries("function")
    assert len(bytes.fromhex(artifact.bytecode.removeprefix("0x"))) > 1000


def test_a_contract_that_there_is_not_is_named_in_the_error() -> None:
    with pytest.raises(DeploymentError, match="no contract Telegraph"):
        _ = manifest.load()["Telegraph"]


@pytest.mark.parametrize("text", ["", "[]", '{"contracts": {}}', '{"contracts": {"A": {}}, "compiler": {}}'])
def test_a_damaged_manifest_is_refused(text: str) -> None:
    with pytest.raises(DeploymentError, match=r"manifest\.json cannot be read"):
        manifest.parse(text)
