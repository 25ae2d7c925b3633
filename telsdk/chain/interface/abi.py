"""Turn ABI values into those that telsdk shows: addresses as EIP-55 text, all others as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eth_utils.abi import collapse_if_tuple
from eth_utils.address import to_checksum_address

AbiEntry = Mapping[str, Any]

NOBODY = "0x" + 40 * "0"  # the address that stands for no account


def types(items: Sequence[AbiEntry]) -> list[str]:
    """Return the types of ABI `items` as eth-abi takes them: structs as lists in parentheses."""
    return [collapse_if_tuple(dict(item)) for item in items]


def with_checksums(item: AbiEntry, value: Any) -> Any:
    """Return `value`, decoded for the ABI `item`, with every address in it in EIP-55 form."""
    kind: str = item["type"]
    if kind.endswith("]"):
        inner = {**item, "type": kind[: kind.rindex("[")]}
        return tuple(with_checksums(inner, element) for element in value)
    if kind == "tuple":
        return tuple(
            with_checksums(part, element) for part, element in zip(item["components"], value, strict=True)
        )
    return to_checksum_address(value) if kind == "address" else value
