"""The compiled contracts: ABI and bytecode of each, as package data, so that users need no compiler."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from telsdk.chain.errors import DeploymentError
from telsdk.chain.interface.abi import AbiEntry
from telsdk.nesting import check_nesting

CONTRACTS = ("NumberRegistry", "NumberRegistrar", "NameAlias", "NumberRecords", "HubList", "NumberMarket")
ENS_OWNERS = "EnsOwners"
"""The seventh contract, only where there is ENS. It holds nothing."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """Where in a contract's creation code its runtime code is. There the immutables are zero."""

    offset: int  # bytes
    size: int  # bytes
    immutables: Mapping[str, tuple[int, ...]]  # name -> where in the runtime code its 32 bytes are


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled contract."""

    name: str
    abi: tuple[AbiEntry, ...]
    bytecode: str  # creation code, 0x…
    runtime: Runtime

    @property
    def creation_code(self) -> bytes:
        return bytes.fromhex(self.bytecode.removeprefix("0x"))

    @property
    def runtime_code(self) -> bytes:
        """The code on the chain, except the immutables."""
        return self.creation_code[self.runtime.offset :][: self.runtime.size]

    def entries(self, kind: str) -> list[AbiEntry]:
        """Return the ABI entries of one `kind`: "function", "event", "error" or "constructor"."""
        return [entry for entry in self.abi if entry["type"] == kind]


@dataclass(frozen=True, slots=True)
class Manifest:
    """All contracts of one build."""

    contracts: Mapping[str, Artifact]
    compiler: Mapping[str, Any]
    tools: Mapping[str, str]  # name -> creation code, 0x…; an eth_call runs it, or a chain to play on has it

    def __getitem__(self, name: str) -> Artifact:
        try:
            return self.contracts[name]
        except KeyError:
            raise DeploymentError(
                f"the manifest has no contract {name}: build it again with `python scripts/manifest.py`"
            ) from None


def parse(text: str) -> Manifest:
    """Read the manifest written as `text`.

    Raises:
        DeploymentError: it is not JSON, or not of the form that scripts/manifest.py writes.
    """
    try:
        data = json.loads(check_nesting(text))
        contracts = {
            name: Artifact(name, tuple(entry["abi"]), entry["bytecode"], _runtime(entry["runtime"]))
            for name, entry in data["contracts"].items()
        }
        return Manifest(contracts, dict(data["compiler"]), dict(data["tools"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DeploymentError(
            f"manifest.json cannot be read ({error!r}): build it again with `python scripts/manifest.py`"
        ) from error


def _runtime(entry: Mapping[str, Any]) -> Runtime:
    immutables = {name: tuple(places) for name, places in entry["immutables"].items()}
    return Runtime(int(entry["offset"]), int(entry["size"]), immutables)


@cache
def load() -> Manifest:
    """Load the manifest that came with this package.

    Raises:
        DeploymentError: it is missing or damaged.
    """
    try:
        text = resources.files("telsdk.chain").joinpath("data", "manifest.json").read_text(encoding="utf-8")
    except OSError as error:
        raise DeploymentError(
            f"telsdk/chain/data/manifest.json cannot be read ({error}): install telsdk again, "
            "or build it with `python scripts/manifest.py`"
        ) from error
    return parse(text)
