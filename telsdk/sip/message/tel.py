"""Telephone numbers as URIs (RFC 3966), and as the user of a SIP URI (RFC 3261 section 19.1.6).

A number of telprotocol is no telephone number and is never written so; this is for those that come from
elsewhere, in a Contact, a From or a Refer-To.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import grammar
from telsdk.sip.message.grammar import Params

_SEPARATORS: Final = "-.()"
_SEPARATOR: Final = r"\-.()"  # to be put between brackets
_PARAMCHARS: Final = grammar.PARAMCHARS  # the same in RFC 3966 section 3

_form = re.compile(
    rf"(\+[0-9{_SEPARATOR}]++|(?>(?:[0-9A-Fa-f*{_SEPARATOR}]|%23)+))"
    rf"((?>(?:;[A-Za-z0-9-]++(?>(?:={_PARAMCHARS})?))*))"
).fullmatch
_phone_digits = re.compile(rf"[0-9{_SEPARATOR}]++").fullmatch
_context = re.compile(rf"\+[0-9{_SEPARATOR}]++|{grammar.HOSTNAME}").fullmatch
_remove_separators = str.maketrans("", "", _SEPARATORS)

_FIRST: Final[tuple[str, ...]] = ("isub", "ext", "phone-context")
"""RFC 3966 section 3: these stand before the others, which follow by their names."""


@dataclass(frozen=True, slots=True)
class TelUri:
    """A ``tel`` URI, as far as two that mean the same are equal (``==``): without separators, in lower case.

    Attributes:
        number: ``+`` and digits; or digits, ``*``, ``#`` (as ``%23``) and ``a`` to ``f`` of a local number.
        params: in the order in which they are to be written.
    """

    number: str
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the URI written as `text`, with or without ``tel:`` before it.

        Raises:
            SipParseError: it is none; a local number does not say where it is valid, or a global one does.
        """
        opaque = text[4:] if text[:4].lower() == "tel:" else text
        match = _form(opaque)
        if match is None:
            raise SipParseError(f"{text[:80]!r} is not a tel URI (RFC 3966 section 3)")
        number = match[1].lower().translate(_remove_separators)
        if not number.strip("+"):
            raise SipParseError(f"{text[:80]!r} has no digit")
        params = dict(_normal(name, value) for name, value in grammar.split_params(match[2]))
        context = params.get("phone-context")
        if (number[0] == "+") == ("phone-context" in params) or (
            context is not None and not _context(context)
        ):
            raise SipParseError(f"{text[:80]!r}: a phone-context is for local numbers, and they need one")
        order = [name for name in _FIRST if name in params]
        order += sorted(name for name in params if name not in _FIRST)
        return cls(number, tuple((name, params[name]) for name in order))

    def __str__(self) -> str:
        return f"tel:{self.subscriber}"

    @property
    def subscriber(self) -> str:
        """The URI without its scheme: what the user of a SIP URI with ``user=phone`` is (19.1.6)."""
        return self.number + grammar.join_params(self.params)

    @property
    def is_global(self) -> bool:
        """Whether it means the same everywhere."""
        return self.number[0] == "+"

    def param(self, name: str) -> str | None:
        """Return the value of a parameter, "" where it has none; None where it is absent."""
        return grammar.get_param(self.params, name)


def _normal(name: str, value: str | None) -> tuple[str, str | None]:
    if value is None:
        if name in _FIRST:
            raise SipParseError(f"tel URI parameter {name} needs a value (RFC 3966 section 3)")
        return name, None
    value = grammar.normalise_escapes(value).lower()
    if name == "ext":
        if not _phone_digits(value):
            raise SipParseError(f"ext={value[:40]!r} is not digits (RFC 3966 section 5.3)")
        return name, value.translate(_remove_separators)
    if name == "phone-context" and value[:1] == "+":
        return name, value.translate(_remove_separators)
    return name, value


def same(one: str, other: str) -> bool:
    """Return whether two ``tel`` URIs name the same (RFC 3966 section 4); what cannot be read equals itself alone."""
    try:
        return TelUri.parse(one) == TelUri.parse(other)
    except SipParseError:
        return one == other
