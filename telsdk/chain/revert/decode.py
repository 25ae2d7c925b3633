"""Decode what a contract gives back when it reverts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from inspect import get_annotations
from typing import Any, cast

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_typing import ABIFunction
from eth_utils.abi import abi_to_signature, function_abi_to_4byte_selector
from hexbytes import HexBytes

from telsdk.chain.errors import ContractRefused
from telsdk.chain.interface import abi, explain, manifest
from telsdk.chain.revert import refusals
from telsdk.chain.units import ether, moment

_ERROR_STRING = bytes.fromhex("08c379a0")  # Error(string)
_PANIC = bytes.fromhex("4e487b71")  # Panic(uint256)


class Reverted(ContractRefused):
    """A contract reverted without a custom error of ours: a require message, a panic, or nothing at all."""


_CONVERSIONS: dict[str, Callable[[Any], Any]] = {"Decimal": ether, "datetime": moment}
"""How to make an attribute from the ABI's value, by the attribute's type as the classes write it."""


class ErrorType:
    """One custom error of the ABIs, and the exception class for it."""

    def __init__(self, entry: Mapping[str, Any]) -> None:
        self.name: str = entry["name"]
        self._inputs = entry["inputs"]
        self._types = abi.types(self._inputs)
        self.exception: type[ContractRefused] = getattr(refusals, self.name)
        # In the order of the arguments, each under its name in Python.
        self._attributes = get_annotations(self.exception)

    def decode(self, data: bytes) -> ContractRefused:
        """Return the exception for the arguments in `data`. Any contract may have sent it, so it may be damaged."""
        values = {
            item["name"]: abi.with_checksums(item, value)
            for item, value in zip(self._inputs, decode(self._types, data), strict=True)
        }
        error = self.exception(explain(self.name, values), values)
        for (name, kind), value in zip(self._attributes.items(), values.values(), strict=True):
            setattr(error, name, _CONVERSIONS.get(kind, _same)(value))
        return error


@cache
def error_types() -> dict[bytes, ErrorType]:
    """Return every custom error of the contracts, by its four-byte selector."""
    found: dict[bytes, ErrorType] = {}
    classes: dict[str, str] = {}
    for artifact in manifest.load().contracts.values():
        for entry in artifact.entries("error"):
            selector = function_abi_to_4byte_selector(_function(entry))
            if selector not in found:
                signature = abi_to_signature(_function(entry))
                if classes.setdefault(entry["name"], signature) != signature:
                    raise AssertionError(
                        f"two errors are called {entry['name']} and differ in their arguments"
                    )
                found[selector] = ErrorType(entry)
    return found


def contract_refusal(data: str | bytes | None, message: str | None = None) -> ContractRefused:
    """Return the exception for revert `data`. `message` is what the RPC said, in case the data says nothing."""
    raw = _raw(data)
    known = error_types().get(raw[:4])
    try:
        if known is not None:
            return known.decode(raw[4:])
        if raw[:4] == _ERROR_STRING:
            (reason,) = decode(["string"], raw[4:])
            return Reverted(f"the contract refused: {reason}")
        if raw[:4] == _PANIC:
            (code,) = decode(["uint256"], raw[4:])
            return Reverted(f"the contract stopped at an internal check (Solidity panic {code:#04x})")
    except DecodingError:
        pass
    if raw:
        return Reverted(
            f"the contract refused with an error telsdk does not know: 0x{raw.hex()}", {"data": raw}
        )
    return Reverted(f"the contract refused and did not say why ({message or 'no revert data'})")


def _function(entry: Mapping[str, Any]) -> ABIFunction:
    """Return a function that has the error's selector: both are made from name and types alone."""
    return cast(ABIFunction, {**entry, "type": "function"})


def _same(value: Any) -> Any:
    return value


def _raw(data: str | bytes | None) -> bytes:
    try:
        return bytes(HexBytes(data)) if data else b""
    except ValueError:
        return b""
