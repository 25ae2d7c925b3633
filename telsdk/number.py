"""A number: 5 to 15 decimal digits, the first not 0; as an ERC-721 token id, its integer value."""

from __future__ import annotations

import re
from typing import Self

from telsdk.errors import TelError

MIN_DIGITS = 5
MAX_DIGITS = 15  # as many as the longest E.164 number has; but our numbers are not E.164 numbers

_LEAST = 10 ** (MIN_DIGITS - 1)
_LARGEST = 10**MAX_DIGITS - 1
_DIGITS = re.compile(r"[1-9][0-9]{4,14}", re.ASCII)


class NumberError(TelError, ValueError):
    """The text or integer is not a number."""


class Number(int):
    """A telephone number of the protocol. It equals its token id, and has the same hash.

    Raises:
        NumberError: the value has fewer than 5 or more than 15 digits, or is no integer.
    """

    __slots__ = ()  # a node keeps two for each of its users: without a place for attributes they are half as large

    def __new__(cls, value: int) -> Self:
        # int() would take text, with underlines and digits of any script, and cut off fractions.
        given: object = value
        if not isinstance(given, int) or isinstance(given, bool):
            raise NumberError(f"{ascii(value)[:60]} is not a number: give an int, or Number.parse(text)")
        number = super().__new__(cls, value)
        if not _LEAST <= number <= _LARGEST:
            raise NumberError(
                f"{value} is not a number: {MIN_DIGITS} to {MAX_DIGITS} digits, the first not 0"
            )
        return number

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the number written as `text`: digits only, no ``+``, no separators.

        Raises:
            NumberError: the text is anything else.
        """
        given: object = text
        if not isinstance(given, str) or not _DIGITS.fullmatch(text):
            raise NumberError(
                f"{text!r} is not a number: {MIN_DIGITS} to {MAX_DIGITS} digits, the first not 0"
            )
        return super().__new__(cls, int(text))

    def __str__(self) -> str:
        return int.__repr__(self)

    def __repr__(self) -> str:
        return f"Number({int.__repr__(self)})"
