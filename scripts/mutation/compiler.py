"""The compiler for mutants, and which contracts a source is part of."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import Any

from scripts.manifest import CONTRACTS, ROOT, SETTINGS, CompileError
from scripts.toolchain import node

Artefacts = dict[str, dict[str, Any]]
"""Contracts by name: their `abi` and `bytecode`."""


_QUICK: dict[str, Any] = {"evmVersion": SETTINGS["evmVersion"], "metadata": SETTINGS["metadata"]}
"""A fifth of the time that the optimizer takes."""
_DEEP = {**_QUICK, "viaIR": True}
"""For what holds more variables than the quick way has room for."""


def contract_path(name: str) -> str:
    return f"contracts/{name}.sol"


class Compiler:
    """A running compiler: it stays, because to load it takes as long as to compile."""

    def __init__(self) -> None:
        command = [node(), str(ROOT / "scripts/mutation/compiler.js")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._deep: set[str] = set()

    def close(self) -> None:
        """Ends it."""
        self._process.communicate(timeout=60)

    def compile(
        self, sources: dict[str, str], selection: dict[str, Any], settings: dict[str, Any] = _QUICK
    ) -> dict[str, Any]:
        """solc's output for these sources, with what they import.

        Raises:
            CompileError: the compiler refused them.
        """
        job = {
            "language": "Solidity",
            "sources": {path: {"content": text} for path, text in sources.items()},
            "settings": {**settings, "outputSelection": selection},
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        output: dict[str, Any] = json.loads(self._process.stdout.readline())
        errors = [e["formattedMessage"] for e in output.get("errors", []) if e["severity"] == "error"]
        if errors:
            raise CompileError("\n".join(errors))
        return output

    def build(self, names: list[str], changed: dict[str, str]) -> Artefacts:
        """The contracts of those names, not optimized, from sources of which some are changed.

        Raises:
            CompileError: the compiler refused them.
        """
        return {name: self._built(name, changed) for name in names}

    def _built(self, name: str, changed: dict[str, str]) -> dict[str, Any]:
        path = contract_path(name)
        sources = {path: (ROOT / path).read_text()} | changed
        selection = {path: {name: ["abi", "evm.bytecode.object"]}}
        settings = _DEEP if name in self._deep else _QUICK
        try:
            output = self.compile(sources, selection, settings)
        except CompileError as error:
            if settings is _DEEP or "Stack too deep" not in str(error):
                raise
            self._deep.add(name)
            output = self.compile(sources, selection, _DEEP)
        artefact = output["contracts"][path][name]
        return {"abi": artefact["abi"], "bytecode": "0x" + artefact["evm"]["bytecode"]["object"]}


@dataclass(frozen=True)
class Project:
    """Our contracts, parsed."""

    sources: dict[str, bytes]
    """what was parsed, by path: those of OpenZeppelin are left out"""
    trees: dict[str, dict[str, Any]]
    """their syntax trees"""
    users: dict[str, list[str]]
    """for each source the contracts that it is part of"""


def parse(compiler: Compiler) -> Project:
    """What there is to mutate: the contracts and their libraries."""
    sources = {contract_path(name): (ROOT / contract_path(name)).read_text() for name in CONTRACTS}
    output = compiler.compile(sources, {"*": {"": ["ast"]}})["sources"]
    imports = {path: _imports(entry["ast"]) for path, entry in output.items()}
    users: dict[str, list[str]] = {}
    for name in CONTRACTS:
        for path in _reached(contract_path(name), imports):
            users.setdefault(path, []).append(name)
    files = sorted([*ROOT.glob("contracts/*.sol"), *ROOT.glob("contracts/lib/*.sol")])
    ours = {file.relative_to(ROOT).as_posix(): file.read_bytes() for file in files}
    return Project(ours, {path: output[path]["ast"] for path in ours}, {path: users[path] for path in ours})


def _imports(tree: dict[str, Any]) -> list[str]:
    return [n["absolutePath"] for n in tree["nodes"] if n["nodeType"] == "ImportDirective"]


def _reached(path: str, imports: dict[str, list[str]]) -> set[str]:
    reached, left = set(), [path]
    while left:
        at = left.pop()
        if at not in reached:
            reached.add(at)
            left += imports[at]
    return reached
