"""Whoever meets a contract by its ABI finds what each call, event and error means: in NatSpec, beside it.

Solidity itself refuses an ``@param`` or ``@return`` that names nothing, and an ``@inheritdoc`` that finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from scripts.manifest import ROOT, compile_all

SOURCES = [
    path
    for folder in ("", "interfaces", "lib", "tools")
    for path in sorted((ROOT / "contracts" / folder).glob("*.sol"))
]
SELECTORS = {"functionSelector", "eventSelector", "errorSelector"}
"""The syntax tree gives one of these to whatever can be named from outside."""


@dataclass(frozen=True)
class Declaration:
    """Something that others call or read, with the NatSpec beside it."""

    name: str
    doc: str
    parameters: tuple[str, ...] = ()
    returns: int = 0


def gaps_of(declaration: Declaration, interfaces: frozenset[str]) -> list[str]:
    """Return what the NatSpec of a declaration does not say; nothing when it takes an interface's by @inheritdoc."""
    tags = re.findall(r"^\s*@(\w+)[ ]+(\S.*)", declaration.doc, re.MULTILINE)
    if any(tag == "inheritdoc" and text.strip() in interfaces for tag, text in tags):
        return []
    said = [tag for tag, _ in tags]
    described = {text.split()[0] for tag, text in tags if tag == "param" and len(text.split()) > 1}
    gaps = [] if "notice" in said else ["@notice"]
    gaps += [f"@param {name}" for name in declaration.parameters if name not in described]
    gaps += ["@return"] * (declaration.returns - said.count("return"))
    return gaps


def _names(parameters: dict[str, Any] | None) -> tuple[str, ...]:
    return tuple(part["name"] for part in (parameters or {"parameters": []})["parameters"])


def _declaration(place: str, node: dict[str, Any]) -> Declaration | None:
    if not SELECTORS & node.keys():
        return None
    doc = (node.get("documentation") or {"text": ""})["text"]
    getter = node["nodeType"] == "VariableDeclaration"
    returns = 1 if getter else len(_names(node.get("returnParameters")))
    return Declaration(f"{place}.{node['name']}", doc, _names(node.get("parameters")), returns)


def _declarations(output: dict[str, Any]) -> Iterator[Declaration]:
    for source in output["sources"].values():
        if not source["ast"]["absolutePath"].startswith("contracts/"):
            continue
        for contract in source["ast"]["nodes"]:
            for node in contract.get("nodes", ()):
                if declaration := _declaration(contract["name"], node):
                    yield declaration


@pytest.fixture(scope="module")
def suite_output() -> dict[str, Any]:
    """The syntax trees of all contracts."""
    return compile_all(SOURCES, {}, {"*": [], "": ["ast"]})


def test_each_call_event_and_error_says_what_it_means(suite_output: dict[str, Any]) -> None:
    interfaces = frozenset(
        contract["name"]
        for path, source in suite_output["sources"].items()
        if path.startswith("contracts/interfaces/")
        for contract in source["ast"]["nodes"]
        if contract["nodeType"] == "ContractDefinition"
    )
    found = list(_declarations(suite_output))
    assert {"INumberRegistry.moveTo", "IHubList.HubAdded", "HubList.BOND"} <= {each.name for each in found}
    assert {each.name: gaps for each in found if (gaps := gaps_of(each, interfaces))} == {}


@pytest.mark.parametrize(
    ("declaration", "gaps"),
    [
        (Declaration("f", ""), ["@notice"]),
        (Declaration("f", " @dev Something", ("a",)), ["@notice", "@param a"]),
        (Declaration("f", " @notice Something.\n @param a", ("a",)), ["@param a"]),
        (
            Declaration("f", " @notice Something.\n @param b What.", ("a", "b"), 2),
            ["@param a", "@return", "@return"],
        ),
        (Declaration("f", " @notice Something.\n @return One.", (), 2), ["@return"]),
        (Declaration("f", " @notice Something.\n @param a What.\n @return One.", ("a",), 1), []),
        (Declaration("f", " @inheritdoc IThing", ("a",), 1), []),
        (Declaration("f", " @inheritdoc IElse", ("a",), 1), ["@notice", "@param a", "@return"]),
    ],
)
def test_a_gap_is_seen(declaration: Declaration, gaps: list[str]) -> None:
    assert gaps_of(declaration, frozenset({"IThing"})) == gaps
