"""An Ethereum virtual machine in this process (pyrevm), and contracts on it as objects.

The contracts under test are those of the built manifest.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.abi import collapse_if_tuple
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from pyrevm import EVM, BlockEnv, CfgEnv, Env

ROOT = Path(__file__).resolve().parents[2]
CHAIN_ID = 31_337
START = 1_800_000_000
"""The clock of a new chain, in seconds since 1970."""


class Reverted(Exception):
    """The call was undone. Equal to another of the same custom error and values."""

    def __init__(self, name: str, values: tuple[Any, ...] = ()) -> None:
        super().__init__(name, values)
        self.name = name
        self.values = values


@dataclass(frozen=True)
class Event:
    """What a contract logged."""

    name: str
    args: dict[str, Any]
    address: str


@dataclass(frozen=True)
class Result:
    """What a transaction did."""

    value: Any
    events: list[Event]
    gas: int

    def event(self, name: str) -> dict[str, Any]:
        """The arguments of the one event of that name."""
        (found,) = [e.args for e in self.events if e.name == name]
        return found


_ADDRESS = re.compile("0x[0-9a-fA-F]{40}")
_checksum = cache(to_checksum_address)


def _types(inputs: list[dict[str, Any]]) -> list[str]:
    return [collapse_if_tuple(i) for i in inputs]


def _signature(entry: dict[str, Any]) -> str:
    return f"{entry['name']}({','.join(_types(entry['inputs']))})"


def _plain(value: Any) -> Any:
    """Addresses as everywhere else: with checksum."""
    if isinstance(value, str) and _ADDRESS.fullmatch(value):
        return _checksum(value)
    if isinstance(value, tuple | list):
        return tuple(_plain(v) for v in value)
    return value


@dataclass(frozen=True)
class Function:
    """A function's selector and types, worked out once: the long tests call some of them a million times."""

    selector: bytes
    inputs: list[str]
    outputs: list[str]


class Abi:
    """How to write the calls of a contract and read what comes back."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        self.events = {keccak(text=_signature(e)): e for e in entries if e["type"] == "event"}
        self.errors = {keccak(text=_signature(e))[:4]: e for e in entries if e["type"] == "error"}
        self.refusals = {e["name"] for e in self.errors.values()}
        self._functions: dict[str, Function] = {}
        for entry in entries:
            if entry["type"] == "function":
                selector = bytes(keccak(text=_signature(entry))[:4])
                function = Function(selector, _types(entry["inputs"]), _types(entry["outputs"]))
                self._functions.setdefault(entry["name"], function)
                self._functions[_signature(entry)] = function

    def calldata(self, name: str, *args: Any) -> bytes:
        function = self._functions[name]
        return function.selector + bytes(encode(function.inputs, args))

    def output(self, name: str, data: bytes) -> Any:
        """What a function returned: nothing, a value, or a tuple of several."""
        values = _plain(decode(self._functions[name].outputs, data))
        return None if not values else values[0] if len(values) == 1 else values


class Chain:
    """The machine, its clock, and all ABIs of what was deployed, to read events and errors by."""

    def __init__(self, chain_id: int = CHAIN_ID) -> None:
        self.evm = EVM(Env(cfg=CfgEnv(chain_id=chain_id)), gas_limit=30_000_000, spec_id="CANCUN")
        self.now = START
        self.block = 1
        self._abis: dict[str, Abi] = {}
        self._errors: dict[bytes, dict[str, Any]] = {}
        self.advance(0)

    def advance(self, seconds: int) -> None:
        """Lets time pass, in one new block."""
        self.now += seconds
        self.block += 1
        self.evm.set_block_env(BlockEnv(number=self.block, timestamp=self.now, basefee=0))

    def fund(self, account: str, wei: int = 10**24) -> None:
        self.evm.set_balance(account, wei)

    def balance(self, account: str) -> int:
        return int(self.evm.get_balance(account))

    def deploy(self, artefact: dict[str, Any], *args: Any, sender: str) -> Contract:
        abi = Abi(artefact["abi"])
        inputs: list[dict[str, Any]] = next(
            (e["inputs"] for e in artefact["abi"] if e["type"] == "constructor"), []
        )
        code = bytes.fromhex(artefact["bytecode"].removeprefix("0x")) + encode(_types(inputs), args)
        self._errors |= abi.errors
        try:
            address = self.evm.deploy(sender, code)
        except RuntimeError as error:
            raise self._reverted(error) from None
        self._abis[to_checksum_address(address)] = abi
        return Contract(self, to_checksum_address(address), abi, self._told())

    def send(self, to: str, data: bytes, *, sender: str, value: int = 0) -> tuple[bytes, list[Event], int]:
        try:
            output = self.evm.message_call(sender, to, data, value=value)
        except RuntimeError as error:
            raise self._reverted(error) from None
        result = self.evm.result
        assert result is not None
        return output, self._told(), result.gas_used

    def read(self, to: str, data: bytes, *, sender: str) -> bytes:
        try:
            return bytes(self.evm.message_call(sender, to, data, is_static=True))
        except RuntimeError as error:
            raise self._reverted(error) from None

    def _reverted(self, error: RuntimeError) -> Exception:
        output = re.search(r"output: 0x([0-9a-f]*)", str(error))
        if output is None:
            return error
        data = bytes.fromhex(output[1])
        entry = self._errors.get(data[:4])
        if entry is None:
            return Reverted(data.hex() or "without a reason")
        return Reverted(entry["name"], _plain(decode(_types(entry["inputs"]), data[4:])))

    def _told(self) -> list[Event]:
        """The events of the last transaction."""
        result = self.evm.result
        assert result is not None
        return [self._event(log) for log in result.logs]

    def _event(self, log: Any) -> Event:
        topics, data = log.data
        address = to_checksum_address(log.address)
        # By address: two contracts have events of one signature and with other names in it.
        entry = self._abis[address].events[topics[0]]
        indexed = iter(topics[1:])
        plain = [i for i in entry["inputs"] if not i["indexed"]]
        values = iter(decode(_types(plain), data))
        args = {
            i["name"]: _plain(decode([i["type"]], next(indexed))[0] if i["indexed"] else next(values))
            for i in entry["inputs"]
        }
        return Event(entry["name"], args, address)


@dataclass
class Contract:
    """A deployed contract."""

    chain: Chain
    address: str
    abi: Abi
    created: list[Event] = field(default_factory=list, repr=False)
    """What it told when it was deployed."""
    # The long tests ask the same again and again: coding would take four times as long as the machine does.
    _asked: dict[tuple[Any, ...], bytes] = field(default_factory=dict, repr=False)
    _answers: dict[tuple[str, bytes], Any] = field(default_factory=dict, repr=False)

    def send(self, function: str, *args: Any, sender: str, value: int = 0) -> Result:
        """A transaction. Raises `Reverted`."""
        data = self.abi.calldata(function, *args)
        output, events, gas = self.chain.send(self.address, data, sender=sender, value=value)
        return Result(self.abi.output(function, output), events, gas)

    def read(self, function: str, *args: Any) -> Any:
        """A call that changes nothing. Raises `Reverted`."""
        question = (function, *args)
        if question not in self._asked:
            self._asked[question] = self.abi.calldata(function, *args)
        output = self.chain.read(self.address, self._asked[question], sender="0x" + "00" * 20)
        answer = (function, output)
        if answer not in self._answers:
            self._answers[answer] = self.abi.output(function, output)
        return self._answers[answer]


@cache
def artefacts() -> dict[str, Any]:
    """The contracts under test by name: those of the built manifest, or of the one that TELSDK_TEST_MANIFEST names."""
    manifest = os.environ.get("TELSDK_TEST_MANIFEST", ROOT / "telsdk/chain/data/manifest.json")
    contracts: dict[str, Any] = json.loads(Path(manifest).read_text())["contracts"]
    return contracts
