"""Who speaks, and what of it is to stay hidden: Identity (RFC 8224) and Privacy (RFC 3323)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Self

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import grammar, values
from telsdk.sip.message.grammar import Params

_value: Final = rf"<{grammar.SCHEME}:{grammar.OPAQUE}>|{grammar.GEN_VALUE}|{grammar.QUOTED_STRING}"
_param: Final = rf";{grammar.SWS}({grammar.TOKEN})(?:{grammar.SWS}={grammar.SWS}({_value}))?{grammar.SWS}"
_identity = re.compile(rf"([A-Za-z0-9_.+/-]++){grammar.SWS}((?:{_param})*)").fullmatch
_find_params = re.compile(_param).findall


@dataclass(frozen=True, slots=True)
class Identity:
    """A PASSporT, and who signed it (RFC 8224 section 4). Nothing is proven before it is verified.

    `info` may be absent, although the grammar wants it: who judges the token answers that with 436, not 400.
    """

    # The digest, or the whole PASSporT: its alphabet is that of base64url besides that of base64.
    token: str = field(repr=False)
    params: Params = ()  # values as on the wire; read them with `param`

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the Identity written as `text`.

        Raises:
            SipParseError: it is none, or a parameter occurs twice.
        """
        match = _identity(text)
        if match is None:
            # Without the text: a token that a comma has spoilt is still a token, and this is logged.
            raise SipParseError("Identity is not a token and its parameters (RFC 8224 section 4)")
        params = [(name.lower(), value or None) for name, value in _find_params(match[2])]
        if len(dict(params)) != len(params):
            raise SipParseError("a parameter of Identity occurs twice (RFC 3261 section 7.3.1)")
        return cls(match[1], tuple(params))

    def __str__(self) -> str:
        return self.token + grammar.join_params(self.params)

    @property
    def info(self) -> str | None:
        """The URI of who signed or, with certificates, of the place that has their certificate."""
        value = dict(self.params).get("info")
        return value[1:-1] if value and value[0] == "<" else None

    def param(self, name: str) -> str | None:
        """Return the value of a parameter such as ``alg`` or ``ppt``, unquoted, or None."""
        return grammar.get_param(self.params, name)


@dataclass(frozen=True, slots=True)
class Privacy:
    """What a user wants to have hidden: header, session, user, id, none, critical ... (RFC 3323 section 4.2)."""

    values: tuple[str, ...]  # lower case

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the Privacy written as `text`. Raises SipParseError where it is none."""
        return cls(tuple([values.token(value.strip(" \t")).lower() for value in text.split(";")]))

    def __str__(self) -> str:
        return ";".join(self.values)
