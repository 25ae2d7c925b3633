"""Writes ``telsdk/chain/revert/refusals.py``: one exception class for each custom error of the contracts.

The docstring is the error's NatSpec. Whether a number is an amount or a time says the line that explains the
error to people, in `telsdk.chain.interface.explanations`: what it shows as ether is a Decimal of ether, what it
shows as a time is a datetime. ``scripts/manifest.py`` calls this; nobody else needs to. It has to run where
there is no ``refusals.py`` yet, so nothing that it imports needs one.
"""

from __future__ import annotations

import builtins
import re
import string
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from telsdk.chain.interface.explanations import EXPLANATIONS

_WIDTH = 106  # of a docstring's lines, which stand four columns in

_HEADER = '''\
"""One exception class for each custom error of the contracts. Written by scripts/manifest.py: change it there.

`telsdk.chain.revert` makes them from what a contract gives back. Amounts are in ether, times in UTC; `values`
has both as the contract gave them, in wei and in seconds since 1970, under the names of the ABI.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from telsdk.chain.errors import ContractRefused
'''


def render(artefacts: Iterable[Mapping[str, Any]]) -> str:
    """The module's text, from what the compiler says of the contracts: their ABI and userdoc."""
    errors: dict[str, tuple[Mapping[str, Any], str]] = {}
    for artefact in artefacts:
        notices = artefact["userdoc"].get("errors", {})
        for entry in artefact["abi"]:
            if entry["type"] == "error":
                signature = f"{entry['name']}({','.join(item['type'] for item in entry['inputs'])})"
                notice = " ".join(text["notice"] for text in notices.get(signature, ()))
                known = errors.get(entry["name"])
                if known is None or not known[1]:
                    errors[entry["name"]] = (entry, notice)
    names = "".join(f'    "{name}",\n' for name in sorted(errors))
    classes = "".join(_class(*errors[name]) for name in sorted(errors))
    return f"{_HEADER}\n__all__ = [\n{names}]\n{classes}"


def _class(entry: Mapping[str, Any], notice: str) -> str:
    arguments = ", ".join(f"{item['type']} {item['name']}" for item in entry["inputs"])
    solidity = f"Solidity: ``{entry['name']}({arguments})``."
    doc = _paragraphs(notice, solidity) if notice else [f'"""{solidity}"""']
    body = [*doc, *([""] if entry["inputs"] else []), *_attributes(entry)]
    text = "".join(f"    {line}\n" if line else "\n" for line in body)
    return f"\n\nclass {entry['name']}(ContractRefused):\n{text}"


def _paragraphs(notice: str, solidity: str) -> list[str]:
    first = textwrap.wrap(f'"""{notice[0].upper()}{notice[1:]}', _WIDTH)
    return [*first, "", *textwrap.wrap(solidity, _WIDTH), '"""']


def _attributes(entry: Mapping[str, Any]) -> Iterator[str]:
    units = _units(EXPLANATIONS.get(entry["name"], ""))
    for item in entry["inputs"]:
        yield f"{attribute(item['name'])}: {units.get(item['name']) or _kind(item['type'])}"


def _units(template: str) -> dict[str, str]:
    kinds = {"eth": "Decimal", "wei": "Decimal", "time": "datetime"}
    return {
        name: kinds[spec] for _, name, spec, _ in string.Formatter().parse(template) if name and spec in kinds
    }


def _kind(solidity: str) -> str:
    if re.fullmatch(r"u?int\d+", solidity):
        return "int"
    if re.fullmatch(r"bytes\d*", solidity):
        return "bytes"
    return {"address": "str", "string": "str", "bool": "bool"}[solidity]


def attribute(argument: str) -> str:
    """An argument's name as Python writes it. One that would hide a type of Python's gets an underscore."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", argument).lower()
    return f"{name}_" if isinstance(getattr(builtins, name, None), type) else name
