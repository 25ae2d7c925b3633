"""Encode calls to the contracts' functions, and decode what they answer."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import abi_to_signature, function_abi_to_4byte_selector

from telsdk.chain import inputs
from telsdk.chain.errors import AnswerError
from telsdk.chain.interface import manifest
from telsdk.chain.interface.abi import AbiEntry, types, with_checksums


class Function:
    """One function of a contract's ABI."""

    def __init__(self, entry: AbiEntry) -> None:
        self.signature: str = abi_to_signature(entry)  # type: ignore[arg-type]
        self.name: str = entry["name"]
        self.inputs: list[str] = [item["name"] for item in entry["inputs"]]
        self._selector = function_abi_to_4byte_selector(entry)  # type: ignore[arg-type]
        self._inputs = entry["inputs"]
        self._input_types = types(entry["inputs"])
        self._outputs = entry["outputs"]
        self.output_types = types(self._outputs)

    def checked(self, args: Iterable[Any]) -> tuple[Any, ...]:
        """Return `args` as the function takes them.

        Raises:
            InputError, NumberError: one is not what it has to be: short bytes, a mistyped address, out of range.
        """
        return inputs.for_abi(self._inputs, tuple(args), self.name)

    def encode(self, args: Iterable[Any]) -> bytes:
        """Return the call data for `args`. It raises what `checked` raises."""
        return self._selector + encode(self._input_types, self.checked(args))

    def decode(self, data: bytes) -> Any:
        """Return what the function answered: None, one value, or a tuple of several. Addresses are EIP-55 text.

        Raises:
            AnswerError: `data` is not what the ABI says.
        """
        try:
            values = decode(self.output_types, data)
        except DecodingError as error:
            raise AnswerError(f"{self.name} answered what its ABI does not allow: 0x{data.hex()}") from error
        answer = tuple(with_checksums(item, value) for item, value in zip(self._outputs, values, strict=True))
        if not answer:
            return None
        return answer[0] if len(answer) == 1 else answer


@cache
def functions(contract: str) -> dict[str, Function]:
    """Return the functions of `contract` by name and by signature; overloaded ones only by signature."""
    found: dict[str, Function] = {}
    overloaded: set[str] = set()
    for entry in manifest.load()[contract].entries("function"):
        function = Function(entry)
        if function.name in found:
            overloaded.add(function.name)
        found[function.signature] = found[function.name] = function
    for name in overloaded:
        del found[name]
    return found
