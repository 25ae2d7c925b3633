"""Check what a program hands over, before anything is asked or paid for it.

eth-abi fills short bytes up without a word, a node takes an address whose checksum is wrong, and a number that nobody
can hold is merely not held. So each value is held against what it has to be here, and what does not fit is named.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from eth_utils.address import to_checksum_address

from telsdk.chain.errors import InputError
from telsdk.name import Name
from telsdk.number import Number

_ACCOUNT: Final = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_SIZED: Final = re.compile(r"(u?int|bytes)([0-9]+)", re.ASCII)
_TAGS: Final = ("latest", "pending", "earliest", "safe", "finalized")
_NUMBERS: Final = ("number", "tokenId")  # what the contracts call a number
_SHOWN: Final = 60  # characters of a value that an error shows


def number(value: object) -> Number:
    """Return `value` as a number: an int, or its digits.

    Raises:
        NumberError: it is none.
    """
    return Number.parse(value) if isinstance(value, str) else Number(value)  # type: ignore[arg-type]


def name(value: object) -> Name:
    """Return `value` as a name.

    Raises:
        NameFormatError: it is none.
    """
    return value if isinstance(value, Name) else Name(value)  # type: ignore[arg-type]


def account(value: object, what: str = "account") -> str:
    """Return the account `value` as EIP-55 address. Without capitals, or all in capitals, it has no checksum.

    Raises:
        InputError: it is none, or its capitals do not fit its digits.
    """
    if not isinstance(value, str) or not _ACCOUNT.fullmatch(value):
        raise InputError(f"{what} {_shown(value)} is no account: 0x and 40 hexadecimal digits")
    found = str(to_checksum_address(value))
    if value[2:] not in (found[2:], value[2:].lower(), value[2:].upper()):
        raise InputError(
            f"{what} {value} is no account: its capitals do not fit its digits (EIP-55); is it mistyped?"
        )
    return found


def octets(value: object, size: int | None = None, what: str = "value") -> bytes:
    """Return `value` as bytes, of which there have to be `size`, if that is given.

    Raises:
        InputError: it is text or something else, or has another length.
    """
    if not isinstance(value, bytes | bytearray | memoryview):
        raise InputError(f"{what} {_shown(value)} is not bytes: give bytes, such as bytes.fromhex(…)")
    found = bytes(value)
    if size is not None and len(found) != size:
        raise InputError(f"{what} 0x{found[:32].hex()} has {len(found)} bytes, and has to have {size}")
    return found


def uint(value: object, bits: int = 256, what: str = "value") -> int:
    """Return `value` as an unsigned integer of `bits` bits.

    Raises:
        InputError: it is no integer, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError(f"{what} {_shown(value)} is no integer")
    if not 0 <= value < 1 << bits:
        raise InputError(f"{what} {_shown(int(value))} is out of range: 0 to 2^{bits} - 1")
    return int(value)


def block(value: object) -> int | str:
    """Return `value` as that by which a block is named: its height, or "latest" and the like.

    Raises:
        InputError: it is neither.
    """
    if isinstance(value, str) and value in _TAGS:
        return value
    return uint(value, 64, "block")


def block_or_hash(value: object) -> int | bytes:
    """Return `value` as a block's height, or as its hash of 32 bytes.

    Raises:
        InputError: it is neither.
    """
    return octets(value, 32, "block") if isinstance(value, bytes | bytearray) else uint(value, 64, "block")


def seconds(value: object, what: str) -> float:
    """Return `value` as a time of so many seconds.

    Raises:
        InputError: it is no number, or not positive and finite.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise InputError(f"{what} {_shown(value)} is no positive number of seconds")
    return float(value)


def lifetime(value: object) -> timedelta:
    """Return `value` as a time that something holds.

    Raises:
        InputError: it is no timedelta, or not positive.
    """
    if not isinstance(value, timedelta) or value <= timedelta(0):
        raise InputError(f"lifetime {_shown(value)} is no positive timedelta")
    return value


def of_kind(value: object, kind: type[Any], what: str) -> Any:
    """Return `value`, if it is of the class `kind`.

    Raises:
        InputError: it is not.
    """
    if not isinstance(value, kind):
        raise InputError(f"{what} {_shown(value)} is no {kind.__name__}")
    return value


def for_abi(items: Sequence[Mapping[str, Any]], values: Sequence[Any], function: str) -> tuple[Any, ...]:
    """Return `values` as `function` takes them by its ABI `items`.

    Raises:
        InputError, NumberError: one of them is not what it has to be.
    """
    if len(items) != len(values):
        raise InputError(f"{function} takes {len(items)} values, and {len(values)} were given")
    return tuple(
        _one(item, value, f"{item['name'] or 'value'} of {function}")
        for item, value in zip(items, values, strict=True)
    )


def _one(item: Mapping[str, Any], value: Any, what: str) -> Any:
    kind: str = item["type"]
    if kind.endswith("]"):
        inner = {**item, "type": kind[: kind.rindex("[")]}
        return [_one(inner, element, what) for element in of_kind(value, list | tuple, what)]  # type: ignore[arg-type]
    if kind == "tuple":
        parts = item["components"]
        return for_abi(parts, of_kind(value, tuple, what), what)
    if item["name"] in _NUMBERS:
        return int(number(value))
    if sized := _SIZED.fullmatch(kind):
        return (octets if sized[1] == "bytes" else uint)(value, int(sized[2]), what)
    return _PLAIN[kind](value, what)


def text(value: object, what: str) -> str:
    """Return `value`, if it is text that UTF-8 can hold. Raises InputError, which calls it `what`."""
    try:
        if isinstance(value, str):
            value.encode()
            return str(value)
    except UnicodeEncodeError:
        pass
    raise InputError(f"{what} {_shown(value)} is no text")


def truth(value: object, what: str) -> bool:
    """Return `value`, if it is True or False. Raises InputError, which calls it `what`."""
    if not isinstance(value, bool):
        raise InputError(f"{what} {_shown(value)} is neither True nor False")
    return value


_PLAIN: Final[dict[str, Callable[[Any, str], Any]]] = {
    "address": account,
    "string": text,
    "bool": truth,
    "bytes": lambda value, what: octets(value, None, what),
}


def _shown(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
