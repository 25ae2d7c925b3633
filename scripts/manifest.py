"""Compiles the contracts and writes what is made of that.

    scripts/manifest.py            write all of it
    scripts/manifest.py --check    exit 1 when what is there was not made from these sources

``telsdk/chain/data/manifest.json`` has their ABIs and creation code, and where in that the runtime code and its
immutables are; ``telsdk/chain/revert/refusals.py`` a class for each custom error; ``contracts/layout.json`` their
storage slots and the size of their code.

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

from scripts import layout, refusals  # noqa: E402
from scripts.layout import MAX_CODE, code_size  # noqa: E402
from scripts.toolchain import ToolchainError, node  # noqa: E402

MANIFEST = ROOT / "telsdk/chain/data/manifest.json"
REFUSALS = ROOT / "telsdk/chain/revert/refusals.py"
LAYOUT = ROOT / "contracts/layout.json"
CONTRACTS = (
    "NumberRegistry",
    "NumberRegistrar",
    "NameAlias",
    "NumberRecords",
    "HubList",
    "NumberMarket",
    "EnsOwners",  # only where there is ENS
)
TOOLS = (
    "BatchRead",  # run by eth_call, and never deployed
    "PlayEns",  # deployed on chains to play on
)
OUTPUTS = {
    "*": ["abi", "userdoc", "evm.bytecode.object", "evm.deployedBytecode", layout.OUTPUT],
    "": ["ast"],  # of the whole file: names the immutables
}

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


def compile_sources(
    sources: list[Path], settings: dict[str, Any], outputs: list[str] | dict[str, list[str]]
) -> dict[str, Any]:
    """The ``contracts`` part of solc's standard JSON output for `sources`. See `compile_all` for `outputs`."""
    contracts: dict[str, Any] = compile_all(sources, settings, outputs)["contracts"]
    return contracts


def compile_all(
    sources: list[Path], settings: dict[str, Any], outputs: list[str] | dict[str, list[str]]
) -> dict[str, Any]:
    """solc's standard JSON output for `sources`.

    `outputs` are those wanted of each contract, or a dictionary with those of a file as "" besides.

    Raises:
        CompileError: the compiler found an error.
    """
    selection = outputs if isinstance(outputs, dict) else {"*": outputs}
    job = {
        "language": "Solidity",
        "sources": {str(s.relative_to(ROOT)): {"content": s.read_text()} for s in sources},
        "settings": {**settings, "outputSelection": {"*": selection}},
    }
    command = [node(), str(ROOT / "scripts/solc"), "--standard-json", "--base-path", str(ROOT)]
    run = subprocess.run(
        command, input=json.dumps(job), capture_output=True, text=True, check=False, timeout=300
    )
    if run.returncode:
        raise CompileError(run.stderr.strip())
    output: dict[str, Any] = json.loads(run.stdout)
    errors = [e["formattedMessage"] for e in output.get("errors", []) if e["severity"] == "error"]
    if errors:
        raise CompileError("\n".join(errors))
    for warning in output.get("errors", []):
        print(warning["formattedMessage"], file=sys.stderr)
    return output


def runtime(name: str, artefact: Mapping[str, Any], names: dict[int, str]) -> dict[str, Any]:
    """Where in the creation code of `name` its runtime code is, and where in that each immutable is.

    Both have zeros where an immutable's value belongs; the constructor puts it there.

    Raises:
        CompileError: the code is too large, or is not in the creation code, or two immutables share a name.
    """
    if (size := code_size(artefact)) > MAX_CODE:
        raise CompileError(f"{name} has {size} bytes of code; {MAX_CODE} are allowed (EIP-170)")
    evm = artefact["evm"]
    place = evm["bytecode"]["object"].find(evm["deployedBytecode"]["object"])
    if place < 0 or place % 2:
        raise CompileError(f"the runtime code of {name} is not in its creation code")
    immutables: dict[str, list[int]] = {}
    for node_id, places in evm["deployedBytecode"].get("immutableReferences", {}).items():
        immutable = names[int(node_id)]
        if immutable in immutables:
            raise CompileError(f"{name} has two immutables called {immutable}")
        immutables[immutable] = sorted(entry["start"] for entry in places)
    return {"offset": place // 2, "size": size, "immutables": immutables}


def immutable_names(node: object) -> dict[int, str]:
    """The name of every immutable declared in an AST, or a part of one, by its id."""
    found: dict[int, str] = {}
    if isinstance(node, dict):
        if node.get("nodeType") == "VariableDeclaration" and node.get("mutability") == "immutable":
            found[node["id"]] = node["name"]
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            found |= immutable_names(part)
    return found


def build() -> dict[Path, str]:
    """The files that are made from the sources, with the text of each."""
    sources = [ROOT / f"contracts/{name}.sol" for name in CONTRACTS]
    sources += [ROOT / f"contracts/tools/{name}.sol" for name in TOOLS]
    output = compile_all(sources, SETTINGS, OUTPUTS)
    names = immutable_names(output["sources"])
    compiled = {name: output["contracts"][f"contracts/{name}.sol"][name] for name in CONTRACTS}
    contracts = {
        name: {
            "abi": artefact["abi"],
            "bytecode": "0x" + artefact["evm"]["bytecode"]["object"],
            "runtime": runtime(name, artefact, names),
        }
        for name, artefact in compiled.items()
    }
    tools = {
        name: "0x" + output["contracts"][f"contracts/tools/{name}.sol"][name]["evm"]["bytecode"]["object"]
        for name in TOOLS
    }
    packages = json.loads((ROOT / "package.json").read_text())
    compiler = {
        "version": packages["devDependencies"]["solc"],
        "settings": SETTINGS,
        "openzeppelin": packages["dependencies"]["@openzeppelin/contracts"],
    }
    manifest = {"compiler": compiler, "contracts": contracts, "tools": tools}
    return {
        MANIFEST: json.dumps(manifest, indent=1, sort_keys=True) + "\n",
        REFUSALS: refusals.render(compiled.values()),
        LAYOUT: layout.layout(compiled),
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compile the contracts to what the SDK knows of them.")
    parser.add_argument("--check", action="store_true", help="only say whether that is up to date")
    check = parser.parse_args(arguments).check
    try:
        files = build()
    except (CompileError, ToolchainError) as error:
        print(error, file=sys.stderr)
        return 1
    stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if check:
            print(f"{path.relative_to(ROOT)} is stale: run scripts/manifest.py", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path])
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
