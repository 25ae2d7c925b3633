"""Compiles the contracts and writes what is made of that.

``telsdk/chain/data/manifest.json`` has their ABIs and creation bytecode, ``contracts/layout.json`` their storage
slots and the size of their code.

    scripts/manifest.py            write both
    scripts/manifest.py --check    exit 1 when one of them was not made from these sources

The output depends on the sources, the settings below and the pins in ``package.json`` only. Needs Node.js and
the npm packages: ``scripts/toolchain.py`` brings both.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.layout import MAX_CODE, OUTPUT, code_size, layout  # noqa: E402
from scripts.toolchain import ToolchainError, node  # noqa: E402

MANIFEST = ROOT / "telsdk/chain/data/manifest.json"
LAYOUT = ROOT / "contracts/layout.json"
CONTRACTS = ("NumberRegistry", "NumberRegistrar", "NameAlias", "NumberRecords", "HubList", "NumberMarket")

SETTINGS: dict[str, Any] = {
    "viaIR": True,
    "optimizer": {"enabled": True, "runs": 20_000},
    "evmVersion": "cancun",
    # Without the hash of paths and comments, a change of a comment changes no bytecode.
    "metadata": {"bytecodeHash": "none", "appendCBOR": False},
}
"""How the contracts are compiled; ape-config.yaml says the same."""


class CompileError(Exception):
    """The compiler refused the sources; the message is its own."""


def compile_sources(sources: list[Path], settings: dict[str, Any], outputs: list[str]) -> dict[str, Any]:
    """The ``contracts`` part of solc's standard JSON output for `sources`.

    Raises:
        CompileError: the compiler found an error.
    """
    job = {
        "language": "Solidity",
        "sources": {str(s.relative_to(ROOT)): {"content": s.read_text()} for s in sources},
        "settings": {**settings, "outputSelection": {"*": {"*": outputs}}},
    }
    command = [node(), str(ROOT / "scripts/solc"), "--standard-json", "--base-path", str(ROOT)]
    run = subprocess.run(
        command, input=json.dumps(job), capture_output=True, text=True, check=False, timeout=300
    )
    if run.returncode:
        raise CompileError(run.stderr.strip())
    output = json.loads(run.stdout)
    errors = [e["formattedMessage"] for e in output.get("errors", []) if e["severity"] == "error"]
    if errors:
        raise CompileError("\n".join(errors))
    for warning in output.get("errors", []):
        print(warning["formattedMessage"], file=sys.stderr)
    contracts: dict[str, Any] = output["contracts"]
    return contracts


def compiled_contracts() -> dict[str, Any]:
    """What the compiler makes of each contract, by name.

    Raises:
        CompileError: it refused the sources, or a contract is too large.
    """
    sources = [ROOT / f"contracts/{name}.sol" for name in CONTRACTS]
    outputs = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", OUTPUT]
    compiled = compile_sources(sources, SETTINGS, outputs)
    contracts = {name: compiled[f"contracts/{name}.sol"][name] for name in CONTRACTS}
    for name, artefact in contracts.items():
        if (size := code_size(artefact)) > MAX_CODE:
            raise CompileError(f"{name} has {size} bytes of code; {MAX_CODE} are allowed (EIP-170)")
    return contracts


def manifest(artefacts: Mapping[str, Any]) -> str:
    """The manifest's text."""
    contracts = {
        name: {"abi": artefact["abi"], "bytecode": "0x" + artefact["evm"]["bytecode"]["object"]}
        for name, artefact in artefacts.items()
    }
    packages = json.loads((ROOT / "package.json").read_text())
    compiler = {
        "version": packages["devDependencies"]["solc"],
        "settings": SETTINGS,
        "openzeppelin": packages["dependencies"]["@openzeppelin/contracts"],
    }
    return json.dumps({"compiler": compiler, "contracts": contracts}, indent=1, sort_keys=True) + "\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compile the contracts to manifest.json and layout.json.")
    parser.add_argument("--check", action="store_true", help="only say whether the two are up to date")
    check = parser.parse_args(arguments).check
    try:
        artefacts = compiled_contracts()
    except (CompileError, ToolchainError) as error:
        print(error, file=sys.stderr)
        return 1
    made = {MANIFEST: manifest(artefacts), LAYOUT: layout(artefacts)}
    if not check:
        for path, text in made.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return 0
    stale = [path for path, text in made.items() if not path.exists() or path.read_text() != text]
    for path in stale:
        print(f"{path.relative_to(ROOT)} is stale: run scripts/manifest.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
