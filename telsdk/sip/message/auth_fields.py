"""WWW-Authenticate, Authorization, their Proxy- twins and Authentication-Info (RFC 3261 section 25.1, RFC 9110
section 11)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import grammar

_scheme = re.compile(rf"{grammar.SWS}({grammar.TOKEN})(?:{grammar.LWS}(.*))?", re.DOTALL).fullmatch
_token68 = re.compile(r"[A-Za-z0-9._~+/-]++=*+").fullmatch
_auth_param = re.compile(
    rf"{grammar.SWS}({grammar.TOKEN}){grammar.SWS}={grammar.SWS}({grammar.TOKEN}|{grammar.QUOTED_STRING})"
    rf"{grammar.SWS}(?:,|$)"
).match
# The same for names in lower case and values without escapes, all at once; what is written otherwise ends it.
_find_plain_params = re.compile(
    rf'[ \t]*+([a-z0-9-]++)=(?:"([^"\\\x00-\x08\x0a-\x1f\x7f]*+)"|({grammar.TOKEN}))(?:,|\Z)|(.++)', re.DOTALL
).findall


class _AuthField:
    """A scheme with either parameters or one token68. Immutable.

    Attributes:
        scheme: as written; compare in lower case.
        params: by their names in lower case; values without quotes.
        token68: in Credentials a session token: nothing for logs.
    """

    __slots__ = ("params", "scheme", "token68")

    def __init__(self, scheme: str, params: dict[str, str] | None = None, token68: str | None = None) -> None:
        self.scheme = scheme
        self.params: dict[str, str] = {} if params is None else params
        self.token68 = token68

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the field value written as `text`.

        Raises:
            SipParseError: no scheme, a malformed parameter, or one that occurs twice.
        """
        scheme, _, rest = text.partition(" ")
        if scheme == "Digest":  # nearly all: phones log in so, at each refresh with a value never seen before
            params = _plain_params(rest)
            if params:
                return cls(scheme, params)
        match = _scheme(text)
        if match is None:
            raise SipParseError("no authentication scheme where one belongs (RFC 3261 section 25.1)")
        scheme, rest = match[1], (match[2] or "").strip(" \t")
        if _token68(rest):
            return cls(scheme, {}, rest)
        return cls(scheme, _parse_params(rest, scheme))

    def __str__(self) -> str:
        if self.token68 is not None:
            return f"{self.scheme} {self.token68}"
        bare = self._bare()
        return f"{self.scheme} " + ", ".join(
            [_write(name, value, bare) for name, value in self.params.items()]
        )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _AuthField)
            and type(other) is type(self)
            and (self.scheme, self.params, self.token68) == (other.scheme, other.params, other.token68)
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(scheme={self.scheme!r}, params={self.params!r})"

    def get(self, name: str) -> str | None:
        """Return the unquoted value of a parameter, or None."""
        return self.params.get(name.lower())

    def _bare(self) -> frozenset[str]:
        """Return the parameters that the grammar writes without quotes; all others get them."""
        raise NotImplementedError


class Challenge(_AuthField):
    """What a server asks for: the value of WWW-Authenticate or Proxy-Authenticate."""

    __slots__ = ()

    def _bare(self) -> frozenset[str]:
        return _BARE_IN_CHALLENGE


class Credentials(_AuthField):
    """What a client proves itself with: the value of Authorization or Proxy-Authorization."""

    __slots__ = ()

    def _bare(self) -> frozenset[str]:
        return _BARE_IN_CREDENTIALS


@dataclass(frozen=True, slots=True)
class AuthenticationInfo:
    """What a server tells after it let somebody in: the value of Authentication-Info (RFC 7616 section 3.5)."""

    params: Mapping[str, str]  # lower-case name and unquoted value

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the Authentication-Info written as `text`.

        Raises:
            SipParseError: it has no parameter, a malformed one, or one twice.
        """
        if not text:
            raise SipParseError("no parameter where one belongs (RFC 3261 section 25.1, ainfo)")
        return cls(_parse_params(text, "Authentication-Info"))

    def __str__(self) -> str:
        return ", ".join([_write(name, value, _BARE_IN_INFO) for name, value in self.params.items()])

    def get(self, name: str) -> str | None:
        """Return the unquoted value of a parameter, or None."""
        return self.params.get(name.lower())


_BARE_IN_CHALLENGE: Final = frozenset({"algorithm", "stale", "userhash"})
_BARE_IN_CREDENTIALS: Final = frozenset({"algorithm", "nc", "qop", "userhash"})
_BARE_IN_INFO: Final = frozenset({"nc", "qop"})

MAX_AUTH_PARAMS: Final = 64


def _write(name: str, value: str, bare: frozenset[str]) -> str:
    if name in bare and grammar.is_token(value):
        return f"{name}={value}"
    return f"{name}={grammar.quote(value)}"


def _plain_params(text: str) -> dict[str, str] | None:
    """Return what `_parse_params` does, quickly; None where they are not written in the usual way."""
    found = _find_plain_params(text)
    if not found or found[-1][3] or len(found) > MAX_AUTH_PARAMS:
        return None
    params = {name: quoted or bare for name, quoted, bare, _ in found}
    return params if len(params) == len(found) else None


def _parse_params(text: str, scheme: str) -> dict[str, str]:
    params: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _auth_param(text, position)
        if match is None or len(params) >= MAX_AUTH_PARAMS:
            raise SipParseError(f"{scheme} parameters are malformed (RFC 3261 section 25.1)")
        name = match[1].lower()
        if name in params:
            raise SipParseError(f"{scheme} parameter {name!r} occurs twice")
        params[name] = grammar.unquote(match[2])
        position = match.end()
    return params
