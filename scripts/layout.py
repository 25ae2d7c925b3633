"""Where each contract keeps what in storage, and how large its code is: the text of ``contracts/layout.json``.

``scripts/manifest.py`` writes it, from the compilation that makes the manifest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

MAX_CODE = 24_576  # bytes, EIP-170
OUTPUT = "storageLayout"
"""What the compiler must be asked for besides the bytecode."""

_INNERMOST = re.compile(r"\{[^{}\[\]]+\}")


def layout(artefacts: Mapping[str, Any]) -> str:
    """The layout of the contracts whose compiler output `artefacts` has by name."""
    contracts = {name: _contract(artefact) for name, artefact in artefacts.items()}
    # A slot is a line, so that a change of one shows as one.
    return _INNERMOST.sub(lambda found: " ".join(found[0].split()), json.dumps(contracts, indent=1)) + "\n"


def code_size(artefact: Mapping[str, Any]) -> int:
    """The bytes of the code that stays on the chain."""
    return len(artefact["evm"]["deployedBytecode"]["object"]) // 2


def _contract(artefact: Mapping[str, Any]) -> dict[str, Any]:
    storage = artefact[OUTPUT]
    types: Mapping[str, Any] = storage["types"] or {}
    structs = {kind["label"]: _slots(kind["members"], types) for kind in types.values() if "members" in kind}
    size = code_size(artefact)
    return {
        "code": {
            "runtime": size,
            "creation": len(artefact["evm"]["bytecode"]["object"]) // 2,
            "left": MAX_CODE - size,
        },
        "slots": _slots(storage["storage"], types),
        "structs": dict(sorted(structs.items())),
    }


def _slots(variables: list[Mapping[str, Any]], types: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The `variables` in order. Types by their names: the compiler's ids change with every line of source."""
    return [
        {
            "label": variable["label"],
            "slot": int(variable["slot"]),
            "offset": variable["offset"],
            "bytes": int(types[variable["type"]]["numberOfBytes"]),
            "type": types[variable["type"]]["label"],
        }
        for variable in variables
    ]
