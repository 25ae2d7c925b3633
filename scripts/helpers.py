"""The contracts of ``contracts/test``, which only tests and benchmarks deploy."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from scripts.manifest import ROOT, SETTINGS, compile_sources


@cache
def helpers() -> dict[str, Any]:
    """Their ABIs and creation bytecode by name, compiled once for each change and kept in ``.build``.

    Raises:
        CompileError: the compiler found an error.
        ToolchainError: there is no Node.js.
    """
    sources = sorted((ROOT / "contracts/test").glob("*.sol"))
    key = hashlib.sha256(b"".join(s.read_bytes() for s in sources)).hexdigest()[:16]
    kept = ROOT / f".build/test-contracts-{key}.json"
    if not kept.exists():
        compiled = compile_sources(sources, SETTINGS, ["abi", "evm.bytecode.object"])
        built = {
            name: {"abi": artefact["abi"], "bytecode": artefact["evm"]["bytecode"]["object"]}
            for contracts in compiled.values()
            for name, artefact in contracts.items()
        }
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(json.dumps(built))
    contracts: dict[str, Any] = json.loads(kept.read_text())
    return contracts
