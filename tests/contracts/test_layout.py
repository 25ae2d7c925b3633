"""How ``contracts/layout.json`` tells where the contracts keep things."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scripts.layout import layout
from scripts.manifest import CONTRACTS, LAYOUT

RECORDED: dict[str, Any] = json.loads(LAYOUT.read_text())


def _output(number: int) -> dict[str, Any]:
    """The compiler's output for a contract with one struct; `number` is the syntax tree's for it."""
    struct, word = f"t_struct(Custody){number}_storage", "t_uint32"
    return {
        "evm": {"bytecode": {"object": "00" * 12}, "deployedBytecode": {"object": "00" * 10}},
        "storageLayout": {
            "storage": [{"astId": number, "label": "_custody", "slot": "0", "offset": 0, "type": struct}],
            "types": {
                struct: {
                    "label": "struct Registry.Custody",
                    "numberOfBytes": "32",
                    "members": [{"astId": 9, "label": "epoch", "slot": "0", "offset": 20, "type": word}],
                },
                word: {"label": "uint32", "numberOfBytes": "4"},
            },
        },
    }


def test_a_layout_names_slots_structs_and_sizes() -> None:
    assert json.loads(layout({"Registry": _output(5)}))["Registry"] == {
        "code": {"runtime": 10, "creation": 12, "left": 24_566},
        "slots": [
            {"label": "_custody", "slot": 0, "offset": 0, "bytes": 32, "type": "struct Registry.Custody"}
        ],
        "structs": {
            "struct Registry.Custody": [
                {"label": "epoch", "slot": 0, "offset": 20, "bytes": 4, "type": "uint32"}
            ]
        },
    }


def test_a_layout_does_not_change_with_the_numbers_of_the_syntax_tree() -> None:
    assert layout({"Registry": _output(5)}) == layout({"Registry": _output(6)})


def test_every_contract_has_a_layout() -> None:
    assert tuple(RECORDED) == CONTRACTS


@pytest.mark.parametrize(
    ("contract", "struct"),
    [
        ("NumberRegistry", "struct NumberRegistry.Custody"),
        ("NameAlias", "struct NameAlias.Claim"),
        ("NumberMarket", "struct NumberMarket.Listing"),
    ],
)
def test_what_is_read_in_every_check_is_in_one_slot(contract: str, struct: str) -> None:
    assert {member["slot"] for member in RECORDED[contract]["structs"][struct]} == {0}
